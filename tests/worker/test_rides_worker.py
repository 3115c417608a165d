"""Cars: whatever the company does, one live car a leg, or a human who knows; and no cent lost."""

import asyncio
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, cast

import httpx
import pytest

from bot.rides.base import Booked, Quoted
from bot.rides.booking import trip_of
from bot.rides.guest_rides import GuestRides
from bot.worker import rides as rides_worker
from storage import funds, rides
from storage.tables.going import LIVE_RIDES
from tests.rides.conftest import until
from tests.worker.conftest import BOSTON, TOMORROW, Town

OVER = ("completed", "rider_canceled", "driver_canceled", "no_drivers_available", "no_show")
TRIPS = "/v1/guests/trips"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Name a moment of that February in Boston."""
    return datetime(2027, 2, day, hour, minute, tzinfo=BOSTON)


async def fault(town: Town, **fault: Any) -> None:
    """Break the company's next answers; one that is never to come is waited for a moment only."""
    if fault["kind"] == "hang":
        for provider in town.workshop.rides.providers:
            cast(GuestRides, provider)._client.timeout = httpx.Timeout(0.3)
    (await town.company.post("/_stub/faults", json=fault)).raise_for_status()


async def press(town: Town, trip: str, event: str) -> None:
    (await town.company.post(f"/_stub/trips/{trip}/{event}")).raise_for_status()


async def market(town: Town, **market: Any) -> None:
    (await town.company.post("/_stub/market", json=market)).raise_for_status()


async def live(town: Town) -> list[str]:
    """List our refs of the trips the company means to drive."""
    return [trip["external_ref"] for trip in await town.trips() if trip["status"] not in OVER]


async def leg(town: Town, which: str) -> Any:
    """Read the newest leg out or home."""
    return [row for row in await town.rides() if row.leg == which][-1]


async def one_car_each_or_a_human(town: Town) -> None:
    """What must hold whenever things have come to rest."""
    legs, trips = await town.rides(), await live(town)
    assert len(trips) == len(set(trips)), "two live cars for one leg"
    booked = [row.ref for row in legs if row.wanted == "booked" and row.state in LIVE_RIDES]
    assert set(trips) == set(booked), "a car nobody knows of, or none where one is promised"
    if len(booked) < 2:
        assert booked == [], "driven there and not back"
        assert "no ride booked" in await town.needs()
    fund = await town.fund()
    assert fund.held_cents == sum(row.hold_cents for row in legs)
    assert all(row.hold_cents == 0 for row in legs if row.ref not in booked)


# --- booking ----------------------------------------------------------------------------------------------

BAD: dict[str, dict[str, Any]] = {
    "500 before": {"kind": "status", "code": 500},
    "500 after": {"kind": "status", "code": 500, "applied": "before"},
    "hang, then done": {"kind": "hang", "seconds": 0.6, "applied": "after"},
    "done, then hang": {"kind": "hang", "seconds": 0.6, "applied": "before"},
    "dropped": {"kind": "drop", "applied": "before"},
    "cut in two": {"kind": "truncate", "applied": "before"},
    "429": {"kind": "status", "code": 429, "retry_after": 20},
}
ASKED: dict[str, dict[str, Any]] = {
    "quote": {"method": "POST", "path": f"{TRIPS}/estimates"},
    "book": {"method": "POST", "path": TRIPS, "exact": True},
    "find": {"method": "GET", "path": TRIPS, "exact": True},
    "token": {"method": "POST", "path": "/oauth"},
}


sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
"""For long tables of what the company does: the databases are not what differs there."""


@sqlite_only
@pytest.mark.parametrize(
    ("asked", "bad"),
    [
        *(("book", bad) for bad in BAD),
        *((asked, bad) for asked in ("quote", "token") for bad in ("500 before", "done, then hang", "429")),
        ("find", "500 before"),
        ("find", "429"),
    ],
)
async def test_a_bad_answer_costs_time_and_never_a_second_car(town: Town, bad: str, asked: str) -> None:
    if asked == "find":
        await fault(town, **ASKED["book"], **BAD["500 after"])
    await fault(town, **ASKED[asked], **BAD[bad])
    await town.wants_cars()
    await town.move(minutes=2, seconds=30)
    assert [row.state for row in await town.rides()] == ["booked", "booked"]
    if bad.startswith("hang"):
        await asyncio.sleep(
            1
        )  # on any machine the order given up is carried out by now, before the last sweep
    await town.move(minutes=20)
    await one_car_each_or_a_human(town)
    assert len(await live(town)) == 2


