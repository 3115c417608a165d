"""Jobs that are due, in two libraries many would take: APScheduler with its SQLAlchemy store, and pgqueuer.

The rule: a job does what it must at least, write one row for the outbox, in a commit of its own; the store is
as durable as ours.
"""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import psycopg
import sqlalchemy as sa
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from pgqueuer import Job, PgQueuer, PsycopgDriver, Queries
from pgqueuer.types import QueueExecutionMode

from storage.database import engine_url, make_engine

PATIENCE = 120.0
_STATE: dict[str, Any] = {}


def apscheduler(url: str, jobs: int) -> float:
    """Give so many jobs to the store, all due, and let them run; give the jobs a second."""
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE outbox (job INTEGER, body TEXT)")
    _STATE.update(engine=engine, left=jobs, done=threading.Event(), lock=threading.Lock())
    store = SQLAlchemyJobStore(engine=engine)
    scheduler = BackgroundScheduler(
        jobstores={"default": store},
        executors={"default": ThreadPoolExecutor(1 if engine.dialect.name == "sqlite" else 4)},
        job_defaults={"misfire_grace_time": None},
        timezone="UTC",
    )
    scheduler.start(paused=True)
    at = datetime.now(UTC) - timedelta(seconds=1)
    for number in range(jobs):
        scheduler.add_job(ring, "date", run_date=at, args=[number], id=str(number))
    began = perf_counter()
    scheduler.resume()
    if not _STATE["done"].wait(PATIENCE):
        raise RuntimeError("APScheduler did not get through its jobs")
    took = perf_counter() - began
    scheduler.shutdown()
    engine.dispose()
    return jobs / took


def ring(number: int) -> None:
    """Write a job's row: APScheduler calls it by its name."""
    with _STATE["engine"].begin() as connection:
        connection.execute(sa.text("INSERT INTO outbox VALUES (:n, 'text')"), {"n": number})
    with _STATE["lock"]:
        _STATE["left"] -= 1
        if _STATE["left"] == 0:
            _STATE["done"].set()


async def pgqueuer(url: str, jobs: int) -> float:
    """Enqueue so many jobs, all due, and drain the queue; give the jobs a second."""
    at = engine_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    queue = await psycopg.AsyncConnection.connect(at, autocommit=True)
    rows = await psycopg.AsyncConnection.connect(at, autocommit=True)
    await rows.execute("CREATE TABLE IF NOT EXISTS outbox_pgq (job INTEGER, body TEXT)")
    driver = PsycopgDriver(queue)
    queries = Queries(driver)
    await queries.install()
    await queries.enqueue(["ring"] * jobs, [None] * jobs, [0] * jobs)
    worker, lock = PgQueuer(driver), asyncio.Lock()

    @worker.entrypoint("ring")
    async def _(job: Job) -> None:
        async with lock:
            await rows.execute("INSERT INTO outbox_pgq VALUES (1, 'text')")

    began = perf_counter()
    await worker.run(batch_size=32, mode=QueueExecutionMode.drain)
    took = perf_counter() - began
    await queue.close()
    await rows.close()
    return jobs / took
