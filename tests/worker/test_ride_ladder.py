"""When a car is gone: the next company, who must not come, what a sweep finds, what a large fee waits for."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.rides.base import Booked, Quoted
from bot.rides.booking import trip_of
from bot.rides.fleet import Fleet
from bot.rides.guest_rides import GuestRides
from bot.rides.stub.server import create_app
from bot.worker import ride_sweep
from bot.worker import rides as rides_worker
from storage import attention, exclusions, rides
from storage.lifecycle import steps
from storage.tables import AttentionItem, Ride, table
from tests.rides.conftest import served
from tests.worker.conftest import SECRET, Town
from tests.worker.test_rides_worker import ASKED, BAD, TRIPS, at, fault, leg, live, lose, market, press

ITEM, RIDE = table(AttentionItem), table(Ride)
sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
async def second(town: Town, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The control room of a second company, for when the first one brings no car."""
    app = create_app(tmp_path / "second.sqlite", webhook_secret=SECRET, clock=town.clock, every_s=3600)
    async with served(app) as url, httpx.AsyncClient(base_url=url, trust_env=False) as room:
        ours = GuestRides(url, "demo", "demo-ride-secret", (SECRET,), name="second")
        both = Fleet((*town.workshop.rides.providers, ours))
        town.workshop = replace(town.workshop, rides=both)
        try:
            yield room
        finally:
            await ours.close()


