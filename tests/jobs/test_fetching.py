"""Feeds over the web: only from where the settings allow, only so much, and refreshed when they are due."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, cast

import pytest
import sqlalchemy as sa

from bot.clock import MovableClock
from bot.jobs.fetching import fetch
from bot.jobs.raw import BadSource
from bot.settings import Settings
from bot.worker import feeds
from bot.worker.workshop import Workshop
from storage import job_feeds, jobs
from storage.database import Database
from tests.storage.samples import NOW

HERE = ("127.0.0.1",)
CSV = b"id,title,employer,zip\n1,Cook,Sample,02118\n2,Baker,Sample,02118\n"


@asynccontextmanager
async def web(pages: dict[str, tuple[str, bytes]]) -> AsyncIterator[str]:
    """Serve pages by path as (status line and headers, body) on this machine; yields the address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        head, body = pages.get(path, ("404 Not Found", b""))
        writer.write(
            f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def refusal(url: str, most_bytes: int = 10_000) -> str:
    with pytest.raises(BadSource) as refused:
        await fetch(url, hosts=HERE, most_bytes=most_bytes)
    return str(refused.value)


async def test_a_page_is_fetched_and_redirections_are_followed() -> None:
    moved = {f"/{n}": (f"302 Found\r\nLocation: /{n + 1}", b"") for n in range(3)}
    async with web({"/3": ("200 OK", CSV), **moved}) as address:
        for path in ("/3", "/0"):
            with await fetch(address + path, hosts=HERE, most_bytes=10_000) as file:
                assert file.read() == CSV


async def test_what_is_not_allowed_is_not_fetched() -> None:
    pages = {
        "/away": ("302 Found\r\nLocation: https://jobs.example.net/", b""),
        "/plain": ("302 Found\r\nLocation: http://jobs.example.org/", b""),
        "/round": ("302 Found\r\nLocation: /round", b""),
        "/gone": ("410 Gone", b""),
        "/large": ("200 OK", b"x" * 10_001),
        "/bomb": ("200 OK\r\nContent-Encoding: gzip", gzip.compress(b"\0" * 5_000_000)),
        "/torn": ("200 OK\r\nContent-Encoding: gzip", b"no gzip"),
    }
    async with web(pages) as address:
        for path, why in {
            "/away": "is at jobs.example.net, which JOBS_HOSTS does not name",
            "/plain": "is at jobs.example.org",
            "/round": "sends us on more than 3 times",
            "/gone": "answers 410",
            "/large": "is larger than 0 MB: JOBS_MOST_MB",
            "/bomb": "is larger than 0 MB: JOBS_MOST_MB",
            "/torn": "cannot be fetched: DecodingError",
        }.items():
            assert (await refusal(address + path)).startswith(why), path
    assert (await refusal(address)).startswith("cannot be fetched: ConnectError")
    assert (await refusal("ftp://127.0.0.1/x")) == "must be fetched by https"
    with pytest.raises(BadSource, match="must be fetched by https"):
        await fetch("http://jobs.example.org/", hosts=("jobs.example.org",), most_bytes=1)


def _keep(name: str, url: str, connection: sa.Connection) -> None:
    job_feeds.keep_feed(connection, name=name, url=url, format=None, every_hours=6, now=NOW)


async def test_feeds_are_refreshed_when_they_are_due(database: Database) -> None:
    clock = MovableClock(NOW)
    settings = Settings(env="test", jobs_hosts=HERE)
    workshop = Workshop(
        database=database, clock=clock, settings=settings, channels={}, conversations=cast(Any, None),
        rides=cast(Any, None), geocoder=cast(Any, None),
    )  # fmt: skip

    async def titles() -> list[str]:
        rows = await database.read(lambda c: jobs.open_jobs(c, now=clock.now()))
        return [row.title for row in rows]

    pages = {"/good": ("200 OK", CSV)}
    async with web(pages) as address:
        for name in ("bad", "good"):
            await database.run(partial(_keep, name, f"{address}/{name}"))
        assert [await feeds.step(workshop) for _ in range(3)] == [1, 1, 0]
        assert await titles() == ["Cook", "Baker"]
        bad, good = await database.read(job_feeds.all_feeds)
        assert bad.last_result == "answers 404"
        assert (good.last_result or "").startswith("2 read: 2 new")
        pages["/good"] = ("200 OK", CSV.rpartition(b"2,")[0])
        for paused in (False, True):
            clock.move(timedelta(hours=6))
            assert [await feeds.step(workshop) for _ in range(3)] == [1, 1, 0]
            assert await titles() == (["Cook"] if paused else ["Cook", "Baker"])
