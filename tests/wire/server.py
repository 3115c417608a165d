"""Serve an app on a free loopback port from a thread, and let it misbehave on demand."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Any, Literal

import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Fault:
    """One bad answer. With `done` the request is carried out first and only its answer is lost, with `late`
    it is carried out after the hang. `cut` drops the connection, or answers with half of the real JSON.
    """

    status: int = 500
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    done: bool = False
    late: bool = False
    hang: float = 0.0  # seconds before the answer
    cut: Literal["", "drop", "half"] = ""


class _Dropped(Response):
    """The beginning of an answer: what is left unfinished the server closes the connection on."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        promised = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": promised})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


class Misbehaving:
    """What every fake provider shares: its address, its queue of faults, waiting for what happens."""

    def __init__(self) -> None:
        self.url = ""
        self.faults: list[Fault] = []
        # What a request meets when no fault waits, by the address it is about ("" where none is named).
        self.weather: Callable[[str], Fault | None] = lambda whom: None
        self.busy = 0  # requests being answered
        self.happened = Condition()
        self.breaches: list[str] = []  # of the provider's published contract, by us or by this stand-in

    async def answer(
        self, request: Request, carry_out: Callable[[], Response], whom: object = ""
    ) -> Response:
        """Carry a request out, or the next fault instead."""
        fault = self.faults.pop(0) if self.faults else self.weather(str(whom))
        self.busy += 1
        try:
            return await self._answer(fault, carry_out)
        finally:
            self.busy -= 1

    async def _answer(self, fault: Fault | None, carry_out: Callable[[], Response]) -> Response:
        if fault is None:
            return self._carried_out(carry_out)
        response = self._carried_out(carry_out) if fault.done else None
        await asyncio.sleep(fault.hang)
        if fault.late:
            response = self._carried_out(carry_out)
        if fault.cut == "drop":
            return _Dropped()
        if fault.cut == "half" and response is not None:
            half = bytes(response.body)[: len(response.body) // 2]
            return Response(half, response.status_code, media_type="application/json")
        if isinstance(fault.body, bytes):
            return Response(fault.body, fault.status, dict(fault.headers))
        return JSONResponse(fault.body, fault.status, dict(fault.headers))

    def _carried_out(self, carry_out: Callable[[], Response]) -> Response:
        response = carry_out()
        with self.happened:
            self.happened.notify_all()
        return response

    def wait(self, until: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait until something holds, looking after each request; from async code call it in a thread."""
        with self.happened:
            assert self.happened.wait_for(until, seconds), f"not within {seconds} seconds"


def _is_news(line: logging.LogRecord) -> bool:
    """Say whether a stand-in broke: not where it dropped a call on purpose, or its caller died."""
    gone = line.exc_info is not None and line.exc_info[0] is ClientDisconnect
    return not gone and "without completing" not in line.getMessage()


logging.getLogger("uvicorn.error").addFilter(_is_news)


@contextmanager
def serve(app: Any) -> Iterator[str]:
    """Serve an ASGI app and give its address, `http://127.0.0.1:<port>`."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
