"""Both databases for the tests (a pytest plugin): `database` is the door to a fresh, migrated one, twice.

Each test has a database of its own: on SQLite a copy of a migrated file, on PostgreSQL a database made
from a migrated template. `database_url` gives the same without opening it, `connection` a plain
transaction for the table functions.
"""

import asyncio
import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.crypto import KeyRing
from storage.database import Database, engine_url, make_engine, open_database
from storage.migrations import upgrade
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
def postgres_template(postgres_server: sa.URL) -> Iterator[str]:
    """The name of a migrated database to copy, one for each pytest-xdist worker."""
    name = _database_name("template")
    _administer(postgres_server, f'CREATE DATABASE "{name}"')
    upgrade(_text(postgres_server.set(database=name)))
    yield name
    _administer(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Which of the two; a test that needs only one says so with `indirect`."""
    kind: str = request.param
    return kind


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database."""
    if database_kind == "sqlite":
        path = tmp_path / "onward.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: sa.URL = request.getfixturevalue("postgres_server")
    name = _database_name("test")
    template: str = request.getfixturevalue("postgres_template")
    # Three times as fast as copying through the log; servers before 15 do not know the word.
    strategy = "" if os.environ.get("TEST_DATABASE_URL") else "STRATEGY FILE_COPY"
    _administer(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}" {strategy}')
    yield _text(server.set(database=name))
    _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


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
    """The open door to a fresh, migrated database; closed after the test."""
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


def _database_name(what: str) -> str:
    return f"onward_{what}_{os.getpid()}_{next(_numbers)}"


def _text(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


def _administer(server: sa.URL, statement: str) -> None:
    engine = make_engine(_text(server), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
