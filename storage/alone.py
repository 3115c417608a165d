"""What only one process of all does: by an advisory lock of PostgreSQL, held by a session of its own.

The rule: who holds the lock does it, who does not stands by, and a holder that dies sets it free. On SQLite
there is one process, which holds everything. The lock keeps work from being done in vain twice; what must not
happen twice is kept by rows, for a holder whose connection died learns of it seconds later.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final
from zlib import crc32

from storage.beside import LOST, Beside, connect, pauses

OURS: Final = 0x0A5E
"""The first half of every advisory lock of ours."""

STAND_BY: Final = 2.0  # seconds between tries of who stands by, and between looks of who holds
PATIENCE: Final = 5.0  # seconds without an answer until a session counts as lost

log = logging.getLogger(__name__)


@asynccontextmanager
async def alone(address: str | None, name: str) -> AsyncIterator[bool]:
    """Hold the lock of this name while the body runs; False where another process holds it."""
    if address is None:
        yield True
        return
    async with await connect(address) as connection:
        yield await _taken(connection, name)


async def one_of_all(address: str | None, name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do `work` in one process of all, until it returns, raises or we are cancelled.

    Who does not hold the lock stands by. A holder whose session is lost stops its work and stands by too.
    """
    if address is None:
        await work()
        return
    waits = pauses()
    while True:
        try:
            connection = await _holding(address, name)
        except LOST as error:
            log.warning("cannot ask whose it is", extra={"what": name, "why": type(error).__name__})
            await asyncio.sleep(next(waits))
            continue
        try:
            log.info("ours alone", extra={"what": name})
            await _while_held(connection, work)
            return
        except LostLock as lost:
            log.warning("no longer ours alone", extra={"what": name, "why": str(lost)})
        finally:
            await connection.close()
        waits = pauses()


class LostLock(Exception):
    """The session that held the lock is gone."""


async def _holding(address: str, name: str) -> Beside:
    """Stand by until the lock is ours; the connection holds it."""
    connection = await connect(address)
    try:
        while not await _taken(connection, name):  # noqa: ASYNC110 - nobody tells when it is free
            await asyncio.sleep(STAND_BY)
    except BaseException:
        await connection.close()
        raise
    return connection


async def _taken(connection: Beside, name: str) -> bool:
    number = crc32(name.encode()) - 2**31
    async with asyncio.timeout(PATIENCE):
        found = await connection.execute("SELECT pg_try_advisory_lock(%s::int, %s::int)", (OURS, number))
        row = await found.fetchone()
    return bool(row and row[0])


async def _while_held(connection: Beside, work: Callable[[], Awaitable[None]]) -> None:
    """Do the work, looking every other second whether the lock is still ours; raises LostLock."""
    working = asyncio.ensure_future(work())
    try:
        while not working.done():
            await asyncio.wait({working}, timeout=STAND_BY)
            await _ask(connection)
        working.result()
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def _ask(connection: Beside) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await connection.execute("SELECT 1")
    except LOST as error:
        raise LostLock(type(error).__name__) from error
