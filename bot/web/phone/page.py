"""The page of simulated phones: draw them, send from them, move the clock they live by.

The rule: everything works without JavaScript but live news; the address of the page says which phones are
on it, so a reload or a copied link shows the same.

    GET  /phone?phone=sms:%2B15555550101&phone=telegram:9001   the page
    GET  /phone/api/clock -> {"now": "<ISO, UTC>", "wall": "2027-02-23T17:48",
          "words": "Tue, Feb 23, 5:48 pm",
          "next": "<ISO, UTC>" or null, "next_words": "Wed, Feb 24, 6:10 am" or null}
    POST /phone/api/clock    application/json {"minutes": 10} or {"to": "next"} or {"to": "2027-02-24T07:00"}
      (programme's wall clock; with an offset, that moment) -> as GET; 400, 409, 415 {"error": "<why>"}
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.base import Sink
from bot.channels.simulator import BODY_LIMIT, NAME, Simulator
from bot.channels.wire import NOT_KEPT, kept
from bot.clock import Clock
from bot.web.live import live
from bot.web.pages import Guarded, from_our_page, moment, page, see_other
from bot.web.phone import clocks, doing, handset, staff_phone
from bot.web.phone.drawn import Phone, draw
from storage import screens
from storage.database import Database

MoveClock: TypeAlias = Callable[[timedelta], Awaitable[datetime]]
"""Move our clock and the ride company's forward by this much; return the new present. ValueError refuses."""

FIRST_SHOWN: Final = 3
ANSWER_WITHIN: Final = 1.5
"""Seconds a browser without JavaScript waits for our answer before it is shown the page again."""
LOOK_EVERY: Final = 0.25


@dataclass(frozen=True, slots=True)
class PhoneDeps:
    """What the page needs: `simulator` and `sink` are the ones the app runs; `move` None: a clock that only
    runs."""

    database: Database
    simulator: Simulator
    sink: Sink
    clock: Clock
    move: MoveClock | None
    programme: str
    zone: ZoneInfo


def routes(deps: PhoneDeps) -> list[BaseRoute]:
    """List the page's paths under /phone; the simulator's own (`Simulator.routes`) come besides."""
    guarded = [Middleware(Guarded)]

    def path(path: str, do: Callable[[PhoneDeps, Request], Awaitable[Response]], method: str) -> Route:
        async def answer(request: Request) -> Response:
            return await do(deps, request)

        return Route(path, answer, methods=[method], middleware=guarded, max_body_size=BODY_LIMIT)

    return [
        path("/phone", _page, "GET"),
        path("/phone/screen", _screen, "GET"),
        path("/phone/live", _live, "GET"),
        path("/phone/say", _say, "POST"),
        path("/phone/clock", _clock_form, "POST"),
        path("/phone/api/clock", _clock, "GET"),
        path("/phone/api/clock", _clock_json, "POST"),
    ]


# --- what is on the page --------------------------------------------------------------------------


async def _page(deps: PhoneDeps, request: Request) -> Response:
    """Show the phones that the address names, or those that wrote last."""
    asked = request.query_params
    names = handset.known(asked.getlist("phone"))
    if "add" in asked:
        added = handset.typed(asked["add"], asked.get("app", "sms"), names)
        if added is None:
            return await _shown(deps, names, "That is neither a phone number nor a Telegram number.", 400)
        return see_other(handset.page_of(handset.known([*names, added])))
    if not names and "phone" not in asked:
        names = handset.known(await deps.database.read(_lately)) or [handset.FIRST]
        rings = await deps.database.read(partial(staff_phone.on_call_first, now=deps.clock.now()))
        names = handset.known([*names, *rings])
    return await _shown(deps, names)


def _lately(connection: sa.Connection) -> list[str]:
    return screens.phones(connection, NAME, limit=FIRST_SHOWN)


async def _shown(deps: PhoneDeps, names: Sequence[str], problem: str = "", status: int = 200) -> Response:
    now, next_at = deps.clock.now(), await _next(deps)
    return page(
        "phone.html",
        status,
        programme=deps.programme,
        phones=[
            (phone, _with(names, phone.name, phone.other), _with(names, phone.name, None))
            for phone in [await _phone(deps, name) for name in names]
        ],
        names=names,
        room=len(names) < handset.MOST,
        mark=await deps.database.read(partial(_mark, names)),
        now=now,
        next_at=next_at,
        zone=deps.zone,
        wall=_wall(deps, now),
        movable=deps.move is not None,
        problem=problem,
    )


def _with(names: Sequence[str], old: str, new: str | None) -> str:
    """Write the page's address with one phone changed, or taken off."""
    changed = [new if name == old else name for name in names]
    return handset.page_of(handset.known(name for name in changed if name is not None)) or "/phone"


