"""A list of things that happened, decided and written in one transaction.

The rule: all of a list is kept or nothing is. Conversations are locked in id order, each event is decided by the pure
engine, what it wants done is done in the same transaction, and a Turn row says what came and where the person stood
before and after. An event whose decision raises is taken again as a *failed turn*: its message is kept, a human is put on
it and the person is told so. Only that event is lost to the bug, never what others said.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

import sqlalchemy as sa

from bot.channels.base import Inbound
from flows.events import Event

Make: TypeAlias = Callable[[sa.Connection, datetime], Event | None]
"""Build the event from rows, in the turn's transaction; the moment is aware, in the person's zone. None: nothing to say."""

Settle: TypeAlias = Callable[[sa.Connection], bool]
"""Mark the worker's own row in the turn's transaction, before the event is built; False: another was faster, drop it all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What the messages of a turn carry: the kind of its news, who sends, what they are about and until when they help."""

    kind: Literal["reminder", "ride"] = "ride"
    sender: Literal["bot", "schedule"] = "bot"
    subject: str | None = None
    version: int | None = None
    useful_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened to a person and is not their own text: a timer, ride news, a place found, staff.

    `event` is the event itself (its `at` is set to the turn's moment in the person's zone) or what builds it.
    `settle` and `event` may run more than once (a deadlock is run again), so they touch nothing but the database.
    """

    person_id: int
    event: Event | Make
    origin: Origin = field(default_factory=Origin)
    settle: Settle | None = None


Item: TypeAlias = Inbound | Happening
