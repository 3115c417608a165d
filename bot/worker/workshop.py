"""What every worker is handed: the door to the database, the conversations, the clock, and who is outside.

The rule: a worker is one async function `step(workshop) -> int` that does what is due now and says how much
that was; the ticker (schedule.py) calls it again until it says none. One row that cannot be done never takes
the others of its step with it: it is logged, and comes back by its lease.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bot.channels.base import Channel
from bot.clock import Clock
from bot.conversation import Conversations
from bot.rides.fleet import Fleet
from bot.rides.geocoding import Geocoder
from bot.settings import Settings
from storage.database import Database
from storage.due import Lease

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """One process's tools. `channels` holds the configured ones by name."""

    database: Database
    conversations: Conversations
    clock: Clock
    settings: Settings
    channels: Mapping[str, Channel]
    rides: Fleet
    geocoder: Geocoder


Step: TypeAlias = Callable[[Workshop], Awaitable[int]]


async def side_by_side(what: str, work: Sequence[tuple[Lease, Awaitable[None]]]) -> int:
    """Do a step's rows at once and wait for all of them; log those that raise. Returns how many there were.

    A row that raised keeps its lease and is claimed again when that has run out.
    """
    done = await asyncio.gather(*(each for _, each in work), return_exceptions=True)
    for (lease, _), error in zip(work, done, strict=True):
        if isinstance(error, Exception):
            where = {"what": what, "row": lease.id, "attempts": lease.attempts}
            log.error("could not be done", extra=where, exc_info=error)
        elif error is not None:
            raise error
    return len(work)
