"""What a leg's row and a provider's snapshot mean to each other; pure.

The rule: the snapshot is the truth about `state`, the row about what is `wanted`. Nothing is ranked:
whatever the provider shows last is how things stand. A place's street line goes to the provider, never its
name: a name can tell what kind of house it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from bot.rides.base import FlexDay, Now, PickupAt, Snapshot, Spot, Status, Trip, When, short_note
from storage.interviews import InterviewRow
from storage.places import PlaceRow
from storage.rides import RideRow

NOT_YET_BOOKED = frozenset({"held", "booking"})
CAME_TO_NOTHING = frozenset({Status.NO_DRIVERS_AVAILABLE, Status.DRIVER_CANCELED, Status.RIDER_CANCELED})
_STATES = {
    Status.SCHEDULED: "booked",
    Status.PROCESSING: "booked",
    Status.ACCEPTED: "accepted",
    Status.ARRIVING: "arriving",
    Status.IN_PROGRESS: "in_progress",
    Status.COMPLETED: "completed",
    Status.NO_DRIVERS_AVAILABLE: "lost",
    Status.DRIVER_CANCELED: "lost",
    Status.RIDER_CANCELED: "cancelled",
    Status.NO_SHOW: "missed",
}

LOOK_FROM = timedelta(minutes=20)
"""From this long before the pick-up a ride is looked at again and again; webhooks may all be lost."""
LATE = timedelta(minutes=10)
"""A car that comes so much later than said is told of once."""
LOOK_EVERY = timedelta(minutes=1)
LOOK_AT_IDLE = timedelta(hours=6)
SWEEPS = (timedelta(minutes=2), timedelta(minutes=15))
"""After an order left it is looked for by our ref: one given up may be carried out late."""
SOON = timedelta(minutes=60)
"""This long before the pick-up the ref is looked for once more; what goes wrong from then on is urgent."""
RECEIPT_WITHIN, RECEIPT_EVERY = timedelta(hours=24), timedelta(minutes=10)
"""How long a completed ride's receipt is waited for, until it is taken to have cost what was held."""

News: TypeAlias = Literal["booked", "car", "late", "arrived", "dropped_off", "home", "lost", "missed"]


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg with all a provider has to be told."""

    row: RideRow
    interview: InterviewRow
    pickup: PlaceRow
    dropoff: PlaceRow
    phone: str
    excluded: frozenset[str] = frozenset()
    """Companies this person is not sent with."""


def trip_of(leg: Leg, soonest: datetime) -> Trip | None:
    """Make the trip of a leg; None where a pin is missing: no car goes to words.

    `soonest` is the first moment a car can be booked for: one that is wanted before it comes at once.
    """
    if leg.pickup.pin is None or leg.dropoff.pin is None:
        return None
    row = leg.row
    when: When
    if row.flexible or row.pickup_at is None:
        when = FlexDay(leg.interview.at.astimezone(ZoneInfo(leg.interview.zone)).date())
    else:
        when = Now() if row.pickup_at < soonest else PickupAt(row.pickup_at)
    return Trip(row.ref, row.rider, leg.phone, _spot(leg.pickup, row.door), _spot(leg.dropoff), when)


def _spot(place: PlaceRow, door: str | None = None) -> Spot:
    """Make the spot at a door: the one named, else the one that was written first, the main one."""
    assert place.pin is not None
    label = next((str(one["label"]) for one in place.doors if door in (None, one["key"])), "")
    return Spot(*place.pin, place.address, short_note(label))


def columns_of(snapshot: Snapshot, row: RideRow, provider: str) -> dict[str, Any]:
    """Say what a row keeps of a snapshot; what the provider leaves out is left as it was."""
    kept: dict[str, Any] = {
        "state": state_of(snapshot, row),
        "provider": provider,
        "provider_id": snapshot.provider_id,
        "changed_at": snapshot.changed_at,
        "fee_cents": snapshot.fee_cents,
    }
    if kept["state"] == "lost":
        kept["reason"] = snapshot.status.value
    if snapshot.pickup_at is not None:
        kept["pickup_at"] = snapshot.pickup_at
    if snapshot.free_cancel_until is not None:
        kept["free_cancel_until"] = snapshot.free_cancel_until
    if snapshot.final_cents is not None:
        kept["final_cents"] = snapshot.final_cents
    return kept


def state_of(snapshot: Snapshot, row: RideRow) -> str:
    """Name where a leg stands; a ride we want that the company calls off for the rider is lost to us.

    A way home that was held and never asked for ends by itself: that one is no loss.
    """
    state = _STATES[snapshot.status]
    not_needed = row.flexible and row.called_at is None
    if state == "cancelled" and row.wanted == "booked" and not not_needed:
        return "lost"
    return state


def news_of(before: RideRow, after: RideRow) -> News | None:
    """Say what the person has to hear about a change, if anything; of several steps only the last counts."""
    if plate_of(before.car) != plate_of(after.car) and after.state in ("accepted", "arriving"):
        return "car"
    if after.state == "accepted" and _is_late(after) and not _is_late(before):
        return "late"
    if before.state == after.state or after.wanted == "cancelled":
        return None
    match after.state:
        case "booked":
            return "booked" if before.state in NOT_YET_BOOKED else None
        case "arriving":
            return "arrived"
        case "completed":
            return "dropped_off" if after.leg == "out" else "home"
        case "missed":
            return "missed"
        case "lost":
            return "lost"
        case _:
            return None


def comes_late(row: RideRow, minutes: int | None, now: datetime) -> bool:
    """Say whether a car that is this far away comes much later than the person was told."""
    due_at = row.pickup_at or row.called_at
    return minutes is not None and due_at is not None and now + timedelta(minutes=minutes) >= due_at + LATE


def _is_late(row: RideRow) -> bool:
    return row.car is not None and bool(row.car.get("late"))


def plate_of(car: Mapping[str, Any] | None) -> str | None:
    """Give the plate of a car as its row keeps it; None while no driver has it."""
    return None if car is None else str(car["plate"])


def look_again(row: RideRow, now: datetime) -> datetime | None:
    """Say when to look at a ride next without being asked; None once it is over, paid for, and no order of it
    can turn up any more."""
    sweeps = [] if row.ordered_at is None else [row.ordered_at + after for after in SWEEPS]
    if not row.live:
        if waits_for_receipt(row, now):
            return now + RECEIPT_EVERY
        return min((at for at in sweeps if at > now), default=None)
    if row.wanted == "cancelled":
        return now
    if is_near(row, now):
        return now + LOOK_EVERY
    if row.pickup_at is not None:
        sweeps += [row.pickup_at - SOON, row.pickup_at - LOOK_FROM]
    return min((at for at in sweeps if at > now), default=now + LOOK_AT_IDLE)


def waits_for_receipt(row: RideRow, now: datetime) -> bool:
    """Say whether a ride was driven and its cost is not known yet."""
    if row.state != "completed" or row.final_cents is not None or row.hold_cents == 0:
        return False
    return row.changed_at is None or now < row.changed_at + RECEIPT_WITHIN


def is_soon(row: RideRow, now: datetime) -> bool:
    """Say whether the car is to come within the hour, or somebody waits for it."""
    if row.flexible and row.called_at is None:
        return False
    return row.pickup_at is None or row.pickup_at - SOON <= now


def is_near(row: RideRow, now: datetime) -> bool:
    """Say whether somebody waits for this car or sits in it, or soon will."""
    if row.flexible and row.called_at is None:
        return False
    return row.pickup_at is None or row.pickup_at - LOOK_FROM <= now
