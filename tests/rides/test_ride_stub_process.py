"""`onward ride-stub` as it is run: its own process, killed and started again."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bot.rides.base import Booked, Listed, NotFound, Now, Quoted, TryLater
from bot.rides.guest_rides import GuestRides
from tests.rides.conftest import trip, until

ROOT = Path(__file__).parents[2]
RUN = "import sys; from bot.rides.stub.server import run; run(port=int(sys.argv[1]), db=sys.argv[2])"


@asynccontextmanager
async def running(port: int, db: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the company in a process of its own; killed at the end if nobody stopped it."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", RUN, str(port), str(db), cwd=ROOT)
    try:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, trust_env=False, verify=False) as room:
            await until(lambda: healthy(room), 20)
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def healthy(room: httpx.AsyncClient) -> bool:
    try:
        return (await room.get("/healthz")).is_success
    except httpx.ConnectError:
        return False


@pytest.mark.slow
async def test_killed_and_started_again_it_still_knows_the_ride(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    db = tmp_path / "company.sqlite"
    ours = GuestRides(f"http://127.0.0.1:{port}", "demo", "demo-ride-secret", ("demo-ride-secret",))
    async with running(port, db) as process:
        quote = await ours.quote(trip(when=Now()))
        assert isinstance(quote, Quoted)
        booked = await ours.book("ref-1", quote)
        assert isinstance(booked, Booked)
        process.kill()
        await process.wait()
        assert isinstance(await ours.book("ref-2", quote), TryLater), "nobody there: surely not ordered"
    async with running(port, db) as process:
        found = await ours.find("ref-1")
        assert isinstance(found, Listed)
        assert found.snapshots[0].provider_id == booked.snapshot.provider_id
        assert await ours.find("ref-2") == NotFound()
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            await process.wait()
    await ours.close()
