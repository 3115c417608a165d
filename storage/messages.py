"""Messages: keep what comes in once, queue what goes out, and what was said, by conversation.

The rule: a message that came is unique by its channel and the provider's id, so a second copy changes
nothing; and every message out reaches a final state (sent on, failed, maybe sent, expired, dropped).
Sending is storage/outbox.py.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from storage import lists
from storage.tables import Conversation, Message, table
from storage.tables.talk import MessageKind, Sender
from storage.types import UTCDateTime, as_row

MESSAGE, CONVERSATION = table(Message), table(Conversation)
PRIORITY: dict[str, int] = {
    "crisis": 0,
    "staff": 1,
    "consent": 1,
    "reply": 1,
    "ride": 2,
    "reminder": 4,
    "nudge": 5,
}
"""Smaller leaves sooner. A reminder that soon helps no more is 3."""
SOON, SAME_DAY = timedelta(hours=4), 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInbound:
    """A message somebody sent. `extra` is what came with it: tap, pin, contact, code, seen."""

    conversation_id: int
    contact_point_id: int
    channel: str
    provider_id: str
    body: str
    at: datetime
    extra: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOutbound:
    """A message to send from `due_at` on; `options` are the buttons as drawn, `epoch` the conversation's."""

    conversation_id: int
    contact_point_id: int
    channel: str
    sender: Sender
    kind: MessageKind
    body: str
    at: datetime
    due_at: datetime
    epoch: int
    options: list[Any] | None = None
    extra: dict[str, Any] | None = None
    prompt: int | None = None
    step: str | None = None
    subject: str | None = None
    version: int | None = None
    useful_until: datetime | None = None
    caseworker_id: int | None = None
    parts: int | None = None
    dedupe_key: str | None = None
    look_since: datetime | None = None  # it may have been said since then: the provider is asked first


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a thread, as staff read it."""

    id: int
    direction: str
    sender: str
    kind: str
    state: str
    body: str
    options: list[Any] | None
    extra: dict[str, Any] | None
    prompt: int | None
    channel: str
    caseworker_id: int | None
    error: str | None
    at: datetime
    sent_at: datetime | None
    useful_until: datetime | None


@dataclass(frozen=True, slots=True)
class Lately:
    """One message of the last minutes or hours, as it is compared with others."""

    direction: str
    kind: str
    body: str
    step: str | None
    prompt: int | None


_KEEP = (
    insert(MESSAGE)
    .on_conflict_do_nothing(index_elements=["channel", "direction", "provider_id"])
    .returning(MESSAGE.c.id, MESSAGE.c.channel, MESSAGE.c.provider_id)
)
_CAME = {"direction": "in", "sender": "person", "kind": "text", "state": "received"}
_QUEUE = insert(MESSAGE).on_conflict_do_nothing(index_elements=["dedupe_key"])
_LINES = sa.select(*(MESSAGE.c[name] for name in Line.__dataclass_fields__))
_LATELY = (
    sa.select(*(MESSAGE.c[name] for name in Lately.__dataclass_fields__))
    .where(
        MESSAGE.c.conversation_id == sa.bindparam("talk"),
        MESSAGE.c.at > sa.bindparam("since", type_=UTCDateTime()),
        MESSAGE.c.state.not_in(("dropped", "expired")),
    )
    .order_by(MESSAGE.c.id.desc())
    .limit(50)
)
LOOK_SINCE = "look_since"
HELD = "unsure"
"""Why a text waits: the number may be somebody else's by now."""

