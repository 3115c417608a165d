"""Bring every leg from what is to what is wanted: priced, ordered once, watched, paid for.

Theory of operation. A leg is leased; what its state calls for is asked of the provider; the answer is
written down in the same transaction as the turn it causes (`ride.booked`, `ride.car`, …). Before an order
leaves, the row says `booking`: whoever finds that word looks by our ref first and orders only
what surely does not exist. So a lost answer never sends two cars. Both legs are held or neither: a leg that
fails calls the other off. Money follows the provider's figures: the hold is raised to the price before the
order, and settled or released when the leg is over.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias

import sqlalchemy as sa

from bot.acting import due_for
from bot.conversation import Happening, Origin
from bot.planning import plan_interview
from bot.rides.base import (
    AlreadyOver,
    BadAddress,
    Booked,
    Canceled,
    FeeRequired,
    Listed,
    NoCars,
    NotFound,
    Quoted,
    QuoteGone,
    Refused,
    RideProvider,
    Snapshot,
    TryLater,
    Unknown,
)
from bot.rides.booking import NOT_YET_BOOKED, Leg, News, columns_of, look_again, news_of, trip_of
from bot.views import car_json, held_leg, interview_view, ride_view
from bot.worker.workshop import Workshop
from flows.events import (
    Event,
    RideArrived,
    RideBooked,
    RideCar,
    RideDroppedOff,
    RideFailed,
    RideHome,
    RideLost,
    RideMissed,
)
from storage import funds, interviews, places, points, rides
from storage.attention import need_human
from storage.due import Lease
from storage.rides import RideRow
from storage.subjects import subject

LIMIT = 16
GIVE_UP_AFTER = 8
"""Attempts (about half an hour of waiting longer and longer) until a human is asked instead."""

NO_CARS, OVER_BUDGET, REFUSED, BAD_ADDRESS, UNSURE = (
    "no_cars",
    "over_budget",
    "refused",
    "bad_address",
    "unsure",
)
Build: TypeAlias = Callable[[sa.Connection, datetime], Event | None]

log = logging.getLogger(__name__)


async def step(workshop: Workshop) -> int:
    """Look after the legs that are due; return how many."""
    legs = await workshop.database.run(
        partial(_claim, workshop.clock.now(), str(workshop.settings.staff_phone))
    )
    await asyncio.gather(*(_Tending(workshop, lease, leg).tend() for lease, leg in legs))
    return len(legs)


def _claim(now: datetime, desk: str, connection: sa.Connection) -> list[tuple[Lease, Leg]]:
    return [(lease, _leg(connection, row, desk)) for lease, row in rides.claim_rides(connection, now, LIMIT)]


def _leg(connection: sa.Connection, row: RideRow, desk: str) -> Leg:
    interview = interviews.interview(connection, row.interview_id)
    pickup = places.place(connection, row.pickup_place_id)
    dropoff = places.place(connection, row.dropoff_place_id)
    assert interview is not None, "a ride goes with its interview"
    assert pickup is not None, "a place is never deleted before its rides"
    assert dropoff is not None, "a place is never deleted before its rides"
    return Leg(row, interview, pickup, dropoff, _phone(connection, row.person_id, desk))


def _phone(connection: sa.Connection, person_id: int, desk: str) -> str:
    """Give the number a driver calls: the person's own, or the desk where we know none."""
    addresses = [one.address.removeprefix("sms:") for one in points.points_of(connection, person_id)]
    return next((one for one in reversed(addresses) if one.startswith("+")), desk)