@sqlite_only
@pytest.mark.parametrize("count", [5, 400])
@pytest.mark.parametrize("bad", ["500 before", "500 after"])
async def test_bad_answers_without_end_come_to_a_car_or_a_human(town: Town, bad: str, count: int) -> None:
    await fault(town, **ASKED["book"], **BAD[bad], count=count)
    await fault(town, **ASKED["find"], **BAD["500 before"], count=3)
    await town.wants_cars()
    await town.move(hours=4)
    await one_car_each_or_a_human(town)


async def test_a_company_that_is_away_ends_with_a_human(town: Town) -> None:
    await town.talk(*TOMORROW[:-1])
    await fault(town, path="/", kind="status", code=503, count=10_000)
    got = await town.text(TOMORROW[-1])
    got += await town.move(hours=2)
    assert "No car yet. I go on looking." in got
    assert any("Maria" in text and "texts you by" in text for text in got), got
    await one_car_each_or_a_human(town)
    assert (await town.fund()).held_cents == 0


async def test_an_order_carried_out_after_we_gave_it_up_is_called_off(town: Town) -> None:
    await fault(town, **ASKED["book"], kind="hang", seconds=1.2, applied="after")
    await town.wants_cars()
    await town.settle()
    await town.move(seconds=20)  # looked for, not found, ordered again: the first one comes after all

    async def comes() -> bool:
        return len(await live(town)) == 3

    await until(comes)
    await town.move(minutes=3)
    await one_car_each_or_a_human(town)
    assert [row.state for row in await town.rides()] == ["booked", "booked"]


@sqlite_only
@pytest.mark.parametrize("bad", ["500 after", "done, then hang", "cut in two"])
async def test_a_lost_answer_is_looked_for_before_anything_is_ordered_again(town: Town, bad: str) -> None:
    await fault(town, **ASKED["book"], **BAD[bad])
    await town.wants_cars()
    await town.move(minutes=15)
    refs = [trip["external_ref"] for trip in await town.trips()]
    assert len(refs) == 2, "an order that had been carried out was made again"
    assert set(refs) == {row.ref for row in await town.rides()}


@sqlite_only
async def test_a_lost_answer_and_a_list_that_does_not_come_make_no_second_car(town: Town) -> None:
    await fault(town, **ASKED["book"], **BAD["500 after"])
    await fault(town, **ASKED["find"], **BAD["500 before"])
    await town.wants_cars()
    await town.move(minutes=15)
    assert len(await town.trips()) == 2, "nobody looked, and it was ordered again"
    assert [row.state for row in await town.rides()] == ["booked", "booked"]


async def test_a_crash_while_booking_is_found_by_our_ref(town: Town) -> None:
    await _crash_while_ordering(town, twice=False)
    await town.move(seconds=61)  # its lease has run out: another process takes it up
    await one_car_each_or_a_human(town)
    assert [row.state for row in await town.rides()] == ["booked", "booked"]


async def test_twins_of_a_crash_are_called_off(town: Town) -> None:
    await _crash_while_ordering(town, twice=True)
    await fault(town, method="DELETE", kind="status", code=500)  # and the company stumbles over that, too
    await town.move(seconds=61)
    await town.move(minutes=2)
    await one_car_each_or_a_human(town)
    assert [row.state for row in await town.rides()] == ["booked", "booked"]


async def _crash_while_ordering(town: Town, *, twice: bool) -> None:
    """Order the car out as the worker does, and die before its answer is written down."""
    await town.wants_cars()
    now, database = town.clock.now(), town.workshop.database
    (_, out), *_ = await database.run(partial(rides_worker._claim, now, "+15555550100"))
    trip = trip_of(out, now)
    assert trip is not None
    for _ in range(2 if twice else 1):
        quoted = await town.workshop.rides.providers[0].quote(trip)
        assert isinstance(quoted, Quoted)
        assert isinstance(await town.workshop.rides.providers[0].book(out.row.ref, quoted), Booked)
    change = partial(rides.change_ride, ride_id=out.row.id, version=out.row.version, now=now, state="booking")
    await database.run(change)


async def test_no_cars_is_said_and_both_legs_are_let_go(town: Town) -> None:
    await market(town, cars=False)
    got = await town.talk(*TOMORROW)
    assert any(text.startswith("I found no car for that time.") for text in got)
    await one_car_each_or_a_human(town)
    assert (await town.fund()).held_cents == 0
    assert {row.state for row in await town.rides()} <= {"failed", "cancelled"}


