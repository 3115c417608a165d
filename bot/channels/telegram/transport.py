"""PTB's own transport, held to our manners: no proxies of the machine's, nobody's words in the log."""

import json
from typing import Any

from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from bot.channels.telegram.reading import id_of, readable
from bot.channels.wire import tls

UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)
"""What PTB raises for a result of another shape than the method promises."""


class Wire(HTTPXRequest):
    """PTB's own transport, without the machine's proxies and without anybody's words in the log."""

    def __init__(self) -> None:
        super().__init__(
            connection_pool_size=32,
            connect_timeout=5.0,
            read_timeout=15.0,
            pool_timeout=5.0,
            httpx_kwargs={"trust_env": False, "verify": tls()},
        )

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """Read an answer; PTB's own version logs the whole of one it cannot read."""
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
        except ValueError as error:
            raise TelegramError("Invalid server response") from error
        if not isinstance(answer, dict) or ("result" not in answer and answer.get("ok") is not False):
            raise TelegramError("Invalid server response")
        return answer


class PollingWire(Wire):
    """The same for getUpdates: an update PTB cannot read becomes an empty one, the others live."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        answer = Wire.parse_json_payload(payload)
        if "result" in answer:
            if not isinstance(answer["result"], list):
                raise TelegramError("Invalid server response")
            answer["result"] = [readable(raw) for raw in answer["result"] if id_of(raw) is not None]
        return answer
