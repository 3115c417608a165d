"""Put the pretend company together and serve it: `onward ride-stub`.

`create_app` builds the web application over one SQLite file; `run` serves it until it is told to stop.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bot.clock import Clock, SystemClock
from bot.rides.stub.api import Api, let_in
from bot.rides.stub.calls import Door, route
from bot.rides.stub.control import Control
from bot.rides.stub.desk import Desk
from bot.rides.stub.faults import Fault, Faults
from bot.rides.stub.market import Problem
from bot.rides.stub.openapi import document
from bot.rides.stub.page import draw
from bot.rides.stub.store import Store
from bot.rides.stub.webhooks import BACK_OFF_S, HookFault, Messenger, work
from bot.rides.stub.world import Company

DEMO_CLIENT_ID = "demo"
DEMO_CLIENT_SECRET = "demo-ride-secret"  # noqa: S105 - opens nothing but a pretend company
DEMO_WEBHOOK_SECRET = "demo-ride-secret"  # noqa: S105

log = logging.getLogger(__name__)


def create_app(
    path: str | Path,
    *,
    clock: Clock | None = None,
    webhook_url: str = "",
    webhook_secret: str = DEMO_WEBHOOK_SECRET,
    client_id: str = DEMO_CLIENT_ID,
    client_secret: str = DEMO_CLIENT_SECRET,
    company: Company | None = None,
    back_off_s: Sequence[float] = BACK_OFF_S,
    every_s: float = 0.25,
) -> Starlette:
    """Build the company's server over the SQLite file at `path` (`:memory:` forgets).

    `clock` is the time underneath the company's movable one; a demo in one process hands in its own, and
    moving that moves the company. Without `webhook_url` the webhooks wait in the file. `back_off_s` are the
    waits between tries; one try more than waits is made.
    """
    base, real_now = clock or SystemClock(), SystemClock().now
    desk = Desk(Store(path), company or Company(), base.now)
    faults: list[Fault] = []
    hook_faults: list[HookFault] = []
    messenger = None
    if webhook_url:
        messenger = Messenger(desk, webhook_url, webhook_secret, back_off_s, real_now, hook_faults)
    woken = asyncio.Event()
    calls = [*Api(desk, client_id, client_secret).calls(), *Control(desk, faults, hook_faults).calls()]
    drawn = document(calls)

    def enter(request: Request, door: Door) -> None:
        if door == "customer":
            let_in(desk, request.headers.get("authorization", ""))
        if door != "open":
            desk.settle()

    async def page(request: Request) -> Response:
        desk.settle()
        return HTMLResponse(draw(desk, faults, hook_faults))

    async def openapi(request: Request) -> Response:
        return JSONResponse(drawn)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(woken.set)

        forget = base.on_move(wake)
        task = asyncio.create_task(work(desk, messenger, woken, every_s))
        yield
        forget()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        if messenger:
            await messenger.close()
        desk.store.close()

    return Starlette(
        routes=[
            Route("/_stub", page),
            Route("/_stub/openapi.json", openapi),
            *(route(call, enter, woken.set) for call in calls),
            Route("/healthz", _healthy),
        ],
        middleware=[Middleware(Faults, waiting=faults)],
        exception_handlers={Problem: _problem, HTTPException: _http_problem},
        lifespan=lifespan,
    )


async def _healthy(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    body = {"code": problem.code, **problem.extra}
    after = problem.extra.get("retry_after")
    headers = {"Retry-After": str(after)} if after is not None else {}
    return JSONResponse(body, status_code=problem.status, headers=headers)


async def _http_problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(problem.status_code, "bad_request")
    return JSONResponse({"code": code}, problem.status_code, headers=problem.headers)


def run(
    host: str = "127.0.0.1",
    port: int = 8090,
    db: str | Path = "ride-stub.sqlite",
    webhook_url: str = "",
    *,
    webhook_secret: str = DEMO_WEBHOOK_SECRET,
    client_id: str = DEMO_CLIENT_ID,
    client_secret: str = DEMO_CLIENT_SECRET,
    seed: int = 7,
) -> None:
    """Serve the pretend company until SIGINT or SIGTERM."""
    app = create_app(
        db,
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        client_id=client_id,
        client_secret=client_secret,
        company=Company(seed=seed),
    )
    log.info("ride company (pretend) on http://%s:%d/_stub", host, port)
    config = uvicorn.Config(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=3)
    uvicorn.Server(config).run()
