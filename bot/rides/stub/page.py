"""Draw the control room: rides, clock, market, faults, and a button for each event that can follow."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.rides.stub.desk import Desk
from bot.rides.stub.faults import Fault
from bot.rides.stub.market import Market, market
from bot.rides.stub.store import Row, from_ms
from bot.rides.stub.webhooks import HookFault
from bot.rides.stub.world import MAY_FOLLOW, OVER, STORIES

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
)
_STEPS = ((60, "+1 min"), (600, "+10 min"), (3600, "+1 h"), (86400, "+1 day"))
_ORDER = "/v1/guests/trips"
_FAULTS = (
    ("hang at the next order, car comes", {"kind": "hang", "applied": "before", "seconds": 30}),
    ("hang at the next order, no car", {"kind": "hang", "applied": "never", "seconds": 30}),
    ("error 503 at the next order", {"kind": "status", "code": 503}),
    ("too many requests", {"kind": "status", "code": 429, "retry_after": 60}),
    ("cut the next answer off", {"kind": "truncate", "applied": "before"}),
    ("forget the token", {"kind": "expired_token"}),
)
_HOOK_FAULTS = ("drop", "delay", "reorder", "same_id", "new_id", "bad_signature")


def draw(desk: Desk, faults: Sequence[Fault], hook_faults: Sequence[HookFault]) -> str:
    """Write the page: the last hundred trips, newest first, and the last twenty texts."""
    trips = desk.store.rows("SELECT * FROM trip ORDER BY number DESC LIMIT 100")
    texts = desk.store.rows("SELECT * FROM sms ORDER BY id DESC LIMIT 20")
    return _TEMPLATES.get_template("page.html").render(
        now=_time(desk, desk.now()),
        stopped=desk.frozen,
        steps=_STEPS,
        markets=_markets(market(desk.store)),
        faults=[(label, {"method": "POST", "path": _ORDER, **fault}) for label, fault in _FAULTS],
        hook_faults=_HOOK_FAULTS,
        waiting=[*(fault.kind for fault in faults), *(fault.kind for fault in hook_faults)],
        trips=[_drawn(desk, trip) for trip in trips],
        texts=[{**text, "time": _time(desk, from_ms(text["at"]))} for text in texts],
    )


def _markets(now: Market) -> list[tuple[str, dict[str, Any]]]:
    """List the buttons of the market, each with all that it sets."""
    changes: list[tuple[str, dict[str, Any]]] = [
        ("No cars from now on" if now.cars else "Cars again", {"cars": not now.cars}),
        ("No surge" if now.surge > 1 else "Surge x 1.5", {"surge": 1.0 if now.surge > 1 else 1.5}),
        (
            "No surge between price and order" if now.order_surge > 1 else "Surge between price and order",
            {"order_surge": 1.0 if now.order_surge > 1 else 1.5},
        ),
        (
            "Take rides for later" if now.demand == "BLOCK" else "Take no rides for later",
            {"demand": "NONE" if now.demand == "BLOCK" else "BLOCK"},
        ),
        ("No hourly limit" if now.per_hour else "200 requests an hour", {"per_hour": 200}),
    ]
    if now.per_hour:
        changes[-1] = (changes[-1][0], {"per_hour": None})
    sets = [(label, {**now.model_dump(), **change}) for label, change in changes]
    return [
        (label, {key: _form(value) for key, value in all_.items() if value is not None})
        for label, all_ in sets
    ]


def _form(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _drawn(desk: Desk, trip: Row) -> dict[str, Any]:
    shown, body = desk.shown(trip), json.loads(trip["body"])
    pickup = trip["pickup_at"]
    return {
        **shown,
        "number": trip["number"],
        "origin": body["pickup"]["address"] or "a pin",
        "goal": body["dropoff"]["address"] or "a pin",
        "when": f"when called, {trip['flex_day']}" if pickup is None else _time(desk, from_ms(pickup)),
        "story": trip["story"].replace("_", " "),
        "stories": [] if trip["status"] in OVER else [each for each in STORIES if each != trip["story"]],
        "events": [
            (event, _label(event, trip)) for event in sorted(MAY_FOLLOW.get(trip["status"], frozenset()))
        ],
        "replies": [] if trip["status"] in OVER else ["8", "88"],
    }


def _label(event: str, trip: Row) -> str:
    uncalled = trip["flex_day"] is not None and trip["pickup_at"] is None
    return "send the car" if uncalled and event == "processing" else event.replace("_", " ")


def _time(desk: Desk, at: datetime) -> str:
    local = at.astimezone(desk.company.zone)
    return f"{local:%a %b} {local.day}, {local:%H:%M:%S} {local.tzname()}"
