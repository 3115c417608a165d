"""Sending: which message may leave next, whether it still should, and what the provider said.

The rule: a text to one address never overtakes an older one, and whatever may already be on a phone is
never sent again blindly. Claiming only takes the lease. `before_send`, in a transaction of its own right
before the send, looks once more whether the message may go and marks it `sending`; from then on a crash
means "perhaps sent": whoever claims it next must look (`look_first`) before anything else. One in that
state holds its address for two minutes; a crisis text passes everything.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from storage import due
from storage.claims import HOLD as HOLD
from storage.claims import OUTBOX as OUTBOX
from storage.claims import Claimed as Claimed
from storage.claims import claim as claim
from storage.claims import next_room as next_room
from storage.started import WE_START
from storage.subjects import is_current
from storage.tables import Consent, ContactPoint, Conversation, EarlyReport, Message, Person, table
from storage.tables.talk import UNFINISHED
from storage.timers import set_news
from storage.types import UTCDateTime

MESSAGE, POINT, PERSON = table(Message), table(ContactPoint), table(Person)
CONVERSATION, CONSENT, EARLY = table(Conversation), table(Consent), table(EarlyReport)
LONG_SILENT = timedelta(days=60)
LOOK_AGAIN = timedelta(hours=1)
HELD: Literal["unsure"] = "unsure"
GUARD = "still_you."
"""The steps that may be asked of a number in doubt."""

LAST_WORDS = "stop"
WhyNot: TypeAlias = Literal[
    "unsure",
    "not_opted_in",
    "opted_out",
    "unreachable",
    "moved_on",
    "too_late",
    "taken_over",
    "already_begun",
    "unanswered",
]


_STANDING = (
    sa.select(
        MESSAGE.c.kind,
        MESSAGE.c.epoch,
        MESSAGE.c.subject,
        MESSAGE.c.version,
        MESSAGE.c.useful_until,
        MESSAGE.c.at,
        MESSAGE.c.step,
        MESSAGE.c.channel,
        MESSAGE.c.conversation_id,
        POINT.c.unsure_since,
        POINT.c.last_in_at,
        POINT.c.id.label("point"),
        POINT.c.consent,
        POINT.c.state.label("point_state"),
        CONVERSATION.c.epoch.label("epoch_now"),
    )
    .join(POINT, POINT.c.id == MESSAGE.c.contact_point_id)
    .join(CONVERSATION, CONVERSATION.c.id == MESSAGE.c.conversation_id)
    .where(MESSAGE.c.id == sa.bindparam("message"))
    # A STOP or a take-over that commits while we look is waited for, and then seen.
    .with_for_update(read=True, of=(CONVERSATION, POINT))
)


def before_send(
    connection: sa.Connection, message: Claimed, now: datetime, silent_for: timedelta = LONG_SILENT
) -> WhyNot | None:
    """Look once more whether this message may leave, and mark it as begun; None means: send it now.

    Otherwise the message is final (expired or dropped) and the answer says why; or it is held, because its
    number may be somebody else's by now: nothing has come from there `silent_for` so long, or a doubt is
    open. Hours and caps are the worker's.
    """
    row = connection.execute(_STANDING, {"message": message.id}).one_or_none()
    if row is None:
        return "already_begun"
    why = _why_not(connection, row, now) or _doubt(connection, row, now, silent_for)
    if why == HELD:
        held = {"attempts": 0, "error": HELD}
        due.put_off(connection, OUTBOX, message.lease, now + LOOK_AGAIN, held)
        return why
    values: dict[str, Any] = {"state": "sending", "sending_since": now}
    if why is not None:
        state = "expired" if why == "too_late" else "dropped"
        values = {"state": state, "error": why, "finished_at": now, "due_at": None, "lease_until": None}
    return why if _write(connection, message, values) else "already_begun"


def drop(connection: sa.Connection, message: Claimed, why: WhyNot, now: datetime) -> WhyNot:
    """Give a claimed message up, with the reason; "already_begun" where the lease was lost."""
    final = {"state": "dropped", "error": why, "finished_at": now, "due_at": None, "lease_until": None}
    return why if _write(connection, message, final) else "already_begun"


def _doubt(
    connection: sa.Connection, row: Any, now: datetime, silent_for: timedelta
) -> Literal["unsure"] | None:
    """Hold what is personal where the number is in doubt; the first text after a long silence begins one."""
    if row.kind in ("consent", "crisis", "staff") or (row.step or "").startswith(GUARD):
        return None
    if row.unsure_since is not None:
        return HELD
    silent = row.last_in_at is not None and now - row.last_in_at > silent_for
    if not silent or row.channel == "telegram" or row.kind == "reply":
        return None
    connection.execute(sa.update(POINT).where(POINT.c.id == row.point).values(unsure_since=now))
    set_news(connection, row.conversation_id, "phone.doubted", f"point:{row.point}", now)
    return HELD


def _why_not(connection: sa.Connection, row: Any, now: datetime) -> WhyNot | None:
    last_words = row.kind == "consent" and row.step == LAST_WORDS
    if row.point_state == "blocked" or (row.point_state == "retired" and not last_words):
        return "unreachable"
    if row.point_state == "failing" and row.kind in WE_START:
        return "unreachable"  # it is paused until they write, or a text about a ride arrives
    if row.kind == "consent":
        if row.consent == "withdrawn" and row.at < _stopped_at(connection, row.point):
            return "opted_out"
    elif row.consent != "given" and not (row.kind == "crisis" and row.consent != "withdrawn"):
        return "opted_out" if row.consent == "withdrawn" else "not_opted_in"
    if row.kind in ("reply", "nudge") and row.epoch != row.epoch_now:
        return "taken_over"
    if not is_current(connection, row.subject, row.version):
        return "moved_on"
    if row.useful_until is not None and row.useful_until <= now:
        return "too_late"
    return None


def _stopped_at(connection: sa.Connection, point_id: int) -> datetime:
    """Say when this address said stop last; only the confirmation of it is newer."""
    statement = sa.select(sa.func.max(CONSENT.c.at, type_=UTCDateTime())).where(
        CONSENT.c.contact_point_id == point_id, CONSENT.c.change == "withdrawn"
    )
    stopped: datetime = connection.execute(statement).scalar_one()
    return stopped


def _write(connection: sa.Connection, message: Claimed, values: dict[str, Any]) -> bool:
    """Write if the lease is still ours: another worker may be sending this very text."""
    mine = sa.and_(MESSAGE.c.id == message.id, MESSAGE.c.lease_until == message.lease.until)
    open_ = MESSAGE.c.state.in_(UNFINISHED)
    return connection.execute(sa.update(MESSAGE).where(mine, open_).values(**values)).rowcount == 1


def sent(connection: sa.Connection, message_id: int, provider_id: str, now: datetime) -> None:
    """The provider has taken it: a fact, recorded even when the lease was lost.

    Another text that was held for this one, by its words, is in doubt again: they were not the same.
    """
    _not_theirs(connection, message_id, provider_id, now)
    values = {"provider_id": provider_id, "state": "sent", "sent_at": now, "error": None}
    _settle(connection, message_id, values | {"finished_at": None}, _BEFORE["sent"])
    channel = connection.execute(_CHANNEL, {"message": message_id}).scalar_one_or_none()
    at = sa.and_(EARLY.c.channel == channel, EARLY.c.provider_id == provider_id)
    early = connection.execute(sa.select(EARLY).where(at).order_by(EARLY.c.id)).all()
    for report in early:
        _fold(connection, report.channel, provider_id, report.state, report.code, now)
    if early:
        connection.execute(sa.delete(EARLY).where(at))


def ids_of_others(connection: sa.Connection, conversation_id: int, message_id: int) -> frozenset[str]:
    """List the provider's ids of a person's newest other texts: one that is looked for has none of them."""
    others = sa.select(MESSAGE.c.provider_id).where(
        MESSAGE.c.conversation_id == conversation_id,
        MESSAGE.c.direction == "out",
        MESSAGE.c.id != message_id,
        MESSAGE.c.provider_id.is_not(None),
    )
    return frozenset(connection.scalars(others.order_by(MESSAGE.c.id.desc()).limit(_RECENT)))


def _not_theirs(connection: sa.Connection, message_id: int, provider_id: str, now: datetime) -> None:
    channel = sa.select(MESSAGE.c.channel).where(MESSAGE.c.id == message_id).scalar_subquery()
    mistaken = sa.and_(
        MESSAGE.c.channel == channel,
        MESSAGE.c.direction == "out",
        MESSAGE.c.provider_id == provider_id,
        MESSAGE.c.id != message_id,
    )
    doubt = {"provider_id": None, "state": "maybe_sent", "sent_at": None, "error": MISTAKEN}
    connection.execute(sa.update(MESSAGE).where(mistaken).values(**doubt, finished_at=now))


def rejected(connection: sa.Connection, message_id: int, code: str, now: datetime) -> None:
    """The provider said a plain no: this text will not go."""
    _settle(connection, message_id, {"state": "failed", "error": code, "finished_at": now})


def try_later(connection: sa.Connection, message: Claimed, at: datetime) -> bool:
    """It was surely not sent: back in line at `at`; those behind it wait. False: the lease is lost."""
    values = {"state": "queued", "sending_since": None}
    return due.put_off(connection, OUTBOX, message.lease, at, values)


def unsure(connection: sa.Connection, message: Claimed, now: datetime, error: str) -> bool:
    """Nobody knows whether it was sent: look again before its address is free. False if the lease is lost."""
    at = now + min(due.back_off(message.lease.attempts), HOLD)
    return due.put_off(connection, OUTBOX, message.lease, at, {"state": "unsure", "error": error})


def maybe_sent(connection: sa.Connection, message_id: int, error: str, now: datetime) -> None:
    """Give up asking: staff see it as perhaps sent, and it is never sent again."""
    _settle(connection, message_id, {"state": "maybe_sent", "error": error, "finished_at": now})


NEVER_SENT = "never reached the provider"
MISTAKEN = "another text of the same words was taken for it"
_RECENT = 200


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A text that ended as perhaps sent."""

    id: int
    conversation_id: int
    address: str
    body: str
    sending_since: datetime


