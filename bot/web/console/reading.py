"""What the window shows: the list of conversations, and one person's thread.

The rule: nothing is read but through storage's one visibility rule, and what somebody may not see answers
exactly as what is not there.
"""

import re
from datetime import timedelta
from functools import partial
from typing import Any, Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from bot.channels.base import drawn_as
from bot.standing_by import standing_by
from bot.web.console import door, drawn
from bot.web.console.deps import StaffDeps
from bot.web.live import live
from bot.web.pages import page
from storage import desk, interviews, rides, staff
from storage.desk import Opened
from storage.exclusions import Exclusion, exclusions_of
from storage.staff import CaseworkerRow, Listed

LONGEST_REPLY: Final = 1600
"""Characters; the longest SMS there is."""
LISTED: Final = 100
LINES: Final = 100
LOOK_EVERY: Final = 0.5
STILL, AWAKE_AHEAD = timedelta(hours=12), timedelta(days=7)
"""Rides whose humans are shown: appointments from so long ago until so far ahead."""
REF: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


async def everybody(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Response:
    mark = await deps.database.read(desk.list_mark)
    return page("staff_list.html", **await _listed(deps, request, who), mark=mark)


async def list_alone(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Response:
    return page("staff_rows.html", **await _listed(deps, request, who))


async def _listed(deps: StaffDeps, request: Request, who: CaseworkerRow) -> dict[str, Any]:
    now = deps.clock.now()

    def read(connection: sa.Connection) -> tuple[list[Listed], dict[int, str], dict[int, str]]:
        listed = staff.conversations(connection, who, now, limit=LISTED)
        over = [one.taken_over_by for one in listed if one.taken_over_by is not None]
        unnamed = [one.person_id for one in listed if one.first_name is None]
        return listed, desk.names(connection, over), desk.ends_of_addresses(connection, unnamed)

    listed, names, ends = await deps.database.run(read)  # a write: reading is audited
    rows = [drawn.row(one, names, ends, who, now, deps.zone) for one in listed]
    return common(deps, request, who) | {
        "waiting": [one for one in rows if one.need is not None],
        "others": [one for one in rows if one.need is None],
        "full": len(rows) == LISTED,
    }


async def list_live(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Response:
    return live(request, deps.database, desk.list_mark, every=LOOK_EVERY)


async def person(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Response:
    return await person_page(deps, request, who)


async def thread_alone(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Response:
    opened = await _open(deps, request, who)
    if opened is None:
        return Response("not found", 404)
    awake, kept_off = await _awake(deps, opened.person.id), await _kept_off(deps, opened.person.id)
    return page("staff_thread.html", **_drawn(deps, request, who, opened), awake=awake, kept_off=kept_off)


async def person_page(
    deps: StaffDeps,
    request: Request,
    who: CaseworkerRow,
    status: int = 200,
    problem: str = "",
    unsent: str = "",
) -> Response:
    opened = await _open(deps, request, who)
    if opened is None:
        return no(deps, request, 404, "There is nobody here for you to see.", who)
    mark = await deps.database.read(partial(desk.person_mark, person_id=opened.person.id))
    told = {"mark": mark, "problem": problem, "unsent": unsent, "longest": LONGEST_REPLY}
    told["awake"] = await _awake(deps, opened.person.id)
    told["kept_off"] = await _kept_off(deps, opened.person.id)
    return page("staff_person.html", status, **_drawn(deps, request, who, opened), **told)


async def person_live(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Response:
    ref = request.path_params["ref"]
    find = partial(staff.person_by_ref, who=who, ref=ref)
    person_id = await deps.database.read(find) if REF.fullmatch(ref) else None
    if person_id is None:
        return Response("not found", 404)
    return live(request, deps.database, partial(desk.person_mark, person_id=person_id), every=LOOK_EVERY)


async def _open(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Opened | None:
    """Open the person of the path; None for one who is not there, or not theirs to see."""
    ref = request.path_params["ref"]
    if not REF.fullmatch(ref):
        return None
    typed = request.query_params.get("before", "")
    before = int(typed) if re.fullmatch("[0-9]{1,18}", typed) else None
    look = partial(desk.open_person, who=who, ref=ref, now=deps.clock.now(), limit=LINES, before=before)
    return await deps.database.run(look)


async def _kept_off(deps: StaffDeps, person_id: int) -> list[Exclusion]:
    """List the ride companies a person is not sent with."""
    return await deps.database.read(partial(exclusions_of, person_id=person_id))


async def _awake(deps: StaffDeps, person_id: int) -> list[drawn.Awake]:
    """Say who stands by for each ride of the coming days."""
    now = deps.clock.now()

    def read(connection: sa.Connection) -> list[drawn.Awake]:
        ahead = interviews.around(connection, person_id, now - STILL, now + AWAKE_AHEAD)
        legs = rides.rides_by_interview(connection, [one.id for one in ahead])
        found = [(one, standing_by(connection, one, legs.get(one.id, []))) for one in ahead]
        return [drawn.awake(by, now, one.zone) for one, by in found if by is not None and by.until > now]

    return await deps.database.read(read)


def _drawn(deps: StaffDeps, request: Request, who: CaseworkerRow, opened: Opened) -> dict[str, Any]:
    now, kinds = deps.clock.now(), {item.kind for item in opened.items}
    return common(deps, request, who) | {
        "person": opened.person,
        "name": drawn.called(
            opened.person.first_name, opened.points[0].address[-4:] if opened.points else ""
        ),
        "channels": drawn.channels(opened),
        "reachable": any(point.consent == "given" for point in opened.points),
        "sms": any(drawn_as(point.channel, point.address) == "sms" for point in opened.points),
        "talking": drawn.talking(opened.taken_over_by, opened.names, who),
        "until": drawn.when(opened.taken_over_until, now, deps.zone) if opened.taken_over_until else None,
        "items": [(item, drawn.due(item.due_at, now, deps.zone), item.due_at < now) for item in opened.items],
        "promised": {one.what for one in opened.promises},
        "promises": [
            (one, drawn.due(one.due_at, now, deps.zone)) for one in opened.promises if one.what not in kinds
        ],
        "lines": drawn.thread(opened, who, deps.zone),
        "earlier": opened.lines[0].id if len(opened.lines) == LINES else None,
    }


def common(deps: StaffDeps, request: Request, who: CaseworkerRow) -> dict[str, Any]:
    """Give what every page of a login needs."""
    return {
        "programme": deps.programme,
        "by_hand": deps.by_hand,
        "who": who,
        "proof": door.proof(door.token_of(deps, request)),
        "live": "before" not in request.query_params,
    }


def no(deps: StaffDeps, request: Request, status: int, why: str, who: CaseworkerRow) -> Response:
    return page("staff_no.html", status, **common(deps, request, who), why=why)
