"""What each ride provider keeps, whoever drives: a company over HTTP, or our people.

What only our people do is tried on both databases: that is where rows are what differs.
"""

import shutil
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest
import sqlalchemy as sa

from bot.clock import MovableClock
from bot.rides.base import (
    AlreadyOver,
    BadSignature,
    Booked,
    Canceled,
    Caps,
    FlexDay,
    Listed,
    NoCars,
    NotFound,
    Now,
    PickupAt,
    Quoted,
    Refused,
    RideProvider,
    Snapshot,
    Spot,
    Status,
    Trip,
    TryLater,
    Why,
)
from bot.rides.hand_marks import SETTLES, Mark, written
from bot.rides.manual import ManualRides
from storage import hand_rides, people, rides, staff
from storage.database import Database, open_database
from storage.interviews import add_interview
from storage.places import add_place
from storage.rides import NewRide
from storage.tables import AttentionItem, table
from tests.databases import KEYS
from tests.rides.conftest import EVENING, HOME, PICKUP, WORK, Company, Opened, trip

ITEM = table(AttentionItem)
CAR = {
    "make_model": "Toyota Corolla",
    "color": "blue",
    "plate": "TST 123",
    "driver": "Lou",
    "phone": "+15555550188",
}


class World(Protocol):
    """One provider, and the hands that make things happen behind it."""

    @property
    def provider(self) -> Any:
        """What is asked."""

    async def at(self, moment: datetime) -> None: ...
    async def known(self, ref: str) -> None:
        """Make this ref one of ours."""

    async def takes(self, ref: str) -> None:
        """Have whoever must say yes say it."""

    async def goes(self, ref: str, *statuses: Status) -> None:
        """Have the ride pass through these statuses."""

    async def no_cars(self, ref: str) -> None: ...
    async def calls_off(self, ref: str) -> None:
        """Have whoever must carry a cancellation out do it."""


@dataclass
class ByWire:
    """A company behind HTTP."""

    company: Company

    @property
    def provider(self) -> RideProvider:
        return self.company.ours

    async def at(self, moment: datetime) -> None:
        await self.company.at(moment)

    async def known(self, ref: str) -> None:
        """Any ref is taken."""

    async def takes(self, ref: str) -> None:
        """Nobody has to say yes."""

    async def goes(self, ref: str, *statuses: Status) -> None:
        (one,) = [each for each in await self.company.trips() if each["external_ref"] == ref]
        for status in statuses:
            await self.company.press(one["request_id"], status.value)

    async def no_cars(self, ref: str) -> None:
        await self.company.market(cars=False)

    async def calls_off(self, ref: str) -> None:
        """It is off at once."""


MARKS: dict[Status, Mark] = {
    Status.PROCESSING: "booked",
    Status.ACCEPTED: "sent",
    Status.ARRIVING: "arriving",
    Status.IN_PROGRESS: "in_car",
    Status.COMPLETED: "completed",
    Status.NO_SHOW: "no_show",
}


@dataclass
class ByHand:
    """Our own people, marking on paper what the page would."""

    database: Database
    clock: MovableClock
    maria: staff.CaseworkerRow
    provider: ManualRides

    async def at(self, moment: datetime) -> None:
        self.clock.move_to(moment)

    async def known(self, ref: str) -> None:
        await self.database.run(partial(_leg, ref, self.clock.now()))

    async def mark(self, ref: str, mark: Mark, cents: int | None = None) -> None:
        def marked(connection: sa.Connection) -> None:
            row = hand_rides.hand_ride(connection, ref)
            assert row is not None
            values = written(row, mark, CAR if mark == "booked" else {}, cents, self.clock.now())
            assert values is not None, (row.state, mark)
            assert hand_rides.mark(connection, self.maria, row, values, SETTLES[mark], self.clock.now())

        await self.database.run(marked)

    async def takes(self, ref: str) -> None:
        await self.mark(ref, "booked")

    async def goes(self, ref: str, *statuses: Status) -> None:
        for status in statuses:
            await self.mark(ref, MARKS[status])

    async def no_cars(self, ref: str) -> None:
        await self.mark(ref, "no_car")

    async def calls_off(self, ref: str) -> None:
        await self.mark(ref, "cancelled")

    async def needs(self) -> list[str]:
        open_ = sa.select(ITEM.c.kind).where(ITEM.c.state != "done").order_by(ITEM.c.id)
        return await self.database.read(lambda connection: list(connection.execute(open_).scalars()))


