"""The same doors through a real HTTP server, as providers knock on them."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from bot.channels.simulator import Simulator
from bot.channels.sms import Sms
from bot.channels.telegram import Telegram
from tests.channels.conftest import PUBLIC, Kept, now
from tests.wire import telegram as bot_api
from tests.wire import twilio as rest
from tests.wire.server import serve

PHONE = "+15555550101"


@contextmanager
def server() -> Iterator[tuple[str, Kept]]:
    sink = Kept()
    sms = Sms(rest.ACCOUNT, [rest.TOKEN], rest.OUR_NUMBER, public_url=PUBLIC, now=now)
    telegram = Telegram(
        bot_api.TOKEN, mode="webhook", now=now, webhook_secret=bot_api.SECRET, public_url=PUBLIC
    )
    routes = [route for one in (sms, telegram, Simulator(now=now)) for route in one.routes(sink)]
    with serve(Starlette(routes=routes)) as url:
        yield url, sink


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, Kept]]:
    with server() as both:
        yield both


@pytest.fixture
def web(served: tuple[str, Kept]) -> str:
    served[1].inbound.clear()
    served[1].failures = 0
    return served[0]


def test_a_text_and_an_update_come_in(web: str, served: tuple[str, Kept]) -> None:
    by_sms = rest.post_form(web, "/twilio/sms", rest.sms_form(PHONE, "sí 👍"), public_url=PUBLIC)
    by_telegram = bot_api.post_update(web, bot_api.text_update(9001, "sí 👍"))

    assert (by_sms.status_code, by_telegram.status_code) == (200, 200)
    assert [(one.channel, one.text) for one in served[1].inbound] == [("sms", "sí 👍"), ("telegram", "sí 👍")]


def test_strangers_are_sent_away(web: str, served: tuple[str, Kept]) -> None:
    by_sms = rest.post_form(
        web, "/twilio/sms", rest.sms_form(PHONE, "hello"), public_url="https://example.org"
    )
    by_telegram = bot_api.post_update(web, bot_api.text_update(9001, "hello"), secret="guess")

    assert (by_sms.status_code, by_telegram.status_code) == (403, 403)
    assert served[1].inbound == []


def test_what_was_not_kept_is_503(web: str, served: tuple[str, Kept]) -> None:
    served[1].failures = 2

    by_sms = rest.post_form(web, "/twilio/sms", rest.sms_form(PHONE, "hello"), public_url=PUBLIC)
    by_telegram = bot_api.post_update(web, bot_api.text_update(9001, "hello"))

    assert (by_sms.status_code, by_telegram.status_code) == (503, 503)


@pytest.mark.parametrize(
    ("path", "size"),
    [("/twilio/sms", 300_000), ("/telegram/webhook", 1_100_000), (f"/phone/api/sms:{PHONE}/send", 9_000_000)],
)
def test_a_body_without_a_length_is_cut_off_all_the_same(web: str, path: str, size: int) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(size // 1000):
            yield b"x" * 1000

    headers = {"X-Telegram-Bot-Api-Secret-Token": bot_api.SECRET, "Content-Type": "application/json"}
    with httpx.Client(trust_env=False) as client:
        answer = client.post(web + path, content=endless(), headers=headers)

    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/twilio/sms", "/twilio/status", "/twilio/voice", "/telegram/webhook"])
def test_providers_post(web: str, path: str) -> None:
    with httpx.Client(trust_env=False) as client:
        assert client.get(web + path).status_code == 405


def test_a_caller_who_hangs_up_halfway_hurts_nobody(web: str, served: tuple[str, Kept]) -> None:
    with socket.create_connection((urlsplit(web).hostname, urlsplit(web).port)) as half:
        half.sendall(b"POST /twilio/sms HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nBody=he")

    after = rest.post_form(web, "/twilio/sms", rest.sms_form(PHONE, "hello"), public_url=PUBLIC)
    assert after.status_code == 200
    assert [one.text for one in served[1].inbound] == ["hello"]