async def test_over_budget_is_a_humans_to_decide(town: Town) -> None:
    await town.workshop.database.run(
        partial(funds.adjust, fund_id=1, budget_change=-93_000, actor="test", now=at(23, 17))
    )
    await market(town, cars=True, surge=3.0)
    got = await town.talk(*TOMORROW)
    assert any(text.startswith("That ride costs more than I may book alone.") for text in got)
    await one_car_each_or_a_human(town)
    assert await live(town) == []
    assert (await town.fund()).held_cents == 0


async def test_a_way_home_that_fails_calls_the_way_there_off(town: Town) -> None:
    await fault(town, **ASKED["quote"], kind="status", code=503)
    await town.wants_cars()
    await town.settle()
    assert sorted(row.state for row in await town.rides()) == ["booked", "held"]  # one waits for its price
    await market(town, cars=False)
    await town.move(minutes=2)
    await one_car_each_or_a_human(town)
    assert await live(town) == []


# --- the day ----------------------------------------------------------------------------------------------


@pytest.fixture
async def booked(town: Town) -> Town:
    """Ray with both cars booked."""
    await town.wants_cars()
    await town.settle()
    assert len(await live(town)) == 2
    return town


@sqlite_only
@pytest.mark.parametrize("bad", ["500 before", "cut in two"])
async def test_bad_answers_near_the_pick_up_hide_the_car_for_minutes_at_most(booked: Town, bad: str) -> None:
    await booked.jump_to(at(24, 6, 50))
    await fault(booked, method="GET", path=TRIPS, **BAD[bad], count=3)
    got = await booked.move_to(at(24, 7, 5))
    assert any(text.startswith("Your car: green Kia Soul") for text in got)
    await booked.jump_to(at(24, 8))
    assert (await leg(booked, "out")).state == "completed"


async def test_a_company_silent_at_the_pick_up_is_a_humans_to_ring(booked: Town) -> None:
    await booked.jump_to(at(24, 6, 45))
    await fault(booked, method="GET", path=TRIPS, kind="status", code=503, count=10_000)
    await booked.move_to(at(24, 7, 10))
    assert "ride unsure" in await booked.needs()


async def lose(town: Town) -> list[str]:
    """Have the driver of the newest car out drop out, and see what is texted."""
    out = await leg(town, "out")
    await press(town, out.provider_id, "driver_canceled")
    await town.pump()
    return await town.move(minutes=2)


async def test_a_driver_who_cancels_is_paid_nothing_and_another_car_comes_at_once(booked: Town) -> None:
    await booked.jump_to(at(24, 7, 1))
    lost, _ = await booked.rides()
    got = await lose(booked)
    out = await leg(booked, "out")
    assert out.instead_of == lost.id
    assert (out.provider, out.state) == ("guest_rides", "accepted")
    assert any(text.startswith(("Your car: ", "New car now: ")) for text in got)
    before = next(row for row in await booked.rides() if row.id == lost.id)
    assert (before.state, before.hold_cents) == ("lost", 0)
    assert len(await live(booked)) == 2
    assert "car lost" not in await booked.needs()


async def test_a_company_that_loses_two_cars_is_asked_for_no_third(booked: Town) -> None:
    await booked.jump_to(at(24, 7, 1))
    await lose(booked)
    got = await lose(booked)
    assert any("Maria" in text for text in got), got
    outs = [row.state for row in await booked.rides() if row.leg == "out"]
    assert outs == ["lost", "lost"]
    assert "car lost" in await booked.needs()
    assert (await leg(booked, "home")).state == "booked"  # they may get there another way


async def test_a_no_show_costs_its_fee_and_lets_the_silents_car_home_go(booked: Town) -> None:
    await booked.jump_to(at(24, 7, 9))
    out = await leg(booked, "out")
    assert out.state == "arriving"
    await press(booked, out.provider_id, "no_show")
    got = await booked.move(minutes=2)
    assert any(text.startswith("Missed the car? It happens.") for text in got)
    out = await leg(booked, "out")
    assert (out.state, out.fee_cents, out.hold_cents) == ("missed", 700, 0)
    assert (await booked.fund()).fees_cents == 700
    assert "no-show" in await booked.needs()
    await booked.jump_to(at(24, 9, 59))
    assert (await leg(booked, "home")).state == "booked"
    await booked.move_to(at(24, 10, 1))
    assert (await leg(booked, "home")).state == "cancelled"
    assert await live(booked) == []
    assert (await booked.fund()).held_cents == 0


