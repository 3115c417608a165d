"""Contact points: finding people by address, and consent with its ledger.

The rule: a person is not a phone number. Addresses are found by their HMAC, never read; consent belongs
to an address, and every change of it is a line in the ledger in the same transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from storage import lists
from storage.crypto import index
from storage.tables import Consent, ContactPoint, Conversation, Message, Person, table
from storage.tables.people import ConsentChange, PointState
from storage.types import UTCDateTime, keys_of

PERSON, POINT, CONSENT = table(Person), table(ContactPoint), table(Consent)
CONVERSATION, MESSAGE = table(Conversation), table(Message)


@dataclass(frozen=True, slots=True)
class Point:
    """One address of a person, with the conversation it leads to."""

    id: int
    person_id: int
    conversation_id: int
    channel: str
    address: str
    consent: str
    state: str
    lang: str
    zone: str
    discreet: bool = False
    last_in_at: datetime | None = None
    unsure_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """Which words somebody read before they answered: the print of the text, and its language."""

    print: str
    lang: str


_POINT = (
    sa.select(
        POINT.c.id,
        POINT.c.person_id,
        CONVERSATION.c.id.label("conversation_id"),
        POINT.c.channel,
        POINT.c.address,
        POINT.c.consent,
        POINT.c.state,
        PERSON.c.lang,
        PERSON.c.zone,
        sa.func.coalesce(POINT.c.discreet, PERSON.c.discreet).label("discreet"),
        POINT.c.last_in_at,
        POINT.c.unsure_since,
    )
    .join(PERSON, PERSON.c.id == POINT.c.person_id)
    .join(CONVERSATION, CONVERSATION.c.person_id == PERSON.c.id)
)
_BY_INDEX = _POINT.where(
    POINT.c.channel.in_(sa.bindparam("channels", expanding=True)),
    POINT.c.address_index.in_(sa.bindparam("indexes", expanding=True)),
    sa.text("contact_point.state <> 'retired'"),  # in the index's own words, or SQLite reads all of it
)
_BY_ID = _POINT.where(POINT.c.id == sa.bindparam("point"))
_OF_PERSON = _POINT.where(POINT.c.person_id == sa.bindparam("person")).order_by(POINT.c.id)

_THESE = POINT.c.id.in_(sa.bindparam("ids", expanding=True))
_HEARD = (
    sa.update(POINT)
    .where(_THESE)
    .values(
        last_in_at=sa.bindparam("moment"),
        failures=0,
        state=sa.case((POINT.c.state == "failing", "active"), else_=POINT.c.state),
    )
)
_ASKED = sa.update(POINT).where(_THESE, POINT.c.consent == "none").values(consent="asked")


def address_index(connection: sa.Connection, channel: str, address: str) -> bytes:
    """Make the look-up of an address on a channel."""
    return index(keys_of(connection), "contact_point.address", f"{channel}\0{address}")


def find_points(
    connection: sa.Connection, addresses: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Point]:
    """Find the points of (channel, address) pairs; those we do not know are left out."""
    wanted = set(addresses)
    if not wanted:
        return {}
    indexes = [address_index(connection, *pair) for pair in sorted(wanted)]
    channels = sorted({channel for channel, _ in wanted})
    found = [Point(*row) for row in lists.read(connection, _BY_INDEX, channels=channels, indexes=indexes)]
    return {(one.channel, one.address): one for one in found}


def find_point(connection: sa.Connection, channel: str, address: str) -> Point | None:
    """Find the point of one address."""
    return find_points(connection, [(channel, address)]).get((channel, address))


def point(connection: sa.Connection, point_id: int) -> Point | None:
    """Return one point by its id."""
    row = connection.execute(_BY_ID, {"point": point_id}).mappings().first()
    return None if row is None else Point(**row)


def points_of(connection: sa.Connection, person_id: int) -> list[Point]:
    """List a person's points, the oldest first."""
    return [Point(**row) for row in connection.execute(_OF_PERSON, {"person": person_id}).mappings()]


