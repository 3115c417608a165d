"""Every call we make to Telegram, and every update our tests feed in, is one the published Bot API knows."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.channels.base import SHARE_CONTACT, SHARE_PIN, Button, Delivered, Outbound, PhotoRef
from bot.channels.telegram import Telegram
from bot.channels.telegram.reading import UPDATE_KINDS
from tests.channels.conftest import PUBLIC, Kept, mounted, now, running
from tests.contracts.bot_api import (
    NAME,
    call_problems,
    needs_bot_api,
    update_problems,
    value_problems,
)
from tests.contracts.documents import document
from tests.wire import telegram as made
from tests.wire.telegram import FakeTelegram, fake_telegram

pytestmark = needs_bot_api
CHAT = "9001"


@pytest.fixture
def bot_api() -> Iterator[FakeTelegram]:
    with fake_telegram() as fake:  # which checks every call and answer, and fails at its end
        yield fake


@pytest.mark.parametrize(
    "message",
    [
        Outbound(1, CHAT, "Good luck, Ray!"),
        Outbound(2, CHAT, "Ride?", (Button("p3:1", "yes"), Button("p3:2", "no"))),
        Outbound(
            3, CHAT, "Which?", tuple(Button(f"p4:{n}", f"a rather long option {n}") for n in range(1, 13))
        ),
        Outbound(4, CHAT, "Number?", (Button(SHARE_CONTACT, "Share it"),), ask_contact=True),
        Outbound(5, CHAT, "Where?", (Button(SHARE_PIN, "Here"), Button("p5:1", "Hope House")), ask_pin=True),
        Outbound(6, CHAT, "12"),
    ],
    ids=lambda message: message.body,
)
async def test_every_drawing_is_a_known_message(bot_api: FakeTelegram, message: Outbound) -> None:
    channel = Telegram(made.TOKEN, mode="polling", now=now, api_base=bot_api.url)

    async with mounted(channel):
        assert isinstance(await channel.send(message), Delivered)

    assert bot_api.breaches == []
    assert len(bot_api.sent) == 1


async def test_every_other_call_is_known(bot_api: FakeTelegram) -> None:
    sink = Kept()
    fetching = Telegram(made.TOKEN, mode="polling", now=now, api_base=bot_api.url)
    called = Telegram(
        made.TOKEN,
        mode="webhook",
        now=now,
        webhook_secret=made.SECRET,
        public_url=PUBLIC,
        api_base=bot_api.url,
    )
    bot_api.files["a"] = made.JPEG
    bot_api.updates = [made.tap_update(9001, "p1:1"), made.photo_update(9001, "a")]

    async with mounted(called), mounted(fetching):
        await called.run(sink)
        async with running(fetching, sink):
            await sink.count(2)
        await fetching.fetch_photo(PhotoRef("a", "image/jpeg"))

    assert {method for method, _ in bot_api.calls} == {
        "setWebhook", "deleteWebhook", "getUpdates", "answerCallbackQuery", "getFile",
    }  # fmt: skip
    assert bot_api.breaches == []


UPDATES = [
    made.text_update(9001, "hello"),
    made.contact_update(9001, "+15555550101"),
    made.pin_update(9001, 42.36, -71.06),
    made.photo_update(9001, "small", "large", caption="the form"),
    made.tap_update(9001, "p12:1"),
    made.member_update(9001, "member", "kicked"),
    made.member_update(9001, "kicked", "member"),
]


@pytest.mark.parametrize("update", UPDATES, ids=range(len(UPDATES)))
def test_updates_we_feed_in_are_known(update: dict[str, Any]) -> None:
    assert update_problems(update) == []


def test_the_kinds_we_ask_for_exist() -> None:
    spec = document(NAME)
    assert spec
    assert set(UPDATE_KINDS) <= {field["name"] for field in spec["types"]["Update"]["fields"]}


# --- the checker itself can say no ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "parameters", "problem"),
    [
        ("sendMesage", {}, "no such method"),
        ("sendMessage", {"chat_id": "1"}, "text is required"),
        ("sendMessage", {"chat_id": "1", "text": "x", "txt": "x"}, "no parameter txt"),
        ("getUpdates", {"offset": "soon"}, "none of ['Integer']"),
        (
            "sendMessage",
            {"chat_id": "1", "text": "x", "reply_markup": '{"inline_keyboard": [{}]}'},
            "none of",
        ),
        ("sendMessage", {"chat_id": "1", "text": "x", "reply_markup": '{"inline": []}'}, "none of"),
        ("setWebhook", {"url": "https://x", "allowed_updates": '"message"'}, "none of"),
    ],
)
def test_a_wrong_call_is_noticed(method: str, parameters: dict[str, str], problem: str) -> None:
    assert any(problem in one for one in call_problems(method, parameters))


@pytest.mark.parametrize(
    "update",
    [
        {},
        {"update_id": "1"},
        {"update_id": True},
        {"update_id": 1, "mesage": {}},
        {"update_id": 1, "message": {"message_id": 1}},
        {"update_id": 1, "my_chat_member": {"chat": 1}},
    ],
)
def test_a_wrong_update_is_noticed(update: dict[str, Any]) -> None:
    assert update_problems(update)


def test_a_wrong_value_is_noticed() -> None:
    assert value_problems("Array of PhotoSize", [{"file_id": "a"}])
    assert value_problems("Array of Integer", 5)
    assert not value_problems("Float", 5)
