"""The humans: caseworkers, their logins, their list, what they promised and wrote, and who did what."""

from datetime import datetime
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import (
    Row,
    args,
    digest_of,
    flag,
    link,
    moment,
    number,
    one_of,
    partial,
    row_id,
    sealed,
    sealed_json,
    words,
)

Role: TypeAlias = Literal["caseworker", "supervisor", "admin"]
AttentionState: TypeAlias = Literal["open", "claimed", "done"]
PromiseState: TypeAlias = Literal["open", "kept", "corrected", "broken"]


class Caseworker(Row, table=True):
    """Someone who watches and joins conversations; `hours` are in words, as people are told them.

    `no_texts_since`: their phone said STOP, no alarm reaches it.
    """

    __table_args__ = args(one_of("role", Role))
    id: int = row_id()
    name: str = words()
    email: str = words(unique=True)
    password_hash: str | None = words(null=True)
    phone: str | None = words(null=True)
    hours: str | None = words(null=True)
    zone: str | None = words(null=True)
    role: str = words("caseworker")
    team: str | None = words(null=True)
    active: bool = flag(True)
    no_texts_since: datetime | None = moment(null=True)
    created_at: datetime = moment()


class Login(Row, table=True):
    """A caseworker's web session; only the hash of its token is here."""

    __table_args__ = args()
    id: int = row_id()
    caseworker_id: int = link("caseworker")
    token_hash: bytes = digest_of(unique=True)
    created_at: datetime = moment()
    last_seen_at: datetime = moment()
    expires_at: datetime = moment()
    revoked_at: datetime | None = moment(null=True)


class AttentionItem(Row, table=True):
    """Why a person needs a human now. One unfinished item for each `dedupe_key`."""

    __table_args__ = args(
        one_of("state", AttentionState),
        partial("uq_attention_item_open", "dedupe_key", where="state <> 'done'", unique=True),
        sa.Index(None, "state", "due_at"),
    )
    id: int = row_id()
    person_id: int = link("person")
    kind: str = words()
    reason: str = sealed("attention_item.reason")
    urgent: bool = flag()
    due_at: datetime = moment()
    state: str = words("open")
    dedupe_key: str = words()
    claimed_by: int | None = link("caseworker", null=True, gone="SET NULL", index=False)
    claimed_at: datetime | None = moment(null=True)
    done_by: int | None = link("caseworker", null=True, gone="SET NULL", index=False)
    done_at: datetime | None = moment(null=True)
    created_at: datetime = moment()


class Promise(Row, table=True):
    """Who does what for a person by when; said to the person, so kept or corrected by its hour.

    `moved` counts how often its hour was put off before.
    """

    __table_args__ = args(one_of("state", PromiseState), sa.Index(None, "state", "due_at"))
    id: int = row_id()
    person_id: int = link("person")
    caseworker_id: int | None = link("caseworker", null=True, gone="SET NULL")
    what: str = sealed("promise.what")
    due_at: datetime = moment()
    state: str = words("open")
    moved: int = number(0)
    made_at: datetime = moment()
    finished_at: datetime | None = moment(null=True)


class Note(Row, table=True):
    """What a caseworker wrote about a person, for colleagues."""

    __table_args__ = args()
    id: int = row_id()
    person_id: int = link("person")
    caseworker_id: int | None = link("caseworker", null=True, gone="SET NULL", index=False)
    body: str = sealed("note.body")
    at: datetime = moment()


class Audit(Row, table=True):
    """Who did or read what, chained: each `hash` covers the row and the hash before it. Never changed.

    No foreign keys: the record of what was done to an erased person stays, and names only their id.
    """

    __table_args__ = args(sa.UniqueConstraint("prev_hash"))
    id: int = row_id()
    at: datetime = moment()
    actor: str = words(index=True)
    action: str = words()
    object: str = words(index=True)
    details: dict[str, Any] = sealed_json("audit.details")
    prev_hash: bytes = digest_of()
    hash: bytes = digest_of()


class Mark(Row, table=True):
    """How far a sweep has come ("reconcile:sms"), so that a restart knows what it missed."""

    name: str = Field(sa_column=sa.Column(sa.String, primary_key=True))
    at: datetime = moment()
    value: int = number(0)
