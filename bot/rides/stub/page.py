"""Draw the control room: rides, the clock, and a button for each event that can follow."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.rides.stub.desk import Desk
from bot.rides.stub.store import Row, from_ms
from bot.rides.stub.world import MAY_FOLLOW

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
)
_STEPS = ((60, "+1 min"), (600, "+10 min"), (3600, "+1 h"), (86400, "+1 day"))


def draw(desk: Desk, trips: list[Row]) -> str:
    """Write the page for these trips, newest first."""
    return _TEMPLATES.get_template("page.html").render(
        now=_time(desk, desk.now()),
        stopped=desk.frozen,
        steps=_STEPS,
        market=desk.market(),
        trips=[_drawn(desk, trip) for trip in trips],
    )


def _drawn(desk: Desk, trip: Row) -> dict[str, Any]:
    shown, body = desk.shown(trip), json.loads(trip["body"])
    pickup = trip["pickup_at"]
    return {
        **shown,
        "number": trip["number"],
        "origin": body["pickup"]["address"] or "a pin",
        "goal": body["dropoff"]["address"] or "a pin",
        "when": f"when called, {trip['flex_day']}" if pickup is None else _time(desk, from_ms(pickup)),
        "events": [
            (event, _label(event, trip)) for event in sorted(MAY_FOLLOW.get(trip["status"], frozenset()))
        ],
    }


def _label(event: str, trip: Row) -> str:
    uncalled = trip["flex_day"] is not None and trip["pickup_at"] is None
    return "send the car" if uncalled and event == "processing" else event.replace("_", " ")


def _time(desk: Desk, at: datetime) -> str:
    local = at.astimezone(desk.company.zone)
    return f"{local:%a %b} {local.day}, {local:%H:%M:%S} {local.tzname()}"
