"""Bad behaviour on request: slow, broken, dropped and cut-off answers, before or after the work is done.

A plain ASGI layer around the API. It never touches `/_stub`, so a demo can always be put right again.
"""

import asyncio
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Fault(BaseModel):
    """One fault: the next `count` requests with this method and path prefix (`exact`: this path) meet it.

    `status`: answer `code` instead. `hang`: wait `seconds`. `drop`: close the connection half-way.
    `truncate`: cut the JSON in two. `expired_token`: the token that came is no longer any good.
    `applied` says whether the work is done before or after the trouble, or never: `hang` + `before`
    applies and then hangs, `hang` + `after` hangs and then applies.
    """

    model_config = ConfigDict(extra="forbid")

    method: str = "*"
    path: str = "/"
    exact: bool = False
    kind: Literal["status", "hang", "drop", "truncate", "expired_token"]
    applied: Literal["before", "after", "never"] = "never"
    code: int = Field(default=503, ge=400, le=599)
    retry_after: int | None = Field(default=None, ge=0, le=86400)
    seconds: float = Field(default=30.0, ge=0, le=600, allow_inf_nan=False)
    count: int = Field(default=1, ge=1, le=1_000_000)

    def meets(self, method: str, path: str) -> bool:
        """Say whether this request is one the fault waits for."""
        here = path == self.path if self.exact else path.startswith(self.path)
        return self.method in ("*", method) and here


class Faults:
    """The faults waiting to happen, oldest first, and the layer that makes them happen."""

    def __init__(self, app: ASGIApp, waiting: list[Fault]) -> None:
        self._app, self._waiting = app, waiting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, well or badly."""
        fault = self._take(scope)
        if fault is None:
            await self._app(scope, receive, send)
            return
        if fault.kind == "expired_token":
            await self._app(_without_token(scope), receive, send)
            return
        receive = await _read_ahead(receive)
        answer: list[Message] = []
        if fault.applied == "before":
            answer = await self._apply(scope, receive)
        if fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
        if fault.applied == "after":
            answer = await self._apply(scope, receive)
        await _misbehave(fault, answer, scope, receive, send)

    def _take(self, scope: Scope) -> Fault | None:
        if scope["type"] != "http" or scope["path"].startswith("/_stub"):
            return None
        for fault in self._waiting:
            if fault.meets(scope["method"], scope["path"]):
                fault.count -= 1
                if fault.count == 0:
                    self._waiting.remove(fault)
                return fault
        return None

    async def _apply(self, scope: Scope, receive: Receive) -> list[Message]:
        """Do the work and hold its answer back."""
        answer: list[Message] = []

        async def hold(message: Message) -> None:
            answer.append(message)

        await self._app(scope, receive, hold)
        return answer


def _without_token(scope: Scope) -> Scope:
    """Make the request one that carries a token nobody knows any more: the API itself turns it away."""
    others = [(name, value) for name, value in scope["headers"] if name != b"authorization"]
    return {**scope, "headers": [*others, (b"authorization", b"Bearer expired")]}


async def _read_ahead(receive: Receive) -> Receive:
    """Take the whole request in now: who asks may be gone by the time the work is done."""
    parts = [await receive()]
    while parts[-1].get("more_body"):
        parts.append(await receive())

    async def replay() -> Message:
        return parts.pop(0) if parts else {"type": "http.disconnect"}

    return replay


async def _misbehave(fault: Fault, answer: list[Message], scope: Scope, receive: Receive, send: Send) -> None:
    match fault.kind:
        case "status":
            headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            response = JSONResponse({"code": "fault"}, status_code=fault.code, headers=headers)
            await response(scope, receive, send)
        case "hang":
            for message in answer:
                await send(message)
            if not answer:
                await JSONResponse({"code": "gateway_timeout"}, status_code=504)(scope, receive, send)
        case "expired_token":
            raise AssertionError("served above")
        case "drop":
            await _cut(send, b"", promised=1000)
        case "truncate":
            body = b"".join(message.get("body", b"") for message in answer) or b'{"request_id": "trip'
            half = body[: len(body) // 2]
            await _cut(send, half, promised=len(half))


async def _cut(send: Send, body: bytes, promised: int) -> None:
    """Promise `promised` bytes and give `body`; the server closes what is left unfinished."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(promised).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": len(body) < promised})