_LEFT = ("sending", "unsure", "sent", "delivered", "maybe_sent")
_NEVER = ("failed", "expired", "dropped")
_EARLIER = MESSAGE.alias("earlier")
# The newest question that had left by then, and those after it: never more than were asked since.
_LAST_BY_THEN = (
    sa.select(_EARLIER.c.id)
    .where(
        _EARLIER.c.conversation_id == CONVERSATION.c.id,
        _EARLIER.c.prompt.is_not(None),
        sa.or_(
            sa.and_(_EARLIER.c.state.in_(_LEFT), _EARLIER.c.sending_since <= sa.bindparam("oldest")),
            _EARLIER.c.state.in_(_NEVER),
        ),
    )
    .order_by(_EARLIER.c.id.desc())
    .limit(1)
    .correlate(CONVERSATION)
    .scalar_subquery()
)
_LEFT_SINCE = (
    sa.select(MESSAGE.c.conversation_id, MESSAGE.c.prompt, MESSAGE.c.state, MESSAGE.c.sending_since)
    .join(CONVERSATION, CONVERSATION.c.id == MESSAGE.c.conversation_id)
    .where(
        CONVERSATION.c.id.in_(sa.bindparam("talks", expanding=True)),
        MESSAGE.c.id >= sa.func.coalesce(_LAST_BY_THEN, 0),
        MESSAGE.c.prompt.is_not(None),
        MESSAGE.c.state.in_((*_LEFT, *_NEVER)),
    )
)


def keep_inbound(connection: sa.Connection, messages: Sequence[NewInbound]) -> dict[tuple[str, str], int]:
    """Keep what came, as one list; return the new ids by (channel, provider id), without duplicates."""
    rows = lists.add(connection, _KEEP, [{**as_row(message), **_CAME} for message in messages])
    return {(channel, provider_id): id_ for id_, channel, provider_id in rows}


def mask(connection: sa.Connection, message_id: int, words: str) -> None:
    """Keep these words in place of what somebody wrote: what nobody else may read, staff neither."""
    connection.execute(sa.update(MESSAGE).where(MESSAGE.c.id == message_id).values(body=words))


def release(connection: sa.Connection, contact_point_id: int, now: datetime) -> int:
    """Let what was held back from this address go now. Returns how many."""
    held = sa.and_(MESSAGE.c.contact_point_id == contact_point_id, MESSAGE.c.state == "queued")
    waits = sa.and_(held, MESSAGE.c.error == HELD)
    return connection.execute(sa.update(MESSAGE).where(waits).values(due_at=now, error=None)).rowcount


def known(connection: sa.Connection, channel: str, provider_ids: Collection[str]) -> set[str]:
    """Say which of these messages of a channel are here already."""
    at = sa.and_(MESSAGE.c.channel == channel, MESSAGE.c.direction == "in")
    found = sa.select(MESSAGE.c.provider_id).where(at, MESSAGE.c.provider_id.in_(provider_ids))
    return {str(each) for each in connection.scalars(found)}


def queue(connection: sa.Connection, messages: Sequence[NewOutbound]) -> None:
    """Put messages into the outbox as one list, in their order; a dedupe key already there adds nothing."""
    lists.write(connection, _QUEUE, [_waiting(one) for one in messages])


def _waiting(one: NewOutbound) -> dict[str, Any]:
    """Write a message as a row; what may have been said before begins in doubt, where a provider can tell."""
    row = {**as_row(one), "direction": "out", "state": "queued", "sending_since": None}
    row["priority"] = _priority(one)
    since = row.pop("look_since")
    if since is not None and one.channel != "telegram":
        doubt = {"state": "unsure", "sending_since": one.at}
        row |= doubt | {"extra": {**(one.extra or {}), LOOK_SINCE: since.isoformat()}}
    return row


def keep_unsaid(connection: sa.Connection, message: NewOutbound, why: str) -> None:
    """Keep a message that is not sent at all, with the reason: staff see it as dropped."""
    final = {"direction": "out", "state": "dropped", "priority": _priority(message), "error": why}
    row = {**as_row(message), **final, "due_at": None, "finished_at": message.at}
    del row["look_since"]
    connection.execute(sa.insert(MESSAGE).values(**row))


def _priority(one: NewOutbound) -> int:
    """Say how urgent a text is: by its kind, and a reminder by how long it still helps."""
    if one.kind == "reminder" and one.useful_until is not None and one.useful_until - one.at <= SOON:
        return SAME_DAY
    return PRIORITY[one.kind]


def drop_for_take_over(connection: sa.Connection, conversation_id: int, now: datetime) -> int:
    """Drop the bot's replies and nudges that have not begun; ride and safety texts stay. Returns how many."""
    return _drop(
        connection, MESSAGE.c.conversation_id == conversation_id, ("reply", "nudge"), "taken_over", now
    )


