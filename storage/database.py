"""The door to the database: `await database.run(fn)` runs `fn(connection)` in one transaction, in a thread.

The rule: returned means kept. A turn's future resolves only after COMMIT; what could not be committed
raises. A function may be run again after a deadlock, so it touches nothing but the database.

SQLite has one writer thread with one connection. Whatever has queued up meanwhile shares one COMMIT (one
fsync), each turn inside a savepoint of its own: one that raises is undone alone, the others go on. Two
traps make this long. After some errors (disk full, I/O) SQLite has rolled back everything by itself,
earlier turns of the batch too, and a "successful" COMMIT would then keep nothing: so after any error we
look at `in_transaction`, and fail the whole batch when it is false. And SQLAlchemy does not roll back
after a COMMIT that failed: we do, by hand, or the next batch would carry the failed one's rows. Reads
that lock nothing go through connections of their own (WAL lets them).

PostgreSQL has a few threads, a connection each; the functions lock their rows themselves, in id order.
Deadlocks and serialization failures are run again, and so is a connection that turned out dead before
COMMIT was sent.
"""

import asyncio
import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeAlias, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from storage.crypto import KeyRing
from storage.types import carry_keys

R = TypeVar("R")
Turn: TypeAlias = Callable[[sa.Connection], Any]
_Job: TypeAlias = "tuple[Turn, asyncio.Future[Any], asyncio.AbstractEventLoop]"
_Done: TypeAlias = "tuple[_Job, Any, BaseException | None]"

WAITING = 1000
BATCH = 64
CONNECTIONS = 4
RETRIES = 4
PATIENCE = 5.0
"""Seconds a turn waits for another process that writes to the same SQLite file."""

BESIDE_A_SERVER = 30.0
"""The same for a command: under full load its turn comes within about two."""

FIRST_GOOD_SQLITE = (3, 51, 3)
AGAIN = frozenset({"40P01", "40001"})  # deadlock_detected, serialization_failure
ALIVE: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""How soon a PostgreSQL that does not answer counts as away: seconds, the last one milliseconds."""

log = logging.getLogger(__name__)


class Closed(Exception):
    """The door was closed: nothing was run."""


class BadUrl(ValueError):
    """The database URL is neither sqlite:///path nor postgresql://…"""


def sqlite_driver() -> tuple[ModuleType, str | None]:
    """Choose the SQLite library; also the start-up note when it has the WAL-reset bug."""
    try:
        from pysqlite3 import dbapi2 as driver
    except ImportError:
        import sqlite3 as driver
    note = None
    if driver.sqlite_version_info < FIRST_GOOD_SQLITE:
        note = (
            f"This SQLite is {driver.sqlite_version}: before 3.51.3 a rare bug can lose writes "
            "when the log is reset. Install the pysqlite3 wheel, or use PostgreSQL for real people."
        )
    return driver, note


def engine_url(url: str) -> sa.URL:
    """Read a database URL: postgres:// and postgresql:// mean the psycopg driver; raise BadUrl for others."""
    parsed = sa.make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return parsed
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise BadUrl(f"{other} is not a database we know: use sqlite:///path or postgresql://…")


def sqlite_file(url: str) -> Path | None:
    """Name the file of a SQLite URL; None for PostgreSQL and for a database in memory."""
    parsed = engine_url(url)
    if not _is_sqlite(parsed) or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))


def make_engine(url: str, keys: KeyRing | None = None, **options: Any) -> sa.Engine:
    """Make the engine for either database, with our pragmas and our BEGIN on SQLite.

    For migrations and the door; everything else goes through the door.
    """
    parsed = engine_url(url)
    if _is_sqlite(parsed):
        engine = _sqlite_engine(parsed, **options)
    else:
        engine = sa.create_engine(parsed, connect_args=ALIVE, **options)
    if keys is not None:
        carry_keys(engine, keys)
    return engine


