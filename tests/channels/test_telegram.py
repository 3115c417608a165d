"""Telegram's own ways: taps, codes, contacts, pins, blocking, poison, and the offset that moves last."""

import asyncio
import json
import logging
from datetime import timedelta
from typing import Any

import pytest

from bot.channels.base import (
    SHARE_CONTACT,
    SHARE_PIN,
    Button,
    Delivered,
    Inbound,
    NoPhoto,
    Outbound,
    Photo,
    PhotoRef,
    Rejected,
    Tap,
    TryLater,
    button_token,
)
from bot.channels.telegram import Telegram
from tests.channels.conftest import PUBLIC, Kept, Rig, mounted, now, running
from tests.wire import telegram as bot_api
from tests.wire.server import Fault

HEADERS = {"X-Telegram-Bot-Api-Secret-Token": bot_api.SECRET}
CHAT = 9001


async def post(rig: Rig, update: Any) -> Inbound | None:
    """Post an update; return what was kept of it."""
    before = len(rig.sink.inbound)
    answer = await rig.web.post("/telegram/webhook", json=update, headers=HEADERS)
    assert answer.status_code == 200
    return rig.sink.inbound[-1] if len(rig.sink.inbound) > before else None


def changed(update: dict[str, Any], **message: Any) -> dict[str, Any]:
    """Change fields of an update's message; None removes one."""
    update["message"] = {k: v for k, v in (update["message"] | message).items() if v is not None}
    return update


# --- what people do ---------------------------------------------------------------------------------


async def test_a_tap_names_its_prompt_and_stops_spinning(telegram_rig: Rig) -> None:
    update = bot_api.tap_update(CHAT, button_token(12, 2))

    kept = await post(telegram_rig, update)

    assert kept
    assert (kept.tap, kept.text, kept.address) == (Tap(12, 2), "", str(CHAT))
    await telegram_rig.channel.close()
    assert telegram_rig.telegram
    [acknowledged] = telegram_rig.telegram.of("answerCallbackQuery")
    assert str(acknowledged["callback_query_id"]) == update["callback_query"]["id"]


async def test_a_tap_too_old_to_acknowledge_counts_all_the_same(telegram_rig: Rig) -> None:
    assert telegram_rig.fail
    telegram_rig.fail(bot_api.refusal(400, "Bad Request: query is too old and response timeout expired"))

    kept = await post(telegram_rig, bot_api.tap_update(CHAT, "p1:1"))
    await telegram_rig.channel.close()

    assert kept
    assert kept.tap == Tap(1, 1)


async def test_a_tap_on_a_message_too_old_to_see_counts(telegram_rig: Rig) -> None:
    update = bot_api.tap_update(CHAT, "p1:1")
    update["callback_query"]["message"]["date"] = 0

    kept = await post(telegram_rig, update)

    assert kept
    assert kept.tap == Tap(1, 1)


@pytest.mark.parametrize(
    "token", ["", "p1", "p1:0", "p-1:1", "q1:1", "p1:1 ", "p1:1:1", "p9999999999:1", "п1:1", "p١:1"]
)
async def test_a_token_we_never_wrote_is_nothing(telegram_rig: Rig, token: str) -> None:
    assert await post(telegram_rig, bot_api.tap_update(CHAT, token)) is None


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("/start RIDE7", "RIDE7"),
        ("/start@onward_bot RIDE7", "RIDE7"),
        ("/start  RIDE7  ", "RIDE7"),
        ("/start", None),
        ("/start two words", None),
        ("start RIDE7", None),
        ("/start " + "x" * 65, None),
    ],
)
async def test_start_carries_the_card_code(telegram_rig: Rig, said: str, code: str | None) -> None:
    kept = await post(telegram_rig, bot_api.text_update(CHAT, said))

    assert kept
    assert (kept.code, kept.text) == (code, said)


@pytest.mark.parametrize(
    ("phone", "owner", "contact"),
    [
        ("+15555550101", CHAT, "+15555550101"),
        ("15555550101", CHAT, "+15555550101"),
        ("+1 (555) 555-0101", CHAT, "+15555550101"),
        ("+15555550101", 77, None),  # somebody else's card
        ("0101", CHAT, None),
        ("", CHAT, None),
    ],
)
async def test_only_a_persons_own_number_counts(
    telegram_rig: Rig, phone: str, owner: int, contact: str | None
) -> None:
    kept = await post(telegram_rig, bot_api.contact_update(CHAT, phone, owner=owner))

    assert kept
    assert kept.contact == contact
    assert kept.kind == ("text" if contact else "other")


