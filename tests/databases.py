"""Both databases for the tests (a pytest plugin): `database` is the door to an empty, migrated one, twice.

On SQLite each test has a copy of a migrated file; on PostgreSQL one database is emptied before each test
(10 ms; making one from a template takes 400). `database_url` gives the same without opening it,
`connection` a plain transaction for the table functions, `empty_database_url` a database of its own that
nothing was migrated in.
"""

import asyncio
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from storage.crypto import KeyRing
from storage.database import Database, engine_url, make_engine, open_database
from storage.migrations import upgrade
from storage.tables import metadata
from tests import postgres

KEYS = KeyRing("new", {"new": b"n" * 32, "old": b"o" * 32}, b"i" * 32)
_numbers = itertools.count()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres.begin_session()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres.end_session()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_server() -> sa.URL:
    """The server's URL; skips, saying why, where there is none."""
    try:
        return engine_url(postgres.server_url())
    except postgres.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def postgres_database(postgres_server: sa.URL) -> Iterator[tuple[str, Callable[[], None]]]:
    """A migrated database, one for each pytest-xdist worker, and what empties it."""
    url = postgres_server.set(database=_database_name("test"))
    _administer(postgres_server, f'CREATE DATABASE "{url.database}"')
    upgrade(_text(url))
    plain = _text(url.set(drivername="postgresql"))
    with psycopg.connect(plain, autocommit=True, application_name="tests") as connection:
        yield _text(url), lambda: _empty(connection)
    _administer(postgres_server, f'DROP DATABASE "{url.database}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Which of the two; a test that needs only one says so with `indirect`."""
    kind: str = request.param
    return kind


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty, migrated database; a test that changes the schema takes `empty_database_url`."""
    if database_kind == "sqlite":
        path = tmp_path / "onward.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str
    url, empty = request.getfixturevalue("postgres_database")
    empty()
    return url


@pytest.fixture
def empty_database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database nothing was ever migrated in."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: sa.URL = request.getfixturevalue("postgres_server")
    name = _database_name("empty")
    _administer(server, f'CREATE DATABASE "{name}"')
    yield _text(server.set(database=name))
    _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The open door to an empty, migrated database; closed after the test."""
    door = open_database(database_url, KEYS)
    yield door
    asyncio.run(door.close())


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """A plain engine with keys, for tests with several connections."""
    engine = make_engine(database_url, KEYS)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One open transaction, for the table functions."""
    with engine.begin() as connection:
        yield connection


def _empty(connection: psycopg.Connection) -> None:
    """Delete every row, whatever an earlier test left open; ids begin at 1 again."""
    statements = [
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        "SET session_replication_role = replica",  # or the ledger's triggers would refuse
        *(f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables)),
        "RESET session_replication_role",
        "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'",
    ]
    connection.execute(sql.SQL(";".join(statements)))


def _database_name(what: str) -> str:
    return f"onward_{what}_{os.getpid()}_{next(_numbers)}"


def _text(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


def _administer(server: sa.URL, *statements: str) -> None:
    engine = make_engine(_text(server), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
