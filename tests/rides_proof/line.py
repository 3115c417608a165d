"""The line to a ride company in memory, with the pretend company's own faults planted on one kind of call.

Theory of operation. The company is called in this very loop. Each thing that is asked for (this order, a look
at that trip) meets the fault on its first tries; how many these are goes round, from thing to thing. What
hangs costs no real time: the caller hears nothing at once, and what is done late is done when the town's
clock has come to it.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, Literal, TypeAlias

import httpx

Call: TypeAlias = Literal["token", "quote", "book", "get", "find", "active", "cancel", "send_car"]
Kind: TypeAlias = Literal["status", "hang", "drop", "truncate", "expired_token"]
Applied: TypeAlias = Literal["before", "after", "never"]

TRIPS: Final = "/v1/guests/trips"
TRIES: Final = (1, 1, 2, 3, 40)
"""How often one thing meets its fault: mostly once, for some again and again until we give it up."""

LATE: Final = (timedelta(seconds=25), timedelta(minutes=1), timedelta(minutes=9), timedelta(minutes=40))
"""When what hangs is carried out after all."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A fault in the pretend company's words: `applied` says whether the work is done before or after it."""

    name: str
    kind: Kind
    applied: Applied = "never"
    code: int = 500
    retry_after: int | None = None


FAULTS: Final = (
    Bad("500 not done", "status"),
    Bad("500 done", "status", "before"),
    Bad("503 for a while", "status", code=503, retry_after=30),
    Bad("429", "status", code=429, retry_after=20),
    Bad("hangs", "hang"),
    Bad("done then hangs", "hang", "before"),
    Bad("hangs then done", "hang", "after"),
    Bad("dropped", "drop"),
    Bad("done then dropped", "drop", "before"),
    Bad("cut in two", "truncate", "before"),
    Bad("token expired", "expired_token"),
)


def call_of(request: httpx.Request) -> tuple[Call, str]:
    """Name what a request asks, and for what: the same thing asked again is the same."""
    method, path = request.method, request.url.path
    match method, path.removeprefix(TRIPS).split("/")[1:]:
        case "POST", ["estimates"]:
            return "quote", request.content.decode()
        case "POST", []:
            return ("token", "") if path != TRIPS else ("book", request.content.decode())
        case "POST", [trip, "send_car"]:
            return "send_car", trip
        case "DELETE", [trip]:
            return "cancel", trip
        case "GET", [trip]:
            return "get", trip
        case "GET", []:
            ref = request.url.params.get("external_ref")
            return ("active", "") if ref is None else ("find", ref)
        case _:
            return "token", ""


Later: TypeAlias = Callable[[timedelta, Callable[[], Awaitable[object]]], None]
"""Have something done when the town's clock has moved on by so much."""


class Line(httpx.AsyncBaseTransport):
    """What a provider of ours has instead of a network. `met` counts the faults met."""

    def __init__(self, app: httpx._transports.asgi._ASGIApp, later: Later) -> None:
        self._to, self._later = httpx.ASGITransport(app), later
        self._asked: Counter[str] = Counter()
        self.planted: tuple[Call, Bad] | None = None
        self.met = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry a request out, or not, or late; answer it, or not."""
        bad = self._meets(request)
        if bad is None:
            return await self._to.handle_async_request(request)
        self.met += 1
        answer: httpx.Response | None = None
        if bad.kind == "expired_token":
            request.headers["authorization"] = "Bearer expired"
            return await self._to.handle_async_request(request)
        if bad.applied == "before":
            answer = await self._to.handle_async_request(request)
            body = await answer.aread()
        elif bad.applied == "after":
            self._later(LATE[self.met % len(LATE)], partial(self._to.handle_async_request, request))
        match bad.kind:
            case "status":
                wait = {} if bad.retry_after is None else {"retry-after": str(bad.retry_after)}
                return httpx.Response(bad.code, json={"code": "fault"}, headers=wait, request=request)
            case "hang":
                raise httpx.ReadTimeout("nothing came", request=request)
            case "drop":
                raise httpx.RemoteProtocolError("cut off", request=request)
            case "truncate":
                assert answer is not None, "there is something to cut"
                return httpx.Response(answer.status_code, content=body[: len(body) // 2], request=request)

    def _meets(self, request: httpx.Request) -> Bad | None:
        if self.planted is None:
            return None
        call, thing = call_of(request)
        if call != self.planted[0]:
            return None
        key = _reference(thing)
        self._asked[key] += 1
        most = TRIES[list(self._asked).index(key) % len(TRIES)]
        return self.planted[1] if self._asked[key] <= most else None


def _reference(thing: str) -> str:
    """Tell one order from another by its ref, also where its price has another number by now."""
    _, found, rest = thing.partition('"external_ref":')
    return rest.split(",")[0].strip(' "}') if found else thing
