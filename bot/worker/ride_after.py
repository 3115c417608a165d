"""What a change of a leg brings with it: its money, a human where one is needed, and what its person hears.

The rule: all of it is decided from the row before and the row after, in the transaction of the change. A leg
that came to nothing is always somebody's, even when its person cannot be told any more.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.acting import URGENT, due_for
from bot.rebooking import chain, order_again
from bot.rides.booking import NOT_YET_BOOKED, Leg, News, is_soon, news_of, waits_for_receipt
from bot.rides.fleet import Fleet
from bot.settings import Settings
from bot.views import held_leg, interview_view, ride_view
from flows.events import (
    Event,
    RideArrived,
    RideBooked,
    RideCar,
    RideDroppedOff,
    RideFailed,
    RideHome,
    RideLate,
    RideLost,
    RideMissed,
)
from storage import funds, hand_rides, interviews, learned_places, rides
from storage.attention import need_human, needed_since
from storage.lifecycle import steps
from storage.rides import RideRow
from storage.subjects import subject

NO_CARS, OVER_BUDGET, REFUSED, BAD_ADDRESS = "no_cars", "over_budget", "refused", "bad_address"
UNSURE, GONE, KEPT_OFF = "unsure", "gone", "kept_off"
"""Why a leg came to nothing, in our words; a lost one may carry the provider's."""

MISSED = "missed the car"
LET_GO_AFTER = timedelta(hours=2)
"""After an interview's time: somebody who missed the car there, and asked for no other, needs none home."""

_ON_THE_WAY = frozenset({"accepted", "arriving", "in_progress", "completed"})

_FOR_STAFF = {"failed": "no ride booked", "lost": "car lost", "missed": "no-show"}
"""Why a human is put on a leg: in the flows' own words, so that both make one item."""


def follow(
    connection: sa.Connection,
    before: RideRow,
    after: RideRow,
    fleet: Fleet,
    settings: Settings,
    now: datetime,
) -> bool:
    """Move the money of a leg that is over, order another car for one that is gone, look after the way home.

    True: another car is being ordered. At the ladder's end a human is put on it, and a booking that came to
    nothing takes its other leg with it: nobody is driven out without a way back.
    """
    pay(connection, after, settings, now)
    if after.provider == "manual" and not after.live:  # whoever was asked to book it need not any more
        hand_rides.drop(connection, after.ref, now)
    if before.state != after.state == "completed":
        learned_places.learn(connection, after, now)
    if before.state == after.state or after.wanted != "booked":
        return False
    if _may_climb(after) and order_again(connection, after, fleet, settings, now):
        return True
    if after.state == "failed" and not is_counted_on(connection, after):
        _call_off_the_rest(connection, after, now)
    if after.state == "missed" and after.leg == "out":
        _look_at_home(connection, after, now)
    _tell_staff(connection, after, settings, now)
    return False


def _may_climb(row: RideRow) -> bool:
    """Say whether another car may be tried: not where money or a pin is the matter, nor where the lost one
    may still come."""
    if row.state == "failed":
        return row.reason not in (OVER_BUDGET, BAD_ADDRESS)
    return row.state == "lost" and row.reason != UNSURE


def is_counted_on(connection: sa.Connection, row: RideRow) -> bool:
    """Say whether a leg's person counts on a car: one was booked for it before this one, or they are on
    their way there and have to come home."""
    known = rides.rides_of(connection, row.interview_id)
    out = held_leg(known, "out")
    if row.leg == "home" and out is not None and out.state in _ON_THE_WAY:
        return True
    legs = [one for one in known if one.leg == row.leg]
    return any(one.provider_id is not None for one in chain(legs, row)[:-1])


def has_way_there(connection: sa.Connection, row: RideRow) -> bool:
    """Say whether a car goes, or went, to the appointment of this leg."""
    return held_leg(rides.rides_of(connection, row.interview_id), "out") is not None


def _call_off_the_rest(connection: sa.Connection, row: RideRow, now: datetime) -> None:
    for other in rides.lock_rides(connection, row.interview_id):
        if other.id != row.id and other.live and other.wanted == "booked":
            rides.change_ride(connection, other.id, other.version, now, wanted="cancelled", due_at=now)


def pay(connection: sa.Connection, row: RideRow, settings: Settings, now: datetime) -> None:
    """Settle a leg that is over: its cost, its fee, or nothing; a receipt is waited for."""
    cost = row.hold_cents if row.final_cents is None else row.final_cents
    if row.live or row.fund_id is None or waits_for_receipt(row, now):
        return
    if row.state == "completed" and row.final_cents is None and row.hold_cents == 0:
        return  # no receipt came: what was held is paid
    if row.state == "completed":
        paid = funds.settle(connection, row.id, cost, now)
    elif row.fee_cents:
        paid = funds.charge_fee(connection, row.id, row.fee_cents, now)
    else:
        paid = funds.release(connection, row.id, now)
    if not paid:
        due_at = due_for(connection, settings, row.person_id, "ride not paid", now)
        words = "The fund has not enough left for what this ride cost."
        about = subject("ride", row.id)
        need_human(connection, row.person_id, "ride not paid", words, due_at, now, about=about)


