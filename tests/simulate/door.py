"""The database's door without threads: each function runs at once in a transaction of its own.

The real door's threads end in whatever order the machine likes; here the order is the loop's, so that a seed
tells the same story each time. What threads and group commit may break is tried by tests/crash.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa

from storage.crypto import KeyRing
from storage.database import make_engine
from tests.simulate.weather import Weather

R = TypeVar("R")


class Inline:
    """One connection, used by one turn after the other."""

    def __init__(self, url: str, keys: KeyRing, weather: Weather) -> None:
        self.engine = make_engine(url, keys, poolclass=sa.pool.StaticPool)
        self._weather = weather
        with self.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                raw = connection.connection.driver_connection
                assert raw is not None
                raw.execute("PRAGMA synchronous=OFF")  # nobody pulls the plug here

    async def run(self, fn: Callable[[sa.Connection], R]) -> R:
        """Run `fn` and commit; killed before, between or after."""
        self._weather.door()
        with self.engine.begin() as connection:
            value = fn(connection)
            self._weather.passing("before a commit")
        self._weather.passing("after a commit")
        await asyncio.sleep(0)
        return value

    async def read(self, fn: Callable[[sa.Connection], R]) -> R:
        """Run `fn` on what is committed."""
        self._weather.door()
        with self.engine.connect() as connection:
            value = fn(connection)
        await asyncio.sleep(0)
        return value

    async def close(self) -> None:
        self.engine.dispose()
