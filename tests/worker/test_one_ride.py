"""The one-ride page: what the human on call sees at night, and what they can do, by the link alone."""

import re
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette

from bot.standing_by import standing_by
from bot.web import one_ride
from bot.worker import alarms as worker
from storage import attention, interviews, on_call, people, rides
from storage.subjects import subject
from storage.tables import AttentionItem, Audit, Fund, Interview, Ride, table
from tests.web.conftest import HOSTILE, Browser, Page, inert
from tests.worker.conftest import BOSTON, Town
from tests.worker.test_alarms import MARIA, SAM, roster

ITEM, RIDE, AUDIT = table(AttentionItem), table(Ride), table(Audit)
INTERVIEW, FUND = table(Interview), table(Fund)
HERE = "http://127.0.0.1:8080"
SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def browser(town: Town) -> Browser:
    deps = one_ride.OneRideDeps(
        town.workshop.database,
        town.workshop.conversations,
        town.clock,
        town.workshop.settings,
        lambda name: None,
    )
    transport = httpx.ASGITransport(Starlette(routes=one_ride.routes(deps)))
    return Browser(transport=transport, base_url=HERE)


async def booked(town: Town) -> None:
    """Ray's cars for tomorrow at eight are written down; Maria and Sam are on call."""
    await roster(town)
    await town.wants_cars()


async def lose(town: Town) -> None:
    """Have Ray's car be lost, and a human alarmed for it."""
    leg = next(one for one in await town.rides() if one.leg == "out")
    await town.workshop.database.run(partial(_lose, leg.id, town.clock.now()))


def _lose(ride_id: int, now: datetime, connection: sa.Connection) -> None:
    row = rides.ride(connection, ride_id)
    assert row is not None
    begun = rides.change_ride(connection, row.id, row.version, now, state="booking")
    assert begun is not None
    rides.change_ride(connection, row.id, begun.version, now, state="lost", reason="gone", due_at=None)
    about = subject("ride", ride_id)
    attention.need_human(connection, 1, "car lost", "out: gone", now, now, urgent=True, about=about)


async def alarmed(town: Town) -> str:
    """Ring; return the path of the link on Maria's phone."""
    await worker.step(town.workshop)
    [text] = await town.new_texts(MARIA)
    return str(re.findall(r"http://127\.0\.0\.1:8080(/r/[\w-]{43})", text)[0])


async def shown(town: Town) -> tuple[Browser, str]:
    await booked(town)
    await lose(town)
    return browser(town), await alarmed(town)


async def after(town: Town, page: Browser, path: str, **form: Any) -> Page:
    """Send a form of the page and read what it says then."""
    answer = await page.send_form(path, **form)
    return await page.open(answer.headers["location"])


async def audited(town: Town, action: str) -> list[Any]:
    return await town.rows(sa.select(AUDIT.c.actor).where(AUDIT.c.action == action))


@SQLITE
async def test_the_page_says_what_helps_and_no_more(town: Town) -> None:
    here, path = await shown(town)
    page = await here.open(path)
    inert(page)
    for words in ("Car lost", "There: The car is lost", "Hope House, 218 5th St", "front, on 5th", "8:00 am"):
        assert words in page.text, words
    assert "Maria Ruiz" in page.text, "a named human stands by"
    calls = [attrs["href"] for tag, attrs in page.tags if tag == "a" and "tel:" in (attrs.get("href") or "")]
    assert calls == ["tel:+15555550142"]
    assert [row.actor for row in await audited(town, "opened_link")] == ["caseworker:1"]
    [item] = await town.rows(sa.select(ITEM.c.state).where(ITEM.c.kind == "car lost"))
    assert item.state == "open", "looking is not answering: phones look at links by themselves"


@SQLITE
async def test_on_it_ends_the_alarm_and_the_next_is_told_who_has_it(town: Town) -> None:
    here, path = await shown(town)
    town.clock.move(timedelta(minutes=3))
    await worker.step(town.workshop)
    [text] = await town.new_texts(SAM)
    sams = str(re.findall(r"(/r/[\w-]{43})", text)[0])
    assert "You are on it" in (await after(town, here, f"{path}/on-it")).text
    other = await here.open(sams)
    assert "Maria is on it. You can rest." in other.text
    assert "Hope House" not in other.text
    assert "somebody else is on it" in (await after(town, here, f"{sams}/new-car")).text
    assert [row.actor for row in await audited(town, "answered_alarm")] == ["caseworker:1"]


