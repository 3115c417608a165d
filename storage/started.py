"""What we started with a person lately: what the caps are counted by.

The rule: only what really began to leave counts, and only the newest hundred messages are looked at.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from storage.tables import Conversation, Interview, Message, table
from storage.types import UTCDateTime

MESSAGE, CONVERSATION, INTERVIEW = table(Message), table(Conversation), table(Interview)
WE_START = ("nudge", "reminder")
"""Kinds that nobody waits for: they keep the person's hours, and are counted."""

NEWEST = 100
_LEFT = ("sending", "unsure", "sent", "delivered", "maybe_sent")
_NEWEST = (
    sa.select(MESSAGE.c.direction, MESSAGE.c.kind, MESSAGE.c.sending_since)
    .where(
        MESSAGE.c.conversation_id == sa.bindparam("talk"),
        sa.or_(MESSAGE.c.direction == "in", MESSAGE.c.state.in_(_LEFT)),
    )
    .order_by(MESSAGE.c.id.desc())
    .limit(NEWEST)
)
_MEETING = (
    sa.select(INTERVIEW.c.id)
    .join(CONVERSATION, CONVERSATION.c.person_id == INTERVIEW.c.person_id)
    .where(
        CONVERSATION.c.id == sa.bindparam("talk"),
        INTERVIEW.c.state != "cancelled",
        INTERVIEW.c.at >= sa.bindparam("first", type_=UTCDateTime()),
        INTERVIEW.c.at < sa.bindparam("last", type_=UTCDateTime()),
    )
    .limit(1)
)
_KIND = sa.select(INTERVIEW.c.kind).where(INTERVIEW.c.id == sa.bindparam("interview"))


@dataclass(frozen=True, slots=True)
class Started:
    """How many texts we started since a moment, and how many nudges nobody answered yet."""

    since: int
    unanswered: int


def started(connection: sa.Connection, conversation_id: int, since: datetime) -> Started:
    """Count what we started with this person since then, and the nudges after their last word."""
    rows = connection.execute(_NEWEST, {"talk": conversation_id}).all()
    ours = [row for row in rows if row.kind in WE_START]
    first = next((place for place, row in enumerate(rows) if row.direction == "in"), len(rows))
    return Started(
        since=sum(row.sending_since is not None and row.sending_since >= since for row in ours),
        unanswered=sum(row.kind == "nudge" for row in rows[:first]),
    )


def has_appointment(connection: sa.Connection, conversation_id: int, first: datetime, last: datetime) -> bool:
    """Say whether this person is to be somewhere between two moments."""
    between = {"talk": conversation_id, "first": first, "last": last}
    return connection.execute(_MEETING, between).first() is not None


def is_work(connection: sa.Connection, subject: str | None) -> bool:
    """Say whether a text is about a day at work, not about an interview."""
    about, _, id_ = (subject or "").partition(":")
    if about != "interview":
        return False
    return connection.execute(_KIND, {"interview": int(id_)}).scalar_one_or_none() in ("work", "first_day")
