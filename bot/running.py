"""One process while it runs: what it starts, and in which order it stops so that nothing is lost.

The rule: nothing new is taken, what came is committed, what is being sent is finished, and the doors are
closed; within ten seconds. What a process does is its part: `all`, `web` (pages and webhooks, no workers) or
`worker` (no pages).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final, Literal, TypeAlias

from bot.reload import Reload
from bot.worker import reconcile
from bot.worker.schedule import Workers
from bot.worker.workshop import Workshop
from storage.alone import one_of_all
from storage.bell import Bell

PATIENCE: Final = timedelta(seconds=4)
"""How long sends under way may take when we stop; the rest comes back by its lease."""

Part: TypeAlias = Literal["all", "web", "worker"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What runs in one process.

    `address` is the database's for what is done beside the door, None on SQLite; `fetched` names the channels
    whose `run` fetches for as long as we live: one process of all does that.
    """

    part: Part
    workshop: Workshop
    workers: Workers
    reload: Reload
    bell: Bell | None
    address: str | None
    fetched: frozenset[str]


@asynccontextmanager
async def running(process: Process) -> AsyncIterator[None]:
    """Start what this process does; stop it in the order in which nothing is lost."""
    workshop = process.workshop
    await workshop.conversations.keep_flows()
    if process.part != "web":
        await reconcile.begin(workshop)
        process.workers.start()
    beside = [asyncio.create_task(work, name=name) for name, work in _beside(process)]
    for task in beside:
        task.add_done_callback(_ended)
    channels = ",".join(sorted(workshop.channels)) or "none"
    log.info("running", extra={"part": process.part, "channels": channels})
    try:
        yield
    finally:
        await _stop(process, beside)


def _beside(process: Process) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
    """List what runs beside turns and workers: hearing the bell, the flows' folder, the channels."""
    yield "reload", process.reload.run()
    if process.bell is not None:
        yield "bell", process.bell.run(process.workers.wake if process.part != "web" else None)
    sink = process.workshop.conversations
    for name, channel in process.workshop.channels.items():
        if name not in process.fetched:
            if process.part != "worker":  # tell the provider where our pages are
                yield f"set-up-{name}", channel.run(sink)
        elif process.part != "web":
            yield f"fetch-{name}", one_of_all(process.address, f"fetch {name}", partial(channel.run, sink))


async def _stop(process: Process, beside: list[asyncio.Task[None]]) -> None:
    """Stop; the bell rings once more at the end, for what came last."""
    for task in beside:
        task.cancel()
    for task in beside:
        with suppress(asyncio.CancelledError, Exception):  # a failure was logged when it happened
            await task
    workshop = process.workshop
    await process.workers.stop(PATIENCE)
    await workshop.conversations.close()
    if process.bell is not None:
        await process.bell.close()
    for channel in workshop.channels.values():
        await channel.close()
    await workshop.rides.close()
    await workshop.database.close()
    log.info("stopped")


def _ended(task: asyncio.Task[None]) -> None:
    """Say that something stopped by itself: nobody would notice otherwise."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("ended by itself", extra={"task": task.get_name()}, exc_info=error)
