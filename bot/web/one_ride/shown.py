"""What the page shows of one matter: who to call, where the ride stands, who else is on it.

The rule: what helps now and no more: a first name, no thread, no address but the two ends of this ride.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from bot.acting import first_name
from bot.settings import Settings
from bot.standing_by import StandingBy, standing_by
from bot.views import place_line, running_ride
from storage import interviews, people, places, points, rides
from storage.alarms import Linked
from storage.interviews import InterviewRow
from storage.rides import RideRow
from storage.safe_contacts import bare
from storage.staff import caseworker

AROUND: Final = timedelta(hours=30)
"""A matter that names no ride is shown with the person's newest one of so long before and after."""

STANDS: Final[Mapping[str, str]] = {
    "held": "A car is being ordered",
    "booking": "A car is being ordered",
    "booked": "Booked, no driver yet",
    "accepted": "A driver is on the way",
    "arriving": "The car is at the door",
    "in_progress": "They are in the car",
    "completed": "They got there",
    "failed": "No car: it could not be booked",
    "cancelled": "This car is called off",
    "missed": "The driver left without them",
    "lost": "The car is lost",
}
COMING: Final = frozenset({"booked", "accepted", "arriving"})
CAR_GONE: Final = frozenset({"failed", "cancelled", "missed", "lost"})


@dataclass(frozen=True, slots=True)
class RideShown:
    """One leg as it stands; clocks are the appointment's own. `coming`: another car may be ordered for it."""

    id: int
    way: str
    stands: str
    gone: bool
    coming: bool
    pickup_at: datetime | None
    pickup: str
    door: str | None
    dropoff: str
    car: str | None
    plate: str | None
    driver: str | None
    driver_phone: str | None
    provider: str | None


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter: `on_it` is the first name of who has it, None while nobody does; `mine`: that is them."""

    name: str
    phone: str | None
    kind: str
    since: datetime
    on_it: str | None
    mine: bool
    over: bool
    zone: str
    interview: InterviewRow | None
    ride: RideShown | None
    standing_by: StandingBy | None


def matter(connection: sa.Connection, linked: Linked, settings: Settings, now: datetime) -> Matter | None:
    """Read what a link opens; None where the person is gone."""
    alarm = linked.alarm
    person = people.person(connection, alarm.person_id)
    if person is None:
        return None
    ride = ride_of(connection, alarm.person_id, alarm.about, now)
    interview = None if ride is None else interviews.interview(connection, ride.interview_id)
    by = alarm.claimed_by if alarm.claimed_by is not None else alarm.answered_by
    human = None if by is None else caseworker(connection, by)
    legs = [] if interview is None else rides.rides_of(connection, interview.id)
    return Matter(
        name=person.first_name or "The person",
        phone=_phone(connection, alarm.person_id),
        kind=alarm.kind,
        since=alarm.created_at,
        on_it=None if human is None else first_name(human, settings),
        mine=by == linked.who.id,
        over=alarm.item_state == "done",
        zone=interview.zone if interview is not None else person.zone,
        interview=interview,
        ride=None if ride is None else _shown(connection, ride),
        standing_by=None if interview is None else standing_by(connection, interview, legs),
    )


def ride_of(connection: sa.Connection, person_id: int, about: str, now: datetime) -> RideRow | None:
    """Find the leg a matter is about: the newest car of the leg it names, else the one running, else the one
    nearest to now."""
    what, _, number = about.partition(":")
    named = rides.ride(connection, int(number)) if what == "ride" and number.isdecimal() else None
    if named is not None and named.person_id == person_id:
        return [one for one in rides.rides_of(connection, named.interview_id) if one.leg == named.leg][-1]
    running = running_ride(connection, person_id, now)
    if running is not None:
        return running
    near = interviews.around(connection, person_id, now - AROUND, now + AROUND)
    legs = rides.rides_of(connection, near[0].id) if near else []
    return next((one for one in reversed(legs) if one.leg == "out"), None)


def _shown(connection: sa.Connection, ride: RideRow) -> RideShown:
    pickup, dropoff = (places.place(connection, id_) for id_ in (ride.pickup_place_id, ride.dropoff_place_id))
    assert pickup is not None, "a place is never deleted before its rides"
    assert dropoff is not None, "a place is never deleted before its rides"
    car = ride.car or {}
    return RideShown(
        id=ride.id,
        way="There" if ride.leg == "out" else "Home",
        stands=STANDS[ride.state] if ride.wanted == "booked" else STANDS["cancelled"],
        gone=ride.state in CAR_GONE or ride.wanted != "booked",
        coming=ride.state in COMING and ride.wanted == "booked" and _is_to_come(ride),
        pickup_at=ride.pickup_at or ride.called_at,
        pickup=place_line(pickup.label, pickup.address),
        door=next((str(one["label"]) for one in pickup.doors if one["key"] == ride.door), None),
        dropoff=place_line(dropoff.label, dropoff.address),
        car=car.get("car"),
        plate=car.get("plate"),
        driver=car.get("driver"),
        driver_phone=car.get("phone"),
        provider=ride.provider,
    )


def _is_to_come(ride: RideRow) -> bool:
    """Say whether a car is to come by itself; one home that nobody asked for yet is not."""
    return not ride.flexible or ride.called_at is not None


def _phone(connection: sa.Connection, person_id: int) -> str | None:
    numbers = [bare(one.address) for one in points.points_of(connection, person_id)]
    return next((one for one in reversed(numbers) if one.startswith("+")), None)
