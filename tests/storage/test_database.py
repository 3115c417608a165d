"""The door: returned means kept, one bad turn hurts nobody else, and nothing accepted is lost."""

import asyncio
import threading
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError

from storage import database as door
from storage.database import Closed, Database, PostgresDatabase, SqliteDatabase, engine_url, open_database
from storage.tables import Mark, table
from tests.databases import KEYS
from tests.storage.samples import NOW

MARK = table(Mark)
only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
only_postgres = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)


def mark(connection: sa.Connection, name: str, value: int = 0) -> str:
    connection.execute(sa.insert(MARK).values(name=name, at=NOW, value=value))
    return name


def marks(connection: sa.Connection) -> set[str]:
    return set(connection.scalars(sa.select(MARK.c.name)))


async def test_returned_means_another_connection_sees_it(database: Database, engine: sa.Engine) -> None:
    assert await database.run(lambda c: mark(c, "a")) == "a"
    with engine.connect() as other:
        assert marks(other) == {"a"}


async def test_one_turn_fails_and_the_others_commit(database: Database) -> None:
    def bad(connection: sa.Connection) -> None:
        mark(connection, "lost")
        raise ValueError("a bug")

    async def one(number: int) -> str:
        return await database.run(lambda c: mark(c, f"turn {number}"))

    results = await asyncio.gather(one(1), database.run(bad), one(2), one(3), return_exceptions=True)
    assert [isinstance(result, ValueError) for result in results] == [False, True, False, False]
    assert await database.run(marks) == {"turn 1", "turn 2", "turn 3"}


async def test_a_refused_row_hurts_its_own_turn_only(database: Database) -> None:
    await database.run(lambda c: mark(c, "a"))
    results = await asyncio.gather(
        database.run(lambda c: mark(c, "b")),
        database.run(lambda c: mark(c, "a")),
        database.run(lambda c: mark(c, "c")),
        return_exceptions=True,
    )
    assert isinstance(results[1], IntegrityError)
    assert await database.run(marks) == {"a", "b", "c"}


@only_sqlite
async def test_turns_that_queue_up_share_one_commit(database: SqliteDatabase) -> None:
    await asyncio.gather(*(database.run(partial(mark, name=f"{n}")) for n in range(40)))
    assert database.turns == 40
    assert database.commits <= 10


