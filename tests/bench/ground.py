"""What a measurement stands on: an empty, migrated database with every fsync on, and the people who text.

The rule: nothing is faster here than in production. SQLite lies on the disk with `synchronous=FULL`;
PostgreSQL is the tests' own server with fsync and synchronous commit on (`TEST_DATABASE_URL` names another).
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

import sqlalchemy as sa

from bot.channels.base import Inbound
from bot.clock import Clock, SystemClock
from bot.conversation import Conversations
from bot.serving import settle_down
from bot.settings import Settings
from flows.library import shipped
from storage.crypto import KeyRing
from storage.database import Database, engine_url, make_engine, open_database
from storage.migrations import upgrade
from storage.tables import Message, table
from tests import postgres
from tests.bench.engine import answers

Kind: TypeAlias = Literal["sqlite", "postgres"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgres")
KEYS = KeyRing("bench", {"bench": b"b" * 32}, b"i" * 32)
SETTINGS = Settings(env="test", _env_file=None)  # type: ignore[call-arg]
DURABLE = (
    "-c shared_buffers=512MB -c max_connections=200 -c max_wal_size=4GB -c listen_addresses=127.0.0.1 "
    "-c effective_cache_size=4GB"
)
MESSAGE = table(Message)


@contextmanager
def folder() -> Iterator[Path]:
    """Lend a folder on the disk; `BENCH_FOLDER` says where, for another disk than the temporary files'."""
    made = Path(tempfile.mkdtemp(prefix="onward-bench-", dir=os.environ.get("BENCH_FOLDER")))
    try:
        yield made
    finally:
        shutil.rmtree(made)


@contextmanager
def server() -> Iterator[sa.URL]:
    """Run a PostgreSQL that keeps its promises; raise postgres.Unavailable where there is none."""
    postgres.begin_session()
    try:
        yield engine_url(postgres.server_url(DURABLE))
    finally:
        postgres.end_session()


@contextmanager
def new_url(kind: Kind, *, migrated: bool = True) -> Iterator[str]:
    """Lend an empty database; a PostgreSQL one comes with a server of its own."""
    if kind == "sqlite":
        with folder() as place:
            url = f"sqlite:///{place / 'onward.db'}"
            if migrated:
                upgrade(url)
            yield url
        return
    with server() as at:
        admin = make_engine(text_of(at), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
        with admin.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE bench")
        url = text_of(at.set(database="bench"))
        if migrated:
            upgrade(url)
        yield url


def text_of(url: sa.URL) -> str:
    """Write a URL out, password included."""
    return url.render_as_string(hide_password=False)


@asynccontextmanager
async def shell(url: str) -> AsyncIterator[Conversations]:
    """Open the conversations on a database, with nobody who sends."""
    database = open_database(url, KEYS)
    lanes = database.lists_at_once
    talks = Conversations(database, shipped(), SETTINGS, SystemClock(), lambda _: None, lanes=lanes)
    await talks.keep_flows()
    settle_down()
    try:
        yield talks
    finally:
        await talks.close()
        await database.close()


def phone(person: int) -> str:
    """Give a person's simulated phone."""
    return f"sms:+1{5_550_000_000 + person}"


WELCOME = {"hello": "JOBS", "texts_ok": "yes", "phone_use": "1", "pin": "4821", "interview_set": "2"}
QUESTIONS = tuple(name for name in answers(0) if name != "start")


def text(person: int, question: str, clock: Clock) -> Inbound:
    """Say what one person texts at one question of the welcome or the intake."""
    words = (WELCOME | answers(person))[question]
    return Inbound("simulator", phone(person), f"{person}-{question}", words, clock.now())


async def mark_sent(database: Database) -> None:
    """Have all that waits leave, in one statement: a person answers what has reached their phone."""

    def leave(connection: sa.Connection) -> None:
        connection.execute(
            sa.update(MESSAGE)
            .where(MESSAGE.c.state == "queued")
            .values(state="sent", due_at=None, sending_since=MESSAGE.c.at, sent_at=MESSAGE.c.at)
        )

    await database.run(leave)
