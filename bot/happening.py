"""What can come to a conversation, and what a turn is told: the values the shell and the workers share.

The rule: what is not a person's own text comes as a Happening, which settles the worker's row in the turn's
own transaction; so a timer that rang is done exactly when its turn is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import sqlalchemy as sa

from bot.acting import Desk
from bot.actions import CarryOut, carry_out
from bot.channels.base import Inbound
from bot.settings import Settings
from flows.events import Event
from flows.flowset import FlowSet
from flows.views import InterviewView
from storage.apply import Stamp as Origin
from storage.due import Lease

__all__ = ["Happening", "Item", "Make", "Origin", "Planned", "Settle", "World"]

Make: TypeAlias = Callable[[sa.Connection, datetime], Event | None]
"""Build the event from rows, in the turn's transaction; the moment is aware, in the person's zone. None:
there is nothing to decide."""

Settle: TypeAlias = Callable[[sa.Connection], bool]
"""Mark the worker's own row in the turn's transaction, before the event is built; False: another was faster,
drop it all."""


@dataclass(frozen=True, slots=True)
class Planned:
    """An event about an interview as it stands in the turn; those of a list are looked up together. `build`
    gets the moment in the person's zone; None: there is nothing to decide."""

    interview_id: int
    build: Callable[[InterviewView, datetime], Event | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened to a person and is not their own text: a timer, ride news, a place found,
    staff.

    `event` is the event itself (its `at` is set to the turn's moment in the person's zone) or what builds it.
    `settle` and `event` may run more than once (a deadlock is run again), so they touch nothing but the
    database. `rang` is the timer this is: those of a list are closed together, first of all; one that was set
    anew is dropped. `origin` is what the messages carry. `contact_point_id` names the address an OptedOut is
    about, `speak_on` the one the person is reached on from now on: they have agreed to texts there.
    """

    person_id: int
    event: Event | Make | Planned
    origin: Origin = field(default_factory=Origin)
    settle: Settle | None = None
    rang: Lease | None = None
    contact_point_id: int | None = None
    speak_on: int | None = None


Item: TypeAlias = Inbound | Happening


@dataclass(frozen=True, slots=True)
class World:
    """What every turn of a list shares."""

    flows: FlowSet
    settings: Settings
    now: datetime
    carry_out: CarryOut = carry_out
    desk: Desk = field(default_factory=Desk)
