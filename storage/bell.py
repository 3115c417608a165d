"""The bell: which workers have something to do, told to every process on one PostgreSQL.

The rule: a bell saves time and carries nothing. It is rung after a commit, on a connection of its own, once
for all that gathered meanwhile; what rang and was not heard is found by looking. A connection that is lost
comes back by itself, after longer and longer pauses, and then every worker looks once: nobody knows what
rang in between. What must be heard whoever wrote it (`ring_at_commit`) is rung by the transaction itself.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import sqlalchemy as sa

from storage.beside import LOST, Beside, connect, pauses

CHANNEL: Final = "onward"
GATHER: Final = 0.02  # seconds after one ring until the next: under load, fifty a second and no more
BEAT: Final = 20.0  # seconds of silence until we make sure that somebody is at the other end
LAST_RING: Final = 1.0  # seconds a stop waits for

_RING = sa.text("SELECT pg_notify(:channel, :name)")

log = logging.getLogger(__name__)


def ring_at_commit(connection: sa.Connection, name: str) -> None:
    """Have this worker look, in every process, once this transaction is committed; never where it is not.

    On SQLite nothing rings: its one process looks every two seconds.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_RING, {"channel": CHANNEL, "name": name})


class Bell:
    """One process's bell: `ring` from the loop's own thread, `run` for as long as the process lives."""

    def __init__(self, address: str) -> None:
        """Prepare; `address` is libpq's."""
        self._address = address
        self._names: set[str] = set()
        self._rung = asyncio.Event()
        self._ringer: Beside | None = None
        self.hears = False

    def ring(self, name: str) -> None:
        """Have this worker look, in every other process; harmless at any time."""
        self._names.add(name)
        self._rung.set()

    async def run(self, wake: Callable[[str], None] | None) -> None:
        """Ring what is to be rung, and hear what others ring, until cancelled; never raises.

        `wake(name)` is called for each worker named, `wake("")` for all of them. Without `wake` nothing is
        listened to.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._ring())
            if wake is not None:
                group.create_task(self._hear(wake))

    async def close(self) -> None:
        """Ring for the last time, if there is something left, and let go of the connection."""
        with suppress(*LOST):
            async with asyncio.timeout(LAST_RING):
                await self._ring_out()
        if self._ringer is not None:
            await self._ringer.close()
            self._ringer = None

    # --- ringing ---------------------------------------------------------------------------------

    async def _ring(self) -> None:
        waits, mute = pauses(), False
        while True:
            await self._rung.wait()
            try:
                await self._ring_out()
                waits, mute = pauses(), False
                await asyncio.sleep(GATHER)
            except LOST as error:
                if not mute:  # said once, until it rings again
                    log.warning("the bell cannot ring", extra={"why": type(error).__name__})
                mute = True
                await asyncio.sleep(next(waits))

    async def _ring_out(self) -> None:
        """Ring once for all that gathered; what could not be rung is kept."""
        names, self._names = self._names, set()
        self._rung.clear()
        if not names:
            return
        try:
            if self._ringer is None:
                self._ringer = await connect(self._address)
            await self._ringer.execute("SELECT pg_notify(%s, %s)", (CHANNEL, ",".join(sorted(names))))
        except LOST:
            self._names |= names
            self._rung.set()
            if self._ringer is not None:
                await self._ringer.close()
                self._ringer = None
            raise

    # --- hearing ---------------------------------------------------------------------------------

    async def _hear(self, wake: Callable[[str], None]) -> None:
        waits, deaf = pauses(), False
        while True:
            try:
                async with await connect(self._address) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    log.info("hearing")
                    self.hears, waits, deaf = True, pauses(), False
                    wake("")
                    await self._listen(connection, wake)
            except LOST as error:
                if not deaf:  # said once, until it hears again
                    log.warning("not hearing", extra={"why": type(error).__name__})
                deaf = True
            finally:
                self.hears = False
            await asyncio.sleep(next(waits))

    async def _listen(self, connection: Beside, wake: Callable[[str], None]) -> None:
        """Listen until the connection is lost, which raises."""
        while True:
            async for notice in connection.notifies(timeout=BEAT):
                if self._ringer is None or notice.pid != self._ringer.info.backend_pid:
                    for name in notice.payload.split(","):
                        wake(name)
            async with asyncio.timeout(BEAT):
                await connection.execute("SELECT 1")
