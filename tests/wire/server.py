"""Serve an app on a free loopback port from a thread, and let it misbehave on demand."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


@dataclass(frozen=True, slots=True)
class Fault:
    """One bad answer. With `done` the request is carried out first and only its answer is lost."""

    status: int = 500
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    done: bool = False
    hang: float = 0.0  # seconds before the answer


class Misbehaving:
    """What every fake provider shares: its address, its queue of faults, waiting for what happens."""

    def __init__(self) -> None:
        self.url = ""
        self.faults: list[Fault] = []
        self.happened = Condition()
        self.breaches: list[str] = []  # of the provider's published contract, by us or by this stand-in

    async def answer(self, request: Request, carry_out: Callable[[], Response]) -> Response:
        """Carry a request out, or the next fault instead."""
        fault = self.faults.pop(0) if self.faults else None
        if fault is None or fault.done:
            response = carry_out()
            with self.happened:
                self.happened.notify_all()
            if fault is None:
                return response
        await asyncio.sleep(fault.hang)
        if isinstance(fault.body, bytes):
            return Response(fault.body, fault.status, dict(fault.headers))
        return JSONResponse(fault.body, fault.status, dict(fault.headers))

    def wait(self, until: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait until something holds, looking after each request; from async code call it in a thread."""
        with self.happened:
            assert self.happened.wait_for(until, seconds), f"not within {seconds} seconds"


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
