"""What flows may know of interviews, rides and places: views built from rows, fresh in each turn.

The rule: clocks are the interview's own wall clock, naive; what is not known is left out, never None; a place
is its label and street line, and a car is what a person looks for at the curb. Nothing here writes.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from bot.reminders.hours import wall_clock
from bot.rides.estimates import EARLY, pickup_for, road_miles
from flows.views import InterviewView, PlaceView, RideView
from storage import interviews, places, rides, work
from storage.interviews import InterviewRow
from storage.places import PlaceRow
from storage.rides import RideRow
from storage.tables.going import InterviewKind

BACK_AFTER: Mapping[InterviewKind, timedelta] = {
    "interview": timedelta(hours=3),
    "hiring_step": timedelta(hours=2),
    "documents": timedelta(hours=3),
    "training": timedelta(hours=5),
    "work": timedelta(hours=10),
}
"""From an appointment's start until a person is back, said as "about"; a shift's end is mostly known."""

HOME_FROM_WORK = timedelta(minutes=60)

CAME_TO_NOTHING = ("lost", "missed", "failed")
WAY_HOME = timedelta(hours=16)
"""After an appointment's time nobody waits for a way home any longer."""
LEAVES_EARLY = timedelta(minutes=15)
STILL_GOING = timedelta(hours=1)
"""After an appointment's time a way there that was lost is still what people ask about."""

ASKED_ABOUT = 5
"""One way home in so many is asked about, the same one whenever we look."""

DROVE = ("in_progress", "completed")


def place_line(label: str, address: str) -> str:
    """Write a place as a text says it, nothing twice: "Hope House, 218 5th St", "12 Rowe St, Boston"."""
    return address if address.startswith(label) else f"{label}, {address}"


def place_view(place: PlaceRow) -> PlaceView:
    """Show a place to a flow."""
    return {
        "id": place.id,
        "label": place.label,
        "address": place.address,
        "line": place_line(place.label, place.address),
        "doors": [{"key": door["key"], "label": door["label"]} for door in place.doors],
    }


def main_door(place: PlaceRow) -> str | None:
    """Name the door a driver is told where nobody chose one, the first listed; None with one way in."""
    return str(place.doors[0]["label"]) if len(place.doors) > 1 else None


def interview_view(connection: sa.Connection, interview_id: int) -> InterviewView | None:
    """Show an interview as it stands now; None when it is gone."""
    return interview_views(connection, [interview_id]).get(interview_id)


def interview_views(connection: sa.Connection, ids: Collection[int]) -> dict[int, InterviewView]:
    """Show interviews as they stand now, by id, looked up as one list; those that are gone are left out."""
    return _views(connection, interviews.interviews(connection, ids)) if ids else {}


def view_of(connection: sa.Connection, row: InterviewRow) -> InterviewView:
    """Show an interview whose row is at hand."""
    return _views(connection, {row.id: row})[row.id]


def _views(connection: sa.Connection, rows: Mapping[int, InterviewRow]) -> dict[int, InterviewView]:
    legs = rides.rides_by_interview(connection, rows)
    onward = _onward(connection, rows, legs)
    stops = {leg.pickup_place_id for each in legs.values() for leg in each}
    stops |= {leg.dropoff_place_id for each in onward.values() for leg in each}
    known = places.places_by_id(connection, stops | {row.place_id for row in rows.values()})
    views = {id_: _view(row, legs.get(id_, []), onward.get(id_, []), known) for id_, row in rows.items()}
    shifts = [id_ for id_, row in rows.items() if row.kind == "work"]
    for id_ in work.first_shifts(connection, shifts) if shifts else ():
        views[id_]["first_shift"] = True
    return views


def _onward(
    connection: sa.Connection, rows: Mapping[int, InterviewRow], legs: Mapping[int, Sequence[RideRow]]
) -> Mapping[int, list[RideRow]]:
    """Find the legs that lead on to another appointment, by the one they start from: one with a car there and
    none home."""
    ends = {
        (row.person_id, row.place_id): id_
        for id_, row in rows.items()
        if held_leg(legs.get(id_, []), "out") is not None and held_leg(legs.get(id_, []), "home") is None
    }
    found: dict[int, list[RideRow]] = {}
    for leg in rides.onward_from(connection, {person_id for person_id, _ in ends}) if ends else []:
        id_ = ends.get((leg.person_id, leg.pickup_place_id))
        if id_ is not None and id_ != leg.interview_id and is_held(leg):
            found.setdefault(id_, []).append(leg)
    return found