def add_point(connection: sa.Connection, person_id: int, channel: str, address: str, now: datetime) -> int:
    """Add an address to a person and return its id; it must not be in use."""
    values = {"person_id": person_id, "channel": channel, "address": address, "created_at": now}
    key = address_index(connection, channel, address)
    statement = sa.insert(POINT).values(**values, address_index=key).returning(POINT.c.id)
    return int(connection.execute(statement).scalar_one())


def retire_point(connection: sa.Connection, point_id: int) -> None:
    """Send nothing to this address any more: the person has another one, or it was never theirs."""
    connection.execute(sa.update(POINT).where(POINT.c.id == point_id).values(state="retired"))


def move_point(connection: sa.Connection, point_id: int, person_id: int) -> None:
    """Give an address, and what was said from it, to its person; their conversation goes on there.

    What was asked there was asked of somebody else: the numbers of those questions are forgotten. What waits
    to be sent to the person's other addresses, and has not begun, goes there.
    """
    theirs = sa.select(CONVERSATION.c.id).where(CONVERSATION.c.person_id == person_id).scalar_subquery()
    new = sa.select(POINT.c.channel).where(POINT.c.id == point_id).scalar_subquery()
    others = sa.select(POINT.c.id).where(POINT.c.person_id == person_id, POINT.c.id != point_id)
    waits = sa.and_(MESSAGE.c.state == "queued", MESSAGE.c.contact_point_id.in_(others))
    connection.execute(sa.update(POINT).where(POINT.c.id == point_id).values(person_id=person_id))
    connection.execute(
        sa.update(MESSAGE)
        .where(MESSAGE.c.contact_point_id == point_id)
        .values(conversation_id=theirs, prompt=None)
    )
    connection.execute(
        sa.update(MESSAGE)
        .where(waits, MESSAGE.c.conversation_id == theirs)
        .values(contact_point_id=point_id, channel=new)
    )
    connection.execute(
        sa.update(CONVERSATION)
        .where(CONVERSATION.c.contact_point_id == point_id, CONVERSATION.c.person_id != person_id)
        .values(contact_point_id=None)
    )
    connection.execute(
        sa.update(CONVERSATION).where(CONVERSATION.c.person_id == person_id).values(contact_point_id=point_id)
    )


def others_in_use(connection: sa.Connection, person_id: int, point_id: int) -> list[int]:
    """List a person's other addresses that are not retired."""
    at = sa.and_(POINT.c.person_id == person_id, POINT.c.id != point_id, POINT.c.state != "retired")
    return list(connection.scalars(sa.select(POINT.c.id).where(at).order_by(POINT.c.id)))


def set_unsure(connection: sa.Connection, point_ids: Sequence[int], since: datetime | None) -> None:
    """Note that these addresses may be somebody else's by now; None: they are theirs after all."""
    connection.execute(sa.update(POINT).where(POINT.c.id.in_(point_ids)).values(unsure_since=since))


def heard_from(connection: sa.Connection, point_ids: Sequence[int], now: datetime) -> None:
    """Note that these addresses wrote: they work, whatever failed before."""
    lists.change(connection, _HEARD, {"moment": now}, ids=point_ids)


def set_discreet(connection: sa.Connection, point_id: int, discreet: bool) -> None:
    """Note whether texts to this address leave out names and places, whatever holds for the person."""
    connection.execute(sa.update(POINT).where(POINT.c.id == point_id).values(discreet=discreet))


def set_point_state(connection: sa.Connection, point_id: int, state: PointState) -> None:
    """Note that an address is active, failing (undelivered) or blocked."""
    connection.execute(sa.update(POINT).where(POINT.c.id == point_id).values(state=state))


def arrived(connection: sa.Connection, point_id: int) -> None:
    """Note that a text arrived there: what failed before was chance."""
    failed = sa.and_(POINT.c.id == point_id, POINT.c.failures > 0)
    state = sa.case((POINT.c.state == "failing", "active"), else_=POINT.c.state)
    connection.execute(sa.update(POINT).where(failed).values(failures=0, state=state))


