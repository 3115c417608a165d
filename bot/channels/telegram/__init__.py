"""Telegram, by python-telegram-bot's typed client: its `Bot`, its `Update.de_json`, its errors, nothing more.

The rules kept here: an update is stored first and its offset moved after; one we cannot read blocks
nobody. Telegram cannot be asked what it has sent, so `Unknown` stays unknown. This package is the only one
that imports telegram, and only a configured channel imports this package.
"""

import asyncio
import json
import logging
import os
import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

# Before telegram is loaded: a flood wait asked for as a number warns of its deprecation at every 429.
os.environ.setdefault("PTB_TIMEDELTA", "true")

import telegram
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.channels.base import (
    PHOTO_LIMIT,
    CannotTell,
    Delivered,
    FindAnswer,
    Inbound,
    NoPhoto,
    Outbound,
    PhotoAnswer,
    PhotoRef,
    Rejected,
    Sent,
    Sink,
    TryLater,
    Unknown,
)
from bot.channels.photos import fetch_image
from bot.channels.telegram.reading import NAME, UPDATE_KINDS, id_of, read_update, readable
from bot.channels.telegram.transport import UNREADABLE, PollingWire, Wire
from bot.channels.telegram.writing import flood_wait, keyboard, refusal
from bot.channels.wire import NOT_KEPT, empty, kept, same_secret, tls

log = logging.getLogger(__name__)

WEBHOOK_PATH: Final = "/telegram/webhook"
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
BODY_LIMIT: Final = 1024 * 1024  # bytes
POLL_FOR: Final = timedelta(seconds=25)
QUIET: Final = 0.1  # seconds after an empty answer
PAUSES: Final = (1.0, 2.0, 5.0, 15.0, 30.0)  # seconds between failed tries, the last one for good

Now = Callable[[], datetime]