async def test_a_new_car_is_a_new_ride_of_the_same_leg(town: Town) -> None:
    here, path = await shown(town)
    page = await after(town, here, f"{path}/new-car")
    assert "A new car is being ordered" in page.text
    await town.settle()
    legs = [one for one in await town.rides() if one.leg == "out"]
    assert [one.state for one in legs] == ["lost", "booked"]
    assert "Booked, no driver yet" in (await here.open(path)).text
    assert "a car is on its way already" in (await after(town, here, f"{path}/new-car")).text
    assert [row.actor for row in await audited(town, "ordered_car")] == ["caseworker:1"]


@SQLITE
async def test_a_car_that_is_no_help_is_called_off_for_another(town: Town) -> None:
    await booked(town)
    await town.settle()
    await town.workshop.database.run(partial(_ask_for_help, town.clock.now()))
    here, path = browser(town), await alarmed(town)
    assert "order another" in (await here.open(path)).text
    [old] = [one for one in await town.rides() if one.leg == "out"]
    page = await after(town, here, f"{path}/other-car", ride=str(old.id))
    assert "called off, and a new one is being ordered" in page.text
    await town.settle()
    cars = [(one.state, one.instead_of) for one in await town.rides() if one.leg == "out"]
    assert cars == [("cancelled", None), ("booked", old.id)]
    again = await after(town, here, f"{path}/other-car", ride=str(old.id))
    assert "a car is on its way already" in again.text, "pressed twice it is one new car"
    assert [row.actor for row in await audited(town, "ordered_other_car")] == ["caseworker:1"]


def _ask_for_help(now: datetime, connection: sa.Connection) -> None:
    about = subject("ride", 1)
    attention.need_human(connection, 1, "missed the car", "stands still", now, now, urgent=True, about=about)


@SQLITE
async def test_the_car_there_is_stays_where_no_other_can_come(town: Town) -> None:
    await booked(town)
    await town.settle()
    await town.workshop.database.run(partial(_ask_for_help, town.clock.now()))
    here, path = browser(town), await alarmed(town)
    await town.workshop.database.run(_empty_the_funds)
    page = await after(town, here, f"{path}/other-car", ride="1")
    assert "the ride fund is empty" in page.text
    assert [(one.state, one.wanted) for one in await town.rides() if one.leg == "out"] == [
        ("booked", "booked")
    ]


def _empty_the_funds(connection: sa.Connection) -> None:
    left = FUND.c.budget_cents - FUND.c.held_cents - FUND.c.spent_cents - FUND.c.fees_cents
    connection.execute(sa.update(FUND).values(budget_cents=FUND.c.budget_cents - left))


@SQLITE
async def test_a_taxi_is_told_to_the_person_and_sends_our_car_away(town: Town) -> None:
    here, path = await shown(town)
    await after(town, here, f"{path}/new-car")
    await town.settle()
    page = await after(town, here, f"{path}/taxi", minutes="15")
    assert "They were told that a taxi comes" in page.text
    texts = await town.settle()
    assert any("Maria got you a taxi. It comes about 6:03 pm to Hope House" in text for text in texts)
    assert [one.wanted for one in await town.rides() if one.leg == "out"] == ["booked", "cancelled"]
    assert [one.wanted for one in await town.rides() if one.leg == "home"] == ["booked"]
    assert [row.actor for row in await audited(town, "sent_taxi")] == ["caseworker:1"]


@SQLITE
async def test_a_new_time_moves_the_appointment_and_the_person_hears(town: Town) -> None:
    here, path = await shown(town)
    assert "that time is past" in (await after(town, here, f"{path}/moved", at="2027-02-01T09:00")).text
    assert "The new time is set" in (await after(town, here, f"{path}/moved", at="2027-02-26T13:00")).text
    assert {one.wanted for one in await town.rides() if one.leg == "home"} == {"cancelled"}
    [row] = await town.rows(sa.select(INTERVIEW.c.at))
    assert row.at == datetime(2027, 2, 26, 13, tzinfo=BOSTON)