@only_sqlite
async def test_a_failed_commit_fails_every_turn_of_it(database: SqliteDatabase) -> None:
    """A deferred foreign key is only looked at by COMMIT; the turns had all answered by then."""
    blocked = threading.Event()

    def wait(connection: sa.Connection) -> None:
        blocked.wait(5)

    def poison(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.exec_driver_sql(
            "INSERT INTO consent (id, contact_point_id, change, wording, method, at) "
            "VALUES (1, 999, 'given', '1', 'text', '2027-01-01')"
        )

    first = asyncio.create_task(database.run(wait))
    await asyncio.sleep(0.05)
    batch = [
        asyncio.create_task(database.run(lambda c: mark(c, "before"))),
        asyncio.create_task(database.run(poison)),
        asyncio.create_task(database.run(lambda c: mark(c, "after"))),
    ]
    await asyncio.sleep(0.05)
    blocked.set()
    await first
    results = await asyncio.gather(*batch, return_exceptions=True)
    assert all(isinstance(result, IntegrityError) for result in results)
    assert await database.run(marks) == set(), "the failed batch must not ride on the next COMMIT"
    assert await database.run(lambda c: mark(c, "next")) == "next"


@only_sqlite
async def test_when_sqlite_rolled_back_by_itself_the_whole_batch_fails(database: SqliteDatabase) -> None:
    """Disk full and I/O errors end the transaction: what earlier turns of the batch wrote is gone."""
    blocked = threading.Event()

    def disk_full(connection: sa.Connection) -> None:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("ROLLBACK")  # what SQLite itself does then
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    first = asyncio.create_task(database.run(lambda c: blocked.wait(5)))
    await asyncio.sleep(0.05)
    batch = [
        asyncio.create_task(database.run(lambda c: mark(c, "before"))),
        asyncio.create_task(database.run(disk_full)),
    ]
    await asyncio.sleep(0.05)
    blocked.set()
    await first
    results = await asyncio.gather(*batch, return_exceptions=True)
    assert all(isinstance(result, OperationalError) for result in results), "a lost turn was acknowledged"
    assert await database.run(marks) == set()


@only_sqlite
async def test_a_turn_that_commits_by_hand_fails_loudly(database: SqliteDatabase) -> None:
    def commits(connection: sa.Connection) -> None:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("COMMIT")

    with pytest.raises(Exception, match="no such savepoint"):
        await database.run(commits)
    assert await database.run(lambda c: mark(c, "next")) == "next"


async def test_cancelled_while_waiting_never_runs(database: Database) -> None:
    blocked = threading.Event()
    hold = [asyncio.create_task(database.run(lambda c: blocked.wait(5))) for _ in range(door.CONNECTIONS)]
    await asyncio.sleep(0.05)
    task = asyncio.create_task(database.run(lambda c: mark(c, "cancelled")))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    blocked.set()
    await asyncio.gather(*hold)
    assert await database.run(marks) == set()


async def test_cancelled_while_running_commits_all_the_same(database: Database) -> None:
    running, go = threading.Event(), threading.Event()

    def slow(connection: sa.Connection) -> None:
        running.set()
        go.wait(5)
        mark(connection, "kept")

    task = asyncio.create_task(database.run(slow))
    await asyncio.to_thread(running.wait, 5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    go.set()
    for _ in range(100):
        if await database.run(marks):
            break
    assert await database.run(marks) == {"kept"}


async def test_close_finishes_what_was_accepted_and_refuses_the_rest(database_url: str) -> None:
    database = open_database(database_url, KEYS)
    accepted = [asyncio.create_task(database.run(partial(mark, name=f"{n}"))) for n in range(30)]
    await asyncio.sleep(0)
    await database.close()
    assert len(await asyncio.gather(*accepted)) == 30
    with pytest.raises(Closed):
        await database.run(marks)
    again = open_database(database_url, KEYS)
    assert len(await again.run(marks)) == 30
    await again.close()


async def test_a_read_sees_what_is_committed_and_may_not_write(database: Database) -> None:
    await database.run(lambda c: mark(c, "a"))
    assert await database.read(marks) == {"a"}
    with pytest.raises(sa.exc.DBAPIError, match=r"read-?only"):
        await database.read(lambda c: mark(c, "b"))
    assert await database.run(lambda c: mark(c, "c")) == "c"


@only_postgres
async def test_a_deadlock_is_run_again(database: PostgresDatabase) -> None:
    await database.run(lambda c: [mark(c, "a"), mark(c, "b")])
    both_hold_one = threading.Barrier(2, timeout=5)
    runs: list[str] = []

    def lock(connection: sa.Connection, first: str, second: str) -> None:
        runs.append(first)
        connection.execute(sa.update(MARK).where(MARK.c.name == first).values(value=MARK.c.value + 1))
        if len(runs) <= 2:
            both_hold_one.wait()
        connection.execute(sa.update(MARK).where(MARK.c.name == second).values(value=MARK.c.value + 1))

    await asyncio.gather(database.run(lambda c: lock(c, "a", "b")), database.run(lambda c: lock(c, "b", "a")))
    assert len(runs) >= 3
    assert await database.run(lambda c: set(c.scalars(sa.select(MARK.c.value)))) == {2}


@only_postgres
async def test_a_connection_that_died_while_idle_is_not_noticed(database: PostgresDatabase) -> None:
    await database.run(lambda c: mark(c, "a"))
    killer = sa.create_engine(database.engine.url, poolclass=sa.pool.NullPool)
    with killer.connect() as connection:
        mine = sa.text(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> 'tests'"
        )
        assert connection.execute(mine).scalar_one() >= 1
    assert await database.run(marks) == {"a"}


DIES_IN_COMMIT = """
CREATE TEMP TABLE last_words (id int);
CREATE FUNCTION pg_temp.die() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER die AFTER INSERT ON last_words DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pg_temp.die();
INSERT INTO last_words VALUES (1)
"""


@only_postgres
async def test_a_connection_lost_in_its_commit_is_not_run_again(database: PostgresDatabase) -> None:
    """Nobody knows whether it was kept: whoever asked is told, and asks again under the same id."""
    runs: list[str] = []

    def turn(connection: sa.Connection) -> None:
        runs.append(mark(connection, f"run {len(runs)}"))
        connection.exec_driver_sql(DIES_IN_COMMIT)

    with pytest.raises(sa.exc.DBAPIError) as lost:
        await database.run(turn)
    assert lost.value.connection_invalidated
    assert runs == ["run 0"]
    assert await database.run(lambda c: mark(c, "next")) == "next"


def test_a_path_that_cannot_be_opened_is_said_at_start_up(tmp_path: Path) -> None:
    with pytest.raises(OperationalError):
        open_database(f"sqlite:///{tmp_path}/nowhere/onward.db", KEYS)


@pytest.mark.parametrize(
    "given, driver",
    [
        ("postgres://u:p@h/d", "postgresql+psycopg"),
        ("postgresql://u:p@h/d", "postgresql+psycopg"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg"),
        ("sqlite:///x.db", "sqlite"),
    ],
)
def test_urls(given: str, driver: str) -> None:
    assert engine_url(given).drivername == driver


def test_another_database_is_refused() -> None:
    with pytest.raises(door.BadUrl, match="mysql"):
        engine_url("mysql://u@h/d")


@only_sqlite
def test_sqlite_is_new_enough_and_keeps_its_word(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert version == door.sqlite_driver()[0].sqlite_version
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_an_old_sqlite_is_used_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3
    import sys

    monkeypatch.setitem(sys.modules, "pysqlite3", None)
    driver, note = door.sqlite_driver()
    assert driver is sqlite3
    assert (note is not None) == (sqlite3.sqlite_version_info < door.FIRST_GOOD_SQLITE)
