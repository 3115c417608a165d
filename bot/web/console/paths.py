"""The paths of the caseworkers' window: the list, a person's thread, and what is done there.

The rule: nothing is read but through storage's one visibility rule, and what somebody may not see answers
exactly as what is not there. A form must come from a page of ours and carry the proof of its own login.

    GET  /staff  /staff/list (the list alone)  /staff/live
    GET  /staff/people/{ref}  …/thread (the thread alone)  …/live
    POST /staff/people/{ref}/reply | take-over | hand-back      /staff/items/{item}/done
    GET, POST /staff/sign-in      POST /staff/sign-out  /staff/demo-sign-in
"""

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeAlias
from urllib.parse import quote

import sqlalchemy as sa
from starlette.datastructures import FormData
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.channels.base import drawn_as
from bot.web.console import door, drawn
from bot.web.console.deps import StaffDeps
from bot.web.live import live
from bot.web.pages import Guarded, from_our_page, from_this_machine, page, see_other
from storage import desk, staff
from storage.desk import Opened
from storage.staff import CaseworkerRow, Listed

LARGEST_FORM: Final = 64 * 1024
LONGEST_REPLY: Final = 1600
"""Characters; the longest SMS there is."""
LISTED: Final = 100
LINES: Final = 100
LOOK_EVERY: Final = 0.5

_REF: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")

Visit: TypeAlias = Callable[[StaffDeps, Request, CaseworkerRow], Awaitable[Response]]
Act: TypeAlias = Callable[[StaffDeps, Request, CaseworkerRow, FormData], Awaitable[Response]]


def routes(deps: StaffDeps) -> list[BaseRoute]:
    """List the paths under /staff; the style and scripts come from `bot.web.start.routes`."""
    return [
        _path("/staff", _visit(deps, _list)),
        _path("/staff/list", _visit(deps, _list_alone, used=False)),
        _path("/staff/live", _visit(deps, _list_live, used=False)),
        _path("/staff/people/{ref}", _visit(deps, _person)),
        _path("/staff/people/{ref}/thread", _visit(deps, _thread_alone, used=False)),
        _path("/staff/people/{ref}/live", _visit(deps, _person_live, used=False)),
        _path("/staff/people/{ref}/reply", _act(deps, _reply), "POST"),
        _path("/staff/people/{ref}/take-over", _act(deps, _take_over), "POST"),
        _path("/staff/people/{ref}/hand-back", _act(deps, _hand_back), "POST"),
        _path("/staff/items/{item:int}/done", _act(deps, _done), "POST"),
        _path("/staff/sign-in", partial(_sign_in_page, deps)),
        _path("/staff/sign-in", partial(_sign_in, deps), "POST"),
        _path("/staff/sign-out", _act(deps, _sign_out), "POST"),
        _path("/staff/demo-sign-in", partial(_sign_in_sample, deps), "POST"),
    ]


def _path(path: str, answer: Callable[[Request], Awaitable[Response]], method: str = "GET") -> Route:
    async def endpoint(request: Request) -> Response:
        return await answer(request)

    return Route(
        path, endpoint, methods=[method], middleware=[Middleware(Guarded)], max_body_size=LARGEST_FORM
    )


def _visit(deps: StaffDeps, answer: Visit, *, used: bool = True) -> Callable[[Request], Awaitable[Response]]:
    """Let those in who are signed in; a page that keeps itself fresh (`used` false) is told 401 instead."""

    async def visited(request: Request) -> Response:
        who = await door.who_is(deps, request, used=used)
        if who is not None:
            return await answer(deps, request, who)
        if not used:
            return Response("signed out", 401)
        return see_other(f"/staff/sign-in?next={quote(request.url.path)}")

    return visited


def _act(deps: StaffDeps, act: Act) -> Callable[[Request], Awaitable[Response]]:
    """Take a form of ours, from whoever is signed in."""

    async def acted(request: Request) -> Response:
        who = await door.who_is(deps, request)
        async with request.form() as form:
            if who is None:
                unsent = str(form.get("text", ""))[:LONGEST_REPLY] if from_our_page(request) else ""
                return _door_page(deps, request, 401, "You were signed out. Sign in again.", unsent=unsent)
            if not door.ours(deps, request, str(form.get("proof", ""))):
                return _no(deps, request, 403, "That form is not from this page. Go back and try again.", who)
            return await act(deps, request, who, form)

    return acted