async def _screen(deps: PhoneDeps, request: Request) -> Response:
    """Show one phone's messages alone, for the page to put in place."""
    names = handset.known([request.query_params.get("phone", "")])
    if not names:
        return Response("no such phone", 404)
    return page("phone_screen.html", phone=await _phone(deps, names[0]))


async def _phone(deps: PhoneDeps, name: str) -> Phone:
    shown = await deps.database.read(partial(screens.screen, channel=NAME, address=name))
    if shown is None:
        found = await deps.database.read(partial(staff_phone.look, name=name))
        if found is not None:
            return staff_phone.draw_staff(name, found, deps.simulator.rang(name), deps.zone)
    return draw(name, shown, deps.clock.now(), deps.zone)


async def _live(deps: PhoneDeps, request: Request) -> Response:
    names = handset.known(request.query_params.getlist("phone"))
    return live(request, deps.database, partial(_mark, names), every=LOOK_EVERY)


def _mark(names: Sequence[str], connection: sa.Connection) -> str:
    """Join the marks of the phones; an empty page has one too."""
    return "-".join(_mark_of(connection, name) for name in names) or "none"


def _mark_of(connection: sa.Connection, name: str) -> str:
    found = screens.screen_mark(connection, NAME, name)
    return staff_phone.mark(connection, name) if found == "0" else found


# --- what is done on it ---------------------------------------------------------------------------


async def _say(deps: PhoneDeps, request: Request) -> Response:
    """Take what a form sends from a phone, and show the page again, with our answer if it comes soon."""
    if not from_our_page(request):
        return Response("not from our page", 403)
    async with request.form(max_files=1, max_part_size=BODY_LIMIT) as form:
        name, here = str(form.get("phone", "")), handset.known(map(str, form.getlist("here")))
        try:
            inbound = deps.simulator.read(name, await doing.done(form))
        except ValueError as error:
            return await _shown(deps, here, str(error), 400)
    before = await _newest(deps, name)
    if not await kept(deps.sink.received([inbound]), NAME):
        return await _shown(deps, here, "That was not kept. Please send it again.", NOT_KEPT)
    await _answered(deps, name, before)
    at = f"#phone-{here.index(name) + 1}" if name in here else ""
    return see_other(handset.page_of(here) + at)


async def _newest(deps: PhoneDeps, name: str) -> int:
    return (await _phone(deps, name)).newest


async def _answered(deps: PhoneDeps, name: str, before: int) -> None:
    """Wait a moment for our answer, for a browser that will not hear of it later."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            while (phone := await _phone(deps, name)).newest <= before or phone.typing:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    except TimeoutError:
        pass  # the bot may have nothing to say; the page is shown as it is


# --- the clock ------------------------------------------------------------------------------------


async def _next(deps: PhoneDeps) -> datetime | None:
    return await deps.database.read(partial(screens.next_to_come, now=deps.clock.now()))


def _wall(deps: PhoneDeps, at: datetime) -> str:
    return at.astimezone(deps.zone).strftime("%Y-%m-%dT%H:%M")


async def _clock(deps: PhoneDeps, request: Request) -> Response:
    next_at, now = await _next(deps), deps.clock.now()
    return JSONResponse(
        {
            "now": now.isoformat(),
            "wall": _wall(deps, now),
            "words": moment(now, deps.zone),
            "next": next_at.isoformat() if next_at else None,
            "next_words": moment(next_at, deps.zone) if next_at else None,
        }
    )


async def _clock_json(deps: PhoneDeps, request: Request) -> Response:
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        return JSONResponse({"error": "send JSON"}, 415)  # which no other site's form can
    try:
        asked = json.loads(await request.body())
        await _move(deps, asked if isinstance(asked, dict) else {})
    except (ValueError, RecursionError) as error:
        return JSONResponse({"error": str(error)}, 409 if deps.move is None else 400)
    return await _clock(deps, request)


async def _clock_form(deps: PhoneDeps, request: Request) -> Response:
    if not from_our_page(request):
        return Response("not from our page", 403)
    async with request.form() as form:
        here = handset.known(map(str, form.getlist("here")))
        asked = {key: str(form[key]) for key in ("minutes", "to") if form.get(key)}
    try:
        await _move(deps, asked)
    except ValueError as error:
        return await _shown(deps, here, str(error), 400)
    return see_other(handset.page_of(here))


async def _move(deps: PhoneDeps, asked: Mapping[str, Any]) -> None:
    if deps.move is None:
        raise ValueError("This clock cannot be moved.")
    await deps.move(clocks.how_far(asked, deps.clock.now(), await _next(deps), deps.zone))