def pay_what_is_owed(connection: sa.Connection, settings: Settings, now: datetime) -> None:
    """Pay the rides that are over and hold money still: their fund had not enough when they ended."""
    for row in rides.owed(connection):
        pay(connection, row, settings, now)


def _tell_staff(connection: sa.Connection, row: RideRow, settings: Settings, now: datetime) -> None:
    counted_on = row.state == "failed" and is_counted_on(connection, row)
    kind = "car lost" if counted_on else _FOR_STAFF.get(row.state)
    if kind is not None:
        due_at = due_for(connection, settings, row.person_id, kind, now)
        words = f"{row.leg}: {row.reason or row.state}"
        urgent = kind in URGENT or is_soon(row, now)
        need_human(connection, row.person_id, kind, words, due_at, now, urgent=urgent)


def _look_at_home(connection: sa.Connection, out: RideRow, now: datetime) -> None:
    """Have the car home looked at when it may be let go."""
    row = interviews.interview(connection, out.interview_id)
    home = held_leg(rides.rides_of(connection, out.interview_id), "home")
    if row is not None and home is not None and home.live:
        at = max(now, row.at + LET_GO_AFTER)
        rides.change_ride(connection, home.id, home.version, now, due_at=at)


def has_nobody(connection: sa.Connection, home: Leg, now: datetime) -> bool:
    """Say whether a car home has nobody to drive: they missed the car there, and asked for no other way."""
    row, begins = home.row, home.interview.at
    out = [one for one in rides.rides_of(connection, row.interview_id) if one.leg == "out"]
    if not out or out[-1].state != "missed" or now < begins + LET_GO_AFTER:
        return False
    return not needed_since(connection, row.person_id, MISSED, out[-1].changed_at or begins)


# --- what the person hears ------------------------------------------------------------------------------


def event_of(
    connection: sa.Connection, before: RideRow, after: RideRow, again: bool, at: datetime
) -> Event | None:
    """Build the event a change causes, if it causes one; `again`: another car is being ordered."""
    view: Any = interview_view(connection, after.interview_id)
    reason = after.reason or UNSURE
    if after.state == "failed" and before.state in NOT_YET_BOOKED:
        if after.wanted != "booked" or again:
            return None
        if is_counted_on(connection, after):
            return RideLost(
                at=at, interview=view, ride=ride_view(connection, after), reason=reason, again=False
            )
        return RideFailed(at=at, interview=view, reason=reason)
    news = news_of(before, after)
    if news is None:
        return None
    if news == "booked":
        return _booked(connection, after, view, at)
    ride = ride_view(connection, after)
    if news == "car" and told_of_another(connection, before):
        ride["other"] = True
    if news == "lost":
        return RideLost(at=at, interview=view, ride=ride, reason=reason, again=again)
    return _NEWS[news](at=at, interview=view, ride=ride)


def told_of_another(connection: sa.Connection, before: RideRow) -> bool:
    """Say whether the person was told of another car for this leg: of this booking, or of the one it stands
    in for."""
    life = steps(connection, "ride", before.id)
    if any(step.after in ("accepted", "arriving") and step.version <= before.version for step in life):
        return True
    legs = [one for one in rides.rides_of(connection, before.interview_id) if one.leg == before.leg]
    return any(one.car is not None for one in chain(legs, before)[:-1])


_NEWS: dict[News, type[RideCar | RideLate | RideArrived | RideDroppedOff | RideHome | RideMissed]] = {
    "car": RideCar,
    "late": RideLate,
    "arrived": RideArrived,
    "dropped_off": RideDroppedOff,
    "home": RideHome,
    "missed": RideMissed,
}


def _booked(connection: sa.Connection, leg: RideRow, view: Any, at: datetime) -> Event | None:
    """Tell of a booking once each of its ways is sure; a way home is none where a car goes on from there."""
    legs = rides.rides_of(connection, leg.interview_id)
    held = [one for which in ("out", "home") if (one := held_leg(legs, which)) is not None]
    if leg.wanted != "booked" or not held or any(one.state in NOT_YET_BOOKED for one in held):
        return None
    out = held[0]
    if out.leg != "out":
        return None
    if out.state == "completed":
        return None  # another car home: it is told of when it comes
    return RideBooked(at=at, interview=view, ride=ride_view(connection, out))
