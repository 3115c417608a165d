"""A connection to PostgreSQL beside the door: for what belongs to a session and not to a turn.

The rule: nothing of a turn goes through it. What hangs on it (hearing, an advisory lock) ends with it, and
whoever holds one finds out within seconds that it is dead.
"""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import psycopg

from storage.database import ALIVE, engine_url

Beside: TypeAlias = psycopg.AsyncConnection[Any]

PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between tries to connect again, the last one for good."""

LOST: Final = (psycopg.Error, OSError, TimeoutError)
"""What a connection raises that is not there any more."""


def address_of(url: str) -> str | None:
    """Write a database URL as libpq reads it; None for SQLite, where one process is all there is."""
    parsed = engine_url(url)
    if parsed.get_backend_name() == "sqlite":
        return None
    return parsed.set(drivername="postgresql").render_as_string(hide_password=False)


async def connect(address: str) -> Beside:
    """Connect, every statement its own transaction; raises one of LOST."""
    return await psycopg.AsyncConnection.connect(address, autocommit=True, **ALIVE)


def pauses() -> Iterator[float]:
    """Say how long to wait after each failure in a row."""
    yield from PAUSES
    while True:
        yield PAUSES[-1]