async def test_a_card_without_an_owner_is_not_theirs(telegram_rig: Rig) -> None:
    card = {"phone_number": "+15555550101", "first_name": "Boss"}

    kept = await post(telegram_rig, bot_api.message_update(CHAT, contact=card))

    assert kept
    assert kept.contact is None


async def test_a_pin_is_latitude_then_longitude(telegram_rig: Rig) -> None:
    kept = await post(telegram_rig, bot_api.pin_update(CHAT, 42.3601, -71.0589))

    assert kept
    assert (kept.pin, kept.kind) == ((42.3601, -71.0589), "text")


async def test_their_apps_language_is_a_hint(telegram_rig: Rig) -> None:
    kept = await post(telegram_rig, bot_api.text_update(CHAT, "hola", language="es-MX"))

    assert kept
    assert kept.language_hint == "es-MX"


@pytest.mark.parametrize(
    ("before", "after", "opt"),
    [
        ("member", "kicked", "blocked"),
        ("kicked", "member", "start"),
        ("left", "member", None),
        ("member", "member", None),
    ],
)
async def test_blocking_is_opting_out(telegram_rig: Rig, before: str, after: str, opt: str | None) -> None:
    kept = await post(telegram_rig, bot_api.member_update(CHAT, before, after))

    assert (kept.opt if kept else None) == opt


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"voice": {"file_id": "v", "file_unique_id": "v", "duration": 3}}, "voice"),
        ({"video_note": {"file_id": "v", "file_unique_id": "v", "duration": 3, "length": 9}}, "video"),
        (
            {"sticker": {"file_id": "s", "file_unique_id": "s", "width": 1, "height": 1, "type": "regular",
                         "is_animated": False, "is_video": False}},
            "sticker",
        ),
        ({"document": {"file_id": "d", "file_unique_id": "d", "mime_type": "application/pdf"}}, "file"),
        ({"dice": {"emoji": "🎲", "value": 3}}, "other"),
        ({}, "other"),
    ],
)  # fmt: skip
async def test_what_we_cannot_read_says_what_it_was(
    telegram_rig: Rig, content: dict[str, Any], kind: str
) -> None:
    kept = await post(telegram_rig, bot_api.message_update(CHAT, **content))

    assert kept
    assert (kept.kind, kept.text) == (kind, "")


async def test_words_under_a_video_are_words(telegram_rig: Rig) -> None:
    video = {"file_id": "v", "file_unique_id": "v", "width": 1, "height": 1, "duration": 3}

    kept = await post(telegram_rig, bot_api.message_update(CHAT, video=video, caption="im here"))

    assert kept
    assert (kept.kind, kept.text) == ("text", "im here")


# --- photos -----------------------------------------------------------------------------------------


async def test_the_largest_photo_is_named_and_fetched(telegram_rig: Rig) -> None:
    assert telegram_rig.telegram
    telegram_rig.telegram.files = {"small": b"no", "large": bot_api.JPEG}

    kept = await post(telegram_rig, bot_api.photo_update(CHAT, "small", "large", caption="the form"))

    assert kept
    assert kept.text == "the form"
    [ref] = kept.photos
    assert ref.id == "large"
    assert await telegram_rig.channel.fetch_photo(ref) == Photo(bot_api.JPEG, "image/jpeg")


async def test_an_image_sent_as_a_file_is_a_photo(telegram_rig: Rig) -> None:
    file = {"file_id": "scan", "file_unique_id": "scan", "mime_type": "image/png"}

    kept = await post(telegram_rig, bot_api.message_update(CHAT, document=file))

    assert kept
    assert [ref.id for ref in kept.photos] == ["scan"]


def a_file(**more: Any) -> Fault:
    return Fault(200, {"ok": True, "result": {"file_id": "a", "file_unique_id": "a", **more}})


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        (bot_api.refusal(400, "Bad Request: file is too big"), NoPhoto),
        (bot_api.refusal(429, "Too Many Requests", retry_after=3), TryLater),
        (Fault(500), TryLater),
        (a_file(file_size=6_000_000), NoPhoto),
        (a_file(), NoPhoto),
        (a_file(file_path="photos/gone"), NoPhoto),
        (Fault(200, {"ok": True, "result": {}}), TryLater),
    ],
)  # fmt: skip
async def test_a_photo_that_does_not_come(telegram_rig: Rig, fault: Fault, answer: type) -> None:
    update = bot_api.photo_update(CHAT, "a")
    kept = await post(telegram_rig, update)
    assert kept
    assert telegram_rig.fail
    telegram_rig.fail(fault)

    assert isinstance(await telegram_rig.channel.fetch_photo(kept.photos[0]), answer)


