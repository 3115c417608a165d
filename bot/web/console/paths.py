"""The paths of the caseworkers' window, and who may take them.

The rule: every path but the entrance asks who is signed in. A form must come from a page of ours and carry
the proof of its own login.

    GET  /staff  /staff/list (the list alone)  /staff/live
    GET  /staff/people/{ref}  …/thread (the thread alone)  …/live
    POST /staff/people/{ref}/reply | take-over | hand-back | ride-cost      /staff/items/{item}/done | claim
    GET  /staff/people/{ref}/letter (to print)      POST …/onward (the way to work afterwards) | work
    GET, POST /staff/on-call      POST /staff/on-call/{shift}/remove
    GET  /staff/places     POST /staff/places/asked/{item} | learned/{place}      (pins that staff set)
    GET  /staff/rides      POST /staff/rides/{id}      (rides booked by hand)
    GET, POST /staff/sign-in      POST /staff/sign-out  /staff/demo-sign-in
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeAlias
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.web.console import acts, by_hand, door, entrance, letters, on_call, pins, reading
from bot.web.console.deps import StaffDeps
from bot.web.pages import Guarded, from_our_page, see_other
from storage.staff import CaseworkerRow

LARGEST_FORM: Final = 64 * 1024

Visit: TypeAlias = Callable[[StaffDeps, Request, CaseworkerRow], Awaitable[Response]]
Act: TypeAlias = Callable[[StaffDeps, Request, CaseworkerRow, FormData], Awaitable[Response]]


def routes(deps: StaffDeps) -> list[BaseRoute]:
    """List the paths under /staff; the style and scripts come from `bot.web.start.routes`."""
    visit, act = partial(_visit, deps), partial(_act, deps)
    person = "/staff/people/{ref}"
    return [
        _path("/staff", visit(reading.everybody)),
        _path("/staff/list", visit(reading.list_alone, used=False)),
        _path("/staff/live", visit(reading.list_live, used=False)),
        _path(person, visit(reading.person)),
        _path(f"{person}/thread", visit(reading.thread_alone, used=False)),
        _path(f"{person}/live", visit(reading.person_live, used=False)),
        _path(f"{person}/reply", act(acts.reply), "POST"),
        _path(f"{person}/take-over", act(acts.take_over), "POST"),
        _path(f"{person}/hand-back", act(acts.hand_back), "POST"),
        _path(f"{person}/letter", visit(letters.letter)),
        _path(f"{person}/work", act(letters.set_work), "POST"),
        _path(f"{person}/onward", act(letters.set_onward), "POST"),
        _path(f"{person}/ride-cost", act(acts.ride_cost), "POST"),
        _path(f"{person}/ride-company", act(acts.allow_company), "POST"),
        _path("/staff/items/{item}/done", act(acts.done), "POST"),
        _path("/staff/items/{item}/claim", act(acts.claim), "POST"),
        _path("/staff/on-call", visit(on_call.roster)),
        _path("/staff/on-call", act(on_call.add), "POST"),
        _path("/staff/on-call/{shift}/remove", act(on_call.remove), "POST"),
        _path("/staff/rides", visit(by_hand.rides)),
        _path("/staff/rides/{id}", act(by_hand.mark), "POST"),
        _path("/staff/places", visit(pins.pins)),
        _path("/staff/places/asked/{item}", act(pins.set_pin), "POST"),
        _path("/staff/places/learned/{place}", act(pins.answer_learned), "POST"),
        _path("/staff/sign-in", partial(entrance.sign_in_page, deps)),
        _path("/staff/sign-in", partial(entrance.sign_in, deps), "POST"),
        _path("/staff/sign-out", act(entrance.sign_out), "POST"),
        _path("/staff/demo-sign-in", partial(entrance.sign_in_sample, deps), "POST"),
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
                unsent = str(form.get("text", ""))[: reading.LONGEST_REPLY] if from_our_page(request) else ""
                return entrance.door_page(
                    deps, request, 401, "You were signed out. Sign in again.", unsent=unsent
                )
            if not door.ours(deps, request, str(form.get("proof", ""))):
                return reading.no(
                    deps, request, 403, "That form is not from this page. Go back and try again.", who
                )
            return await act(deps, request, who, form)

    return acted
