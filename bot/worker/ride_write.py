"""Write down what came of looking after a leg: row, money, lease and turn, in one transaction.

The rule: nothing is written but on the row as it stands, locked and read anew; whoever wanted this leg looked
at meanwhile (a hint, a DONE, a move) has it looked at once more at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from bot.conversation import Happening, Origin
from bot.legs import put_right
from bot.planning import plan_interview
from bot.rebooking import WAY_HOME_UNTIL
from bot.rides.base import RideProvider, Snapshot
from bot.rides.booking import Leg, columns_of, comes_late, is_soon, look_again, news_of
from bot.views import car_json
from bot.worker.ride_after import UNSURE, event_of, follow, has_way_there
from bot.worker.workshop import Workshop
from storage import rides
from storage.attention import need_human
from storage.due import Lease, back_off
from storage.rides import RideRow
from storage.subjects import subject

GIVE_UP_AFTER, SOON_GIVE_UP_AFTER = 8, 4
"""Attempts (about half an hour, about two minutes) until the next company or a human is asked instead."""
QUIET = frozenset({"car", "free_cancel_until"})
"""What may change of a leg without anybody having to hear of it, or its plan to be made anew."""


@dataclass(frozen=True, slots=True)
class Tended:
    """One leased leg, with all that is needed to look after it."""

    workshop: Workshop
    lease: Lease
    leg: Leg

    @property
    def row(self) -> RideRow:
        """The leg as it was claimed."""
        return self.leg.row

    @property
    def provider(self) -> RideProvider:
        """The company of this leg; raises LookupError where it is no longer one of ours."""
        ours = self.company
        if ours is None:
            raise LookupError(f"no ride company for a leg of {self.row.provider or 'anybody'}")
        return ours

    @property
    def company(self) -> RideProvider | None:
        """The company this leg went to; for a leg that went to none yet the first that takes it and that its
        person is not kept from. None where there is none."""
        row, fleet = self.row, self.workshop.rides
        if row.provider:
            return fleet.named(row.provider)
        return fleet.next_for(flexible=row.flexible, but=self.leg.excluded)

    @property
    def now(self) -> datetime:
        """The moment it is."""
        return self.workshop.clock.now()

    @property
    def hopeless(self) -> bool:
        """Say whether it was tried too often: soon before the pick-up that is a minute, else half an hour."""
        return self.lease.attempts >= (SOON_GIVE_UP_AFTER if is_soon(self.row, self.now) else GIVE_UP_AFTER)


async def see(held: Tended, snapshot: Snapshot) -> None:
    """Write down how the provider shows the ride, and tell the person what they must know."""
    row = held.row
    kept = columns_of(snapshot, row, held.provider.name)
    if (car := snapshot.car) is not None:
        kept["car"] = car_json(
            car.color, car.make_model, car.plate, car.driver, car.phone, snapshot.eta_minutes
        )
        told = row.car is not None and row.car["plate"] == car.plate and bool(row.car.get("late"))
        if told or comes_late(row, snapshot.eta_minutes, held.workshop.clock.now()):
            kept["car"] |= {"late": True}
    elif snapshot.live:
        kept["car"] = None  # between two drivers
    changed = {name: value for name, value in kept.items() if getattr(row, name) != value}
    if row.live and not (changed.keys() - QUIET) and news_of(row, replace(row, **changed)) is None:
        await held.workshop.database.run(partial(_quietly, held, changed))
    else:
        await over(held, **kept)


def _quietly(held: Tended, changed: dict[str, Any], connection: sa.Connection) -> bool:
    """Let go of a leg that stands as it stood, or whose car is only nearer: no turn, no new plan."""
    now, row = held.now, fresh(connection, held)
    again = now if row is None or _woken(held, row) else look_again(row, now)
    if row is not None and changed and row.version == held.row.version:
        rides.change_ride(connection, row.id, row.version, now, **changed)
    return rides.release_lease(connection, held.lease, again)


async def over(held: Tended, **kept: Any) -> None:
    """Write these columns; without any only the lease is let go."""
    await write(held, lambda connection: kept)


async def fail(held: Tended, reason: str) -> None:
    """Give this car up: this company surely brings none."""
    company = held.company
    await over(held, state="failed", reason=reason, provider=company.name if company else None)


async def later(held: Tended, after: timedelta | None, *, give_up: bool = True, **kept: Any) -> None:
    """Come back after this long, None: longer each time; after too many tries a human is asked."""
    if give_up and held.hopeless:
        await (fail(held, UNSURE) if kept.get("state") == "held" else _give_up(held))
        return
    now = held.now

    def write_down(connection: sa.Connection) -> None:
        row = fresh(connection, held)
        if row is not None and kept:
            rides.change_ride(connection, row.id, row.version, now, **kept)
        wait = back_off(held.lease.attempts) if after is None else after
        if row is not None and _woken(held, row):
            wait = timedelta()
        rides.put_off_ride(connection, held.lease, now + wait)

    await held.workshop.database.run(write_down)


async def _give_up(held: Tended) -> None:
    """Nobody can say: a ride that may exist is never ordered again; a human finds out."""
    if held.row.state == "booking" and held.now < _waited_for_until(held):
        await ask_staff(held, "ride unsure", "The ride company does not say whether this car is booked.")
        soon = is_soon(held.row, held.now)
        await later(held, timedelta(minutes=1 if soon else 5), give_up=False)
    else:
        await fail(held, UNSURE)


def _waited_for_until(held: Tended) -> datetime:
    """Say until when somebody needs the car of a leg that may be booked or not."""
    begins = held.leg.interview.at
    return begins + WAY_HOME_UNTIL if held.row.leg == "home" else begins


async def ask_staff(held: Tended, kind: str, words: str) -> None:
    """Put a human on this leg."""
    row, now = held.row, held.now
    urgent = is_soon(row, now)

    def ask(connection: sa.Connection) -> None:
        about = subject("ride", row.id)
        need_human(connection, row.person_id, kind, words, now, now, urgent=urgent, about=about, still=True)

    await held.workshop.database.run(ask)


async def write(held: Tended, values: Callable[[sa.Connection], dict[str, Any]]) -> None:
    """Change the row, move the money, let the lease go and take the turn, all in one transaction."""
    workshop, now = held.workshop, held.now
    changed: list[RideRow] = []
    climbs: list[bool] = []

    def settle(connection: sa.Connection) -> bool:
        before = fresh(connection, held)
        if before is None:
            return False
        kept = values(connection)
        after = rides.change_ride(connection, before.id, before.version, now, **kept) if kept else before
        assert after is not None, "its row is locked"
        changed[:] = [before, after]
        climbs[:] = [follow(connection, before, after, workshop.rides, workshop.settings, now)]
        if after.state in ("failed", "lost") and not climbs[0] and not has_way_there(connection, after):
            # nobody is left at the appointment before it without a way home
            put_right(connection, after.person_id, workshop.conversations.flows, workshop.settings, now)
        look = now if _woken(held, before) and after.live else look_again(after, now)
        if not rides.release_lease(connection, held.lease, look):
            return False
        plan_interview(connection, workshop.conversations.flows, after.interview_id, now)
        return True

    await workshop.conversations.happen(
        Happening(
            person_id=held.row.person_id,
            event=lambda connection, at: event_of(connection, changed[0], changed[1], climbs[0], at),
            origin=Origin(kind="ride", sender="schedule"),
            settle=settle,
        )
    )


def fresh(connection: sa.Connection, held: Tended) -> RideRow | None:
    """Lock the interview's legs and read this one anew."""
    rows = rides.lock_rides(connection, held.row.interview_id)
    return next((row for row in rows if row.id == held.row.id), None)


def _woken(held: Tended, row: RideRow) -> bool:
    """Say whether somebody wants this leg looked at since we took it: a hint, a DONE, a move."""
    return (row.version, row.due_at) != (held.row.version, held.row.due_at)
