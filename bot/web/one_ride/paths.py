"""The paths of one matter: what the link in a call opens, and what may be done there.

The rule: the link is the key, for an hour: 256 random bits of which only the hash is kept. Looking changes
nothing (phones look at links by themselves); every act is a form of this page's own, is audited under the
name of whom the link was sent to, and is theirs alone once they are on it.

    GET  /r/{token}
    POST /r/{token}/on-it | new-car | other-car | taxi | moved | settled
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, TypeAlias

import sqlalchemy as sa
from starlette.datastructures import FormData
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot import ride_acts
from bot.clock import Clock
from bot.conversation import Conversations
from bot.ride_acts import About, Act
from bot.settings import Settings
from bot.web.one_ride.shown import Matter, matter
from bot.web.one_ride.words import CAME
from bot.web.pages import Guarded, from_our_page, page, see_other
from storage import alarms, attention, audit
from storage.alarms import Linked
from storage.database import Database

TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
LARGEST_FORM: Final = 8 * 1024
SOONEST, LATEST = 1, 120
"""Minutes in which a taxi may come."""


@dataclass(frozen=True, slots=True)
class OneRideDeps:
    """What the page needs; `wake` has a worker look at once."""

    database: Database
    conversations: Conversations
    clock: Clock
    settings: Settings
    wake: Callable[[str], None]


Do: TypeAlias = Callable[[OneRideDeps, Linked, Matter, FormData], Awaitable[str]]
"""Does it and returns the word for what came of it (bot/web/one_ride/words.py)."""


def routes(deps: OneRideDeps) -> list[BaseRoute]:
    """List the paths under /r."""
    acts: dict[str, Do] = {
        "on-it": _on_it,
        "new-car": _new_car,
        "other-car": _other_car,
        "taxi": _taxi,
        "moved": _moved,
        "settled": _settled,
    }
    return [
        _path("/r/{token}", partial(_show, deps), "GET"),
        *(_path(f"/r/{{token}}/{name}", partial(_act, deps, do), "POST") for name, do in acts.items()),
    ]


def _path(path: str, answer: Callable[[Request], Awaitable[Response]], method: str) -> Route:
    async def endpoint(request: Request) -> Response:
        return await answer(request)

    return Route(
        path, endpoint, methods=[method], middleware=[Middleware(Guarded)], max_body_size=LARGEST_FORM
    )


# --- looking ----------------------------------------------------------------------------------------


async def _show(deps: OneRideDeps, request: Request) -> Response:
    linked, shown = await _opened(deps, request)
    if linked is None or shown is None:
        return _no(deps, linked)
    audited = partial(_audit_look, linked, deps.clock.now())
    await deps.database.run(audited)
    came = request.query_params.get("came", "")
    return page(
        "one_ride.html",
        programme=deps.settings.programme_name,
        staff_phone=deps.settings.staff_phone,
        taxi_phone=deps.settings.taxi_phone,
        token=request.path_params["token"],
        who=linked.who,
        until=linked.expires_at,
        one=shown,
        came=CAME.get(came),
        done=came == "done",
    )


async def _opened(deps: OneRideDeps, request: Request) -> tuple[Linked | None, Matter | None]:
    """Find what the link opens; no matter where it is over, or was never ours."""
    token, now = request.path_params["token"], deps.clock.now()
    if not TOKEN.fullmatch(token):
        return None, None
    linked = await deps.database.read(partial(alarms.open_link, token=token))
    if linked is None or linked.expires_at <= now:
        return linked, None
    look = partial(matter, linked=linked, settings=deps.settings, now=now)
    return linked, await deps.database.read(look)


def _no(deps: OneRideDeps, linked: Linked | None) -> Response:
    status = 404 if linked is None else 410
    return page(
        "one_ride_over.html", status, programme=deps.settings.programme_name, known=linked is not None
    )


def _audit_look(linked: Linked, now: datetime, connection: sa.Connection) -> None:
    object_, details = f"person:{linked.alarm.person_id}", {"item": linked.alarm.item_id}
    audit.append(
        connection, actor=linked.who.actor, action="opened_link", object=object_, now=now, details=details
    )


# --- doing ------------------------------------------------------------------------------------------


async def _act(deps: OneRideDeps, do: Do, request: Request) -> Response:
    """Take a form: whose link it is takes the matter on, if nobody else has, and does it."""
    linked, shown = await _opened(deps, request)
    if linked is None or shown is None:
        return _no(deps, linked)
    async with request.form() as form:
        if not from_our_page(request):
            return _back(request, "not_ours")
        take = partial(
            alarms.answer, alarm_id=linked.alarm.id, who=linked.who, how="link", now=deps.clock.now()
        )
        if not await deps.database.run(take):
            return _back(request, "not_yours")
        return _back(request, await do(deps, linked, shown, form))


def _back(request: Request, came: str) -> Response:
    return see_other(f"/r/{request.path_params['token']}?came={came}")


async def _on_it(deps: OneRideDeps, linked: Linked, shown: Matter, form: FormData) -> str:
    return "on_it"


async def _new_car(deps: OneRideDeps, linked: Linked, shown: Matter, form: FormData) -> str:
    if shown.ride is None:
        return "gone"
    about = _about(deps, linked, shown.ride.id)
    return await _do(deps, ride_acts.new_car(about, deps.conversations.flows, deps.settings), "new_car")


async def _other_car(deps: OneRideDeps, linked: Linked, shown: Matter, form: FormData) -> str:
    if shown.ride is None:
        return "gone"
    if str(form.get("ride", "")) != str(shown.ride.id):  # pressed twice: that one is called off already
        return "already"
    about = _about(deps, linked, shown.ride.id)
    return await _do(deps, ride_acts.other_car(about, deps.conversations.flows, deps.settings), "other_car")


async def _taxi(deps: OneRideDeps, linked: Linked, shown: Matter, form: FormData) -> str:
    typed = str(form.get("minutes", ""))
    if shown.ride is None:
        return "gone"
    if not re.fullmatch("[0-9]{1,3}", typed) or not SOONEST <= int(typed) <= LATEST:
        return "minutes"
    about = _about(deps, linked, shown.ride.id)
    act = ride_acts.taxi(about, deps.conversations.flows, deps.settings, int(typed))
    return await _do(deps, act, "taxi")


async def _moved(deps: OneRideDeps, linked: Linked, shown: Matter, form: FormData) -> str:
    if shown.ride is None:
        return "gone"
    try:
        at = datetime.fromisoformat(str(form.get("at", ""))).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        return "when"
    about = _about(deps, linked, shown.ride.id)
    return await _do(deps, ride_acts.moved(about, deps.conversations.flows, deps.settings, at), "moved")


async def _settled(deps: OneRideDeps, linked: Linked, shown: Matter, form: FormData) -> str:
    await deps.database.run(partial(_finish, linked, deps.clock.now()))
    return "settled"


def _finish(linked: Linked, now: datetime, connection: sa.Connection) -> None:
    alarm, who = linked.alarm, linked.who
    if attention.finish_item(connection, alarm.item_id, who.id, now):
        attention.keep_promises(connection, alarm.person_id, now, alarm.kind)
        object_, details = f"person:{alarm.person_id}", {"item": alarm.item_id, "kind": alarm.kind}
        audit.append(
            connection, actor=who.actor, action="finished_item", object=object_, now=now, details=details
        )


def _about(deps: OneRideDeps, linked: Linked, ride_id: int) -> About:
    alarm = linked.alarm
    return About(linked.who, alarm.person_id, ride_id, alarm.kind, deps.clock.now())


async def _do(deps: OneRideDeps, act: Act, done: str) -> str:
    await deps.conversations.happen(act.happening)
    for name in ("rides", "timers", "deliver"):
        deps.wake(name)
    return done if act.came == "done" else act.came