@SQLITE
async def test_settled_closes_the_item(town: Town) -> None:
    here, path = await shown(town)
    page = await after(town, here, f"{path}/settled")
    assert "This is settled (Maria)" in page.text
    [item] = await town.rows(sa.select(ITEM.c.state).where(ITEM.c.kind == "car lost"))
    assert item.state == "done"


@SQLITE
async def test_a_taxi_needs_its_minutes(town: Town) -> None:
    here, path = await shown(town)
    for form in ({"minutes": "0"}, {"minutes": "soon"}, {}):
        assert "1 to 120" in (await after(town, here, f"{path}/taxi", **form)).text


@SQLITE
async def test_a_link_ends_after_an_hour_and_says_so(town: Town) -> None:
    here, path = await shown(town)
    town.clock.move(timedelta(minutes=60))
    assert "This link is over" in (await here.open(path, 410)).text
    await here.send_form(f"{path}/taxi", 410, minutes="5")
    assert "This link opens nothing" in (await here.open("/r/" + "x" * 43, 404)).text
    assert "This link opens nothing" in (await here.open("/r/%3Cscript%3E", 404)).text


@SQLITE
async def test_another_sites_form_does_nothing(town: Town) -> None:
    here, path = await shown(town)
    for headers in ({"Origin": "https://evil.invalid"}, {"Sec-Fetch-Site": "cross-site"}, {}):
        answer = await here.post(f"{path}/on-it", headers=headers)
        assert answer.headers["location"].endswith("?came=not_ours")
    [item] = await town.rows(sa.select(ITEM.c.state).where(ITEM.c.kind == "car lost"))
    assert item.state == "open"


@SQLITE
async def test_what_people_call_themselves_stays_words(town: Town) -> None:
    here, path = await shown(town)
    for name in HOSTILE:
        await town.workshop.database.run(partial(_call_them, name))
        inert(await here.open(path))


def _call_them(name: str, connection: sa.Connection) -> None:
    people.keep_facts(connection, {1: {"first_name": name}})


@SQLITE
async def test_a_matter_without_a_ride_is_shown_with_whom_to_call(town: Town) -> None:
    await roster(town)
    now = town.clock.now()
    need = partial(attention.need_human, person_id=1, kind="crisis", reason="words", due_at=now, now=now)
    await town.workshop.database.run(partial(need, urgent=True))
    here, path = browser(town), await alarmed(town)
    page = await here.open(path)
    assert "Crisis" in page.text
    assert "words" not in page.text
    assert "there is none" in (await after(town, here, f"{path}/new-car")).text


@SQLITE
async def test_a_named_human_stands_by_until_they_are_home(town: Town) -> None:
    await booked(town)
    await town.workshop.database.run(partial(_no_shifts, town.clock.now()))
    found = await town.workshop.database.read(_standing)
    assert found is not None
    clocks = [
        (one.since.astimezone(BOSTON), one.caseworker and one.caseworker.name) for one in found.stretches
    ]
    [out] = [one for one in await town.rides() if one.leg == "out"]
    assert clocks == [
        (out.pickup_at - timedelta(minutes=60), "Sam Poe"),
        (datetime(2027, 2, 24, 9, tzinfo=BOSTON), None),
    ]
    assert [one.until.astimezone(BOSTON) for one in found.gaps] == [datetime(2027, 2, 24, 11, tzinfo=BOSTON)]


def _no_shifts(now: datetime, connection: sa.Connection) -> None:
    """Leave Sam alone on call, until nine."""
    from datetime import time

    for one in on_call.shifts(connection):
        on_call.remove_shift(connection, one.id)
    on_call.add_shift(connection, 2, zone="America/New_York", now=now, starts=time(5), ends=time(9))


def _standing(connection: sa.Connection) -> Any:
    row = interviews.interview(connection, 1)
    assert row is not None
    return standing_by(connection, row, rides.rides_of(connection, 1))