def doubtful(connection: sa.Connection, channel: str, since: datetime, limit: int) -> list[Doubtful]:
    """List what ended as perhaps sent since then on a channel, the oldest first."""
    statement = (
        sa.select(
            MESSAGE.c.id, MESSAGE.c.conversation_id, POINT.c.address, MESSAGE.c.body, MESSAGE.c.sending_since
        )
        .join(POINT, POINT.c.id == MESSAGE.c.contact_point_id)
        .where(MESSAGE.c.state == "maybe_sent", MESSAGE.c.channel == channel)
        .where(MESSAGE.c.finished_at > since, MESSAGE.c.error != NEVER_SENT)
        .order_by(MESSAGE.c.id)
        .limit(limit)
    )
    return [Doubtful(**row) for row in connection.execute(statement).mappings()]


def found_late(connection: sa.Connection, one: Doubtful, provider_id: str, now: datetime) -> bool:
    """Take a text in doubt for one the provider has; False where another of the same words may be it."""
    rivals = sa.select(MESSAGE.c.body, MESSAGE.c.provider_id).where(
        MESSAGE.c.conversation_id == one.conversation_id,
        MESSAGE.c.direction == "out",
        MESSAGE.c.id != one.id,
        sa.or_(
            MESSAGE.c.provider_id == provider_id,
            sa.and_(
                MESSAGE.c.provider_id.is_(None), MESSAGE.c.state.in_(("sending", "unsure", "maybe_sent"))
            ),
        ),
    )
    if any(row.provider_id is not None or row.body == one.body for row in connection.execute(rivals)):
        return False
    sent(connection, one.id, provider_id, now)
    return True


