"""Bring every leg from what is to what is wanted: priced, ordered once, watched, paid for.

Theory of operation. A leg is leased; what its state calls for is asked of the provider; the answer is
written down in the same transaction as the turn it causes (`ride.booked`, `ride.car`, …). Before an order
leaves, the row says `booking`: whoever finds that word looks by our ref first and orders only
what surely does not exist. So a lost answer never sends two cars. Both legs are held or neither: a leg that
fails calls the other off. Money follows the provider's figures: the hold is raised to the price before the
order, and settled or released when the leg is over. Whoever carries an order out after giving it up makes
twins: every booking is looked for by our ref once more, and a second car is called off.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

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
from bot.rides.booking import (
    CAME_TO_NOTHING,
    NOT_YET_BOOKED,
    Leg,
    columns_of,
    is_near,
    look_again,
    trip_of,
)
from bot.views import car_json
from bot.worker.ride_after import UNSURE, event_of, follow, has_nobody
from bot.worker.workshop import Workshop, side_by_side
from storage import funds, interviews, places, points, rides
from storage.attention import need_human
from storage.due import Lease, back_off
from storage.rides import RideRow
from storage.subjects import subject

LIMIT = 16
GIVE_UP_AFTER = 8
"""Attempts (about half an hour of waiting longer and longer) until a human is asked instead."""

NO_CAR_HOME_AFTER = 3
"""Times the car home is asked for, a minute apart, before a human finds another way."""

STAND_WAITING = timedelta(minutes=1)
"""Nobody who stands at the curb waits longer than this for the next look."""

NO_CARS, OVER_BUDGET, REFUSED, BAD_ADDRESS = "no_cars", "over_budget", "refused", "bad_address"

log = logging.getLogger(__name__)


async def step(workshop: Workshop) -> int:
    """Look after the legs that are due; return how many."""
    legs = await workshop.database.run(
        partial(_claim, workshop.clock.now(), str(workshop.settings.staff_phone))
    )
    return await side_by_side("ride", [(lease, _Tending(workshop, lease, leg).tend()) for lease, leg in legs])


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
        elif row.called_at is not None and row.state == "booked" and row.pickup_at is None:
            await self._send_car(row.provider_id)
        elif row.state != "booked" or row.called_at is not None:
            await self._watch(row.provider_id)
        elif row.flexible and await self._workshop.database.run(self._let_go):
            await self._over({"wanted": "cancelled"})
        else:
            await self._sweep(row.provider_id)

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
            case QuoteGone() | FeeRequired():  # prices rose in between: the next quote says by how much
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
        begun = rides.change_ride(connection, row.id, row.version, now, state="booking")
        assert begun is not None, "its row is locked"
        self._leg = replace(self._leg, row=begun)
        return "begun"

    async def _look(self) -> None:
        """Find out whether an order whose answer was lost exists."""
        match await self._provider.find(self._leg.row.ref):
            case Listed(snapshots):
                await self._found(snapshots)
            case NotFound() if self._leg.row.wanted == "cancelled":
                await self._over({"state": "cancelled"})
            case NotFound() if self._lease.attempts >= GIVE_UP_AFTER:
                await self._fail(UNSURE)
            case NotFound():
                await self._later(timedelta(), {"state": "held"})
            case TryLater(after):
                await self._later(after)
            case Refused() | Unknown():
                await self._later(None)

    async def _found(self, snapshots: Sequence[Snapshot]) -> None:
        """Take the ride our ref led to; one that came to nothing before we heard of it is no ride."""
        live = [one for one in snapshots if one.live]
        if not await self._call_off(live[1:]):
            await self._later(None)
            return
        last = live[0] if live else snapshots[-1]
        if self._leg.row.wanted == "booked" and last.status in CAME_TO_NOTHING:
            await self._fail(NO_CARS)
        else:
            await self._see(last)

    async def _sweep(self, provider_id: str) -> None:
        """Look at a booked ride by our ref: an order given up may have been carried out after all."""
        match await self._provider.find(self._leg.row.ref):
            case Listed(snapshots):
                twins = [one for one in snapshots if one.live and one.provider_id != provider_id]
                ours = next((one for one in snapshots if one.provider_id == provider_id), None)
                if ours is None or not ours.live:
                    await self._watch(provider_id)
                elif await self._call_off(twins):
                    await self._see(ours)
                else:
                    await self._unseen(None)
            case NotFound():
                await self._watch(provider_id)
            case TryLater(after):
                await self._unseen(after)
            case Refused() | Unknown():
                await self._unseen(None)

    async def _call_off(self, twins: Sequence[Snapshot]) -> bool:
        """Call second cars of one leg off, whatever that costs; False: not all of them surely are."""
        surely = True
        for twin in twins:
            log.warning("twin ride", extra={"ride": self._leg.row.id})
            answer = await self._provider.cancel(twin.provider_id, fee_ok=True)
            surely = surely and isinstance(answer, Canceled | AlreadyOver | NotFound)
        return surely

    async def _send_car(self, provider_id: str) -> None:
        """Send the car home; asked twice, the first call counts."""
        attempts = self._lease.attempts
        match await self._provider.send_car(provider_id):
            case Booked(snapshot) | AlreadyOver(snapshot):
                await self._see(snapshot)
            case NotFound():
                await self._over({"state": "lost", "reason": "gone"})
            case Refused(code, detail):
                log.warning("ride refused", extra={"ride": self._leg.row.id, "code": code, "detail": detail})
                await self._no_car_home(provider_id, REFUSED)
            case NoCars() if attempts >= NO_CAR_HOME_AFTER:
                await self._no_car_home(provider_id, NO_CARS)
            case NoCars():
                await self._later(STAND_WAITING, give_up=False)
            case TryLater() | Unknown() if attempts >= GIVE_UP_AFTER:
                await self._no_car_home(provider_id, UNSURE)
            case TryLater(after):
                await self._later(min(after, STAND_WAITING), give_up=False)
            case Unknown():
                await self._later(min(timedelta(seconds=5 * attempts), STAND_WAITING), give_up=False)

    async def _no_car_home(self, provider_id: str, reason: str) -> None:
        """Stop waiting for a car home that does not come: a human finds another way, no second car comes."""
        answer = await self._provider.cancel(provider_id, fee_ok=True)
        if not isinstance(answer, Canceled | AlreadyOver | NotFound):
            await self._ask_staff("ride unsure", "The ride company does not say whether the car home is off.")
        await self._over({"state": "lost", "reason": reason})

    # --- watching, calling off ------------------------------------------------------------------------------

    async def _watch(self, provider_id: str) -> None:
        match await self._provider.get(provider_id):
            case Snapshot() as snapshot:
                await self._see(snapshot)
            case NotFound():
                await self._over({"state": "lost", "reason": "gone"})
            case TryLater(after):
                await self._unseen(after)
            case Refused() | Unknown():
                await self._unseen(None)

    async def _unseen(self, after: timedelta | None) -> None:
        """Look again; near the pick-up soon, and a human knows of it when nothing is seen for long."""
        row, now = self._leg.row, self._workshop.clock.now()
        near = is_near(row, now)
        if near and self._lease.attempts >= GIVE_UP_AFTER:
            await self._ask_staff("ride unsure", "The ride company does not answer about this car.")
        wait = after if after is not None else back_off(self._lease.attempts)
        await self._later(min(wait, STAND_WAITING) if near else wait, give_up=False)

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
        row = self._leg.row
        if row.live and all(getattr(row, name) == value for name, value in kept.items()):
            await self._workshop.database.run(self._as_before)
        else:
            await self._over(kept)

    def _as_before(self, connection: sa.Connection) -> bool:
        """Let go of a leg that stands as it stood: no new version, no turn."""
        now, row = self._workshop.clock.now(), self._fresh(connection)
        again = now if row is None or self._woken(row) else look_again(row, now)
        return rides.release_lease(connection, self._lease, again)

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
            wait = back_off(self._lease.attempts) if after is None else after
            if row is not None and self._woken(row):
                wait = timedelta()
            rides.put_off_ride(connection, self._lease, now + wait)

        await self._workshop.database.run(write)

    async def _give_up(self) -> None:
        """Nobody can say: a ride that may exist is never ordered again; a human finds out."""
        begins = self._leg.interview.at
        if self._leg.row.state == "booking" and self._workshop.clock.now() < begins:
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
            follow(connection, before, after, self._workshop.settings, now)
            fresh = before.state in NOT_YET_BOOKED
            again = now if self._woken(before) and after.live else look_again(after, now, fresh=fresh)
            if not rides.release_lease(connection, self._lease, again):
                return False
            plan_interview(connection, self._workshop.conversations.flows, after.interview_id, now)
            return True

        await self._workshop.conversations.happen(
            Happening(
                person_id=self._leg.row.person_id,
                event=lambda connection, at: event_of(connection, changed[0], changed[1], at),
                origin=Origin(kind="ride", sender="schedule"),
                settle=settle,
            )
        )

    def _fresh(self, connection: sa.Connection) -> RideRow | None:
        rows = rides.lock_rides(connection, self._leg.row.interview_id)
        return next((row for row in rows if row.id == self._leg.row.id), None)

    def _let_go(self, connection: sa.Connection) -> bool:
        return has_nobody(connection, self._leg, self._workshop.clock.now())

    def _woken(self, row: RideRow) -> bool:
        """Say whether somebody wants this leg looked at since we took it: a hint, a DONE, a move."""
        taken = self._leg.row
        return (row.version, row.due_at) != (taken.version, taken.due_at)