def _goes_away(leg: RideRow, row: InterviewRow) -> bool:
    return is_held(leg) and (leg.leg == "home" or leg.interview_id != row.id)


def _view(
    row: InterviewRow, legs: Sequence[RideRow], onward: Sequence[RideRow], known: Mapping[int, PlaceRow]
) -> InterviewView:
    place = known[row.place_id]  # never deleted before its interview
    view: InterviewView = {
        "id": row.id,
        "version": row.version,
        "kind": row.kind,
        "employer": row.employer or place.label,
        "at": row.wall,
        "place": place_line(place.label, place.address),
        "spot": place_view(place),
    }
    if (door := main_door(place)) is not None:
        view["their_door"] = door
    if row.moved:
        view["moved"] = True
    _add_ride(view, row, legs, known)
    if row.ok_to_go is not None:
        view["ok_to_go"] = row.ok_to_go
    if row.state == "confirmed":
        view["confirmed"] = True
    if any(leg.called_at is not None for leg in (*legs, *onward) if _goes_away(leg, row)):
        view["going_home"] = True
    if onward:
        view["then"] = known[onward[-1].dropoff_place_id].label
    if any(leg.state == "completed" for leg in legs if leg.leg == "home"):
        view["home"] = True
    if row.outcome is not None:
        view["outcome"] = row.outcome
    if waiting := [leg.estimate_cents for leg in legs if leg.approval == "waiting" and is_held(leg)]:
        view["waits_for_ok"] = f"{sum(waiting) / 100:.2f}"
    return view


def is_held(leg: RideRow) -> bool:
    """Say whether this leg is to run, runs or ran."""
    return leg.wanted == "booked" and (leg.live or leg.state in DROVE)


def held_leg(legs: Sequence[RideRow], which: str) -> RideRow | None:
    """Pick the newest leg "out" or "home" that is to run, runs or ran."""
    return next((leg for leg in reversed(legs) if leg.leg == which and is_held(leg)), None)


def _add_ride(
    view: InterviewView, row: InterviewRow, legs: Sequence[RideRow], known: Mapping[int, PlaceRow]
) -> None:
    last = next((leg for leg in reversed(legs) if leg.leg == "out" and not leg.flexible), None)
    if last is not None and (stop := known.get(last.pickup_place_id)) is not None:
        view["stop"] = place_view(stop)
        if last.door is not None:
            view["door"] = last.door
    held = held_leg(legs, "out")
    if held is None:
        return
    start = known[held.pickup_place_id]
    pickup_at = held.pickup_at or _latest(held, row, start, known[row.place_id])
    view["pickup_at"] = wall_clock(pickup_at, row.zone)
    view["pickup"] = _stop_words(held, start)
    view["back_at"] = back_at(row)
    if held.flexible:
        view["after"] = start.label


def _latest(leg: RideRow, row: InterviewRow, start: PlaceRow, end: PlaceRow) -> datetime:
    """Say when a car that is called by the person should come at the latest."""
    if start.pin is None or end.pin is None:
        return row.at - timedelta(minutes=45)
    return pickup_for(leg.arrive_by or row.at, road_miles(*start.pin, *end.pin))


def back_at(row: InterviewRow) -> datetime:
    """Say about when somebody is home again, by the wall clock there."""
    if row.ends_at is not None:
        return wall_clock(row.ends_at, row.zone) + HOME_FROM_WORK
    return row.wall + BACK_AFTER[row.kind]


def ride_view(connection: sa.Connection, leg: RideRow) -> RideView:
    """Show one leg; the car's fields are there once a driver has accepted (`RideRow.car`, see `car_json`)."""
    row = interviews.interview(connection, leg.interview_id)
    assert row is not None, "a ride goes with its interview"
    known = places.places_by_id(connection, {leg.pickup_place_id, leg.dropoff_place_id})
    pickup_at = leg.pickup_at or leg.called_at or row.at
    view: RideView = {
        "id": leg.id,
        "leg": leg.leg,
        "stage": stage_of(leg),
        "pickup_at": wall_clock(pickup_at, row.zone),
        "pickup": _stop_words(leg, known[leg.pickup_place_id]),
        "dropoff": known[leg.dropoff_place_id].label,
    }
    if leg.arrive_by is not None:
        view["arrive_at"] = wall_clock(leg.arrive_by - EARLY, row.zone)
    if leg.car is not None:
        _add_car(view, leg.car)
    if leg.leg == "home" and leg.id % ASKED_ABOUT == 0:
        view["ask_how"] = True
    return view


