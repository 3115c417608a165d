"""What holds for every channel: a text arrives, a text leaves, and each bad day has its own answer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.channels.base import (
    CannotTell,
    Channel,
    Delivered,
    Found,
    NotFound,
    Outbound,
    Rejected,
    TryLater,
    Unknown,
    drawn_as,
)
from bot.channels.sms import Sms
from bot.channels.telegram import Telegram
from tests.channels.conftest import PUBLIC, Rig, now
from tests.wire.server import Fault
from tests.wire.telegram import refusal


def text(rig: Rig, body: str = "Need a ride there? 1 yes 2 no", number: int = 7) -> Outbound:
    return Outbound(number, rig.address, body)


# --- in ---------------------------------------------------------------------------------------------


async def test_a_text_is_handed_over_as_it_came(any_channel: Rig) -> None:
    before = now() - timedelta(seconds=2)

    assert await any_channel.says("hope house on 5th", "1") in (0, 200)

    [kept] = any_channel.sink.inbound
    assert (kept.channel, kept.address) == (any_channel.channel.name, any_channel.address)
    assert (kept.text, kept.kind, kept.tap, kept.opt) == ("hope house on 5th", "text", None, None)
    assert before <= kept.at <= now()
    assert kept.at.utcoffset() == timedelta()


async def test_a_second_copy_carries_the_same_id(any_channel: Rig) -> None:
    if await any_channel.says("1", "5") == 0:
        return  # a provider we ask gives again only what was not acknowledged: see test_telegram.py
    await any_channel.says("1", "5")
    await any_channel.says("1", "6")

    ids = [one.provider_id for one in any_channel.sink.inbound]
    assert ids[0] == ids[1] != ids[2]


async def test_texts_keep_their_order(any_channel: Rig) -> None:
    said = [f"line {n}" for n in range(20)]
    for n, line in enumerate(said):
        await any_channel.says(line, str(n + 1))

    assert [one.text for one in any_channel.sink.inbound] == said


async def test_what_was_not_kept_is_not_acknowledged_and_can_come_again(any_channel: Rig) -> None:
    any_channel.sink.failures = 1

    status = await any_channel.says("wheres my ride", "9")
    if status:  # a provider that calls us was told so, and calls again
        assert status == 503
        assert any_channel.sink.inbound == []
        assert await any_channel.says("wheres my ride", "9") == 200

    assert [one.text for one in any_channel.sink.inbound] == ["wheres my ride"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("", ""),
        ("👍🏽 sí, mañana", "👍🏽 sí, mañana"),
        ("before\0after", "beforeafter"),
        ("x" * 1601, "x" * 1601),
        ("y" * 9000, "y" * 4096),
        ("\u202eright to left\u202c\u200b", "\u202eright to left\u202c\u200b"),
        ("{answer} %s ${x} <b>&amp;", "{answer} %s ${x} <b>&amp;"),
        ("a+b c&d=e;f\r\ng", "a+b c&d=e;f\r\ng"),
    ],
)
async def test_hostile_text_is_kept_as_text(any_channel: Rig, said: str, kept: str) -> None:
    await any_channel.says(said, "3")

    assert [one.text for one in any_channel.sink.inbound] == [kept]


# --- out --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["Good luck, Ray!", "¿Mañana a las 8? 👍", "line\nline", "a" * 1600])
async def test_a_text_leaves_once_and_whole(any_channel: Rig, body: str) -> None:
    answer = await any_channel.channel.send(text(any_channel, body))

    assert isinstance(answer, Delivered)
    assert answer.provider_id
    assert any_channel.sent() == [body]


async def test_two_texts_have_two_ids(any_channel: Rig) -> None:
    one, two = [await any_channel.channel.send(text(any_channel, number=n)) for n in (1, 2)]

    assert isinstance(one, Delivered)
    assert isinstance(two, Delivered)
    assert one.provider_id != two.provider_id


@pytest.mark.parametrize("address", ["", "nobody", "+", "'; drop table people"])
async def test_an_address_that_is_none_is_rejected_as_dead(any_channel: Rig, address: str) -> None:
    if any_channel.twilio:
        any_channel.twilio.faults.append(
            Fault(400, {"code": 21211, "message": "Invalid 'To'", "status": 400})
        )

    answer = await any_channel.channel.send(Outbound(1, address, "hello"))

    assert isinstance(answer, Rejected)
    assert answer.address_dead
    assert not answer.opted_out


async def block(rig: Rig) -> None:
    if rig.twilio:
        stopped = {"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400}
        rig.twilio.faults.append(Fault(400, stopped))
    elif rig.telegram:
        rig.telegram.faults.append(refusal(403, "Forbidden: bot was blocked by the user"))
    else:
        rig.address = "telegram:9001"
        await rig.web.post(f"/phone/api/{rig.address}/send", json={"blocked": True})


async def test_who_has_stopped_us_is_told_apart(any_channel: Rig) -> None:
    await block(any_channel)

    answer = await any_channel.channel.send(text(any_channel))

    assert isinstance(answer, Rejected)
    assert answer.opted_out
    assert not answer.address_dead
    assert any_channel.address not in answer.why


# --- providers on a bad day -------------------------------------------------------------------------


def busy(rig: Rig) -> Fault:
    if rig.twilio:
        return Fault(
            429, {"code": 20429, "message": "Too Many Requests", "status": 429}, {"Retry-After": "7"}
        )
    return refusal(429, "Too Many Requests: retry after 7", retry_after=7)


@pytest.mark.parametrize("as_delta", ["true", "false"])
@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
async def test_too_many_is_surely_unsent_and_says_for_how_long(
    wired: Rig, monkeypatch: pytest.MonkeyPatch, as_delta: str
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", as_delta)
    assert wired.fail
    wired.fail(busy(wired))

    assert await wired.channel.send(text(wired)) == TryLater(7.0, all_wait=True)
    assert wired.sent() == []


LOST: list[tuple[str, Any]] = [
    ("internal error", Fault(500, {"message": "oops"}, done=True)),
    ("bad gateway", Fault(502, b"<html>", done=True)),
    ("unavailable", Fault(503, b"", done=True)),
    ("cut short", Fault(200, b'{"ok": true, "resu', done=True)),
    ("nothing in it", Fault(200, b"{}", done=True)),
    ("a list", Fault(200, b"[]", done=True)),
]


@pytest.mark.parametrize("fault", [fault for _, fault in LOST], ids=[name for name, _ in LOST])
async def test_an_answer_that_is_lost_is_unknown_and_nothing_is_sent_again(wired: Rig, fault: Fault) -> None:
    assert wired.fail
    began = now()
    wired.fail(fault)

    assert isinstance(await wired.channel.send(text(wired)), Unknown)
    assert len(wired.sent()) == 1

    found = await wired.channel.find_sent(text(wired), began)
    if wired.twilio:
        assert found == Found(wired.twilio.sent[0].sid)
    else:
        assert isinstance(found, CannotTell)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_gateways_page_says_nothing_about_the_person(wired: Rig, status: int) -> None:
    assert wired.fail
    wired.fail(Fault(status, b"<html>Forbidden</html>"))

    assert isinstance(await wired.channel.send(text(wired)), TryLater)


async def test_too_many_without_a_wait_is_surely_unsent_too(wired: Rig) -> None:
    assert wired.fail
    wired.fail(Fault(429, b"<html>slow down</html>"))

    assert isinstance(await wired.channel.send(text(wired)), TryLater)


async def test_a_refused_key_is_for_us_to_mend_and_loses_no_text(wired: Rig) -> None:
    assert wired.fail
    wired.fail(
        Fault(401, {"ok": False, "description": "Unauthorized", "code": 20003, "message": "Authenticate"})
    )

    answer = await wired.channel.send(text(wired))

    assert isinstance(answer, TryLater)
    assert answer.after_seconds >= 60


NOBODY = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    "channel",
    [
        lambda: Sms("AC1", ["t"], "+15555550100", public_url=PUBLIC, now=now, api_base=NOBODY),
        lambda: Telegram("1:t", mode="polling", now=now, api_base=NOBODY),
    ],
    ids=["sms", "telegram"],
)
async def test_a_provider_that_is_away_was_surely_not_reached(channel: Callable[[], Channel]) -> None:
    away = channel()

    assert isinstance(await away.send(Outbound(1, "15555550101", "hello")), TryLater)

    await away.close()


async def test_any_other_no_is_rejected(wired: Rig) -> None:
    assert wired.fail
    told = {"ok": False, "description": "Bad Request: message is too long", "code": 21617, "message": "Long"}
    wired.fail(Fault(400, told))

    answer = await wired.channel.send(text(wired, "z" * 5000))

    assert isinstance(answer, Rejected)
    assert not answer.opted_out
    assert not answer.address_dead


# --- looking for what was sent ----------------------------------------------------------------------


async def test_what_was_never_sent_is_not_found(any_channel: Rig) -> None:
    answer = await any_channel.channel.find_sent(text(any_channel), now())

    if any_channel.telegram:
        assert isinstance(answer, CannotTell)
    else:
        assert answer == NotFound()


async def test_what_was_sent_is_found(any_channel: Rig) -> None:
    began = now()
    sent = await any_channel.channel.send(text(any_channel))
    assert isinstance(sent, Delivered)

    answer = await any_channel.channel.find_sent(text(any_channel), began)

    assert isinstance(answer, CannotTell) if any_channel.telegram else answer == Found(sent.provider_id)


# --- drawing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "address", "drawn"),
    [
        ("sms", "+15555550101", "sms"),
        ("telegram", "9001", "telegram"),
        ("simulator", "sms:+15555550101", "sms"),
        ("simulator", "telegram:9001", "telegram"),
        ("sms", "telegram:9001", "sms"),
    ],
)
def test_a_phone_says_how_it_is_drawn(channel: str, address: str, drawn: str) -> None:
    assert drawn_as(channel, address) == drawn
