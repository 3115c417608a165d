"""What a leg's row and a provider's snapshot mean to each other; pure.

The rule: the snapshot is the truth about `state`, the row about what is `wanted`. Nothing is ranked:
whatever the provider shows last is how things stand. A place's street line goes to the provider, never its
name: a name can tell what kind of house it is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from bot.rides.base import FlexDay, PickupAt, Snapshot, Spot, Status, Trip, short_note
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
LOOK_EVERY = timedelta(minutes=1)
LOOK_AT_IDLE = timedelta(hours=6)
LOOK_FRESH = timedelta(minutes=2)

News: TypeAlias = Literal["booked", "car", "arrived", "dropped_off", "home", "lost", "missed"]


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg with all a provider has to be told."""

    row: RideRow
    interview: InterviewRow
    pickup: PlaceRow
    dropoff: PlaceRow
    phone: str


def trip_of(leg: Leg) -> Trip | None:
    """Make the trip of a leg; None where a pin is missing: no car goes to words."""
    if leg.pickup.pin is None or leg.dropoff.pin is None:
        return None
    row = leg.row
    when = (
        FlexDay(leg.interview.at.astimezone(ZoneInfo(leg.interview.zone)).date())
        if row.flexible or row.pickup_at is None
        else PickupAt(row.pickup_at)
    )
    return Trip(row.ref, row.rider, leg.phone, _spot(leg.pickup, row.door), _spot(leg.dropoff), when)


def _spot(place: PlaceRow, door: str | None = None) -> Spot:
    assert place.pin is not None
    label = next((str(one["label"]) for one in place.doors if one["key"] == door), "")
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
    if _plate(before) != _plate(after) and after.state in ("accepted", "arriving"):
        return "car"
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


def _plate(row: RideRow) -> str | None:
    return None if row.car is None else row.car["plate"]


def look_again(row: RideRow, now: datetime, *, fresh: bool = False) -> datetime | None:
    """Say when to look at a ride next without being asked; None once it is over.

    A `fresh` booking is looked at soon, by our ref: a second car of the same leg would show by then.
    """
    if not row.live:
        return None
    if row.wanted == "cancelled":
        return now
    if is_near(row, now):
        return now + LOOK_EVERY
    at = now + LOOK_AT_IDLE if row.pickup_at is None else row.pickup_at - LOOK_FROM
    return min(at, now + LOOK_FRESH) if fresh else at


def is_near(row: RideRow, now: datetime) -> bool:
    """Say whether somebody waits for this car or sits in it, or soon will."""
    if row.flexible and row.called_at is None:
        return False
    return row.pickup_at is None or row.pickup_at - LOOK_FROM <= now