# --- what is passed by ------------------------------------------------------------------------------


async def test_an_edit_changes_nothing(telegram_rig: Rig) -> None:
    update = bot_api.text_update(CHAT, "yes")
    update["edited_message"] = {**update.pop("message"), "edit_date": 1}

    assert await post(telegram_rig, update) is None


@pytest.mark.parametrize("chat", [{"type": "group", "title": "Us"}, {"type": "channel", "title": "News"}])
async def test_groups_are_not_listened_to(telegram_rig: Rig, chat: dict[str, Any]) -> None:
    update = changed(bot_api.text_update(CHAT, "yes"), chat={"id": -100, **chat})

    assert await post(telegram_rig, update) is None


async def test_other_bots_are_not_listened_to(telegram_rig: Rig) -> None:
    update = changed(bot_api.text_update(CHAT, "yes"), **{"from": {**bot_api.BOT, "id": 5}})

    assert await post(telegram_rig, update) is None


POISON: list[Any] = [
    {},
    [],
    None,
    7,
    {"update_id": "x"},
    {"update_id": True},
    {"update_id": 5, "message": {}},
    {"update_id": 5, "message": "hello"},
    {"update_id": 5, "message": {"message_id": 1, "date": "soon", "chat": 1}},
    {"update_id": 5, "message": {"message_id": 1, "date": 1, "chat": {"id": "x", "type": "private"}}},
    {"update_id": 5, "callback_query": {"id": "1"}},
    {"update_id": 5, "my_chat_member": []},
    {"update_id": 5, "something_new": {"a": 1}},
    {"update_id": 5},
]


@pytest.mark.parametrize("update", POISON, ids=range(len(POISON)))
async def test_poison_is_answered_and_passed_by(
    telegram_rig: Rig, update: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")

    assert await post(telegram_rig, update) is None

    assert [record for record in caplog.records if record.name.startswith("bot.channels.telegram")]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"\0", b'{"update_id": 1e400}'])
async def test_bytes_that_are_no_json_are_answered(telegram_rig: Rig, body: bytes) -> None:
    answer = await telegram_rig.web.post("/telegram/webhook", content=body, headers=HEADERS)

    assert (answer.status_code, telegram_rig.sink.inbound) == (200, [])


