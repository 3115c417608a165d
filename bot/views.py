"""What flows may know of interviews, rides and places: views built from rows, fresh in each turn.

The rule: clocks are the interview's own wall clock, naive; what is not known is left out, never None; a place
is its label and street line, and a car is what a person looks for at the curb. Nothing here writes.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.reminders.hours import wall_clock
from bot.rides.estimates import EARLY
from flows.views import InterviewView, PlaceView, RideView
from storage import interviews, places, rides
from storage.interviews import InterviewRow
from storage.places import PlaceRow
from storage.rides import RideRow

BACK_AFTER = timedelta(hours=3)
"""From an interview's start until a person is back, said as "about": two hours there, and the way."""

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
    stops = {leg.pickup_place_id for each in legs.values() for leg in each}
    known = places.places_by_id(connection, stops | {row.place_id for row in rows.values()})
    return {id_: _view(row, legs.get(id_, []), known) for id_, row in rows.items()}


def _view(row: InterviewRow, legs: Sequence[RideRow], known: Mapping[int, PlaceRow]) -> InterviewView:
    place = known[row.place_id]  # never deleted before its interview
    view: InterviewView = {
        "id": row.id,
        "version": row.version,
        "kind": row.kind,
        "employer": row.employer or place.label,
        "at": row.wall,
        "place": place_line(place.label, place.address),
    }
    _add_ride(view, row, legs, known)
    if row.ok_to_go is not None:
        view["ok_to_go"] = row.ok_to_go
    if row.state == "confirmed":
        view["confirmed"] = True
    if any(leg.called_at is not None for leg in legs if leg.leg == "home" and is_held(leg)):
        view["going_home"] = True
    if row.outcome is not None:
        view["outcome"] = row.outcome
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
    last = next((leg for leg in reversed(legs) if leg.leg == "out"), None)
    if last is not None and (stop := known.get(last.pickup_place_id)) is not None:
        view["stop"] = place_view(stop)
        if last.door is not None:
            view["door"] = last.door
    held = held_leg(legs, "out")
    if held is not None and held.pickup_at is not None:
        view["pickup_at"] = wall_clock(held.pickup_at, row.zone)
        view["pickup"] = _stop_words(held, known[held.pickup_place_id])
        view["back_at"] = row.wall + BACK_AFTER


def ride_view(connection: sa.Connection, leg: RideRow) -> RideView:
    """Show one leg; the car's fields are there once a driver has accepted (`RideRow.car`, see `car_json`)."""
    row = interviews.interview(connection, leg.interview_id)
    assert row is not None, "a ride goes with its interview"
    known = places.places_by_id(connection, {leg.pickup_place_id, leg.dropoff_place_id})
    pickup_at = leg.pickup_at or leg.called_at or row.at
    view: RideView = {
        "id": leg.id,
        "leg": leg.leg,
        "pickup_at": wall_clock(pickup_at, row.zone),
        "pickup": _stop_words(leg, known[leg.pickup_place_id]),
        "dropoff": known[leg.dropoff_place_id].label,
    }
    if leg.arrive_by is not None:
        view["arrive_at"] = wall_clock(leg.arrive_by - EARLY, row.zone)
    if leg.car is not None:
        _add_car(view, leg.car)
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
    """Say where the car stops: "Hope House, front, on 5th"."""
    door = next((door["label"] for door in stop.doors if door["key"] == leg.door), None)
    return stop.label if door is None else f"{stop.label}, {door}"


def running_ride(connection: sa.Connection, person_id: int, now: datetime) -> RideRow | None:
    """Find the leg that is running or comes next within a day."""
    live = [leg for leg in rides.live_rides(connection, person_id) if leg.wanted == "booked"]
    soon = [leg for leg in live if (_begins(leg) or now) <= now + timedelta(days=1)]
    moving = [leg for leg in soon if leg.state in ("accepted", "arriving", "in_progress")]
    ahead = sorted((leg for leg in soon if _begins(leg) is not None), key=lambda leg: _begins(leg) or now)
    return next(iter(moving or ahead), None)


def _begins(leg: RideRow) -> datetime | None:
    return leg.pickup_at or leg.called_at