def _leg(ref: str, now: datetime, connection: sa.Connection) -> None:
    """Write a leg down as the booking does, under this ref."""
    address = f"sms:+1555555{zlib.crc32(ref.encode()) % 9000 + 1000}"
    person_id = people.add_person(
        connection, channel="sms", address=address, lang="en", zone="America/New_York", now=now
    ).person_id
    place = add_place(connection, person_id=None, label="Sample", address="1 Rd", pin=(42.4, -71.1), now=now)
    interview = add_interview(
        connection, person_id=person_id, employer=None, at=PICKUP, wall=datetime(2027, 2, 24, 8), now=now,
        zone="America/New_York", place_id=place.id,
    )  # fmt: skip
    new = NewRide(
        interview_id=interview.id, person_id=person_id, leg="out", purpose="interview", rider="Ray",
        pickup_place_id=place.id, dropoff_place_id=place.id,
    )  # fmt: skip
    leg = rides.add_ride(connection, new, now)
    rides.change_ride(connection, leg.id, leg.version, now, ref=ref, due_at=None)


@pytest.fixture(params=["guest_rides", "manual-sqlite"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """Each provider with its world, on the evening before."""
    name, _, kind = request.param.partition("-")
    if name == "guest_rides":
        opened: Opened = request.getfixturevalue("open_company")
        async with opened() as company:
            await company.at(EVENING)
            yield ByWire(company)
        return
    if kind == "sqlite":
        url = f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_template'), tmp_path / 'onward.db')}"
    else:
        url, empty = request.getfixturevalue("postgres_database")
        empty()
    database, clock = open_database(url, KEYS), MovableClock(EVENING)
    maria = partial(staff.add_caseworker, name="Maria Ruiz", email="maria@example.org", now=EVENING)
    try:
        who = await database.run(lambda connection: maria(connection))
        yield ByHand(database, clock, who, ManualRides(database, clock.now))
    finally:
        await database.close()


async def quoted(world: World, asked: Trip) -> Quoted:
    answer = await world.provider.quote(asked)
    assert isinstance(answer, Quoted), answer
    return answer


async def booked(world: World, asked: Trip | None = None) -> Snapshot:
    """Have a trip booked as the worker does: asked for again until whoever must say yes has."""
    asked = asked or trip()
    await world.known(asked.ref)
    answer = await world.provider.book(asked.ref, await quoted(world, asked))
    if isinstance(answer, TryLater):
        assert await world.provider.find(asked.ref) == NotFound(), "surely not done"
        await world.takes(asked.ref)
        answer = await world.provider.book(asked.ref, await quoted(world, asked))
    assert isinstance(answer, Booked), answer
    return answer.snapshot


async def seen(world: World, ride: Snapshot) -> Snapshot:
    answer = await world.provider.get(ride.provider_id)
    assert isinstance(answer, Snapshot), answer
    return answer


async def live(world: World) -> list[str]:
    listed = await world.provider.active()
    assert isinstance(listed, Listed)
    return [one.provider_id for one in listed.snapshots]


async def test_it_is_a_provider_that_says_what_it_can_do(world: World) -> None:
    provider: RideProvider = world.provider
    assert provider.name == provider.name.casefold()
    assert " " not in provider.name
    assert {field.name for field in fields(Caps)} == {
        "lead", "horizon", "free_cancel", "flexible", "idempotent", "webhooks", "texts_rider", "child_seats",
        "max_miles", "rate_per_hour",
    }  # fmt: skip


async def test_a_price_changes_nothing(world: World) -> None:
    quote = await quoted(world, trip())
    assert quote.pickup_at == PICKUP
    assert quote.fare_cents > 0
    assert quote.expires_at > EVENING
    assert 8 < quote.miles < 11
    assert await world.provider.find("ref-1") == NotFound()
    assert await live(world) == []


@pytest.mark.parametrize(
    "asked, why",
    [
        (trip(when=PickupAt(EVENING + timedelta(minutes=10))), Why.TOO_SOON),
        (trip(when=PickupAt(EVENING + timedelta(days=90))), Why.TOO_FAR_AHEAD),
        (trip(when=FlexDay(date(2027, 2, 20))), Why.TOO_SOON),
        (trip(when=FlexDay(date(2027, 9, 1))), Why.TOO_FAR_AHEAD),
        (trip(dropoff=Spot(40.71, -74.0, "New York")), Why.TOO_FAR),
    ],
    ids=["too soon", "too far ahead", "a day that is over", "a day too far ahead", "too far"],
)
async def test_what_it_does_not_do_is_a_plain_no(world: World, asked: Trip, why: Why) -> None:
    answer = await world.provider.quote(asked)
    assert isinstance(answer, Refused), answer
    assert answer.code == why


async def test_a_booked_ride_is_found_by_its_id_by_our_ref_and_in_the_sweep(world: World) -> None:
    ride = await booked(world)
    assert (ride.ref, ride.status, ride.pickup_at, ride.live) == ("ref-1", Status.SCHEDULED, PICKUP, True)
    assert ride.free_cancel_until == PICKUP - world.provider.caps.free_cancel
    assert await seen(world, ride) == ride
    assert await world.provider.find("ref-1") == Listed((ride,))
    assert await live(world) == [ride.provider_id]


async def test_asked_twice_an_idempotent_one_makes_one_ride_and_others_show_both(world: World) -> None:
    ride = await booked(world)
    again = await world.provider.book("ref-1", await quoted(world, trip()))
    assert isinstance(again, Booked)
    assert (again.snapshot == ride) == world.provider.caps.idempotent
    found = await world.provider.find("ref-1")
    assert isinstance(found, Listed)
    assert len(found.snapshots) == (1 if world.provider.caps.idempotent else 2)


async def test_what_is_not_there_is_surely_not_there(world: World) -> None:
    await booked(world)
    assert await world.provider.get("none") == NotFound()
    assert await world.provider.find("ref-") == NotFound()
    assert await world.provider.cancel("none", fee_ok=True) == NotFound()
    assert await world.provider.send_car("none") == NotFound()


async def test_the_car_is_told_before_the_door_and_the_cost_after_the_ride(world: World) -> None:
    ride = await booked(world)
    assert ride.car is None, "too early to look for it"
    await world.at(PICKUP - timedelta(minutes=10))
    coming = await seen(world, ride)
    assert coming.status == Status.ACCEPTED
    assert coming.car is not None
    assert coming.car.plate
    assert coming.car.driver
    await world.goes("ref-1", Status.ARRIVING, Status.IN_PROGRESS)
    assert (await seen(world, ride)).status == Status.IN_PROGRESS
    assert await live(world) == [ride.provider_id]
    await world.goes("ref-1", Status.COMPLETED)
    over = await seen(world, ride)
    assert (over.status, over.live) == (Status.COMPLETED, False)
    assert over.final_cents
    assert await live(world) == []
    assert await world.provider.cancel(ride.provider_id, fee_ok=True) == AlreadyOver(over)


async def test_who_did_not_come_is_a_no_show(world: World) -> None:
    ride = await booked(world)
    await world.at(PICKUP)
    if isinstance(world, ByHand):
        await world.mark("ref-1", "arriving")
        await world.mark("ref-1", "no_show", 700)
    else:
        await world.goes("ref-1", Status.NO_SHOW)
    over = await seen(world, ride)
    assert (over.status, over.fee_cents, over.live) == (Status.NO_SHOW, 700, False)


async def test_called_off_in_time_it_costs_nothing(world: World) -> None:
    ride = await booked(world)
    answer = await world.provider.cancel(ride.provider_id, fee_ok=False)
    if isinstance(answer, TryLater):
        assert (await seen(world, ride)).live, "until a human has called it off, it may come"
        assert await world.provider.cancel(ride.provider_id, fee_ok=False) == answer
        await world.calls_off("ref-1")
        answer = await world.provider.cancel(ride.provider_id, fee_ok=False)
    assert isinstance(answer, Canceled | AlreadyOver)
    assert (answer.snapshot.status, answer.snapshot.fee_cents) == (Status.RIDER_CANCELED, 0)
    assert await world.provider.cancel(ride.provider_id, fee_ok=False) == AlreadyOver(answer.snapshot)
    assert await live(world) == []


async def test_the_way_home_waits_for_the_rider_and_comes_once(world: World) -> None:
    home = trip("home-1", FlexDay(date(2027, 2, 24)), pickup=replace(WORK, note="same door"), dropoff=HOME)
    ride = await booked(world, home)
    assert (ride.flexible, ride.status, ride.pickup_at) == (True, Status.SCHEDULED, None)
    await world.at(PICKUP + timedelta(hours=3))
    sent = await world.provider.send_car(ride.provider_id)
    assert isinstance(sent, Booked)
    assert sent.snapshot.live
    assert sent.snapshot.pickup_at is not None
    assert timedelta() < sent.snapshot.pickup_at - (PICKUP + timedelta(hours=3)) < timedelta(minutes=30)
    assert await world.provider.send_car(ride.provider_id) == sent, "asked twice, one car"
    fixed = await booked(world, trip("ref-2", PickupAt(PICKUP + timedelta(hours=9))))
    assert isinstance(await world.provider.send_car(fixed.provider_id), Refused)


async def test_a_way_home_nobody_asked_for_ends_by_itself_free(world: World) -> None:
    ride = await booked(world, trip(when=FlexDay(date(2027, 2, 24))))
    await world.at(datetime(2027, 2, 25, 13, tzinfo=UTC))
    gone = await seen(world, ride)
    assert (gone.status, gone.fee_cents, gone.live) == (Status.RIDER_CANCELED, 0, False)


async def test_nobody_to_drive_is_said(world: World) -> None:
    await world.known("ref-1")
    quote = await quoted(world, trip())
    if isinstance(world, ByHand):
        assert isinstance(await world.provider.book("ref-1", quote), TryLater)
    await world.no_cars("ref-1")
    assert await world.provider.book("ref-1", quote) == NoCars()
    assert await world.provider.find("ref-1") == NotFound()


async def test_what_is_not_signed_is_refused(world: World) -> None:
    assert world.provider.event({}, b"{}") == BadSignature()
    assert world.provider.event({"x-rides-signature": ""}, b"") == BadSignature()


# --- what only our own people do ------------------------------------------------------------------


only_hands = pytest.mark.parametrize("world", ["manual-sqlite", "manual-postgres"], indirect=True)


def hands_of(world: World) -> ByHand:
    assert isinstance(world, ByHand)
    return world


@only_hands
async def test_staff_are_asked_once_and_not_again_when_it_is_booked(world: World) -> None:
    hands = hands_of(world)
    await hands.known("ref-1")
    quote = await quoted(hands, trip())
    first = await hands.provider.book("ref-1", quote)
    assert (
        first
        == await hands.provider.book("ref-1", quote)
        == TryLater(PICKUP - timedelta(minutes=90) - EVENING)
    )
    assert await hands.needs() == ["ride to book by hand"]
    await hands.takes("ref-1")
    assert await hands.needs() == []
    leg = await hands.database.read(partial(rides.ride_by_ref, ref="ref-1"))
    assert leg is not None
    assert leg.due_at == EVENING, "the worker looks at once"


@only_hands
async def test_nobody_took_it_in_time_and_another_company_can(world: World) -> None:
    hands = hands_of(world)
    await hands.known("ref-1")
    quote = await quoted(hands, trip())
    await hands.provider.book("ref-1", quote)
    await hands.at(PICKUP - timedelta(minutes=90))
    assert isinstance(await hands.provider.quote(trip()), Quoted), (
        "what was asked for is not too late for itself"
    )
    assert await hands.provider.book("ref-1", quote) == NoCars()
    assert await hands.needs() == []


@only_hands
async def test_a_leg_nobody_needs_any_more_leaves_the_list_and_its_car_is_called_off(world: World) -> None:
    hands = hands_of(world)
    await hands.known("ref-1")
    await hands.provider.book("ref-1", await quoted(hands, trip()))
    await hands.database.run(partial(hand_rides.drop, ref="ref-1", now=EVENING))
    assert await hands.needs() == []
    assert await hands.provider.book("ref-1", await quoted(hands, trip())) == NoCars()
    await booked(hands, trip("ref-2"))
    await hands.database.run(partial(hand_rides.drop, ref="ref-2", now=EVENING))
    assert await hands.needs() == ["ride to call off by hand"]


@only_hands
async def test_a_car_home_nobody_sends_is_lost_in_time_for_another(world: World) -> None:
    hands = hands_of(world)
    ride = await booked(hands, trip(when=FlexDay(date(2027, 2, 24))))
    await hands.at(PICKUP)
    await hands.provider.send_car(ride.provider_id)
    assert await hands.needs() == ["car home to send by hand"]
    await hands.at(PICKUP + timedelta(minutes=21))
    assert (await seen(hands, ride)).status == Status.NO_DRIVERS_AVAILABLE


@only_hands
async def test_an_unmarked_ride_is_asked_about_and_never_called_finished(world: World) -> None:
    hands = hands_of(world)
    ride = await booked(hands)
    await hands.at(PICKUP + timedelta(hours=4))
    assert (await seen(hands, ride)).live
    await seen(hands, ride)
    assert await hands.needs() == ["ride by hand to finish"]


@only_hands
async def test_a_ref_that_is_no_leg_of_ours_and_a_car_at_once_are_refused(world: World) -> None:
    hands = hands_of(world)
    assert isinstance(await hands.provider.book("no-leg", await quoted(hands, trip("no-leg"))), Refused)
    assert await hands.provider.quote(trip(when=Now())) == Refused(Why.TOO_SOON)
