"""Who we talk with: people, how to reach them, what they allowed, and the codes that bring them in."""

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
    maybe_flag,
    moment,
    number,
    one_of,
    partial,
    row_id,
    sealed,
    sealed_json,
    words,
)

ConsentState: TypeAlias = Literal["none", "asked", "given", "withdrawn"]
PointState: TypeAlias = Literal["active", "failing", "blocked", "retired"]
PhoneUse: TypeAlias = Literal["mine", "shared", "office"]
SafeContactState: TypeAlias = Literal["ready", "telling", "told", "stopped", "removed"]
ConsentChange: TypeAlias = Literal["given", "withdrawn"]


class Person(Row, table=True):
    """One person, reached by any number of contact points; `ref` is the random name outside the house.

    `other_zones` are those their wall clock may be in as well (names, parted by blanks). `texts_from` and
    `texts_to` are their own hours for what we start ("14:00"); `early_ok`: texts about a ride to work may
    come before 7.
    """

    __table_args__ = args(
        one_of("phone_use", PhoneUse), partial("ix_person_closed", "closed_at", where="closed_at IS NOT NULL")
    )
    id: int = row_id()
    ref: str = words(unique=True)
    lang: str = words("en")
    zone: str = words()
    other_zones: str | None = words(null=True)
    texts_from: str | None = words(null=True)
    texts_to: str | None = words(null=True)
    early_ok: bool | None = maybe_flag()
    zip: str | None = words(null=True)
    first_name: str | None = sealed("person.first_name", null=True)
    adult: bool | None = maybe_flag()
    discreet: bool = flag()
    phone_use: str | None = words(null=True)
    facts: dict[str, Any] = sealed_json("person.facts")
    pin_hmac: bytes | None = digest_of(null=True)
    pin_tries: int = number(0)
    pin_locked_until: datetime | None = moment(null=True)
    case_id: str | None = words(null=True)
    grant_code: str | None = words(null=True)
    team: str | None = words(null=True, index=True)
    caseworker_id: int | None = link("caseworker", null=True, gone="SET NULL")
    sample: bool = flag()
    created_at: datetime = moment()
    closed_at: datetime | None = moment(null=True)


class NameToken(Row, table=True):
    """The HMAC of a folded word of a person's name, or of its beginning: search without reading names."""

    person_id: int = Field(
        sa_column=sa.Column(
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            sa.ForeignKey("person.id", ondelete="CASCADE"),
            primary_key=True,
        )
    )
    token: bytes = Field(sa_column=sa.Column(sa.LargeBinary, primary_key=True, index=True))


class ContactPoint(Row, table=True):
    """One address of a person on one channel; consent is the address's, not the person's.

    `unsure_since` is set while it may be somebody else's by now: nothing personal goes there.
    A retired row stays with its person while the same number, given to somebody else, gets a row of its
    own. `discreet` says whether texts here leave out names and places; None: as the person said for all.
    """

    __table_args__ = args(
        partial(
            "uq_contact_point_in_use", "channel", "address_index", where="state <> 'retired'", unique=True
        ),
        one_of("consent", ConsentState),
        one_of("state", PointState),
    )
    id: int = row_id()
    person_id: int = link("person")
    channel: str = words()
    address: str = sealed("contact_point.address")
    address_index: bytes = digest_of()
    consent: str = words("none")
    state: str = words("active")
    failures: int = number(0)
    discreet: bool | None = maybe_flag()
    created_at: datetime = moment()
    last_in_at: datetime | None = moment(null=True)
    unsure_since: datetime | None = moment(null=True)


class SafeContact(Row, table=True):
    """Somebody a person named for when we cannot reach them. No participant: one text, no more.

    `wording` and `agreed_at` are the person's own yes to it; `known_as` is what they are to be called.
    """

    __table_args__ = args(
        one_of("state", SafeContactState), sa.UniqueConstraint("person_id", "address_index")
    )
    id: int = row_id()
    person_id: int = link("person")
    name: str = sealed("safe_contact.name")
    address: str = sealed("safe_contact.address")
    address_index: bytes = digest_of(index=True)
    known_as: str = sealed("safe_contact.known_as")
    lang: str = words("en")
    wording: str = words()
    state: str = words("ready")
    agreed_at: datetime = moment()
    told_at: datetime | None = moment(null=True)
    provider_id: str | None = words(null=True)


class Consent(Row, table=True):
    """The ledger of every yes and every stop: appended to, never changed.

    `wording` names the words they answered, `shown` is the hash of the text that really left, in `lang`.
    """

    __table_args__ = args(one_of("change", ConsentChange))
    id: int = row_id()
    contact_point_id: int = link("contact_point")
    change: str = words()
    wording: str = words()
    lang: str | None = words(null=True)
    shown: str | None = words(null=True)
    method: str = words()
    message_id: int | None = link("message", null=True, gone="SET NULL", index=False)
    at: datetime = moment()


class InviteCode(Row, table=True):
    """A code on a card: one person's, or a group's; it says who brought them and for which programme."""

    __table_args__ = args()
    id: int = row_id()
    code: str = sealed("invite_code.code")
    code_index: bytes = digest_of(unique=True)
    person_id: int | None = link("person", null=True)
    caseworker_id: int | None = link("caseworker", null=True, gone="SET NULL")
    team: str | None = words(null=True)
    grant_code: str | None = words(null=True)
    lang: str | None = words(null=True)
    uses_left: int = number(1)
    created_at: datetime = moment()
    expires_at: datetime | None = moment(null=True)