class _Tending:
    """One leased leg, from the claim to what is written about it."""

    def __init__(self, workshop: Workshop, lease: Lease, leg: Leg) -> None:
        self._workshop, self._lease, self._leg = workshop, lease, leg

    @property
    def _provider(self) -> RideProvider:
        return self._workshop.rides

    async def tend(self) -> None:
        """Do what the leg's state calls for."""
        row = self._leg.row
        if row.state == "booking":
            await self._look()
        elif row.state == "held":
            await (self._order() if row.wanted == "booked" else self._over({"state": "cancelled"}))
        elif not row.live or row.provider_id is None:
            await self._write(lambda connection: {})
        elif row.wanted == "cancelled":
            await self._cancel(row.provider_id)
        elif row.flexible and row.called_at is not None and row.state == "booked":
            await self._send_car(row.provider_id)
        else:
            await self._watch(row.provider_id)

    # --- ordering -------------------------------------------------------------------------------------------

    async def _order(self) -> None:
        """Ask for a price, hold the money, order; every no ends it, every maybe comes back."""
        trip = trip_of(self._leg)
        if trip is None:
            await self._fail(BAD_ADDRESS)
            return
        match await self._provider.quote(trip):
            case Quoted() as quoted:
                await self._order_at(quoted)
            case NoCars():
                await self._fail(NO_CARS)
            case BadAddress():
                await self._fail(BAD_ADDRESS)
            case Refused(code, detail):
                log.warning("ride refused", extra={"ride": self._leg.row.id, "code": code, "detail": detail})
                await self._fail(REFUSED)
            case TryLater(after):
                await self._later(after)
            case Unknown():  # a price changes nothing: ask again
                await self._later(None)

    async def _order_at(self, quoted: Quoted) -> None:
        match await self._workshop.database.run(partial(self._begin, quoted.fare_cents)):
            case "begun":
                pass
            case "over_budget":
                await self._fail(OVER_BUDGET)
                return
            case _:  # called off meanwhile
                await self._write(lambda connection: {})
                return
        match await self._provider.book(self._leg.row.ref, quoted):
            case Booked(snapshot):
                await self._see(snapshot)
            case NoCars():
                await self._fail(NO_CARS)
            case BadAddress():
                await self._fail(BAD_ADDRESS)
            case Refused(code, detail):
                log.warning("ride refused", extra={"ride": self._leg.row.id, "code": code, "detail": detail})
                await self._fail(REFUSED)
            case FeeRequired():
                await self._fail(OVER_BUDGET)
            case QuoteGone():
                await self._later(timedelta(), {"state": "held"})
            case TryLater(after):
                await self._later(after, {"state": "held"})
            case Unknown():
                await self._later(None)  # the row says "booking": whoever comes next looks first

    def _begin(self, cents: int, connection: sa.Connection) -> str:
        """Hold what the price says and write down that an order leaves: now our ref is looked for first."""
        now, row = self._workshop.clock.now(), self._fresh(connection)
        if row is None or row.wanted != "booked" or row.state != "held":
            return "called_off"
        if cents > row.hold_cents and not funds.raise_hold(connection, row.id, cents, now):
            return "over_budget"
        rides.change_ride(connection, row.id, row.version, now, state="booking")
        return "begun"

    async def _look(self) -> None:
        """Find out whether an order whose answer was lost exists."""
        match await self._provider.find(self._leg.row.ref):
            case Listed(snapshots):
                live = [one for one in snapshots if one.live]
                for twin in live[1:]:
                    log.warning("twin ride", extra={"ride": self._leg.row.id})
                    await self._provider.cancel(twin.provider_id, fee_ok=True)
                await self._see(live[0] if live else snapshots[-1])
            case NotFound() if self._leg.row.wanted == "cancelled":
                await self._over({"state": "cancelled"})
            case NotFound():
                await self._later(timedelta(), {"state": "held"})
            case TryLater(after):
                await self._later(after)
            case Refused() | Unknown():
                await self._later(None)

    async def _send_car(self, provider_id: str) -> None:
        """Send the car home; asked twice, the first call counts."""
        match await self._provider.send_car(provider_id):
            case Booked(snapshot) | AlreadyOver(snapshot):
                await self._see(snapshot)
            case NoCars() | NotFound() | Refused():
                await self._over({"state": "lost", "reason": NO_CARS})
            case TryLater(after):
                await self._later(min(after, timedelta(minutes=1)))
            case Unknown():
                await self._later(timedelta(seconds=5))

    # --- watching, calling off ------------------------------------------------------------------------------

    async def _watch(self, provider_id: str) -> None:
        match await self._provider.get(provider_id):
            case Snapshot() as snapshot:
                await self._see(snapshot)
            case NotFound():
                await self._over({"state": "lost", "reason": "gone"})
            case TryLater(after):
                await self._later(after, give_up=False)
            case Refused() | Unknown():
                await self._later(None, give_up=False)

    async def _cancel(self, provider_id: str) -> None:
        """Call the ride off: a small fee is the fund's, a large one a human's to agree to."""
        answer = await self._provider.cancel(provider_id, fee_ok=False)
        if isinstance(answer, FeeRequired) and answer.cents <= self._workshop.settings.ride_fee_limit_cents:
            answer = await self._provider.cancel(provider_id, fee_ok=True)
        match answer:
            case Canceled(snapshot) | AlreadyOver(snapshot):
                await self._see(snapshot)
            case NotFound():
                await self._over({"state": "cancelled"})
            case FeeRequired(_, cents):
                await self._ask_staff("cancelling costs a fee", f"{cents / 100:.2f} dollars")
                await self._later(timedelta(minutes=10), give_up=False)
            case TryLater(after):
                await self._later(after, give_up=False)
            case Refused() | Unknown():
                await self._later(None, give_up=False)

    async def _ask_staff(self, kind: str, words: str) -> None:
        row, now = self._leg.row, self._workshop.clock.now()

        def ask(connection: sa.Connection) -> None:
            need_human(connection, row.person_id, kind, words, now, now, about=subject("ride", row.id))

        await self._workshop.database.run(ask)

    # --- writing down ---------------------------------------------------------------------------------------

    async def _see(self, snapshot: Snapshot) -> None:
        """Write down how the provider shows the ride, and tell the person what they must know."""
        kept = columns_of(snapshot, self._leg.row, self._provider.name)
        if (car := snapshot.car) is not None:
            kept["car"] = car_json(
                car.color, car.make_model, car.plate, car.driver, car.phone, snapshot.eta_minutes
            )
        elif snapshot.live:
            kept["car"] = None  # between two drivers
        await self._over(kept)

    async def _over(self, kept: dict[str, Any]) -> None:
        await self._write(lambda connection: kept)

    async def _fail(self, reason: str) -> None:
        """Give this leg up, and the other one with it: nobody is driven out without a way back."""
        interview_id, now = self._leg.row.interview_id, self._workshop.clock.now()

        def values(connection: sa.Connection) -> dict[str, Any]:
            for other in rides.lock_rides(connection, interview_id):
                if other.id != self._leg.row.id and other.live and other.wanted == "booked":
                    rides.change_ride(
                        connection, other.id, other.version, now, wanted="cancelled", due_at=now
                    )
            return {"state": "failed", "reason": reason}

        await self._write(values)

    async def _later(
        self, after: timedelta | None, kept: dict[str, Any] | None = None, *, give_up: bool = True
    ) -> None:
        """Come back after this long, None: longer each time; after too many tries a human is asked."""
        if give_up and self._lease.attempts >= GIVE_UP_AFTER:
            await self._give_up()
            return
        now = self._workshop.clock.now()

        def write(connection: sa.Connection) -> None:
            row = self._fresh(connection)
            if row is not None and kept:
                rides.change_ride(connection, row.id, row.version, now, **kept)
            if after is None:
                rides.retry_ride(connection, self._lease, now)
            else:
                rides.put_off_ride(connection, self._lease, now + after)

        await self._workshop.database.run(write)

    async def _give_up(self) -> None:
        """Nobody can say: a ride that may exist is never ordered again; a human finds out."""
        if self._leg.row.state == "booking":
            await self._ask_staff("ride unsure", "The ride company does not say whether this car is booked.")
            await self._later(timedelta(minutes=5), give_up=False)
        else:
            await self._fail(UNSURE)

    async def _write(self, values: Callable[[sa.Connection], dict[str, Any]]) -> None:
        """Change the row, move the money, let the lease go and take the turn, all in one transaction."""
        now = self._workshop.clock.now()
        changed: list[RideRow] = []

        def settle(connection: sa.Connection) -> bool:
            before = self._fresh(connection)
            if before is None:
                return False
            kept = values(connection)
            after = rides.change_ride(connection, before.id, before.version, now, **kept) if kept else before
            assert after is not None, "its row is locked"
            changed[:] = [before, after]
            self._pay(connection, after, now)
            woken = before.due_at != self._leg.row.due_at
            again = now if woken and after.live else look_again(after, now)
            if not rides.release_lease(connection, self._lease, again):
                return False
            plan_interview(connection, self._workshop.conversations.flows, after.interview_id, now)
            return True

        await self._workshop.conversations.happen(
            Happening(
                person_id=self._leg.row.person_id,
                event=lambda connection, at: _event(connection, changed[0], changed[1], at),
                origin=Origin(kind="ride", sender="schedule"),
                settle=settle,
            )
        )

    def _fresh(self, connection: sa.Connection) -> RideRow | None:
        rows = rides.lock_rides(connection, self._leg.row.interview_id)
        return next((row for row in rows if row.id == self._leg.row.id), None)

    def _pay(self, connection: sa.Connection, row: RideRow, now: datetime) -> None:
        """Settle a leg that is over: its cost, its fee, or nothing."""
        if row.live or row.hold_cents == 0:
            return
        if row.state == "completed":
            paid = funds.settle(connection, row.id, row.final_cents or row.hold_cents, now)
        elif row.fee_cents:
            paid = funds.charge_fee(connection, row.id, row.fee_cents, now)
        else:
            paid = funds.release(connection, row.id, now)
        if not paid:
            due_at = due_for(connection, self._workshop.settings, row.person_id, "ride not paid", now)
            words = "The fund has not enough left for what this ride cost."
            need_human(
                connection, row.person_id, "ride not paid", words, due_at, now, about=subject("ride", row.id)
            )


