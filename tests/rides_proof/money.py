"""The money half of `make rides-proof`: many at once ask a few funds for more than they have.

Theory of operation. A small town books, is priced, driven, charged and let off, and its staff give the funds
more and less, all through several doors to one database at once; each attempt is a transaction of the code
that the bot runs. Then the ledger is read from its first entry to its last, knowing nothing of how it was
written: at no entry may a fund have been below zero in any account, and each leg that is closed must net
to its receipt.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Final

import sqlalchemy as sa

from bot.funding import hold_for, hold_price
from bot.settings import Settings
from storage import funds, interviews, people, places, rides
from storage.database import BESIDE_A_SERVER, Database, open_database
from storage.funds import ACCOUNTS
from storage.rides import NewRide, RideRow
from storage.tables import Fund, FundEntry, Interview, Ride, table
from tests.databases import KEYS

NOW: Final = datetime(2027, 2, 23, 22, 48, tzinfo=UTC)
DOORS: Final = 3
AT_ONCE: Final = 24
PEOPLE: Final = 24
BUDGETS: Final = (20_000, 9_000)
SETTINGS: Final = Settings(env="test")
FUND, ENTRY, RIDE, INTERVIEW = table(Fund), table(FundEntry), table(Ride), table(Interview)
OVER: Final = ("completed", "cancelled", "failed", "missed", "lost")


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of so many attempts; `overspent` and `unbalanced` are faults, told in `why`."""

    attempts: int
    held: int
    refused: int
    overspent: int
    unbalanced: int
    why: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no fund was overspent and every closed leg nets to its receipt."""
        return self.overspent == self.unbalanced == 0


@dataclass(frozen=True, slots=True)
class _Town:
    funds: tuple[int, ...]
    trips: tuple[tuple[NewRide, NewRide], ...]


def prove(url: str, attempts: int, seed: int) -> Figures:
    """Make so many contended attempts on a migrated database and read its ledger; raises only for bugs."""
    return asyncio.run(_prove(url, attempts, seed))


async def _prove(url: str, attempts: int, seed: int) -> Figures:
    doors = [open_database(url, KEYS, patience=BESIDE_A_SERVER) for _ in range(DOORS)]
    try:
        town = await doors[0].run(_found)
        draws = [Random(f"{seed}/{number}") for number in range(attempts)]
        told: Counter[str] = Counter()
        await asyncio.gather(*(_visit(doors, town, draws[start::AT_ONCE], told) for start in range(AT_ONCE)))
        await doors[0].run(_pay_what_is_owed)
        below, off = await doors[0].run(_look)
    finally:
        for door in doors:
            await door.close()
    return Figures(
        attempts=attempts,
        held=told["held"],
        refused=told["refused"],
        overspent=len(below),
        unbalanced=len(off),
        why=(*below, *off),
    )


async def _visit(doors: list[Database], town: _Town, draws: list[Random], told: Counter[str]) -> None:
    for draw in draws:
        door = doors[draw.randrange(len(doors))]
        told[await door.run(partial(_attempt, town, draw.getstate()))] += 1


# --- the town -------------------------------------------------------------------------------------------


def _found(connection: sa.Connection) -> _Town:
    """Write down two funds, one of a grant, and people with an appointment each."""
    made = tuple(
        funds.add_fund(connection, name=f"fund {cents}", budget_cents=cents, now=NOW, grant_code=grant)
        for cents, grant in zip(BUDGETS, (None, "G1"), strict=True)
    )
    stop, there = (
        places.add_place(connection, person_id=None, label=label, address=label, pin=pin, now=NOW)
        for label, pin in (("Stop", (42.36, -71.05)), ("There", (42.40, -71.09)))
    )
    trips = []
    for number in range(PEOPLE):
        who = people.add_person(
            connection,
            channel="sms",
            address=f"+1555555{1000 + number}",
            lang="en",
            zone="America/New_York",
            now=NOW,
        )
        if number % 3 == 0:
            people.change_person(connection, who.person_id, grant_code="G1")
        at = NOW + timedelta(days=2)
        row = interviews.add_interview(
            connection,
            person_id=who.person_id,
            employer=None,
            at=at,
            wall=at.replace(tzinfo=None),
            zone="America/New_York",
            place_id=there.id,
            now=NOW,
        )
        way = NewRide(
            interview_id=row.id,
            person_id=who.person_id,
            leg="out",
            purpose="interview",
            rider="Ray",
            pickup_place_id=stop.id,
            dropoff_place_id=there.id,
            estimate_cents=1000 + 37 * number,
        )
        trips.append((way, _home(way)))
    return _Town(made, tuple(trips))


def _home(way: NewRide) -> NewRide:
    return NewRide(
        interview_id=way.interview_id,
        person_id=way.person_id,
        leg="home",
        purpose=way.purpose,
        rider=way.rider,
        pickup_place_id=way.dropoff_place_id,
        dropoff_place_id=way.pickup_place_id,
        flexible=True,
        estimate_cents=way.estimate_cents,
    )


# --- one attempt ----------------------------------------------------------------------------------------


def _attempt(town: _Town, state: tuple[object, ...], connection: sa.Connection) -> str:
    """Do one thing with money; the same again if the transaction is run again. Says what came of it."""
    draw = Random()
    draw.setstate(state)
    if draw.random() < 0.08:
        cents = draw.choice((-6000, -1500, 900, 2500))
        return _told(funds.adjust(connection, draw.choice(town.funds), cents, "caseworker:1", NOW))
    trip = draw.choice(town.trips)
    lock = sa.select(INTERVIEW.c.id).where(INTERVIEW.c.id == trip[0].interview_id)
    connection.execute(lock.with_for_update())  # as the turn locks the person's conversation
    legs = [leg for leg in rides.lock_rides(connection, trip[0].interview_id) if leg.hold_cents]
    if not legs:
        return _told(hold_for(connection, trip, SETTINGS, NOW) == "held")
    leg = draw.choice(legs)
    if leg.state == "held" and draw.random() < 0.6:
        quote = draw.randrange(700, 2600)
        held = hold_price(connection, leg, quote, SETTINGS, NOW) == "held"
        if held:
            _mark(connection, leg, {"state": "booked"})
        return _told(held)
    return _close(connection, leg, draw)


def _close(connection: sa.Connection, leg: RideRow, draw: Random) -> str:
    """Have a leg end: driven, with a receipt above or below what is held, charged a fee, or let off."""
    if leg.state in OVER:
        return _told(_pay(connection, leg))  # what it cost was more than there was
    match draw.choices(("driven", "charged", "let off"), (6, 2, 2))[0]:
        case "driven":
            receipt = draw.randrange(600, 2 * leg.hold_cents)
            over: dict[str, object] = {"state": "completed", "final_cents": receipt}
        case "charged":
            over = {"state": "missed", "fee_cents": draw.randrange(100, 1000)}
        case _:
            over = {"state": "cancelled"}
    return _told(_pay(connection, _mark(connection, leg, over)))


def _mark(connection: sa.Connection, leg: RideRow, values: dict[str, object]) -> RideRow:
    """Write how a leg stands now, without the steps of a day between."""
    connection.execute(sa.update(RIDE).where(RIDE.c.id == leg.id).values(**values))
    marked = rides.ride(connection, leg.id)
    assert marked is not None
    return marked


def _pay(connection: sa.Connection, leg: RideRow) -> bool:
    if leg.final_cents is not None:
        return funds.settle(connection, leg.id, leg.final_cents, NOW)
    if leg.fee_cents:
        return funds.charge_fee(connection, leg.id, leg.fee_cents, NOW)
    return funds.release(connection, leg.id, NOW)


def _told(done: bool) -> str:
    return "held" if done else "refused"


def _pay_what_is_owed(connection: sa.Connection) -> None:
    """Give the funds what the unpaid receipts need, as staff do, and pay these."""
    owed = sa.select(RIDE.c.id).where(RIDE.c.hold_cents > 0, RIDE.c.state.in_(OVER)).order_by(RIDE.c.id)
    for ride_id in connection.execute(owed).scalars().all():
        leg = rides.ride(connection, ride_id)
        assert leg is not None
        assert leg.fund_id is not None
        funds.adjust(connection, leg.fund_id, leg.final_cents or leg.fee_cents, "caseworker:1", NOW)
        assert _pay(connection, leg), "the fund has just been given what it needs"


# --- what is looked at ----------------------------------------------------------------------------------


def _look(connection: sa.Connection) -> tuple[list[str], list[str]]:
    return list(overspent(connection)), list(unbalanced(connection))


def overspent(connection: sa.Connection) -> Iterator[str]:
    """Say where a fund was below zero, entry by entry."""
    stands: dict[tuple[int, str], int] = Counter()
    for entry in connection.execute(sa.select(ENTRY).order_by(ENTRY.c.id)).mappings():
        for account in ACCOUNTS[1:]:
            key = (entry["fund_id"], account)
            stands[key] += entry[f"{account}_cents"]
            if stands[key] < 0:
                yield f"fund {key[0]} had {stands[key]} cents {account} after entry {entry['id']}"


def unbalanced(connection: sa.Connection) -> Iterator[str]:
    """Say which entry does not sum to zero, which fund is not its ledger, which leg not its receipt."""
    cents = {account: ENTRY.c[f"{account}_cents"] for account in ACCOUNTS}
    for entry in connection.execute(sa.select(ENTRY.c.id).where(sa.literal(0) + sum(cents.values()) != 0)):
        yield f"entry {entry.id} does not sum to zero"
    sums = [sa.func.coalesce(sa.func.sum(column), 0).label(account) for account, column in cents.items()]
    for fund in connection.execute(sa.select(FUND).order_by(FUND.c.id)):
        of = connection.execute(sa.select(*sums).where(ENTRY.c.fund_id == fund.id)).one()
        if (-of.budget, of.held, of.spent, of.fees) != (
            fund.budget_cents,
            fund.held_cents,
            fund.spent_cents,
            fund.fees_cents,
        ):
            yield f"fund {fund.id} stands apart from its ledger: {tuple(of)}"
    for leg in connection.execute(sa.select(RIDE).where(RIDE.c.fund_id.is_not(None)).order_by(RIDE.c.id)):
        net = connection.execute(sa.select(*sums).where(ENTRY.c.ride_id == leg.id)).one()
        driven = leg.final_cents if leg.state == "completed" and leg.final_cents else 0
        due = (0, driven, 0 if driven else leg.fee_cents) if leg.state in OVER else (leg.hold_cents, 0, 0)
        if (net.held, net.spent, net.fees) != due or leg.hold_cents != net.held:
            yield f"ride {leg.id} ({leg.state}) nets to {tuple(net)}, not to {due}"
