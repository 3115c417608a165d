"""The shell of every conversation: what comes in queues here, and leaves as rows.

The rule: one lane in front of the database's door keeps each person's order, first come first served; while one list is
in the database the next one collects, at most 32 at a time. `received` and `happen` return once everything is committed;
then, and only then, the workers are woken.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Literal, TypeAlias

from bot.channels.base import Inbound, StatusUpdate
from bot.clock import Clock
from bot.settings import Settings
from bot.turns import Happening, Item, Make, Origin, Settle
from flows.flowset import FlowSet
from storage.database import Database

__all__ = ["Conversations", "Happening", "Item", "Make", "Origin", "Settle", "Wake", "Worker"]

Worker: TypeAlias = Literal["deliver", "timers", "rides", "places", "photos"]
Wake: TypeAlias = Callable[[Worker], None]

LONGEST_LIST = 32
TAKEN_OVER_FOR = timedelta(hours=12)


class Conversations:
    """The door to everybody's conversation; the `Sink` of every channel."""

    def __init__(
        self,
        database: Database,
        flows: FlowSet,
        settings: Settings,
        clock: Clock,
        wake: Wake,
        *,
        lanes: int = 1,
    ) -> None:
        """Start with empty lanes; `wake(name)` is called after a commit that left work for that worker."""
        self.database, self.flows, self.settings, self.clock = database, flows, settings, clock
        self._wake = wake

    async def received(self, inbound: Sequence[Inbound]) -> None:
        """Keep these messages and answer them; returning means committed, duplicates included."""
        raise NotImplementedError

    async def status(self, updates: Sequence[StatusUpdate]) -> None:
        """Keep what became of texts sent earlier; an unknown provider id is no error."""
        raise NotImplementedError

    async def happen(self, *happenings: Happening) -> list[bool]:
        """Take these turns; True for each that was decided, False where `settle` or the builder let it drop."""
        raise NotImplementedError

    async def staff_says(self, caseworker_id: int, person_id: int, text: str) -> int:
        """Queue a caseworker's text and give them the conversation; return the message's id.

        Raises LookupError where the person is gone or cannot be reached.
        """
        raise NotImplementedError

    async def take_over(self, caseworker_id: int, person_id: int) -> None:
        """Give the conversation to a caseworker: the bot's waiting replies and nudges are dropped."""
        raise NotImplementedError

    async def hand_back(self, person_id: int) -> None:
        """Give the conversation back to the bot, which asks its open question again."""
        raise NotImplementedError

    async def close(self) -> None:
        """Take nothing new; return when the lanes are empty."""
        raise NotImplementedError
