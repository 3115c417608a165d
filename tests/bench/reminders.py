"""Reminders: thousands due at once through the engine into the outbox, and how late one is beside a million.

The rule: a reminder here is a plan's own: the interview is looked at again, the flow speaks, the text is
queued and the timer closed, in one transaction. Peers only write one row for each job.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import sqlalchemy as sa

from bot.conversation import Conversations
from bot.rides.geocoding import NoGeocoder
from bot.worker import timers
from bot.worker.schedule import Workers
from bot.worker.workshop import Workshop
from storage.tables import Message, Timer, table
from tests.bench import crowd
from tests.bench.figures import Figure, Limit, percentile
from tests.bench.ground import SETTINGS, Kind, folder, new_url, shell
from tests.bench.peers import jobs

MESSAGE, TIMER = table(Message), table(Timer)
LAG_EVERY = 0.002


async def run(kind: Kind, many: int) -> list[Figure]:
    """Ring so many at once on one database, beside the peers."""
    with new_url(kind) as url:
        async with shell(url) as talks:
            now = talks.clock.now()
            for part in crowd.chunks(range(1, many + 1)):
                await talks.database.run(partial(_crowd, part, now))
            lags: list[float] = []
            watching = asyncio.create_task(watch(lags))
            began = perf_counter()
            while await timers.step(workshop(talks)):
                pass
            took = perf_counter() - began
            watching.cancel()
            queued = await talks.database.read(_queued)
    if queued != many:
        raise SystemExit(f"{many} reminders were due and {queued} texts queued")
    beside = {}
    with folder() as place:
        beside["APScheduler's store"] = jobs.apscheduler(f"sqlite:///{place / 'jobs.db'}", 300)
        if kind == "postgres":
            beside |= await _on_postgres(place)
    limits = [Limit("≥", 10, "APScheduler's store")]
    if kind == "postgres":
        limits.append(Limit("≥", 1, "pgqueuer"))
    return [
        Figure(f"{many:,} reminders due at once, {kind}", many / took, "reminders/s", beside, limits),
        Figure("event loop's lag meanwhile, p99", percentile(lags, 0.99) * 1000, "ms", {}, [Limit("≤", 15)]),
    ]


async def _on_postgres(place: Path) -> dict[str, float]:
    with new_url("postgres", migrated=False) as url:
        return {
            "APScheduler's store": jobs.apscheduler(url, 300),
            "pgqueuer": await jobs.pgqueuer(url, 3000),
        }


def _crowd(people: Sequence[int], now: Any, connection: sa.Connection) -> None:
    crowd.settle(connection, people, now)
    crowd.appoint(connection, people, now, now - timedelta(seconds=1))


def _queued(connection: sa.Connection) -> int:
    statement = sa.select(sa.func.count()).select_from(MESSAGE).where(MESSAGE.c.kind == "reminder")
    return int(connection.execute(statement).scalar_one())


def workshop(talks: Conversations) -> Workshop:
    """Put a workshop around the conversations, with nobody outside."""
    nobody: Any = None
    return Workshop(
        database=talks.database,
        conversations=talks,
        clock=talks.clock,
        settings=SETTINGS,
        channels={},
        rides=nobody,
        geocoder=NoGeocoder(),
    )


async def watch(lags: list[float]) -> None:
    """Note how late the loop wakes us, in seconds, again and again."""
    while True:
        began = perf_counter()
        await asyncio.sleep(LAG_EVERY)
        lags.append(perf_counter() - began - LAG_EVERY)


async def lateness(kind: Kind, waiting: int, due: int = 200, seconds: float = 8) -> list[Figure]:
    """Let the ticker ring some reminders within a few seconds, with so many waiting for another day."""
    with new_url(kind) as url:
        async with shell(url) as talks:
            now = talks.clock.now()
            people = range(1, 10_001)
            for part in crowd.chunks(people):
                await talks.database.run(partial(crowd.settle, people=part, now=now))
            for round_ in range(-(-waiting // len(people))):
                for part in crowd.chunks(people):
                    later = [now + timedelta(days=3, seconds=round_ * 60 + one % 60) for one in part]
                    await talks.database.run(
                        partial(crowd.remind, people=part, due=later, now=now, tag=str(round_))
                    )
            await talks.database.run(_analyze)
            now = talks.clock.now() + timedelta(seconds=1)
            due_at = [now + timedelta(seconds=seconds * one / due) for one in range(due)]
            await talks.database.run(partial(_appoint, list(people)[:due], now, due_at))
            workers = Workers(workshop(talks), {"timers": timers.step})
            workers.start()
            await asyncio.sleep(seconds + 3)
            await workers.stop()
            late = await talks.database.read(partial(_late, due_at=due_at))
    if len(late) != due:
        raise SystemExit(f"{due} reminders were due and {len(late)} rang")
    what = f"lateness with {waiting:,} waiting, p99, {kind}"
    return [Figure(what, percentile(late, 0.99) * 1000, "ms", {}, [Limit("≤", 100)])]


def _appoint(people: Sequence[int], now: Any, due_at: Sequence[Any], connection: sa.Connection) -> None:
    crowd.appoint(connection, people, now, now + timedelta(days=30))
    crowd.remind(connection, people, due_at, now, tag="now")


def _late(connection: sa.Connection, due_at: Sequence[Any]) -> list[float]:
    """Say how many seconds after its moment each reminder's turn was; a person's number is their row's id."""
    statement = sa.select(MESSAGE.c.conversation_id, MESSAGE.c.at).where(MESSAGE.c.direction == "out")
    return [
        (row.at - due_at[row.conversation_id - 1]).total_seconds() for row in connection.execute(statement)
    ]


def _analyze(connection: sa.Connection) -> None:
    connection.exec_driver_sql("ANALYZE")