async def test_a_no_show_who_wants_another_car_gets_one_and_keeps_the_way_home(booked: Town) -> None:
    await booked.jump_to(at(24, 7, 9))
    missed = await leg(booked, "out")
    await press(booked, missed.provider_id, "no_show")
    await booked.move(minutes=2)
    await booked.text("1")
    got = await booked.move(minutes=3)
    assert any(text.startswith(("Your car: ", "New car now: ")) for text in got), got
    out = await leg(booked, "out")
    assert (out.instead_of, out.wanted, out.state) == (missed.id, "booked", "accepted")
    await booked.jump_to(at(24, 12))
    assert (await leg(booked, "out")).state == "completed"
    assert (await leg(booked, "home")).state == "booked"
    assert (await booked.text("done"))[0].startswith("OK. Car home")
    assert any(text.startswith("Your car home:") for text in await booked.move(minutes=5))


async def test_a_way_home_nobody_calls_ends_quietly_next_morning(booked: Town) -> None:
    await booked.jump_to(at(24, 10))
    assert all("car" not in text for text in await booked.jump_to(at(25, 12)))
    home = await leg(booked, "home")
    assert (home.state, home.hold_cents, home.fee_cents) == ("cancelled", 0, 0)
    assert "car lost" not in await booked.needs()


@sqlite_only
@pytest.mark.parametrize("bad", ["500 before", "500 after", "done, then hang", "429"])
async def test_a_bad_answer_to_done_still_brings_one_car_home(booked: Town, bad: str) -> None:
    await booked.jump_to(at(24, 10))
    await fault(booked, method="POST", path=f"{TRIPS}/", **BAD[bad])
    await booked.text("done")
    got = await booked.move(minutes=10)
    assert any(text.startswith("Your car home:") for text in got)
    await booked.jump_to(at(24, 12))
    assert (await leg(booked, "home")).state == "completed"
    assert len(await booked.trips()) == 2


async def test_no_car_for_the_way_home_is_a_humans_at_once(booked: Town) -> None:
    await booked.jump_to(at(24, 10))
    await market(booked, cars=False)
    await booked.text("done")
    got = await booked.move(minutes=5)
    assert any("Maria" in text for text in got), got
    assert "car lost" in await booked.needs()
    await market(booked, cars=True)
    await booked.move(hours=1)
    assert await live(booked) == []  # what a human found is not met by a second car
    assert (await booked.fund()).held_cents == 0


# --- calling off ------------------------------------------------------------------------------------------


@sqlite_only
@pytest.mark.parametrize("bad", ["500 before", "500 after", "done, then hang", "429"])
async def test_a_bad_answer_to_cancelling_is_no_cancellation(booked: Town, bad: str) -> None:
    await fault(booked, method="DELETE", path=TRIPS, **BAD[bad])
    await booked.talk("cant go", "1")
    await booked.move(minutes=5)
    assert await live(booked) == []
    assert {row.state for row in await booked.rides()} == {"cancelled"}
    fund = await booked.fund()
    assert (fund.held_cents, fund.spent_cents) == (0, 0)


async def test_a_small_fee_is_paid_and_a_large_one_is_a_humans(booked: Town) -> None:
    await booked.move_to(at(24, 6, 30))  # inside the hour before: cancelling costs 5 dollars
    await booked.talk("cant go", "1")
    await booked.move(minutes=1)
    out = await leg(booked, "out")
    assert (out.state, out.fee_cents) == ("cancelled", 500)
    assert (await booked.fund()).fees_cents == 500


async def test_a_fee_above_the_limit_waits_for_a_human(booked: Town) -> None:
    strict = booked.workshop.settings.model_copy(update={"ride_fee_limit_cents": 499})
    booked.workshop = replace(booked.workshop, settings=strict)
    await booked.jump_to(at(24, 6, 30))
    await booked.talk("cant go", "1")
    await booked.move(minutes=1)
    assert (await leg(booked, "out")).state == "booked"
    assert "cancelling costs a fee" in await booked.needs()


async def test_a_moved_interview_books_anew_while_the_company_sleeps(town: Town) -> None:
    await town.talk(*TOMORROW)
    await fault(town, method="DELETE", path=TRIPS, kind="status", code=503, count=6)
    await town.talk("it moved", "friday at 10", "1")
    got = await town.talk("1", "1")
    assert any(text.startswith("Ray, your car: Fri Feb 26") for text in got)
    await town.jump_to(at(23, 18, 30))
    await town.move(minutes=5)
    await one_car_each_or_a_human(town)
    assert len(await live(town)) == 2
