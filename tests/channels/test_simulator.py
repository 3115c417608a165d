"""The simulated phone: what its page may send, how messages reach it, and what a restart forgets."""

import asyncio
from base64 import b64encode
from typing import Any

import pytest

from bot.channels.base import Button, CannotTell, Delivered, Inbound, NoPhoto, Outbound, Photo, Rejected, Tap
from bot.channels.simulator import KEPT_PHOTOS, Simulator
from tests.channels.conftest import Rig, mounted, now
from tests.wire.twilio import JPEG

SMS, TELEGRAM = "sms:+15555550101", "telegram:9001"


async def send(rig: Rig, phone: str = SMS, **said: Any) -> Inbound:
    answer = await rig.web.post(f"/phone/api/{phone}/send", json=said)
    assert answer.status_code == 200, answer.text
    kept = rig.sink.inbound[-1]
    assert answer.json() == {"id": kept.provider_id}
    return kept


async def messages(rig: Rig, phone: str = SMS, after: str = "", wait: str = "0") -> tuple[list[Any], str]:
    answer = await rig.web.get(f"/phone/api/{phone}/messages", params={"after": after, "wait": wait})
    assert answer.status_code == 200, answer.text
    return answer.json()["messages"], answer.json()["next"]


# --- what the page sends ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phone", "said", "expected"),
    [
        (SMS, {"text": "1"}, {"text": "1"}),
        (TELEGRAM, {"tap": "p12:2"}, {"tap": Tap(12, 2)}),
        (SMS, {"pin": [42.36, -71]}, {"pin": (42.36, -71.0)}),
        (TELEGRAM, {"contact": "+15555550101"}, {"contact": "+15555550101"}),
        (TELEGRAM, {"code": "RIDE7"}, {"code": "RIDE7", "text": "/start RIDE7"}),
        (SMS, {"code": "RIDE7"}, {"code": "RIDE7", "text": "RIDE7"}),
        (SMS, {"voice": True}, {"kind": "voice", "text": ""}),
        (TELEGRAM, {"blocked": True}, {"opt": "blocked"}),
        (TELEGRAM, {"blocked": False}, {"opt": "start"}),
        (SMS, {"text": "1", "seen": 12, "language": "es"}, {"seen": 12, "language_hint": "es"}),
        (SMS, {"text": "1", "id": "mine-1"}, {"provider_id": "mine-1"}),
        (SMS, {"text": "1", "seen": True, "language": 5}, {"seen": None, "language_hint": None}),
    ],
)
async def test_what_a_phone_does(
    phone_rig: Rig, phone: str, said: dict[str, Any], expected: dict[str, Any]
) -> None:
    kept = await send(phone_rig, phone, **said)

    assert (kept.channel, kept.address) == ("simulator", phone)
    assert {name: getattr(kept, name) for name in expected} == expected


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"text"', b"[" * 100_000, b"\xff", b"{}", b'{"text": 1}', b'{"tap": "x"}',
        b'{"pin": [1]}', b'{"pin": ["1", "2"]}', b'{"pin": [91, 0]}', b'{"pin": [0, NaN]}',
        b'{"contact": "1"}',
        b'{"code": "two words"}', b'{"voice": false}', b'{"photo": "###"}', b'{"photo": "aGVsbG8="}',
        b'{"text": "1", "id": "../x"}', b'{"text": "1", "id": ""}', b'{"blocked": true}',
    ],
)  # fmt: skip
async def test_anything_else_is_400_with_why(phone_rig: Rig, body: bytes) -> None:
    answer = await phone_rig.web.post(
        f"/phone/api/{SMS}/send", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert phone_rig.sink.inbound == []


@pytest.mark.parametrize(
    "phone", ["sms:15555550101", "sms:+1", "telegram:x", "telegram:0", "mail:a", "+15555550101"]
)
async def test_a_phone_has_a_name_of_one_of_two_forms(phone_rig: Rig, phone: str) -> None:
    posted = await phone_rig.web.post(f"/phone/api/{phone}/send", json={"text": "1"})
    listed = await phone_rig.web.get(f"/phone/api/{phone}/messages")

    assert (posted.status_code, listed.status_code) == (400, 400)


async def test_another_sites_form_cannot_text(phone_rig: Rig) -> None:
    answer = await phone_rig.web.post(
        f"/phone/api/{SMS}/send", content=b'{"text": "1"}', headers={"Content-Type": "text/plain"}
    )

    assert (answer.status_code, phone_rig.sink.inbound) == (415, [])


async def test_a_body_too_big_is_413(phone_rig: Rig) -> None:
    answer = await phone_rig.web.post(f"/phone/api/{SMS}/send", json={"text": "x" * 9_000_000})

    assert answer.status_code == 413


async def test_a_photo_is_kept_until_it_is_fetched(phone_rig: Rig) -> None:
    kept = await send(phone_rig, photo=b64encode(JPEG).decode())

    [ref] = kept.photos
    assert await phone_rig.channel.fetch_photo(ref) == Photo(JPEG, "image/jpeg")
    for _ in range(KEPT_PHOTOS):
        await send(phone_rig, photo=b64encode(JPEG).decode())
    assert isinstance(await phone_rig.channel.fetch_photo(ref), NoPhoto)


# --- what reaches the page --------------------------------------------------------------------------


async def test_a_message_reaches_its_own_phone_whole(phone_rig: Rig) -> None:
    buttons = (Button("p3:1", "yes"), Button("p3:2", "no"))
    await phone_rig.channel.send(Outbound(12, TELEGRAM, "Need a ride there?", buttons, ask_pin=True))

    [message], _ = await messages(phone_rig, TELEGRAM)

    at = message.pop("at")
    assert at.endswith("+00:00")
    assert message == {
        "id": 12,
        "body": "Need a ride there?",
        "buttons": [{"token": "p3:1", "label": "yes"}, {"token": "p3:2", "label": "no"}],
        "ask_contact": False,
        "ask_pin": True,
    }
    assert await messages(phone_rig, SMS) == ([], (await messages(phone_rig, SMS))[1])


async def test_only_what_is_new_comes_even_if_its_id_is_older(phone_rig: Rig) -> None:
    await phone_rig.channel.send(Outbound(20, SMS, "reminder"))
    first, after = await messages(phone_rig)
    await phone_rig.channel.send(Outbound(13, SMS, "crisis"))  # overtook nothing, but was written earlier

    second, last = await messages(phone_rig, after=after)

    assert [message["id"] for message in first] == [20]
    assert [message["id"] for message in second] == [13]
    assert (await messages(phone_rig, after=last))[0] == []


@pytest.mark.parametrize("after", ["", "x", "-", "0-0", "ffffffff-9", "٣", "a" * 5000])
async def test_an_unknown_place_gives_everything_again(phone_rig: Rig, after: str) -> None:
    await phone_rig.channel.send(Outbound(1, SMS, "one"))

    assert [message["body"] for message in (await messages(phone_rig, after=after))[0]] == ["one"]


async def test_a_waiting_page_is_answered_at_once(phone_rig: Rig) -> None:
    waiting = asyncio.create_task(messages(phone_rig, wait="5"))
    await asyncio.sleep(0.05)
    assert not waiting.done()

    await phone_rig.channel.send(Outbound(1, TELEGRAM, "somebody else's"))
    await asyncio.sleep(0.05)
    assert not waiting.done()

    await phone_rig.channel.send(Outbound(2, SMS, "hello"))
    async with asyncio.timeout(1):
        [message], _ = await waiting
    assert message["id"] == 2


async def test_a_waiting_page_does_not_hold_up_a_shutdown(phone_rig: Rig) -> None:
    waiting = asyncio.create_task(messages(phone_rig, wait="5"))
    await asyncio.sleep(0.05)

    await phone_rig.channel.close()

    async with asyncio.timeout(1):
        assert (await waiting)[0] == []


@pytest.mark.parametrize("wait", ["0.05", "", "-1", "x", "1e9", "nan"])
async def test_waiting_ends(phone_rig: Rig, wait: str) -> None:
    async with asyncio.timeout(2):
        assert (await messages(phone_rig, wait=wait))[0] == []


async def test_a_blocked_phone_gets_nothing_until_it_unblocks(phone_rig: Rig) -> None:
    await send(phone_rig, TELEGRAM, blocked=True)
    refused = await phone_rig.channel.send(Outbound(1, TELEGRAM, "hello"))
    await send(phone_rig, TELEGRAM, blocked=False)
    taken = await phone_rig.channel.send(Outbound(2, TELEGRAM, "hello again"))

    assert isinstance(refused, Rejected)
    assert isinstance(taken, Delivered)
    assert [message["id"] for message in (await messages(phone_rig, TELEGRAM))[0]] == [2]


# --- after a restart --------------------------------------------------------------------------------


async def test_a_restart_repeats_no_id_and_no_place(phone_rig: Rig) -> None:
    began = now()
    before = await phone_rig.channel.send(Outbound(1, SMS, "before"))
    _, place = await messages(phone_rig)
    restarted = Simulator(now=now)

    async with mounted(restarted) as (sink, web):
        again = Rig(restarted, sink, web, SMS, phone_rig.says, list)
        after = await restarted.send(Outbound(2, SMS, "after"))
        found = await restarted.find_sent(Outbound(1, SMS, "before"), began)
        [message], next_place = await messages(again, after=place)

    assert before != after
    assert message["id"] == 2
    assert next_place != place
    assert isinstance(found, CannotTell)  # it may have been shown: nothing here remembers
