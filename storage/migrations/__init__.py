"""Bring a database's schema up to date: `upgrade(url)` is what `onward db upgrade`, the demo and tests call.

The rule: models and migrations agree on both databases; a test compares them. To alter a table on SQLite,
Alembic recreates it, which with foreign keys on would delete every child row: they are off while it runs and
checked before COMMIT. Two processes that upgrade at once wait for each other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlmodel import AutoString

from storage.database import make_engine
from storage.tables import metadata
from storage.types import Sealed, UTCDateTime

LOCK = 0x0A5E_3D  # any number; only we take advisory locks


class BrokenLinks(RuntimeError):
    """A migration on SQLite left rows that point at nothing; it was rolled back."""


def upgrade(url: str, to: str = "head") -> None:
    """Run the migrations that this database has not had yet; making it first, if it is a new SQLite file."""
    with _migrating(url) as config:
        command.upgrade(config, to)


def revise(url: str, words: str) -> None:
    """Write a migration from what the models have and this (upgraded) database has not; read it first."""
    with _migrating(url) as config:
        command.revision(config, words, autogenerate=True)


def differences(url: str) -> list[Any]:
    """List what the models and this database do not agree on."""
    with _engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def _engine(url: str) -> sa.Engine:
    return make_engine(url, poolclass=sa.pool.NullPool)


@contextmanager
def _migrating(url: str) -> Iterator[Config]:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with _engine(url).connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:  # before BEGIN, for inside a transaction this pragma does nothing
            raw: Any = connection.connection.driver_connection
            raw.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            if not sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            config.attributes["connection"] = connection
            yield config
            if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                raise BrokenLinks(f"{len(broken)} rows point at nothing, the first in {broken[0][0]}")


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our column types in migrations as what they are on disk: old ones need none of our code."""
    match kind, item:
        case "type", UTCDateTime():
            return "sa.DateTime(timezone=True)"
        case "type", Sealed():
            return "sa.LargeBinary()"
        case "type", AutoString():
            return "sa.String()"
        case _:
            return False