async def trips_at(room: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list((await room.get("/_stub/trips")).json())


@sqlite_only
async def test_without_cars_at_the_first_company_the_second_drives(
    town: Town, second: httpx.AsyncClient
) -> None:
    await market(town, cars=False)
    await town.wants_cars()
    await town.settle()
    assert await live(town) == []
    assert len(await trips_at(second)) == 2
    booked = [row for row in await town.rides() if row.state == "booked"]
    assert {(row.leg, row.provider) for row in booked} == {("out", "second"), ("home", "second")}
    assert await town.needs() == []


@sqlite_only
async def test_a_company_a_person_is_kept_from_does_not_drive_them(
    town: Town, second: httpx.AsyncClient
) -> None:
    await town.talk("ride7", "y")
    keep = partial(exclusions.exclude, person_id=1, provider="guest_rides", reason="test", now=at(23, 17))
    await town.workshop.database.run(keep)
    await town.wants_cars()
    await town.settle()
    assert await live(town) == []
    assert len(await trips_at(second)) == 2


@sqlite_only
async def test_two_lost_cars_bring_the_second_company(town: Town, second: httpx.AsyncClient) -> None:
    await town.wants_cars()
    await town.settle()
    await town.jump_to(at(24, 7, 1))
    await lose(town)
    await lose(town)
    out = await leg(town, "out")
    assert (out.provider, out.wanted) == ("second", "booked")
    assert len(await trips_at(second)) == 1
    assert "car lost" not in await town.needs()


@sqlite_only
async def test_a_car_home_that_may_be_booked_is_not_ordered_elsewhere(
    town: Town, second: httpx.AsyncClient
) -> None:
    await town.wants_cars()
    await town.settle()
    await town.jump_to(at(24, 10))
    await town.text("done")
    await town.move(minutes=3)
    await fault(town, **ASKED["book"], **BAD["done, then hang"])
    await fault(town, **ASKED["find"], **BAD["500 before"], count=10_000)
    home = await leg(town, "home")
    await press(town, home.provider_id, "driver_canceled")  # the next one's answer is lost
    await town.move(minutes=15)
    assert (await leg(town, "home")).state == "booking"
    assert await trips_at(second) == []
    assert "ride unsure" in await town.needs()


@sqlite_only
async def test_a_car_that_cannot_be_looked_after_is_a_humans(town: Town) -> None:
    await town.wants_cars()
    await town.settle()
    await town.jump_to(at(24, 6, 45))
    town.workshop = replace(town.workshop, rides=Fleet(()))  # its company was taken out of the settings
    await town.move_to(at(24, 7, 10))
    assert "ride unsure" in await town.needs()


@sqlite_only
async def test_who_is_on_the_way_when_the_way_home_fails_is_not_put_out(town: Town) -> None:
    await town.wants_cars()
    await town.settle()
    await town.jump_to(at(24, 7, 9))
    assert (await leg(town, "out")).state == "arriving"
    await town.workshop.database.run(_price_home_anew)
    await market(town, cars=False)
    await town.move(minutes=2)
    out, home = await leg(town, "out"), await leg(town, "home")
    assert (out.wanted, home.state, len(await live(town))) == ("booked", "failed", 2)
    assert "car lost" in await town.needs()


@sqlite_only
async def test_after_an_unsafe_ride_another_company_brings_them_home(
    town: Town, second: httpx.AsyncClient
) -> None:
    await town.wants_cars()
    await town.settle()
    await town.jump_to(at(24, 9))
    await town.text("the driver touched me")
    await town.move(minutes=2)
    lost, home = [row for row in await town.rides() if row.leg == "home"]
    assert (lost.provider, lost.state, home.provider) == ("guest_rides", "lost", "second")
    assert (await leg(town, "out")).state == "completed"
    await town.text("done")
    await town.move(minutes=10)
    assert [trip["status"] for trip in await trips_at(second)] == ["arriving"]
    assert await live(town) == []


@sqlite_only
async def test_after_an_unsafe_ride_a_way_home_no_other_company_brings_is_a_humans(town: Town) -> None:
    await town.wants_cars()
    await town.settle()
    await town.jump_to(at(24, 9))
    await town.text("the driver touched me")
    await town.move(minutes=2)
    assert await live(town) == []
    assert {"ride safety", "car lost"} <= set(await town.needs())


def _price_home_anew(connection: sa.Connection) -> None:
    """Have the way home stand as one that waited for staff's OK until now."""
    anew = {
        "state": "held",
        "provider": None,
        "provider_id": None,
        "ordered_at": None,
        "due_at": at(24, 7, 9),
    }
    connection.execute(sa.update(RIDE).where(RIDE.c.leg == "home").values(**anew))


@sqlite_only
async def test_after_hours_in_which_we_were_down_no_car_goes_to_what_is_over(town: Town) -> None:
    await town.wants_cars()
    await town.jump_to(at(24, 11))
    assert await live(town) == []
    assert {row.state for row in await town.rides()} <= {"failed", "cancelled"}
    assert "no ride booked" in await town.needs()


# --- sweeps -----------------------------------------------------------------------------------------------


@sqlite_only
async def test_a_sweep_has_a_car_of_a_leg_that_is_over_called_off(town: Town) -> None:
    await town.wants_cars()
    await town.settle()
    (row, _) = await town.rides()
    out = await town.workshop.database.run(partial(_leg_of, row.id))
    trip = trip_of(out, town.clock.now())
    assert trip is not None
    company = town.workshop.rides.providers[0]
    await town.talk("cant go", "1")
    assert await live(town) == []
    quoted = await company.quote(trip)  # and long after, an order that everybody had given up is carried out
    assert isinstance(quoted, Quoted)
    assert isinstance(await company.book(out.row.ref, quoted), Booked)
    town.clock.move_to(town.clock.now() + timedelta(minutes=30))
    await ride_sweep.step(town.workshop)
    await town.pump()
    assert await live(town) == []


@sqlite_only
async def test_what_it_costs_to_call_off_a_car_that_was_given_up_is_the_legs(town: Town) -> None:
    await town.wants_cars()
    await town.settle()
    await town.jump_to(at(24, 6, 30))  # inside the hour before: cancelling costs 5 dollars
    await fault(town, method="DELETE", path=TRIPS, **BAD["500 before"], count=2)
    await town.workshop.database.run(_keep_off)
    await town.pump()
    assert [(row.state, row.reason) for row in await town.rides()] == [("lost", "unsure")] * 2
    town.clock.move(timedelta(minutes=11))
    await ride_sweep.step(town.workshop)
    await town.pump()
    assert await live(town) == []
    assert [row.fee_cents for row in await town.rides()] == [500, 0]
    fund = await town.fund()
    assert (fund.fees_cents, fund.held_cents) == (500, 0)


def _keep_off(connection: sa.Connection) -> None:
    exclusions.exclude(connection, 1, "guest_rides", "test", at(24, 6, 30))
    for id_ in (1, 2):
        rides.wake_ride(connection, id_, at(24, 6, 30))


@sqlite_only
async def test_a_car_that_is_none_of_ours_is_left_alone(town: Town) -> None:
    await town.wants_cars()
    await town.settle()
    (row, _) = await town.rides()
    found = await town.workshop.database.run(partial(_leg_of, row.id))
    trip = trip_of(found, town.clock.now())
    assert trip is not None
    company = town.workshop.rides.providers[0]
    quoted = await company.quote(replace(trip, ref="another programme"))
    assert isinstance(quoted, Quoted)
    assert isinstance(await company.book("another programme", quoted), Booked)
    await ride_sweep.step(town.workshop)
    await town.pump()
    assert "another programme" in await live(town)


def _leg_of(ride_id: int, connection: sa.Connection) -> Any:
    row = rides.ride(connection, ride_id)
    assert row is not None
    return rides_worker._leg(connection, row, "+15555550100")


# --- a large fee ------------------------------------------------------------------------------------------


@sqlite_only
async def test_staff_agree_to_a_large_fee_by_marking_it_done(town: Town) -> None:
    await town.wants_cars()
    await town.settle()
    strict = town.workshop.settings.model_copy(update={"ride_fee_limit_cents": 499})
    town.workshop = replace(town.workshop, settings=strict)
    await town.jump_to(at(24, 6, 30))
    await town.talk("cant go", "1")
    await town.move(minutes=3)
    assert (await leg(town, "out")).state == "booked"
    (item,) = await town.rows(sa.select(ITEM).where(ITEM.c.kind == "cancelling costs a fee"))
    assert item.urgent
    assert "5.00 dollars" in item.reason
    done = partial(attention.finish_item, item_id=item.id, caseworker_id=1, now=town.clock.now())
    assert await town.workshop.database.run(done)
    await town.move(minutes=2)
    out = await leg(town, "out")
    assert (out.state, out.fee_cents, out.hold_cents) == ("cancelled", 500, 0)
    last = (await town.workshop.database.read(partial(steps, about="ride", id_=out.id)))[-1]
    assert (last.before, last.after, last.wanted) == ("booked", "cancelled", "cancelled")


@sqlite_only
async def test_a_large_fee_nobody_agrees_to_ends_with_the_company(town: Town) -> None:
    await town.wants_cars()
    await town.settle()
    strict = town.workshop.settings.model_copy(update={"ride_fee_limit_cents": 499})
    town.workshop = replace(town.workshop, settings=strict)
    await town.jump_to(at(24, 6, 30))
    await town.talk("cant go", "1")
    await town.move_to(at(24, 12))
    out = await leg(town, "out")
    assert out.state in ("missed", "completed", "cancelled")
    assert (out.hold_cents, out.due_at) == (0, None)
