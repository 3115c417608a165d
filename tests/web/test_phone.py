"""The page of simulated phones: drawn from the database, talked from, and its clock moved."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.channels.simulator import Simulator
from bot.web.phone import clocks, doing, handset
from bot.worker import alarms
from flows.sms_parts import parts
from storage import on_call, staff
from storage.attention import need_human
from tests.web.conftest import BOSTON, DEE, HERE, MORNING, RAY, Browser, Office, Page, inert
from tests.wire.twilio import JPEG

RAYS = "/phone?phone=sms%3A%2B15555550142"
BOTH = f"{RAYS}&phone=telegram%3A9001"


async def say(browser: Browser, phone: str, do: str, status: int = 303, **fields: Any) -> Any:
    return await browser.send_form("/phone/say", status, phone=phone, here=[RAY, DEE], do=do, **fields)


# --- what is on the page --------------------------------------------------------------------------


async def test_the_first_visit_shows_one_phone_and_how_to_begin(office: Office) -> None:
    page = await office.browser().open("/phone")
    assert "+1 555 555 0101" in page.text
    assert "RIDE7" in page.text
    assert "Tue, Feb 23, 10:05 am" in page.text
    inert(page)


async def test_a_later_visit_shows_the_phones_that_wrote_last(office: Office) -> None:
    await office.text("ride7")
    office.clock.move(timedelta(minutes=1))
    await office.text("ride7", phone=DEE)
    page = await office.browser().open("/phone")
    assert page.text.index("Telegram 9001") < page.text.index("+1 555 555 0142")


async def test_several_phones_stand_side_by_side_each_drawn_its_way(office: Office) -> None:
    await office.text("ride7")
    await office.text("ride7", phone=DEE)
    page = await office.browser().open(BOTH)
    classes = [attrs.get("class") for tag, attrs in page.tags if tag == "section" and attrs.get("data-phone")]
    assert classes == ["handset handset--sms", "handset handset--telegram"]


async def test_under_each_of_our_texts_stand_its_parts_and_what_became_of_it(office: Office) -> None:
    (body,) = await office.text("ride7")
    page = await office.browser().open(RAYS)
    cost = parts(body)
    assert f"{cost.parts} part · {cost.length} GSM-7 · sent" in page.text


async def test_telegram_has_buttons_and_a_tap_is_shown_as_its_label(office: Office) -> None:
    await office.text("ride7", phone=DEE)
    browser = office.browser()
    page = await browser.open(BOTH)
    buttons = [attrs for tag, attrs in page.tags if tag == "button" and attrs.get("form") == f"tap-{DEE}"]
    assert [button["value"] for button in buttons] == ["p1:1", "p1:2"]

    await say(browser, DEE, "p1:1")
    await office.deliver()
    (tapped,) = [row for row in await office.messages(direction="in") if row.extra]
    assert tapped.extra["tap"] == [1, 1]
    assert "You: yes" in (await browser.open(BOTH)).text
    assert len(office.on_phone(DEE)) == 2


async def test_what_waits_or_was_dropped_is_not_on_the_screen(office: Office) -> None:
    await office.talks.received([office.simulator.read(RAY, {"text": "ride7"})])
    browser = office.browser()
    page = await browser.open(RAYS)
    assert "Hi, this is Onward" not in page.text
    assert "An answer is on its way" in page.text
    await office.deliver()
    assert "Hi, this is Onward" in (await browser.open(RAYS)).text


async def test_a_restart_loses_nothing_of_the_screen(office: Office) -> None:
    await office.text("ride7", "yes")
    before = (await office.browser().open(RAYS)).text
    office.simulator = Simulator(now=office.clock.now)
    assert (await office.browser().open(RAYS)).text == before


async def test_a_phone_is_added_switched_and_put_away(office: Office) -> None:
    browser = office.browser()
    added = await browser.get(f"{RAYS}&add=(555)+555-0177&app=sms")
    assert added.headers["location"] == f"{RAYS}&phone=sms%3A%2B15555550177"
    links = [attrs.get("href") for _, attrs in (await browser.open(added.headers["location"])).tags]
    assert f"{RAYS}&phone=telegram%3A15555550177" in links
    assert "/phone?phone=sms%3A%2B15555550177" in links
    wrong = await browser.open(f"{RAYS}&add=not+a+number&app=sms", 400)
    assert "neither a phone number" in wrong.text


@pytest.mark.parametrize(
    "text,app,name",
    [
        ("", "sms", "sms:+15555550102"),
        ("", "telegram", "telegram:9001"),
        ("555 555 0199", "sms", "sms:+15555550199"),
        ("+44 20 7946 0000", "sms", "sms:+442079460000"),
        ("1-555-555-0199", "sms", "sms:+15555550199"),
        ("9002", "telegram", "telegram:9002"),
        ("telegram:77", "sms", "telegram:77"),
        ("sms:+15555550199", "telegram", "sms:+15555550199"),
        ("12", "sms", None),
        ("<b>", "sms", None),
        ("0", "telegram", None),
    ],
)
def test_a_typed_number(text: str, app: str, name: str | None) -> None:
    assert handset.typed(text, app, ["sms:+15555550101"]) == name


@pytest.mark.parametrize(
    "name,other",
    [
        ("sms:+15555551234", "telegram:1234"),
        ("telegram:1234", "sms:+15555551234"),
        ("sms:+15555550101", "telegram:15555550101"),
        ("telegram:15555550101", "sms:+15555550101"),
        ("telegram:77", None),
    ],
)
def test_one_handset_has_two_apps(name: str, other: str | None) -> None:
    assert handset.other_app(name) == other


def test_a_page_holds_so_many_phones_and_no_nonsense() -> None:
    many = [f"telegram:{number}" for number in range(1, 20)]
    assert handset.known([*many[:2], many[0], "sms:1", "x", *many]) == many[: handset.MOST]


# --- what a phone does ----------------------------------------------------------------------------


async def test_a_text_is_kept_and_answered_without_scripts(office: Office) -> None:
    browser = office.browser()
    answer = await say(browser, RAY, "text", text="ride7")
    assert answer.headers["location"] == f"{BOTH}#phone-1"
    await office.deliver()
    page = await browser.open(BOTH)
    assert "You: ride7" in page.text
    assert "Onward: Hi, this is Onward" in page.text


async def test_a_text_says_what_was_on_the_screen(office: Office) -> None:
    await office.text("ride7")
    (ours,) = await office.messages(direction="out")
    browser = office.browser()
    page = await browser.open(RAYS)
    assert {attrs["value"] for _, attrs in page.tags if attrs.get("name") == "seen"} == {str(ours.id)}
    await say(browser, RAY, "text", text="yes", seen=str(ours.id))
    assert (await office.messages(direction="in"))[-1].extra == {"seen": ours.id}


@pytest.mark.parametrize(
    "phone,do,fields,shown",
    [
        (RAY, "pin", {"pin": "42.3601, -71.0589"}, "Shared a spot: 42.3601, -71.0589"),
        (RAY, "voice", {}, "Sent a voice message"),
        (DEE, "contact", {"contact": "+1 (555) 555-0142"}, "Shared a number: +15555550142"),
        (DEE, "block", {}, "The chat was blocked"),
        (DEE, "start", {}, "You: /start"),
    ],
)
async def test_what_else_a_phone_does(
    office: Office, phone: str, do: str, fields: dict[str, str], shown: str
) -> None:
    await office.text("ride7", phone=phone)
    browser = office.browser()
    await say(browser, phone, do, 303, **fields)
    assert shown in (await browser.open(BOTH)).text


async def test_a_photo_is_sent_by_a_form(office: Office) -> None:
    await office.text("ride7", "yes")
    browser = office.browser()
    answer = await browser.post(
        "/phone/say",
        data={"phone": RAY, "here": RAY, "do": "photo"},
        files={"photo": ("id.jpg", JPEG, "image/jpeg")},
        headers={"Origin": HERE},
    )
    assert answer.status_code == 303
    assert "[1 photo]" in (await browser.open(RAYS)).text


@pytest.mark.parametrize(
    "phone,do,fields",
    [
        (RAY, "text", {"text": "  "}),
        (RAY, "pin", {"pin": "here"}),
        (RAY, "pin", {"pin": "95, 0"}),
        (RAY, "photo", {}),
        (RAY, "block", {}),
        (RAY, "dance", {}),
        (RAY, "p:x", {}),
        (DEE, "contact", {"contact": "me"}),
        ("sms:nobody", "text", {"text": "hi"}),
        ("", "text", {"text": "hi"}),
    ],
)
async def test_what_cannot_be_done_is_said_in_words(
    office: Office, phone: str, do: str, fields: dict[str, str]
) -> None:
    answer = await say(office.browser(), phone, do, 400, **fields)
    page = Page(answer.text)
    assert any(attrs.get("role") == "alert" and "hidden" not in attrs for _, attrs in page.tags)
    assert await office.messages() == []


async def test_another_sites_form_does_nothing(office: Office) -> None:
    browser = office.browser()
    for path, form in (
        ("/phone/say", {"phone": RAY, "do": "text", "text": "hi"}),
        ("/phone/clock", {"minutes": "9"}),
    ):
        for headers in (
            {},
            {"Origin": "http://evil.invalid"},
            {"Origin": HERE, "Sec-Fetch-Site": "cross-site"},
        ):
            assert (await browser.post(path, data=form, headers=headers)).status_code == 403
    assert await office.messages() == []
    assert office.moved == []


def test_a_pin_is_two_numbers() -> None:
    assert doing.pin(" 42.36,-71.05 ") == [42.36, -71.05]
    for text in ("", "1", "1,2,3", "NaN, 1", "1e9, 2", "x, y"):
        with pytest.raises(ValueError, match="two numbers"):
            doing.pin(text)


# --- news -----------------------------------------------------------------------------------------


async def test_one_phone_is_drawn_alone(office: Office) -> None:
    await office.text("ride7")
    browser = office.browser()
    page = await browser.open("/phone/screen?phone=sms%3A%2B15555550142")
    assert page.tags[0][0] == "ol"
    assert "Hi, this is Onward" in page.text
    await browser.open("/phone/screen?phone=x", 404)
    await browser.open("/phone/screen", 404)


async def test_news_names_the_phone_that_changed(office: Office) -> None:
    await office.text("ride7")
    await office.text("ride7", phone=DEE)
    browser, live = office.browser(), BOTH.replace("/phone?", "/phone/live?")

    async def mark() -> list[str]:
        return (await browser.get(live)).text.rsplit("data: ", 1)[1].strip().split("-")

    before = await mark()
    assert "data:" not in (await browser.get(f"{live}&seen={'-'.join(before)}")).text
    await office.text("yes", phone=DEE)
    after = await mark()
    assert before[0] == after[0]
    assert before[1] != after[1]


# --- the clock ------------------------------------------------------------------------------------


async def test_the_clock_is_told_and_moved(office: Office) -> None:
    browser = office.browser()
    told = (await browser.get("/phone/api/clock")).json()
    assert datetime.fromisoformat(told["now"]) == MORNING
    assert (told["next"], told["words"]) == (None, "Tue, Feb 23, 10:05 am")
    moved = await browser.post("/phone/api/clock", json={"minutes": 10})
    assert datetime.fromisoformat(moved.json()["now"]) == MORNING + timedelta(minutes=10)
    await browser.post("/phone/api/clock", json={"to": "2027-02-24T07:00"})
    assert office.clock.now() == datetime(2027, 2, 24, 7, 0, tzinfo=BOSTON)
    assert office.moved[0] == timedelta(minutes=10)
    answer = await browser.send_form("/phone/clock", minutes="60", here=[RAY])
    assert answer.headers["location"] == RAYS
    assert office.clock.now() == datetime(2027, 2, 24, 8, 0, tzinfo=BOSTON)


@pytest.mark.parametrize(
    "asked",
    [
        {"minutes": -5}, {"minutes": "x"}, {"minutes": 10**7}, {"minutes": True}, {"to": "next"},
        {"to": "soon"}, {"to": "2020-01-01T00:00"}, {"to": 5}, {}, [], 7, "next",
    ],
)  # fmt: skip
async def test_the_clock_refuses_with_why(office: Office, asked: Any) -> None:
    answer = await office.browser().post("/phone/api/clock", json=asked)
    assert (answer.status_code, office.moved) == (400, [])
    assert answer.json()["error"]


async def test_a_clock_that_only_runs_is_not_moved(office: Office) -> None:
    object.__setattr__(office.phone_deps, "move", None)
    browser = office.browser()
    assert (await browser.post("/phone/api/clock", json={"minutes": 1})).status_code == 409
    assert "+10 min" not in (await browser.open("/phone")).text


async def test_the_clock_takes_json_only(office: Office) -> None:
    browser = office.browser()
    for content, kind in (
        (b'{"minutes": 1}', "text/plain"),
        (b"minutes=1", "application/x-www-form-urlencoded"),
    ):
        answer = await browser.post("/phone/api/clock", content=content, headers={"Content-Type": kind})
        assert answer.status_code == 415
    answer = await browser.post(
        "/phone/api/clock", content=b"[" * 90_000, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400


def test_how_far_the_clock_goes() -> None:
    now, soon = datetime(2027, 3, 13, 12, tzinfo=UTC), datetime(2027, 3, 13, 15, 30, tzinfo=UTC)
    zone = ZoneInfo("America/New_York")
    assert clocks.how_far({"to": "next"}, now, soon, zone) == timedelta(hours=3, minutes=30)
    # The night the clocks go forward: 7:00 there is 11:00 UTC, no longer 12:00.
    assert clocks.how_far({"to": "2027-03-14T07:00"}, now, None, zone) == timedelta(hours=23)
    assert clocks.how_far({"to": "2027-03-13T12:00:05+00:00"}, now, None, zone) == timedelta(seconds=5)


async def test_an_alarm_rings_on_the_phone_of_who_is_on_call(office: Office) -> None:
    await office.text("hi", "y")
    person, now, maria = await office.person_id(), office.clock.now(), office.maria.id
    change = partial(staff.change_caseworker, caseworker_id=maria, phone="+15555550199")
    await office.database.run(change)
    await office.database.run(
        partial(on_call.add_shift, caseworker_id=maria, zone="America/New_York", now=now)
    )
    browser = office.browser()
    page = await browser.open("/phone")
    assert "Maria: alarms" in page.text
    need = partial(need_human, person_id=person, kind="car lost", reason="out", due_at=now, now=now)
    await office.database.run(partial(need, urgent=True))
    await alarms.step(office.workshop)
    page = await browser.open("/phone/screen?phone=sms:%2B15555550199")
    inert(page)
    assert "Onward alarm: car lost." in page.text
    [link] = [attrs["href"] or "" for tag, attrs in page.tags if tag == "a"]
    assert re.fullmatch(r"/r/[\w-]{43}", link)
    await office.text("1", phone="sms:+15555550199")
    again = await browser.open("/phone/screen?phone=sms:%2B15555550199")
    assert again.text.endswith("1 10:05 am")
