"""Rides that staff or volunteers book by hand: what there is to book, to send, to call off, and how it went.

The rule: a mark is a human's word, written as it is given; only what can follow is offered, and a page that
is no longer current changes nothing. Works without JavaScript, at phone width.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final, Literal

import sqlalchemy as sa
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from bot.rides.hand_marks import MARKS, SETTLES, WORDS, Mark, may_follow, written
from bot.web.console.deps import StaffDeps
from bot.web.console.drawn import due, when
from bot.web.console.reading import common, no
from bot.web.pages import page, see_other
from storage import hand_rides
from storage.hand_rides import HandRow
from storage.staff import CaseworkerRow

CAR: Final[Mapping[str, str]] = {
    "color": "Color",
    "make_model": "Make and model, or the taxi's name",
    "plate": "Plate",
    "driver": "Driver",
    "phone": "Driver's phone",
}
LONGEST: Final = 60
STALE: Final = "Somebody changed this ride meanwhile. Look again."
_MONEY: Final = re.compile(r"\$?\s*(\d{1,4}(?:\.\d{1,2})?)")


@dataclass(frozen=True, slots=True)
class Drawn:
    """One ride of the list."""

    row: HandRow
    need: str
    due: str
    late: bool
    pickup_at: str
    marks: Sequence[tuple[str, str]]
    has_car: bool


async def rides(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Response:
    """Show the list."""
    return await _page(deps, request, who)


async def mark(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    """Take a caseworker's mark."""
    said = str(form.get("mark", ""))
    cents = _cents(str(form.get("cost", "")))
    if said not in MARKS or cents == "not money" or not _is_id(request.path_params["id"]):
        problem = (
            "Write the cost in dollars, like 23.50." if cents == "not money" else "Choose what happened."
        )
        return await _page(deps, request, who, 400, problem)
    car = {name: " ".join(str(form.get(name, "")).split())[:LONGEST] for name in CAR}
    id_, version = int(request.path_params["id"]), str(form.get("version", ""))
    given = partial(_mark, deps, who, id_, version, said, car, cents)
    match await deps.database.run(given):
        case "gone":
            return no(deps, request, 404, "There is nothing here for you to see.", who)
        case "stale":
            return await _page(deps, request, who, 409, STALE)
        case _:
            deps.wake("rides")
            return see_other(f"/staff/rides#ride-{id_}")


def _mark(
    deps: StaffDeps,
    who: CaseworkerRow,
    id_: int,
    version: str,
    said: Mark,
    car: Mapping[str, str],
    cents: int | None,
    connection: sa.Connection,
) -> Literal["gone", "stale", "marked"]:
    now = deps.clock.now()
    row = hand_rides.seen_hand_ride(connection, who, id_, now)
    if row is None:
        return "gone"
    values = written(row, said, car, cents, now)
    if values is None or str(row.version) != version:
        return "stale"
    return "marked" if hand_rides.mark(connection, who, row, values, SETTLES[said], now) else "stale"


async def _page(
    deps: StaffDeps, request: Request, who: CaseworkerRow, status: int = 200, problem: str = ""
) -> Response:
    now = deps.clock.now()
    rows = await deps.database.run(partial(hand_rides.read_to_do, who=who, now=now))
    drawn = [_drawn(deps, row, now) for row in rows]
    told: dict[str, Any] = {"rides": drawn, "problem": problem, "car": CAR, "longest": LONGEST}
    return page("staff_rides.html", status, **common(deps, request, who), **told)


def _drawn(deps: StaffDeps, row: HandRow, now: datetime) -> Drawn:
    at = row.pickup_at or row.called_at
    need, by = _need(row)
    return Drawn(
        row=row,
        need=need,
        due="" if by is None else due(by, now, deps.zone),
        late=by is not None and by < now,
        pickup_at=when(at, now, deps.zone) if at else f"when they ask, on {row.day}",
        marks=[(name, WORDS[name]) for name in may_follow(row)],
        has_car=bool(row.car),
    )


def _need(row: HandRow) -> tuple[str, datetime | None]:
    """Say what somebody has to do, and by when."""
    if row.state == "dropped":
        return "Not needed any more. If you booked a car, call it off.", None
    if row.call_off_at is not None:
        return "Call the car off, then mark it and what it cost.", row.call_off_at
    if row.state == "asked":
        return "Book a car.", row.answer_by
    if row.state == "booked" and row.called_at is not None:
        return "Send the car: they are ready to go home.", row.called_at
    return {"sent": "On its way.", "arriving": "At the door.", "in_car": "In the car."}.get(
        row.state, "Booked."
    ), None


def _cents(typed: str) -> int | Literal["not money"] | None:
    if not typed.strip():
        return None
    found = _MONEY.fullmatch(typed.strip())
    return int(Decimal(found[1]) * 100) if found else "not money"


def _is_id(text: str) -> bool:
    return re.fullmatch("[0-9]{1,18}", text) is not None
