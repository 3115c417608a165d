"""What stands on a simulated phone: the messages that reached it, those that wait, and when the next one may
come.

The rule: only what a phone would show is shown; a text that was dropped, or has not left yet, is not on it.
For the demo's phones, never for staff: those read through storage/staff.py.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.points import Point, find_point
from storage.tables import ContactPoint, Message, Photo, Timer, table

MESSAGE, PHOTO, POINT, TIMER = table(Message), table(Photo), table(ContactPoint), table(Timer)
ON_THE_PHONE = ("received", "sending", "unsure", "sent", "delivered", "maybe_sent")


@dataclass(frozen=True, slots=True)
class Shown:
    """One message on the screen; `photos` is how many pictures came with it."""

    id: int
    direction: str
    sender: str
    kind: str
    state: str
    body: str
    options: list[Any] | None
    extra: dict[str, Any] | None
    prompt: int | None
    parts: int | None
    at: datetime
    sent_at: datetime | None
    photos: int


@dataclass(frozen=True, slots=True)
class Screen:
    """One phone: the messages in their order, and when those that still wait may leave."""

    point: Point
    lines: Sequence[Shown]
    waiting: Sequence[datetime]


_COLUMNS = tuple(name for name in Shown.__dataclass_fields__ if name != "photos")
_PHOTOS = (
    sa.select(sa.func.count()).where(PHOTO.c.message_id == MESSAGE.c.id).correlate(MESSAGE).scalar_subquery()
)


def screen(connection: sa.Connection, channel: str, address: str, *, limit: int = 200) -> Screen | None:
    """Read what a phone shows; None before its first text."""
    point = find_point(connection, channel, address)
    if point is None:
        return None
    here = MESSAGE.c.contact_point_id == point.id
    statement = (
        sa.select(*(MESSAGE.c[name] for name in _COLUMNS), _PHOTOS.label("photos"))
        .where(here, MESSAGE.c.state.in_(ON_THE_PHONE))
        .order_by(MESSAGE.c.id.desc())
        .limit(limit)
    )
    lines = [Shown(**row) for row in connection.execute(statement).mappings()]
    waits = sa.select(MESSAGE.c.due_at).where(here, MESSAGE.c.state == "queued").order_by(MESSAGE.c.due_at)
    return Screen(point, lines[::-1], [at for at in connection.scalars(waits) if at is not None])


def screen_mark(connection: sa.Connection, channel: str, address: str) -> str:
    """Give a short text that changes whenever the phone's screen does."""
    point = find_point(connection, channel, address)
    if point is None:
        return "0"
    last = (
        sa.select(MESSAGE.c.id, MESSAGE.c.state)
        .where(MESSAGE.c.contact_point_id == point.id)
        .order_by(MESSAGE.c.id.desc())
        .limit(40)
    )
    rows = [tuple(row) for row in connection.execute(last)]
    return hashlib.blake2s(repr(rows).encode(), digest_size=6).hexdigest()


def phones(connection: sa.Connection, channel: str, *, limit: int) -> list[str]:
    """List the addresses of a channel that wrote, the latest first."""
    statement = (
        sa.select(POINT.c.address)
        .where(POINT.c.channel == channel, POINT.c.state != "retired")
        .order_by(POINT.c.last_in_at.desc().nulls_last(), POINT.c.id.desc())
        .limit(limit)
    )
    return list(connection.scalars(statement))


def next_to_come(connection: sa.Connection, now: datetime) -> datetime | None:
    """Say when the next reminder, or text that waits for its hour, is due."""
    planned = sa.select(sa.func.min(TIMER.c.due_at)).where(TIMER.c.state == "waiting", TIMER.c.kind == "plan")
    waiting = sa.select(sa.func.min(MESSAGE.c.due_at)).where(MESSAGE.c.state == "queued")
    found = [
        connection.execute(planned.where(TIMER.c.due_at > now)).scalar_one(),
        connection.execute(waiting.where(MESSAGE.c.due_at > now)).scalar_one(),
    ]
    return min((at for at in found if at is not None), default=None)