# --- what the person hears ------------------------------------------------------------------------------


def _event(connection: sa.Connection, before: RideRow, after: RideRow, at: datetime) -> Event | None:
    """Build the event a change causes, if it causes one."""
    view: Any = interview_view(connection, after.interview_id)
    if after.state == "failed" and before.state in NOT_YET_BOOKED:
        return (
            RideFailed(at=at, interview=view, reason=after.reason or UNSURE)
            if after.wanted == "booked"
            else None
        )
    news = news_of(before, after)
    if news is None:
        return None
    if news == "booked":
        return _booked(connection, after, view, at)
    ride = ride_view(connection, after)
    if news == "lost":
        return RideLost(at=at, interview=view, ride=ride, reason=after.reason or UNSURE)
    return _NEWS[news](at=at, interview=view, ride=ride)


_NEWS: dict[News, type[RideCar | RideArrived | RideDroppedOff | RideHome | RideMissed]] = {
    "car": RideCar,
    "arrived": RideArrived,
    "dropped_off": RideDroppedOff,
    "home": RideHome,
    "missed": RideMissed,
}


def _booked(connection: sa.Connection, leg: RideRow, view: Any, at: datetime) -> Event | None:
    """Tell of a booking once both ways are sure."""
    legs = rides.rides_of(connection, leg.interview_id)
    held = [held_leg(legs, which) for which in ("out", "home")]
    if leg.wanted != "booked" or any(one is None or one.state in NOT_YET_BOOKED for one in held):
        return None
    out = held[0]
    assert out is not None
    return RideBooked(at=at, interview=view, ride=ride_view(connection, out))