def count_failure(connection: sa.Connection, point_id: int, *, failing_after: int = 2) -> int:
    """Count a text that did not arrive; at the second in a row the address is failing. Returns the count."""
    failures = POINT.c.failures + 1
    state = sa.case(
        (sa.and_(failures >= failing_after, POINT.c.state == "active"), "failing"), else_=POINT.c.state
    )
    statement = sa.update(POINT).where(POINT.c.id == point_id).values(failures=failures, state=state)
    return int(connection.execute(statement.returning(POINT.c.failures)).scalar_one())


def set_consent(
    connection: sa.Connection,
    point_id: int,
    change: ConsentChange,
    *,
    wording: str,
    method: str,
    now: datetime,
    message_id: int | None = None,
    shown: Shown | None = None,
) -> None:
    """Write a yes or a stop into the ledger and on the address; messages.drop_for_stop drops what waits.

    `shown` is the text they answered, as it left.
    """
    line = {"contact_point_id": point_id, "change": change, "wording": wording, "method": method}
    read = {"shown": shown.print, "lang": shown.lang} if shown is not None else {}
    connection.execute(sa.insert(CONSENT).values(**line, **read, message_id=message_id, at=now))
    connection.execute(sa.update(POINT).where(POINT.c.id == point_id).values(consent=change))


def note_consent(
    connection: sa.Connection, point_id: int, change: ConsentChange, *, at: datetime, message_id: int
) -> None:
    """Write a yes or a stop that came late into the ledger, with its own time; a newer one holds."""
    line = {"contact_point_id": point_id, "change": change, "wording": "late", "method": "text"}
    connection.execute(sa.insert(CONSENT).values(**line, message_id=message_id, at=at))


def newest_change(connection: sa.Connection, point_id: int, change: ConsentChange) -> datetime | None:
    """Say when an address said yes, or stop, last; None if it never did."""
    at = sa.and_(CONSENT.c.contact_point_id == point_id, CONSENT.c.change == change)
    found: datetime | None = connection.scalar(
        sa.select(sa.func.max(CONSENT.c.at, type_=UTCDateTime())).where(at)
    )
    return found


def has_said_yes(connection: sa.Connection, point_id: int) -> bool:
    """Say whether a yes from this address is in the ledger, whatever came after it."""
    yes = sa.and_(CONSENT.c.contact_point_id == point_id, CONSENT.c.change == "given")
    return connection.execute(sa.select(CONSENT.c.id).where(yes).limit(1)).first() is not None


_REQUEST = (
    sa.select(MESSAGE.c.body, PERSON.c.lang)
    .join(POINT, POINT.c.id == MESSAGE.c.contact_point_id)
    .join(PERSON, PERSON.c.id == POINT.c.person_id)
    .where(
        MESSAGE.c.contact_point_id == sa.bindparam("point"),
        MESSAGE.c.conversation_id == sa.bindparam("talk"),
        MESSAGE.c.kind == "consent",
        MESSAGE.c.prompt.is_not(None),
        MESSAGE.c.sending_since.is_not(None),
    )
    .order_by(MESSAGE.c.id.desc())
    .limit(1)
)


def request_shown(connection: sa.Connection, point_id: int, conversation_id: int) -> Shown | None:
    """Say which request for a yes left last for this address; None where none has."""
    row = connection.execute(_REQUEST, {"point": point_id, "talk": conversation_id}).first()
    return None if row is None else Shown(print_of(row.body), row.lang)


def print_of(body: str) -> str:
    """Make the short print by which the ledger names a text."""
    return sha256(body.encode()).hexdigest()[:16]


def asked_for_consent(connection: sa.Connection, point_ids: Sequence[int]) -> None:
    """Note that the request is on its way to these addresses."""
    if point_ids:
        lists.change(connection, _ASKED, ids=point_ids)


def consents(connection: sa.Connection, point_id: int) -> list[sa.Row[Any]]:
    """List the ledger of an address, the oldest line first."""
    statement = sa.select(CONSENT).where(CONSENT.c.contact_point_id == point_id).order_by(CONSENT.c.id)
    return list(connection.execute(statement))