class Telegram:
    """One bot. `mode` says whether Telegram calls us at `public_url` or we fetch."""

    def __init__(
        self,
        token: str,
        *,
        mode: Literal["polling", "webhook"],
        now: Now,
        webhook_secret: str = "",
        public_url: str = "",
        api_base: str = "https://api.telegram.org",
    ) -> None:
        base = api_base.rstrip("/")
        self._files = f"{base}/file/bot{token}/"
        self._wires = (PollingWire(), Wire())
        self._bot = telegram.Bot(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            get_updates_request=self._wires[0],
            request=self._wires[1],
        )
        self._mode, self._now, self._secret = mode, now, webhook_secret
        self._webhook = public_url.rstrip("/") + WEBHOOK_PATH
        self._photos = httpx.AsyncClient(timeout=20.0, trust_env=False, verify=tls())
        self._answering: set[asyncio.Task[None]] = set()

    @property
    def name(self) -> str:
        return NAME

    # --- in ---

    def routes(self, sink: Sink) -> list[Route]:
        async def webhook(request: Request) -> Response:
            if not same_secret(request.headers.get(SECRET_HEADER, ""), self._secret):
                return empty(403)
            inbound = self._from_webhook(await request.body())
            if inbound and not await kept(sink.received([inbound]), NAME):
                return empty(NOT_KEPT)
            return empty()

        if self._mode == "polling":
            return []
        return [Route(WEBHOOK_PATH, webhook, methods=["POST"], max_body_size=BODY_LIMIT)]

    async def run(self, sink: Sink) -> None:
        if self._mode == "polling":
            await self._insist("deleteWebhook", lambda: self._bot.delete_webhook(drop_pending_updates=False))
            await self._poll(sink)
        elif self._webhook.startswith("https://"):
            await self._insist("setWebhook", self._set_webhook)
        else:
            log.warning("webhook not set: PUBLIC_URL is not https", extra={"channel": NAME})

    async def missed(self, since: datetime, until: datetime | None = None) -> Sequence[Inbound]:
        return ()  # Telegram keeps what was not acknowledged for 24 hours and delivers it again by itself

    def _from_webhook(self, body: bytes) -> Inbound | None:
        try:
            raw = json.loads(body)
        except (ValueError, RecursionError):
            log.warning("malformed webhook", extra={"channel": NAME, "bytes": len(body)})
            return None
        if id_of(raw) is None:
            return None
        return self._taken(telegram.Update.de_json(readable(raw), self._bot))

    def _taken(self, update: telegram.Update) -> Inbound | None:
        """Read one update, and see to it that a tapped button stops spinning."""
        if query := update.callback_query:
            task = asyncio.create_task(self._stop_spinning(query.id))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        try:
            inbound = read_update(update, self._now())
        except Exception:  # one person's odd update must not hold back everyone behind it
            log.exception("update passed by", extra={"channel": NAME, "update": update.update_id})
            return None
        if inbound is None:
            log.info("update of no use", extra={"channel": NAME, "update": update.update_id})
        return inbound

    async def _stop_spinning(self, query_id: str) -> None:
        try:
            await self._bot.answer_callback_query(query_id)
        except TelegramError as error:  # too old after some 150 seconds; the tap itself is kept all the same
            log.info("tap not acknowledged", extra={"channel": NAME, "why": type(error).__name__})

    async def _poll(self, sink: Sink) -> None:
        offset, failures = 0, 0
        while True:
            try:
                updates = await self._bot.get_updates(offset, timeout=POLL_FOR, allowed_updates=UPDATE_KINDS)
                inbound = [one for update in updates if (one := self._taken(update))]
                failed = bool(inbound) and not await kept(sink.received(inbound), NAME)
            except TelegramError as error:
                log.warning("getUpdates failed", extra={"channel": NAME, "why": type(error).__name__})
                updates, failed = (), True
            if failed:
                await asyncio.sleep(_pause(failures))
                failures += 1
                continue
            failures = 0
            if not updates:  # a server that does not hold the line open must not be asked in a tight loop
                await asyncio.sleep(QUIET)
            offset = max([offset, *(update.update_id + 1 for update in updates)])

    async def _insist(self, what: str, call: Callable[[], Any]) -> None:
        """Make a setting-up call until Telegram has heard it."""
        for failures in range(1_000_000):  # a month and more
            try:
                await call()
                return
            except TelegramError as error:
                log.warning(f"{what} failed", extra={"channel": NAME, "why": type(error).__name__})
            await asyncio.sleep(_pause(failures))

    async def _set_webhook(self) -> bool:
        # One connection: Telegram then sends update after update, which keeps each person's order.
        return await self._bot.set_webhook(
            self._webhook,
            secret_token=self._secret,
            allowed_updates=UPDATE_KINDS,
            max_connections=1,
            drop_pending_updates=False,
        )

    # --- out ---

    async def send(self, message: Outbound) -> Sent:
        if not re.fullmatch(r"-?[0-9]{1,18}", message.address):
            return Rejected("bad_address", "not a Telegram chat", address_dead=True)
        try:
            sent = await self._bot.send_message(
                int(message.address),
                message.body,
                reply_markup=keyboard(message),
                link_preview_options=telegram.LinkPreviewOptions(is_disabled=True),
            )
        except TelegramError as error:
            return refusal(error)
        except UNREADABLE as error:  # answered, but not with a message
            return Unknown(f"unreadable answer: {type(error).__name__}")
        return Delivered(str(sent.message_id))

    async def find_sent(self, message: Outbound, since: datetime, others: Collection[str] = ()) -> FindAnswer:
        return CannotTell("Telegram cannot be asked what it has sent", ever=True)

    async def fetch_photo(self, ref: PhotoRef) -> PhotoAnswer:
        try:
            file = await self._bot.get_file(ref.id)
        except RetryAfter as error:
            return TryLater(flood_wait(error))
        except (BadRequest, Forbidden) as error:
            return NoPhoto(error.message)
        except (TelegramError, *UNREADABLE):
            return TryLater(60.0)
        if file.file_size and file.file_size > PHOTO_LIMIT:
            return NoPhoto("too big")
        url = file.file_path or ""
        return await fetch_image(self._photos, url, trusted=lambda hop: hop.startswith(self._files))

    async def close(self) -> None:
        if self._answering:
            await asyncio.wait(self._answering, timeout=2.0)
        for wire in self._wires:
            await wire.shutdown()
        await self._photos.aclose()


def _pause(failures: int) -> float:
    return PAUSES[min(failures, len(PAUSES) - 1)]