def _is_sqlite(url: sa.URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _sqlite_engine(
    url: sa.URL, *, begin: str = "BEGIN IMMEDIATE", patience: float = PATIENCE, **options: Any
) -> sa.Engine:
    driver, _ = sqlite_driver()
    # isolation_level None is true autocommit up to 3.11 and after: BEGIN is ours, and so are the savepoints.
    arguments = {"check_same_thread": False, "isolation_level": None, "cached_statements": 256}
    engine = sa.create_engine(url, module=driver, connect_args=arguments | {"timeout": patience}, **options)

    def set_pragmas(connection: Any, _record: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    def start(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    sa.event.listen(engine, "connect", set_pragmas)
    sa.event.listen(engine, "begin", start)
    return engine


class SqliteDatabase:
    """One file, one writer thread, group commit."""

    lists_at_once: Final = 1
    """Lists of turns that are worth taking beside each other: there is one writer."""

    def __init__(
        self,
        url: sa.URL,
        keys: KeyRing,
        *,
        waiting: int = WAITING,
        batch: int = BATCH,
        patience: float = PATIENCE,
    ) -> None:
        """Open the file, so that a wrong path is said at start-up and not in a turn."""
        self.engine = make_engine(str(url), keys, poolclass=sa.pool.StaticPool, patience=patience)
        self._readers = self.engine
        if url.database not in (None, "", ":memory:"):
            self._readers = make_engine(str(url), keys, begin="BEGIN", pool_size=2, max_overflow=0)
        self._connection = self.engine.connect()
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._room = asyncio.Semaphore(waiting)
        self._batch = batch
        self._closed = False
        self._reading = ThreadPoolExecutor(2, "sqlite-reader")
        self._thread = threading.Thread(target=self._write, name="sqlite-writer", daemon=True)
        self._thread.start()
        self.commits = self.turns = 0

    async def run(self, fn: Callable[[sa.Connection], R]) -> R:
        """Run `fn` in a transaction and return its value once it is on disk; raise what it raised, or Closed.

        Cancelled before its turn it never runs; after that it runs and commits, and only the answer is
        lost.
        """
        async with self._room:
            if self._closed:
                raise Closed
            loop = asyncio.get_running_loop()
            future: asyncio.Future[R] = loop.create_future()
            self._queue.put((fn, future, loop))
            return await future

    async def read(self, fn: Callable[[sa.Connection], R]) -> R:
        """Run `fn` beside the writer, on what is committed; it may not write."""
        if self._readers is self.engine:  # a database in memory has one connection
            return await self.run(fn)
        if self._closed:
            raise Closed
        return await asyncio.get_running_loop().run_in_executor(self._reading, self._read, fn)

    async def close(self) -> None:
        """Refuse new turns, finish those already accepted, then let go of the file."""
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        await asyncio.to_thread(self._reading.shutdown)
        self._connection.close()
        self._readers.dispose()
        self.engine.dispose()

    def _read(self, fn: Callable[[sa.Connection], R]) -> R:
        with self._readers.connect() as connection:
            connection.exec_driver_sql("PRAGMA query_only=ON")
            return fn(connection)

    def _write(self) -> None:
        more = True
        while more:
            jobs, more = self._next_jobs()
            jobs = [job for job in jobs if not job[1].cancelled()]
            if jobs:
                _tell(self._commit(jobs))

    def _next_jobs(self) -> tuple[list[_Job], bool]:
        """Wait for one turn and take along what else is there; the second value is False at the end."""
        first = self._queue.get()
        if first is None:
            return [], False
        jobs = [first]
        while len(jobs) < self._batch:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, False
            jobs.append(job)
        return jobs, True

    def _commit(self, jobs: list[_Job]) -> list[_Done]:
        """Run the jobs in one transaction and say for each what came of it. Never raises."""
        connection = self._connection
        raw: Any = connection.connection.driver_connection
        done: list[_Done] = []
        try:
            with connection.begin():
                for job in jobs:
                    done.append(self._turn(connection, raw, job))
            self.commits += 1
            self.turns += len(jobs)
            return done
        except BaseException as error:
            # A savepoint or the COMMIT failed: nobody is on disk, whatever the turns themselves answered.
            if raw.in_transaction:
                raw.rollback()
            return [(job, None, error) for job in jobs]

    @staticmethod
    def _turn(connection: sa.Connection, raw: Any, job: _Job) -> _Done:
        raw.execute("SAVEPOINT turn")
        value, failure = None, None
        try:
            value = job[0](connection)
        except Exception as error:
            if not raw.in_transaction:
                raise
            raw.execute("ROLLBACK TO turn")
            failure = error
        raw.execute("RELEASE turn")  # fails if the function committed by hand: then the batch fails, loudly
        return job, value, failure


def _tell(done: list[_Done]) -> None:
    """Resolve the futures: one wake-up of each loop for the whole batch."""
    for loop in {job[2] for job, _, _ in done}:
        answers = [(job[1], value, error) for job, value, error in done if job[2] is loop]
        with suppress(
            RuntimeError
        ):  # the loop is gone and with it the caller; the rows are kept all the same
            loop.call_soon_threadsafe(_settle, answers)


def _settle(answers: Iterable[tuple[asyncio.Future[Any], Any, BaseException | None]]) -> None:
    for future, value, error in answers:
        if future.done():
            continue
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)


class PostgresDatabase:
    """A few threads with a connection each; any number of processes beside us."""

    lists_at_once: Final = 2
    """While the server works for one list of turns, another one is decided."""

    def __init__(
        self, url: sa.URL, keys: KeyRing, *, connections: int = CONNECTIONS, waiting: int = WAITING
    ) -> None:
        """Prepare the pool; it connects at the first turn."""
        text = url.render_as_string(hide_password=False)
        self.engine = make_engine(text, keys, pool_size=connections, max_overflow=0, pool_recycle=1800)
        self._threads = ThreadPoolExecutor(connections, "postgres")
        self._room = asyncio.Semaphore(waiting)
        self._closed = False

    async def run(self, fn: Callable[[sa.Connection], R]) -> R:
        """Run `fn` in a transaction and return its value once committed; raise what it raised, or Closed.

        `fn` is run again, at most four times, after a deadlock or when its connection was dead before
        COMMIT.
        """
        async with self._room:
            if self._closed:
                raise Closed
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, fn)

    async def read(self, fn: Callable[[sa.Connection], R]) -> R:
        """Run `fn` on what is committed; it may not write."""

        def reading(connection: sa.Connection) -> R:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            return fn(connection)

        return await self.run(reading)

    async def close(self) -> None:
        """Refuse new turns, finish those already accepted, then let go of the connections."""
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown)
        self.engine.dispose()

    def _run(self, fn: Callable[[sa.Connection], R]) -> R:
        for attempt in range(RETRIES):
            try:
                return self._once(fn)
            except _RunAgain as again:
                if attempt == RETRIES - 1:
                    raise again.error from None
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # or two would meet in the same way again
        raise AssertionError("unreachable")

    def _once(self, fn: Callable[[sa.Connection], R]) -> R:
        committing = False
        try:
            with self.engine.begin() as connection:
                value = fn(connection)
                committing = True
            return value
        except DBAPIError as error:
            # A connection lost during COMMIT may have committed: that is never run again.
            lost = error.connection_invalidated and not committing
            if lost or getattr(error.orig, "sqlstate", None) in AGAIN:
                raise _RunAgain(error) from error
            raise


class _RunAgain(Exception):
    def __init__(self, error: DBAPIError) -> None:
        self.error = error


Database: TypeAlias = SqliteDatabase | PostgresDatabase


def open_database(url: str, keys: KeyRing, *, patience: float = PATIENCE) -> Database:
    """Open the door to the database at `url`; the schema must be there (storage.migrations.upgrade).

    `patience` is for SQLite: seconds to wait for another process that writes.
    """
    parsed = engine_url(url)
    if not _is_sqlite(parsed):
        return PostgresDatabase(parsed, keys)
    _, note = sqlite_driver()
    if note:
        log.warning(note)
    return SqliteDatabase(parsed, keys, patience=patience)
