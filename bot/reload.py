"""New flows under a running server: loaded and checked beside the old ones, and taken only when clean.

The rule: nothing that is wrong in a folder stops what runs. The folder is looked at when somebody asks
(SIGHUP) and, where it may change by itself, every few seconds, by names, times and sizes alone; a folder that
is still being written is left until it lies still for one look. Faults are logged once, each in plain words,
and the flows in use stay. docs/decisions/0015 says why.
"""

import asyncio
import logging
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Final, TypeAlias

import sqlalchemy as sa

from bot.conversation import Conversations
from flows.check import check
from flows.flowset import FlowSet
from flows.library import SHIPPED, load
from storage.database import Closed

LOOK_EVERY: Final = timedelta(seconds=2)

Signature: TypeAlias = frozenset[tuple[str, int, int]]

log = logging.getLogger(__name__)


def signature(folder: Path) -> Signature:
    """Tell two states of a folder apart without reading it: each file's name, time (ns) and size (bytes)."""
    found = set()
    for path in chain.from_iterable(
        where.glob(f"{sub}*.yaml") for where in _read_from(folder) for sub in _SUBS
    ):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue  # gone since it was listed: the next look sees the same
        found.add((str(path), status.st_mtime_ns, status.st_size))
    return frozenset(found)


_SUBS: Final = ("", "plans/", "words/")


def _read_from(folder: Path) -> tuple[Path, ...]:
    """A folder without words takes the shipped ones (flows/library.py)."""
    return (folder, SHIPPED) if folder != SHIPPED else (SHIPPED,)


class Reload:
    """One folder's look-out."""

    def __init__(
        self, conversations: Conversations, folder: Path, loaded_at: Signature, every: timedelta | None
    ) -> None:
        """Prepare; `loaded_at` is the folder's state before the flows in use were read.

        Without `every` the folder is looked at only when asked.
        """
        self._conversations, self._folder, self._every = conversations, folder, every
        self._tried: Signature | None = loaded_at
        self._asked = asyncio.Event()
        self.faults: tuple[str, ...] = ()

    def look(self) -> None:
        """Have the folder read now, changed or not; from the loop's own thread."""
        self._asked.set()

    async def run(self) -> None:
        """Look until cancelled; never raises."""
        before = self._tried
        while True:
            asked = await self._wait()
            now = await asyncio.to_thread(signature, self._folder)
            if asked or (now != self._tried and now == before):
                await self._try(now)
            before = now

    async def _wait(self) -> bool:
        """Wait for the next look; True where somebody asked for it."""
        try:
            async with asyncio.timeout(self._every.total_seconds() if self._every else None):
                await self._asked.wait()
        except TimeoutError:
            return False
        self._asked.clear()
        return True

    async def _try(self, state: Signature) -> None:
        """Load, check, keep, use; what goes wrong on the way leaves everything as it is."""
        self._tried = state
        try:
            flows, faults = await asyncio.to_thread(_read, self._folder)
            if flows is None:
                self._refuse(faults)
                return
            self.faults = ()
            if flows.hash != self._conversations.flows.hash:
                await self._conversations.use(flows)
                log.info("flows changed", extra={"flows": flows.hash})
        except (OSError, Closed, sa.exc.OperationalError) as error:
            self._tried = None  # not the authors' fault: the next look tries again
            log.warning("flows not changed yet", extra={"why": type(error).__name__})
        except Exception:
            log.exception("flows not changed")

    def _refuse(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        log.error("new flows refused, the old ones stay", extra={"faults": len(faults)})
        for fault in faults:
            log.error(fault)


def _read(folder: Path) -> tuple[FlowSet | None, tuple[str, ...]]:
    """Load and check a folder; without flows there are faults."""
    loaded = load(folder)
    faults = tuple(str(problem) for problem in check(loaded))
    return (None, faults) if faults else (loaded.flows, ())
