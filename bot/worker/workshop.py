"""What every worker is handed: the door to the database, the conversations, the clock, and who is outside.

The rule: a worker is one async function `step(workshop) -> int` that does what is due now and says how much
that was; the ticker (schedule.py) calls it again until it says none.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bot.channels.base import Channel
from bot.clock import Clock
from bot.conversation import Conversations
from bot.rides.base import RideProvider
from bot.rides.geocoding import Geocoder
from bot.settings import Settings
from storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """One process's tools. `channels` holds the configured ones by name."""

    database: Database
    conversations: Conversations
    clock: Clock
    settings: Settings
    channels: Mapping[str, Channel]
    rides: RideProvider
    geocoder: Geocoder


Step: TypeAlias = Callable[[Workshop], Awaitable[int]]