# --- pages ----------------------------------------------------------------------------------------


async def _list(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Response:
    mark = await deps.database.read(desk.list_mark)
    return page("staff_list.html", **await _listed(deps, request, who), mark=mark)


async def _list_alone(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Response:
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
    return _common(deps, request, who) | {
        "waiting": [one for one in rows if one.need is not None],
        "others": [one for one in rows if one.need is None],
        "full": len(rows) == LISTED,
    }


async def _list_live(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Response:
    return live(request, deps.database, desk.list_mark, every=LOOK_EVERY)


async def _person(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Response:
    return await _person_page(deps, request, who)


async def _thread_alone(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Response:
    opened = await _open(deps, request, who)
    if opened is None:
        return Response("not found", 404)
    return page("staff_thread.html", **_drawn(deps, request, who, opened))


async def _person_page(
    deps: StaffDeps,
    request: Request,
    who: CaseworkerRow,
    status: int = 200,
    problem: str = "",
    unsent: str = "",
) -> Response:
    opened = await _open(deps, request, who)
    if opened is None:
        return _no(deps, request, 404, "There is nobody here for you to see.", who)
    mark = await deps.database.read(partial(desk.person_mark, person_id=opened.person.id))
    told = {"mark": mark, "problem": problem, "unsent": unsent, "longest": LONGEST_REPLY}
    return page("staff_person.html", status, **_drawn(deps, request, who, opened), **told)


async def _person_live(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Response:
    find = partial(staff.person_by_ref, who=who, ref=request.path_params["ref"])
    person_id = await deps.database.read(find)
    if person_id is None:
        return Response("not found", 404)
    return live(request, deps.database, partial(desk.person_mark, person_id=person_id), every=LOOK_EVERY)


async def _open(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Opened | None:
    """Open the person of the path; None for one who is not there, or not theirs to see."""
    ref = request.path_params["ref"]
    if not _REF.fullmatch(ref):
        return None
    typed = request.query_params.get("before", "")
    before = int(typed) if re.fullmatch("[0-9]{1,18}", typed) else None
    look = partial(desk.open_person, who=who, ref=ref, now=deps.clock.now(), limit=LINES, before=before)
    return await deps.database.run(look)


def _drawn(deps: StaffDeps, request: Request, who: CaseworkerRow, opened: Opened) -> dict[str, Any]:
    now = deps.clock.now()
    return _common(deps, request, who) | {
        "person": opened.person,
        "name": drawn.called(
            opened.person.first_name, opened.points[0].address[-4:] if opened.points else ""
        ),
        "channels": drawn.channels(opened),
        "reachable": any(point.consent == "given" for point in opened.points),
        "sms": any(drawn_as(point.channel, point.address) == "sms" for point in opened.points),
        "talking": drawn.talking(opened.taken_over_by, opened.names, who),
        "until": opened.taken_over_until,
        "items": [(item, drawn.due(item.due_at, now, deps.zone), item.due_at < now) for item in opened.items],
        "promises": [(one, drawn.due(one.due_at, now, deps.zone)) for one in opened.promises],
        "lines": drawn.thread(opened, who, deps.zone),
        "earlier": opened.lines[0].id if len(opened.lines) == LINES else None,
        "now": now,
        "zone": deps.zone,
    }


def _common(deps: StaffDeps, request: Request, who: CaseworkerRow) -> dict[str, Any]:
    """Give what every page of a login needs."""
    return {
        "programme": deps.programme,
        "who": who,
        "proof": door.proof(door.token_of(deps, request)),
        "live": "before" not in request.query_params,
    }


def _no(deps: StaffDeps, request: Request, status: int, why: str, who: CaseworkerRow) -> Response:
    return page("staff_no.html", status, **_common(deps, request, who), why=why)


# --- what is done ---------------------------------------------------------------------------------


async def _reply(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    """Send a caseworker's words; that takes the conversation over. What stays unsent is shown again."""
    words = str(form.get("text", "")).replace("\r\n", "\n").strip()
    person_id = await _theirs(deps, request, who)
    if person_id is None or not words or len(words) > LONGEST_REPLY:
        problem = f"A text needs words, at most {LONGEST_REPLY} characters."
        return await _person_page(deps, request, who, 400, problem, words)
    try:
        await deps.conversations.staff_says(who.id, person_id, words)
    except LookupError:
        problem = "Not sent: they have not agreed to our texts, or said STOP. Call them instead."
        return await _person_page(deps, request, who, 409, problem, words)
    for item in form.getlist("item"):
        if form.get("settled") and re.fullmatch("[0-9]{1,18}", str(item)):
            await _finish(deps, who, int(str(item)))
    return _back(request)


async def _take_over(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    person_id = await _theirs(deps, request, who)
    if person_id is None:
        return await _person_page(deps, request, who)
    await deps.conversations.take_over(who.id, person_id)
    return _back(request)


async def _hand_back(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    person_id = await _theirs(deps, request, who)
    if person_id is None:
        return await _person_page(deps, request, who)
    await deps.conversations.hand_back(person_id, who.id)
    return _back(request)


async def _done(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    if not await _finish(deps, who, request.path_params["item"]):
        return _no(deps, request, 404, "There is nothing here for you to see.", who)
    ref = str(form.get("ref", ""))
    return see_other(f"/staff/people/{ref}" if _REF.fullmatch(ref) else "/staff")


async def _theirs(deps: StaffDeps, request: Request, who: CaseworkerRow) -> int | None:
    """Find the person of the path, if this caseworker may see them; a refusal is audited."""
    ref = request.path_params["ref"]
    if not _REF.fullmatch(ref):
        return None
    return await deps.database.run(partial(desk.seen_person, who=who, ref=ref, now=deps.clock.now()))


async def _finish(deps: StaffDeps, who: CaseworkerRow, item: int) -> bool:
    return await deps.database.run(
        partial(desk.finish_seen_item, who=who, item_id=item, now=deps.clock.now())
    )


def _back(request: Request) -> Response:
    return see_other(f"/staff/people/{request.path_params['ref']}#newest")


# --- the door -------------------------------------------------------------------------------------


async def _sign_in_page(deps: StaffDeps, request: Request) -> Response:
    if await door.who_is(deps, request) is not None:
        return see_other("/staff")
    return _door_page(deps, request)


async def _sign_in(deps: StaffDeps, request: Request) -> Response:
    if not from_our_page(request):
        return _door_page(deps, request, 403, "That form is not from this page. Try again.")
    async with request.form() as form:
        email, password = str(form.get("email", "")), str(form.get("password", ""))
    address = request.client.host if request.client else ""
    try:
        token = await door.sign_in(deps, email, password, address)
    except door.Throttled:
        return _door_page(deps, request, 429, "Too many tries. Wait 15 minutes, then try again.")
    if token is None:
        return _door_page(deps, request, 401, "That e-mail and password do not fit.", email=email)
    return door.give(deps, see_other(_next(request)), token)


async def _sign_in_sample(deps: StaffDeps, request: Request) -> Response:
    """Sign the demo's caseworker in at a click: on this machine only, and only where the demo says so."""
    if deps.one_click is None or not from_this_machine(request):
        return Response("not found", 404)
    if not from_our_page(request):
        return _door_page(deps, request, 403, "That form is not from this page. Try again.")
    token = await door.sign_in_sample(deps, deps.one_click)
    if token is None:
        return _door_page(deps, request, 404, "The sample caseworker is not there.")
    return door.give(deps, see_other(_next(request)), token)


async def _sign_out(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    await door.sign_out(deps, request, who)
    return door.take_back(deps, see_other("/staff/sign-in"))


def _door_page(
    deps: StaffDeps, request: Request, status: int = 200, problem: str = "", email: str = "", unsent: str = ""
) -> Response:
    after = _next(request)
    return page(
        "staff_sign_in.html",
        status,
        programme=deps.programme,
        problem=problem,
        email=email,
        unsent=unsent,
        next=f"?next={quote(after)}" if after != "/staff" else "",
        one_click=deps.one_click is not None and from_this_machine(request),
    )


def _next(request: Request) -> str:
    """Read where to go once signed in: a page of ours under /staff, whatever was asked."""
    asked = request.query_params.get("next", "")
    return asked if re.fullmatch(r"/staff(/people/[A-Za-z0-9_-]{1,64})?", asked) else "/staff"