def car_json(
    color: str, make_model: str, plate: str, driver: str, phone: str, minutes: int | None
) -> dict[str, Any]:
    """Write down a car as `Ride.car` keeps it; `minutes` is how far away it is, None where nobody knows."""
    return {
        "car": f"{color} {make_model}".strip(),
        "plate": plate,
        "driver": driver.split()[0] if driver.split() else "",
        "phone": phone,
        "minutes": minutes,
    }


def _add_car(view: RideView, car: Mapping[str, Any]) -> None:
    view["car"], view["plate"] = car["car"], car["plate"]
    view["driver"], view["phone"] = car["driver"], car["phone"]
    if car.get("minutes") is not None:
        view["minutes"] = car["minutes"]


def _stop_words(leg: RideRow, stop: PlaceRow) -> str:
    """Say where the car stops, by the door the driver is told: "Hope House, front, on 5th"."""
    door = next((door["label"] for door in stop.doors if door["key"] == leg.door), None) or main_door(stop)
    return stop.label if door is None else f"{stop.label}, {door}"


_STAGES: Final[Mapping[str, str]] = {
    "held": "asked",
    "booking": "asked",
    "booked": "booked",
    "accepted": "coming",
    "arriving": "here",
    "in_progress": "driving",
    "completed": "done",
    "missed": "missed",
    "lost": "lost",
    "failed": "lost",
    "cancelled": "off",
}


def stage_of(leg: RideRow) -> str:
    """Name how a leg stands for the person it is for."""
    if leg.wanted == "cancelled":
        return "off"
    if leg.leg == "home" and leg.state == "booked" and leg.called_at is None and leg.flexible:
        return "waits"
    if leg.leg == "home" and leg.called_at is not None and leg.state in ("held", "booking", "booked"):
        return "called"
    return _STAGES[leg.state]


def running_ride(connection: sa.Connection, person_id: int, now: datetime) -> RideRow | None:
    """Find the leg that is running or comes next within a day; else the one that came to nothing today, or
    the way home that waits for its DONE."""
    live = [leg for leg in rides.live_rides(connection, person_id) if leg.wanted == "booked"]
    soon = [leg for leg in live if (_begins(leg) or now) <= now + timedelta(days=1)]
    moving = [leg for leg in soon if leg.state in ("accepted", "arriving", "in_progress")]
    ahead = sorted((leg for leg in soon if _begins(leg) is not None), key=lambda leg: _begins(leg) or now)
    return next(iter(moving or ahead), None) or _of_today(connection, person_id, live, now)


def _of_today(
    connection: sa.Connection, person_id: int, live: Sequence[RideRow], now: datetime
) -> RideRow | None:
    """Find what somebody without a car asks about: the way there or home that was lost, else their way
    home."""
    near = interviews.around(connection, person_id, now - WAY_HOME, now + timedelta(days=1))
    legs = rides.rides_by_interview(connection, [row.id for row in near])
    for row in near:
        out, home = (_newest(legs.get(row.id, []), which) for which in ("out", "home"))
        for leg, until in ((out, row.at + STILL_GOING), (home, row.at + WAY_HOME)):
            if leg is not None and leg.state in CAME_TO_NOTHING and leg.wanted == "booked" and now <= until:
                return leg
    return next((leg for leg in live if leg.leg == "home" and _may_go_home(connection, leg, now)), None)


def _may_go_home(connection: sa.Connection, home: RideRow, now: datetime) -> bool:
    row = interviews.interview(connection, home.interview_id)
    out = held_leg(rides.rides_of(connection, home.interview_id), "out")
    there = out is not None and out.state == "completed"
    return there or (row is not None and row.at - LEAVES_EARLY <= now <= row.at + WAY_HOME)


def _newest(legs: Sequence[RideRow], which: str) -> RideRow | None:
    return next((leg for leg in reversed(legs) if leg.leg == which), None)


def _begins(leg: RideRow) -> datetime | None:
    return leg.pickup_at or leg.called_at