def doubt(connection: sa.Connection, now: datetime) -> int:
    """Take all that waits and was due by now for perhaps sent when it fell due. Returns how many."""
    waits = sa.and_(MESSAGE.c.direction == "out", MESSAGE.c.state == "queued", MESSAGE.c.due_at <= now)
    values = {
        "state": "unsure",
        "sending_since": MESSAGE.c.due_at,
        "lease_until": None,
        "error": "after a gap",
    }
    return connection.execute(sa.update(MESSAGE).where(waits).values(**values)).rowcount


def never_sent(connection: sa.Connection, message_id: int, now: datetime) -> None:
    """The provider surely never took what we gave up: too late to send it, but staff see it as failed."""
    values = {"state": "failed", "error": NEVER_SENT, "finished_at": now}
    _settle(connection, message_id, values, ("maybe_sent",))


def expired(connection: sa.Connection, message_id: int, now: datetime) -> None:
    """It is no longer of use: staff see it as expired."""
    _close(connection, message_id, "expired", "too_late", now)


def put_off(connection: sa.Connection, message: Claimed, at: datetime) -> bool:
    """Outside the person's hours, or over a cap: not tried at all, due at `at`, holding nobody up."""
    values = {"attempts": 0}
    return due.put_off(connection, OUTBOX, message.lease, at, values)


