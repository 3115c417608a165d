"""Places a map does not know: staff set the pin somebody waits for, and say yes or no to what rides taught.

The rule: a caseworker's pin is for the person who asked, unless it is ticked as a place everybody may name;
the person hears of it in the same transaction. What is wrong with a form is said, and what was typed is kept.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

import sqlalchemy as sa
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from bot.conversation import Happening, Origin
from bot.rides.site_rows import change_site, keep_site
from bot.rides.sites import BadSite, NewSite, read_site
from bot.views import place_view
from bot.web.console.deps import StaffDeps
from bot.web.console.drawn import due, first
from bot.web.console.reading import common, no
from bot.web.pages import page, see_other
from flows.events import Event, PlaceSet
from storage import attention, audit, places, staff
from storage.attention import Item
from storage.places import PlaceRow
from storage.staff import CaseworkerRow

ASKED: Final[Mapping[str, str]] = {"pick-up not found": "stop", "place not found": "interview"}
"""Why a pin is waited for, as the flows say it, and what the place is for."""
FIELDS: Final = ("name", "kind", "street", "city", "zip", "pin", "doors")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A pin somebody waits for."""

    item: Item
    due: str
    late: bool


async def pins(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Response:
    """Show what waits for a pin, and what rides taught."""
    return await _page(deps, request, who)


async def set_pin(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    """Take the place somebody asked for; they hear of it, and what waited is settled."""
    id_ = request.path_params["item"]
    item = await deps.database.run(partial(_seen, who, id_, deps.clock.now()))
    if item is None:
        return no(deps, request, 404, "There is nothing here for you to see.", who)
    typed, site = _read(form)
    if isinstance(site, BadSite):
        return await _page(deps, request, who, 400, f"This place {site.why}.", f"item-{item.id}", typed)
    rows: list[PlaceRow] = []

    def settle(connection: sa.Connection) -> bool:
        now = deps.clock.now()
        rows[:] = [keep_site(connection, site, now, None if form.get("shared") else item.person_id)]
        if not attention.finish_item(connection, item.id, who.id, now):
            return False
        attention.keep_promises(connection, item.person_id, now, item.kind)
        _audit(connection, who, "set_pin", f"person:{item.person_id}", now)
        return True

    def event(_: sa.Connection, at: datetime) -> Event:
        return PlaceSet(at=at, place=place_view(rows[0]), who=first(who.name), use=ASKED[item.kind])

    origin = Origin(kind="reply", sender="schedule")
    told = Happening(person_id=item.person_id, event=event, origin=origin, settle=settle)
    await deps.conversations.happen(told)
    return see_other("/staff/places")


async def answer_learned(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    """Say yes to a place a ride taught, with its name and doors, or no."""
    id_ = request.path_params["place"]
    if not re.fullmatch("[0-9]{1,18}", id_):
        return no(deps, request, 404, "There is nothing here for you to see.", who)
    typed, site = _read(form)
    if form.get("answer") == "no":
        answer = partial(_forget, who, int(id_), deps.clock.now())
    elif isinstance(site, BadSite):
        return await _page(deps, request, who, 400, f"This place {site.why}.", f"place-{id_}", typed)
    else:
        answer = partial(_confirm, who, int(id_), site, deps.clock.now())
    if not await deps.database.run(answer):
        return no(deps, request, 404, "There is nothing here for you to see.", who)
    return see_other("/staff/places")


def _read(form: FormData) -> tuple[dict[str, str], NewSite | BadSite]:
    typed = {name: str(form.get(name, ""))[:400] for name in FIELDS}
    return typed, read_site(typed)


def _seen(who: CaseworkerRow, id_: str, now: datetime, connection: sa.Connection) -> Item | None:
    """Find what waits for a pin of somebody this caseworker may see; a refused look is audited."""
    item = attention.item(connection, int(id_)) if re.fullmatch("[0-9]{1,18}", id_) else None
    if item is None or item.kind not in ASKED or item.state == "done":
        return None
    if staff.may_see(connection, who, item.person_id):
        return item
    _audit(connection, who, "refused_item", f"item:{item.id}", now)
    return None


def _confirm(
    who: CaseworkerRow, place_id: int, site: NewSite, now: datetime, connection: sa.Connection
) -> bool:
    if not _waits(connection, place_id) or not change_site(connection, place_id, site):
        return False
    _audit(connection, who, "confirmed_place", f"place:{place_id}", now)
    return True


def _forget(who: CaseworkerRow, place_id: int, now: datetime, connection: sa.Connection) -> bool:
    if not places.forget_shared(connection, place_id):
        return False
    _audit(connection, who, "forgot_place", f"place:{place_id}", now)
    return True


def _waits(connection: sa.Connection, place_id: int) -> bool:
    row = places.place(connection, place_id)
    return row is not None and row.person_id is None and not row.confirmed


def _audit(connection: sa.Connection, who: CaseworkerRow, action: str, what: str, now: datetime) -> None:
    audit.append(connection, actor=who.actor, action=action, object=what, now=now)


async def _page(
    deps: StaffDeps,
    request: Request,
    who: CaseworkerRow,
    status: int = 200,
    problem: str = "",
    at: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    now = deps.clock.now()
    items, learned = await deps.database.run(partial(_listed, who, now))
    told: dict[str, Any] = {
        "wanted": [Wanted(one, due(one.due_at, now, deps.zone), one.due_at < now) for one in items],
        "learned": learned,
        "problem": problem,
        "at": at,
        "typed": typed or dict.fromkeys(FIELDS, ""),
    }
    return page("staff_places.html", status, **common(deps, request, who), **told)


def _listed(
    who: CaseworkerRow, now: datetime, connection: sa.Connection
) -> tuple[Sequence[Item], Sequence[PlaceRow]]:
    _audit(connection, who, "read_places", "list", now)
    items = attention.unfinished(connection, staff.visible_people(who))
    waiting = [row for row in places.all_shared(connection) if not row.confirmed]
    return [one for one in items if one.kind in ASKED], waiting
