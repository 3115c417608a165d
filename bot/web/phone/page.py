"""The page of simulated phones: draw them, send from them, move the clock they live by.

The rule: everything works without JavaScript but live news; the address of the page says which phones are
on it and how each is drawn, so a reload or a copied link shows the same.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from starlette.routing import BaseRoute

from bot.channels.base import Sink
from bot.channels.simulator import Simulator
from bot.clock import Clock
from storage.database import Database

MoveClock: TypeAlias = Callable[[timedelta], Awaitable[datetime]]
"""Move our clock, and the ride company's, forward by this much; return the new present. ValueError refuses."""


@dataclass(frozen=True, slots=True)
class PhoneDeps:
    """What the page needs: `simulator` and `sink` are the ones the app runs; `move` None: a clock that only
    runs."""

    database: Database
    simulator: Simulator
    sink: Sink
    clock: Clock
    move: MoveClock | None
    programme: str
    zone: ZoneInfo


def routes(deps: PhoneDeps) -> list[BaseRoute]:
    """List the page's paths under /phone; the simulator's own (`Simulator.routes`) come besides."""
    return []