def drop_for_stop(connection: sa.Connection, contact_point_id: int, now: datetime) -> int:
    """Drop everything that waits for this address: its person said stop. Returns how many."""
    return _drop(connection, MESSAGE.c.contact_point_id == contact_point_id, None, "opted_out", now)


def drop_for(connection: sa.Connection, contact_point_id: int, why: str, now: datetime) -> int:
    """Drop everything that waits for this address. Returns how many."""
    return _drop(connection, MESSAGE.c.contact_point_id == contact_point_id, None, why, now)


def drop_kinds(
    connection: sa.Connection, conversation_id: int, kinds: Collection[MessageKind], why: str, now: datetime
) -> int:
    """Drop what waits of these kinds in a conversation. Returns how many."""
    return _drop(connection, MESSAGE.c.conversation_id == conversation_id, kinds, why, now)


def _drop(
    connection: sa.Connection,
    whose: sa.ColumnElement[bool],
    kinds: Collection[str] | None,
    why: str,
    now: datetime,
) -> int:
    waiting = sa.and_(whose, MESSAGE.c.state == "queued", MESSAGE.c.direction == "out")
    if kinds is not None:
        waiting = sa.and_(waiting, MESSAGE.c.kind.in_(kinds))
    final = {"state": "dropped", "error": why, "due_at": None, "lease_until": None, "finished_at": now}
    return connection.execute(sa.update(MESSAGE).where(waiting).values(**final)).rowcount


def thread(
    connection: sa.Connection, conversation_id: int, *, limit: int = 200, before: int | None = None
) -> list[Line]:
    """List the last messages of a conversation, the oldest first. Staff read through storage/staff.py."""
    statement = _LINES.where(MESSAGE.c.conversation_id == conversation_id)
    if before is not None:
        statement = statement.where(MESSAGE.c.id < before)
    rows = connection.execute(statement.order_by(MESSAGE.c.id.desc()).limit(limit)).mappings()
    return [Line(**row) for row in rows][::-1]


def lately(connection: sa.Connection, conversation_id: int, since: datetime) -> list[Lately]:
    """List what was said both ways since then, the oldest first, at most the last fifty."""
    rows = connection.execute(_LATELY, {"talk": conversation_id, "since": since}).mappings()
    return [Lately(**row) for row in rows][::-1]


def newest_prompts(connection: sa.Connection, texts: Sequence[tuple[int, datetime]]) -> list[int | None]:
    """Say for each text, by its conversation's id and its moment, which question had left last; None before
    the first.

    One that will never leave any more keeps nobody waiting: it counts as having left.
    """
    if not texts:
        return []
    talks, oldest = sorted({talk for talk, _ in texts}), min(at for _, at in texts)
    left: dict[int, list[tuple[int, datetime | None]]] = {talk: [] for talk in talks}
    for talk, prompt, state, since in lists.read(connection, _LEFT_SINCE, {"oldest": oldest}, talks=talks):
        left[talk].append((prompt, since if state in _LEFT else None))
    return [
        max((prompt for prompt, since in left[talk] if since is None or since <= at), default=None)
        for talk, at in texts
    ]


def prompt_shown(connection: sa.Connection, conversation_id: int, message_id: int) -> int | None:
    """Say which question was the newest on a screen that ends with this message."""
    statement = sa.select(sa.func.max(MESSAGE.c.prompt)).where(
        MESSAGE.c.conversation_id == conversation_id,
        MESSAGE.c.direction == "out",
        MESSAGE.c.id <= message_id,
        MESSAGE.c.state.in_(_LEFT),
    )
    return connection.execute(statement).scalar_one_or_none()


def in_flight(connection: sa.Connection, conversation_id: int) -> int:
    """Count the bot's replies and nudges begun and not answered for yet: a take-over waits for these."""
    statement = sa.select(sa.func.count()).where(
        MESSAGE.c.conversation_id == conversation_id,
        MESSAGE.c.state == "sending",
        MESSAGE.c.kind.in_(("reply", "nudge")),
    )
    return int(connection.execute(statement).scalar_one())