def _settle(
    connection: sa.Connection, message_id: int, values: dict[str, Any], before: Collection[str] = UNFINISHED
) -> None:
    at = sa.and_(MESSAGE.c.id == message_id, MESSAGE.c.state.in_(before))
    connection.execute(sa.update(MESSAGE).where(at).values(**values, due_at=None, lease_until=None))


def _close(connection: sa.Connection, message_id: int, state: str, why: str, now: datetime) -> None:
    _settle(connection, message_id, {"state": state, "error": why, "finished_at": now})


Report: TypeAlias = Literal["sent", "delivered", "undelivered", "failed"]
_OURS = sa.and_(
    MESSAGE.c.direction == "out",
    MESSAGE.c.channel == sa.bindparam("channel_"),
    MESSAGE.c.provider_id == sa.bindparam("provider_id_"),
)
_KNOWN = sa.select(MESSAGE.c.id).where(_OURS)
_CHANNEL = sa.select(MESSAGE.c.channel).where(MESSAGE.c.id == sa.bindparam("message"))
_BEFORE: dict[str, tuple[str, ...]] = {
    "sent": (*UNFINISHED, "maybe_sent"),
    "delivered": (*UNFINISHED, "sent", "maybe_sent"),
    "failed": (*UNFINISHED, "sent", "maybe_sent"),
}


def sent_as(connection: sa.Connection, channel: str, provider_id: str) -> int | None:
    """Find the text that the provider knows by this id."""
    found = connection.execute(_KNOWN, {"channel_": channel, "provider_id_": provider_id})
    message_id: int | None = found.scalar_one_or_none()
    return message_id


def fold_status(
    connection: sa.Connection,
    channel: str,
    provider_id: str,
    state: Report,
    now: datetime,
    *,
    code: str | None = None,
) -> int | None:
    """Take in what became of a text: only forward, so late and repeated reports change nothing.

    Returns the address's id when something changed. A report that is faster than our own row is kept for it.
    """
    if connection.execute(_KNOWN, {"channel_": channel, "provider_id_": provider_id}).first() is None:
        report = {"channel": channel, "provider_id": provider_id, "state": state, "code": code, "at": now}
        connection.execute(sa.insert(EARLY).values(**report))
        return None
    return _fold(connection, channel, provider_id, state, code, now)


def _fold(
    connection: sa.Connection, channel: str, provider_id: str, state: str, code: str | None, now: datetime
) -> int | None:
    to = "failed" if state == "undelivered" else state
    final = {"finished_at": now, "due_at": None, "lease_until": None} if to != "sent" else {}
    statement = (
        sa.update(MESSAGE)
        .where(_OURS, MESSAGE.c.state.in_(_BEFORE[to]))
        .values(state=to, error=code, **final)
        .returning(MESSAGE.c.contact_point_id)
    )
    found = connection.execute(statement, {"channel_": channel, "provider_id_": provider_id})
    return found.scalar_one_or_none()


def sweep_early(connection: sa.Connection, before: datetime, now: datetime) -> int:
    """Take in early reports whose text has its id by now, and delete those from before then: never ours.

    Returns how many were taken in.
    """
    mine = sa.and_(
        MESSAGE.c.direction == "out",
        MESSAGE.c.channel == EARLY.c.channel,
        MESSAGE.c.provider_id == EARLY.c.provider_id,
    )
    ours = connection.execute(sa.select(EARLY).join(MESSAGE, mine).order_by(EARLY.c.id)).all()
    for one in ours:
        _fold(connection, one.channel, one.provider_id, one.state, one.code, now)
    settled = EARLY.c.id.in_([one.id for one in ours])
    connection.execute(sa.delete(EARLY).where(sa.or_(settled, EARLY.c.at < before)))
    return len(ours)
