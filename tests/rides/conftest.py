"""A pretend ride company on a free loopback port, and our adapter talking to it over real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.rides.base import PickupAt, Spot, Trip, When
from bot.rides.guest_rides import GuestRides
from bot.rides.stub.server import create_app

# Tue Feb 23 2027, 18:00 in Boston.
EVENING = datetime(2027, 2, 23, 23, 0, tzinfo=UTC)
PICKUP = datetime(2027, 2, 24, 12, 10, tzinfo=UTC)
HOME = Spot(42.3601, -71.0589, "Hope House, 218 5th St, Boston", "front door, on 5th")
WORK = Spot(42.4601, -71.1189, "Harbor Freightway, 4100 Airport Rd")
SECRET = "a webhook secret"


class Promptly(uvicorn.Server):
    """The real server, minus its tenth of a second between looks at whether it should end."""

    async def main_loop(self) -> None:
        while not self.should_exit:  # noqa: ASYNC110 - a signal of the test's own
            await asyncio.sleep(0.005)


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """Serve an app on a free loopback port until the block ends."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", timeout_graceful_shutdown=1)
    server = Promptly(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done(), "the server did not start"
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        await asyncio.sleep(0)  # let what the clients have just closed be seen as closed
        server.should_exit = True
        await task


@dataclass
class Company:
    """A running pretend company, seen from its control room and through our adapter."""

    url: str
    room: httpx.AsyncClient
    ours: GuestRides

    async def at(self, when: datetime, frozen: bool = True) -> None:
        body = {"set": when.isoformat(), "frozen": frozen}
        (await self.room.post("/_stub/clock", json=body)).raise_for_status()

    async def pass_(self, **span: float) -> None:
        body = {"advance": timedelta(**span).total_seconds()}
        (await self.room.post("/_stub/clock", json=body)).raise_for_status()

    async def fault(self, **fault: Any) -> None:
        (await self.room.post("/_stub/faults", json=fault)).raise_for_status()

    async def market(self, **market: Any) -> None:
        (await self.room.post("/_stub/market", json=market)).raise_for_status()

    async def press(self, provider_id: str, event: str) -> None:
        (await self.room.post(f"/_stub/trips/{provider_id}/{event}")).raise_for_status()

    async def trips(self) -> list[dict[str, Any]]:
        return list((await self.room.get("/_stub/trips")).json())

    async def webhooks(self) -> list[dict[str, Any]]:
        return list((await self.room.get("/_stub/webhooks")).json())


Opened = Callable[..., AbstractAsyncContextManager[Company]]


@pytest.fixture
def open_company(tmp_path: Path) -> Opened:
    """Open a company over the test's own file; open it again to restart it."""

    @asynccontextmanager
    async def opened(
        *, timeout_s: float = 5.0, secret: str = "demo-ride-secret", **how: Any
    ) -> AsyncIterator[Company]:
        app = create_app(
            tmp_path / "company.sqlite",
            webhook_secret=SECRET,
            **{"every_s": 0.02, "back_off_s": (0.02, 0.02), **how},
        )
        async with served(app) as url, httpx.AsyncClient(base_url=url, trust_env=False, verify=False) as room:
            ours = GuestRides(url, "demo", secret, (SECRET,), timeout_s=timeout_s)
            try:
                yield Company(url, room, ours)
            finally:
                await ours.close()

    return opened


@pytest.fixture
async def company(open_company: Opened) -> AsyncIterator[Company]:
    """A company on the evening before, its clock stopped."""
    async with open_company() as opened:
        await opened.at(EVENING)
        yield opened


@dataclass
class Listener:
    """Our end of the webhooks: what came, and what is answered."""

    url: str = ""
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)  # first ones; then 200

    async def hear(self, request: Request) -> Response:
        self.heard.append((dict(request.headers), await request.body()))
        return Response(status_code=self.answers.pop(0) if self.answers else 200)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    """A web server that keeps every webhook it gets."""
    keeper = Listener()
    app = Starlette(routes=[Route("/rides", keeper.hear, methods=["POST"])])
    async with served(app) as url:
        keeper.url = f"{url}/rides"
        yield keeper


def trip(ref: str = "ref-1", when: When | None = None, **other: Any) -> Trip:
    """Ray's ride to his interview."""
    values: dict[str, Any] = {"pickup": HOME, "dropoff": WORK, "rider_phone": "+16175550142", **other}
    return Trip(ref=ref, rider_name="Ray", when=when or PickupAt(PICKUP), **values)


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 5.0) -> None:
    """Wait for something that another task brings about."""
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110 - what is waited for happens on the wire
            await asyncio.sleep(0.02)
