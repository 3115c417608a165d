"""What is said and what is due: conversations, their turns, messages in and out, photos, timers."""

from datetime import datetime
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import (
    Due,
    Row,
    args,
    flag,
    link,
    moment,
    number,
    one_of,
    partial,
    row_id,
    sealed,
    sealed_bytes,
    sealed_json,
    words,
)

Direction: TypeAlias = Literal["in", "out"]
Sender: TypeAlias = Literal["person", "bot", "staff", "schedule"]
MessageKind: TypeAlias = Literal["text", "reply", "nudge", "reminder", "ride", "consent", "crisis", "staff"]
MessageState: TypeAlias = Literal[
    "received",
    "queued",
    "sending",
    "unsure",
    "sent",
    "delivered",
    "failed",
    "maybe_sent",
    "expired",
    "dropped",
]
UNFINISHED = ("queued", "sending", "unsure")
WAITING = "state IN ('queued', 'sending', 'unsure')"
"""The outbox, as its indexes say it."""
TimerKind: TypeAlias = Literal["engine", "plan"]
TimerState: TypeAlias = Literal["waiting", "done", "dropped", "expired"]
PhotoState: TypeAlias = Literal["wanted", "kept", "gone"]


class Conversation(Row, table=True):
    """Where a person is in their flows. `seq` counts turns; `epoch` grows at each take-over and hand-back."""

    __table_args__ = args()
    id: int = row_id()
    person_id: int = Field(
        sa_column=sa.Column(
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            sa.ForeignKey("person.id", ondelete="CASCADE"),
            nullable=False,
            unique=True,
        )
    )
    contact_point_id: int | None = link("contact_point", null=True, gone="SET NULL")
    progress: dict[str, Any] | None = sealed_json("conversation.progress", null=True)
    seq: int = number(0)
    epoch: int = number(0)
    taken_over_by: int | None = link("caseworker", null=True, gone="SET NULL", index=False)
    taken_over_until: datetime | None = moment(null=True)
    updated_at: datetime = moment(index=True)


class Turn(Row, table=True):
    """One event, handled: enough to replay it. Appended to, never changed.

    `silent` is why nothing was said; `ended` lists the flows that ended ("welcome=done intake=no_reply").
    """

    __table_args__ = args(sa.UniqueConstraint("conversation_id", "seq"))
    id: int = row_id()
    conversation_id: int = link("conversation", index=False)
    seq: int = number()
    event: dict[str, Any] = sealed_json("turn.event")
    before: str | None = words(null=True)
    after: str | None = words(null=True)
    silent: str | None = words(null=True)
    ended: str | None = words(null=True)
    flows_hash: str = words()
    at: datetime = moment()


class FlowVersion(Row, table=True):
    """The flows as they were: every Turn names the hash it ran under."""

    hash: str = Field(sa_column=sa.Column(sa.String, primary_key=True))
    yaml: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    first_seen_at: datetime = moment()


class Message(Row, Due, table=True):
    """One message, in or out. Those going out are the outbox: a worker carries them to a final state.

    `prompt` numbers the question it asks; `subject` ("interview:5") and `version` void it when that one
    moves.
    """

    __table_args__ = args(
        sa.UniqueConstraint("channel", "direction", "provider_id"),
        one_of("direction", Direction),
        one_of("sender", Sender),
        one_of("kind", MessageKind),
        one_of("state", MessageState),
        sa.CheckConstraint("(direction = 'in') = (state = 'received')", name="received"),
        partial("ix_message_outbox", "contact_point_id", "id", where=WAITING),
        partial("ix_message_ready", "channel", "priority", "due_at", "id", where=WAITING),
        partial("ix_message_leased", "lease_until", where="lease_until IS NOT NULL"),
        partial("ix_message_doubtful", "channel", "finished_at", where="state = 'maybe_sent'"),
        sa.Index(None, "conversation_id", "id"),
        sa.Index(None, "subject"),
    )
    id: int = row_id()
    conversation_id: int = link("conversation", index=False)
    contact_point_id: int = link("contact_point", index=False)
    channel: str = words()
    direction: str = words()
    sender: str = words()
    kind: str = words()
    state: str = words()
    priority: int = number(0)
    body: str = sealed("message.body")
    options: list[Any] | None = sealed_json("message.options", null=True)
    extra: dict[str, Any] | None = sealed_json("message.extra", null=True)
    prompt: int | None = number(null=True)
    step: str | None = words(null=True)
    subject: str | None = words(null=True)
    version: int | None = number(null=True)
    useful_until: datetime | None = moment(null=True)
    epoch: int = number(0)
    caseworker_id: int | None = link("caseworker", null=True, gone="SET NULL", index=False)
    provider_id: str | None = words(null=True)
    error: str | None = words(null=True)
    parts: int | None = number(null=True)
    at: datetime = moment()
    sending_since: datetime | None = moment(null=True)
    sent_at: datetime | None = moment(null=True)
    finished_at: datetime | None = moment(null=True)


class Pace(Row, table=True):
    """How fast one sender of ours may go on: its bucket, what it sent today, and until when it is held.

    `sender` is the channel and our own number on it; `day` is the day `sent_today` counts.
    """

    sender: str = Field(sa_column=sa.Column(sa.String, primary_key=True))
    tokens: float = Field(sa_column=sa.Column(sa.Float, nullable=False))
    refilled_at: datetime = moment()
    day: str = words()
    sent_today: int = number(0)
    held_until: datetime | None = moment(null=True)


class ChatPace(Row, table=True):
    """Until when one chat is busy, where a provider paces each chat for itself."""

    contact_point_id: int = Field(
        sa_column=sa.Column(
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            sa.ForeignKey("contact_point.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        )
    )
    busy_until: datetime = moment()


class EarlyReport(Row, table=True):
    """What a provider said of a text before our own row knew the provider's id; taken in when it does."""

    __table_args__ = args(sa.Index(None, "channel", "provider_id"))
    id: int = row_id()
    channel: str = words()
    provider_id: str = words()
    state: str = words()
    code: str | None = words(null=True)
    at: datetime = moment()


class Photo(Row, Due, table=True):
    """A picture somebody sent: fetched once from the provider, kept encrypted as evidence."""

    __table_args__ = args(
        one_of("state", PhotoState), partial("ix_photo_due", "due_at", where="state = 'wanted'")
    )
    id: int = row_id()
    message_id: int = link("message")
    provider_ref: str = sealed("photo.provider_ref")
    content_type: str = words()
    content: bytes | None = sealed_bytes("photo.content", null=True)
    state: str = words("wanted")
    error: str | None = words(null=True)
    fetched_at: datetime | None = moment(null=True)


class Timer(Row, Due, table=True):
    """What rings later: a token the engine asked for, or a plan's event about one version of its subject.

    `dedupe_key` is the conversation and the token or event, so setting one again replaces it.
    """

    __table_args__ = args(
        one_of("kind", TimerKind),
        one_of("state", TimerState),
        partial("ix_timer_due", "due_at", "id", where="state = 'waiting'"),
        partial("ix_timer_leased", "lease_until", where="lease_until IS NOT NULL"),
        sa.Index(None, "subject"),
    )
    id: int = row_id()
    conversation_id: int = link("conversation")
    kind: str = words()
    name: str = words()
    nudge: bool = flag()
    subject: str | None = words(null=True)
    version: int | None = number(null=True)
    useful_until: datetime | None = moment(null=True)
    state: str = words("waiting")
    created_at: datetime = moment()
    finished_at: datetime | None = moment(null=True)