async def test_nothing_anybody_wrote_is_logged(telegram_rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bot")

    await post(telegram_rig, bot_api.text_update(CHAT, "hope house on 5th"))
    await post(telegram_rig, {"update_id": 5, "message": {"text": "hope house on 5th"}})
    await post(
        telegram_rig, changed(bot_api.text_update(CHAT, "hope house on 5th"), chat={"id": 1, "type": "group"})
    )

    assert "hope" not in caplog.text + str([vars(record) for record in caplog.records])


# --- the door ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [None, "", "wrong", bot_api.SECRET + "x", "é"])
async def test_without_the_secret_nothing_is_read(telegram_rig: Rig, secret: str | None) -> None:
    headers = {} if secret is None else {b"X-Telegram-Bot-Api-Secret-Token": secret.encode()}
    update = bot_api.text_update(CHAT, "hello")

    answer = await telegram_rig.web.post("/telegram/webhook", json=update, headers=headers)

    assert (answer.status_code, telegram_rig.sink.inbound) == (403, [])


async def test_an_empty_secret_of_ours_opens_nothing() -> None:
    channel = Telegram("1:t", mode="webhook", now=now, webhook_secret="", public_url=PUBLIC)

    async with mounted(channel) as (sink, web):
        answer = await web.post("/telegram/webhook", json=bot_api.text_update(CHAT, "hello"))

    assert (answer.status_code, sink.inbound) == (403, [])


async def test_a_body_over_a_megabyte_is_refused(telegram_rig: Rig) -> None:
    update = json.dumps(bot_api.text_update(CHAT, "x" * 1_100_000)).encode()

    answer = await telegram_rig.web.post("/telegram/webhook", content=update, headers=HEADERS)

    assert (answer.status_code, telegram_rig.sink.inbound) == (413, [])


async def test_a_polling_bot_has_no_door(polling_rig: Rig) -> None:
    assert polling_rig.channel.routes(polling_rig.sink) == []


# --- fetching ---------------------------------------------------------------------------------------


async def test_the_offset_moves_after_keeping(polling_rig: Rig) -> None:
    telegram = polling_rig.telegram
    assert telegram
    telegram.updates = [
        bot_api.text_update(CHAT, "one", update_id=50),
        bot_api.text_update(CHAT, "two", update_id=51),
    ]
    polling_rig.sink.failures = 1

    async with running(polling_rig.channel, polling_rig.sink):
        await polling_rig.sink.count(2)
        await until(lambda: not telegram.updates)

    offsets = [int(call.get("offset", 0)) for call in telegram.of("getUpdates")]
    assert offsets[:2] == [0, 0]  # not kept: asked for again
    assert offsets[2] == 52
    assert [one.text for one in polling_rig.sink.inbound] == ["one", "two"]


async def test_what_was_kept_but_not_acknowledged_comes_again_with_its_id(polling_rig: Rig) -> None:
    telegram = polling_rig.telegram
    assert telegram
    update = bot_api.text_update(CHAT, "one", update_id=50)
    telegram.updates = [update]
    killed = Kept()
    async with running(polling_rig.channel, killed):
        await killed.count(1)
    telegram.updates = [update]  # the process died before its next getUpdates

    async with running(polling_rig.channel, polling_rig.sink):
        [again] = await polling_rig.sink.count(1)

    assert again.provider_id == killed.inbound[0].provider_id == "50"


async def test_poison_in_a_batch_blocks_nobody(polling_rig: Rig) -> None:
    telegram = polling_rig.telegram
    assert telegram
    telegram.updates = [
        bot_api.text_update(CHAT, "before", update_id=60),
        {"update_id": 61, "message": {"text": "broken"}},
        {"no": "id"},
        {"update_id": 62, "something_new": {}},
        bot_api.text_update(CHAT, "after", update_id=63),
    ]

    async with running(polling_rig.channel, polling_rig.sink):
        await polling_rig.sink.count(2)
        await until(lambda: int(telegram.of("getUpdates")[-1].get("offset", 0)) == 64)

    assert [one.text for one in polling_rig.sink.inbound] == ["before", "after"]


async def test_fetching_goes_on_after_errors(polling_rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    telegram = polling_rig.telegram
    assert telegram
    monkeypatch.setattr("bot.channels.telegram.PAUSES", (0.01,))
    telegram.faults += [
        Fault(500),  # deleteWebhook
        Fault(502, b"<html>"),
        bot_api.refusal(409, "Conflict: terminated by other getUpdates request"),
        bot_api.refusal(401, "Unauthorized"),
        bot_api.refusal(429, "Too Many Requests", retry_after=1),
        Fault(200, b"{"),
        Fault(200, {"ok": True}),
        Fault(200, {}),
        Fault(200, {"ok": True, "result": None}),
    ]
    telegram.updates = [bot_api.text_update(CHAT, "still here")]

    async with running(polling_rig.channel, polling_rig.sink):
        [kept] = await polling_rig.sink.count(1)

    assert kept.text == "still here"


async def test_webhook_is_set_at_start(telegram_rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    telegram = telegram_rig.telegram
    assert telegram
    monkeypatch.setattr("bot.channels.telegram.PAUSES", (0.01,))
    telegram.faults.append(Fault(500))

    await telegram_rig.channel.run(telegram_rig.sink)

    told = telegram.of("setWebhook")[-1]
    assert told["url"] == f"{PUBLIC}/telegram/webhook"
    assert told["secret_token"] == bot_api.SECRET
    assert told["max_connections"] == 1  # order
    assert set(told["allowed_updates"]) == {"message", "callback_query", "my_chat_member"}
    assert told.get("drop_pending_updates", False) is False


async def test_no_webhook_without_https(telegram_rig: Rig) -> None:
    telegram = telegram_rig.telegram
    assert telegram
    channel = Telegram(
        bot_api.TOKEN,
        mode="webhook",
        now=now,
        webhook_secret="s",
        public_url="http://x",
        api_base=telegram.url,
    )

    await channel.run(telegram_rig.sink)
    await channel.close()

    assert telegram.calls == []


async def until(holds: Any) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_the_machines_proxies_are_not_ours(telegram_rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert telegram_rig.telegram
    telegram_rig.telegram.files["a"] = bot_api.JPEG
    channel = Telegram(bot_api.TOKEN, mode="polling", now=now, api_base=telegram_rig.telegram.url)

    async with mounted(channel):
        assert isinstance(await channel.send(Outbound(1, str(CHAT), "hello")), Delivered)
        assert isinstance(await channel.fetch_photo(PhotoRef("a", "image/jpeg")), Photo)


# --- out --------------------------------------------------------------------------------------------


def drawn(rig: Rig) -> Any:
    assert rig.telegram
    return rig.telegram.sent[-1].get("reply_markup")


async def test_options_are_buttons_under_the_text(telegram_rig: Rig) -> None:
    buttons = (Button("p3:1", "yes"), Button("p3:2", "no"))

    await telegram_rig.channel.send(Outbound(1, str(CHAT), "Need a ride there?", buttons))

    assert drawn(telegram_rig) == {
        "inline_keyboard": [
            [{"text": "yes", "callback_data": "p3:1"}, {"text": "no", "callback_data": "p3:2"}]
        ]
    }


async def test_long_options_stand_below_each_other(telegram_rig: Rig) -> None:
    buttons = (Button("p3:1", "front, on 5th"), Button("p3:2", "back, on Alley Ln"))

    await telegram_rig.channel.send(Outbound(1, str(CHAT), "Which door?", buttons))

    assert [len(row) for row in drawn(telegram_rig)["inline_keyboard"]] == [1, 1]


async def test_a_sharing_key_stands_where_people_type(telegram_rig: Rig) -> None:
    buttons = (Button(SHARE_PIN, "Send where I am"), Button("p3:1", "Hope House"))

    await telegram_rig.channel.send(Outbound(1, str(CHAT), "Where?", buttons, ask_pin=True))

    keyboard = drawn(telegram_rig)["keyboard"]
    assert keyboard[0] == [{"text": "Send where I am", "request_location": True}]
    assert keyboard[1] == [{"text": "Hope House"}]


async def test_a_sharing_key_without_a_label_has_a_picture(telegram_rig: Rig) -> None:
    await telegram_rig.channel.send(Outbound(1, str(CHAT), "Your number?", ask_contact=True))

    assert drawn(telegram_rig)["keyboard"] == [[{"text": "📱", "request_contact": True}]]
    await telegram_rig.channel.send(
        Outbound(1, str(CHAT), "Your number?", (Button(SHARE_CONTACT, "Share my number"),), ask_contact=True)
    )
    assert drawn(telegram_rig)["keyboard"][0][0]["text"] == "Share my number"


async def test_a_plain_text_has_no_keys_and_no_preview(telegram_rig: Rig) -> None:
    await telegram_rig.channel.send(Outbound(1, str(CHAT), "<b>*_[x](http://example.org)"))

    assert telegram_rig.telegram
    [sent] = telegram_rig.telegram.sent
    assert sent["reply_markup"] == {"remove_keyboard": True}  # a sharing key of an earlier question goes
    assert "parse_mode" not in sent
    assert sent["link_preview_options"] == {"is_disabled": True}


@pytest.mark.parametrize(
    ("status", "words", "opted_out", "dead"),
    [
        (403, "Forbidden: bot was blocked by the user", True, False),
        (403, "Forbidden: user is deactivated", False, True),
        (403, "Forbidden: bot can't initiate conversation with a user", True, False),
        (400, "Bad Request: chat not found", False, True),
        (400, "Bad Request: message text is empty", False, False),
    ],
)
async def test_refusals(telegram_rig: Rig, status: int, words: str, opted_out: bool, dead: bool) -> None:
    assert telegram_rig.fail
    telegram_rig.fail(bot_api.refusal(status, words))

    answer = await telegram_rig.channel.send(Outbound(1, str(CHAT), "hello"))

    assert isinstance(answer, Rejected)
    assert (answer.opted_out, answer.address_dead) == (opted_out, dead)


async def test_telegram_gives_again_by_itself_what_was_missed(telegram_rig: Rig) -> None:
    assert await telegram_rig.channel.missed(now() - timedelta(days=1)) == ()
