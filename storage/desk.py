"""What a caseworker has on the desk: one person's conversation with all that belongs to it.

The rule: whoever may not see the person gets the same nothing as for a person who does not exist, and every
look, granted or refused, is a line in the audit.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from storage import alarms, attention, audit, people, staff
from storage.attention import Item, PromiseRow
from storage.crypto import index
from storage.messages import Line
from storage.people import PersonRow
from storage.points import Point, points_of
from storage.staff import CaseworkerRow
from storage.tables import AttentionItem, ContactPoint, Conversation, Message, Photo, Turn, table
from storage.types import keys_of

CONVERSATION, MESSAGE, ITEM = table(Conversation), table(Message), table(AttentionItem)
PHOTO, TURN, POINT = table(Photo), table(Turn), table(ContactPoint)
TRIED, SIGNED_IN = "tried_to_sign_in", "signed_in"


@dataclass(frozen=True, slots=True)
class Opened:
    """One person's conversation as their caseworker reads it; `photos` counts pictures by message id."""

    person: PersonRow
    points: Sequence[Point]
    taken_over_by: int | None
    taken_over_until: datetime | None
    items: Sequence[Item]
    promises: Sequence[PromiseRow]
    lines: Sequence[Line]
    photos: Mapping[int, int]
    names: Mapping[int, str]


def open_person(
    connection: sa.Connection,
    who: CaseworkerRow,
    ref: str,
    now: datetime,
    *,
    limit: int = 100,
    before: int | None = None,
) -> Opened | None:
    """Open a person's conversation; None for none, or not theirs to see. Audited either way."""
    person_id = seen_person(connection, who, ref, now)
    person = None if person_id is None else people.person(connection, person_id)
    if person is None:
        return None
    lines = staff.read_thread(connection, who, person.id, now, limit=limit, before=before) or []
    over = connection.execute(
        sa.select(CONVERSATION.c.taken_over_by, CONVERSATION.c.taken_over_until).where(
            CONVERSATION.c.person_id == person.id
        )
    ).one()
    just_them = staff.visible_people(who).where(staff.PERSON.c.id == person.id)
    wrote = {line.caseworker_id for line in lines} | {over.taken_over_by}
    return Opened(
        person=person,
        points=points_of(connection, person.id),
        taken_over_by=over.taken_over_by,
        taken_over_until=over.taken_over_until,
        items=attention.unfinished(connection, just_them),
        promises=attention.promises_of(connection, person.id),
        lines=lines,
        photos=_photos(connection, [line.id for line in lines]),
        names=names(connection, [id_ for id_ in wrote if id_ is not None]),
    )


def seen_person(connection: sa.Connection, who: CaseworkerRow, ref: str, now: datetime) -> int | None:
    """Find a person whom this caseworker may see; a refused look is audited."""
    person_id = staff.person_by_ref(connection, who, ref)
    if person_id is None:
        audit.append(connection, actor=who.actor, action="refused_person", object=f"ref:{ref}", now=now)
    return person_id


def names(connection: sa.Connection, ids: Sequence[int]) -> dict[int, str]:
    """Name these caseworkers."""
    statement = sa.select(staff.STAFF.c.id, staff.STAFF.c.name).where(staff.STAFF.c.id.in_(ids))
    return {row.id: row.name for row in connection.execute(statement)}


def ends_of_addresses(connection: sa.Connection, people: Sequence[int]) -> dict[int, str]:
    """Give the last four digits of where people are reached, to tell those apart who have no name yet."""
    statement = sa.select(POINT.c.person_id, POINT.c.address).where(POINT.c.person_id.in_(people))
    rows = connection.execute(statement.order_by(POINT.c.id.desc()))
    return {row.person_id: row.address[-4:] for row in rows}


def finish_seen_item(connection: sa.Connection, who: CaseworkerRow, item_id: int, now: datetime) -> bool:
    """Close an item of a person whom this caseworker may see; False when there is none to close. Audited."""
    item = attention.item(connection, item_id)
    if item is None or not staff.may_see(connection, who, item.person_id):
        audit.append(connection, actor=who.actor, action="refused_item", object=f"item:{item_id}", now=now)
        return False
    if attention.finish_item(connection, item_id, who.id, now):
        attention.keep_promises(connection, item.person_id, now, item.kind)
        object_ = f"person:{item.person_id}"
        details = {"item": item_id, "kind": item.kind}
        audit.append(
            connection, actor=who.actor, action="finished_item", object=object_, now=now, details=details
        )
    return True


def claim_seen_item(connection: sa.Connection, who: CaseworkerRow, item_id: int, now: datetime) -> bool:
    """Take on an item of a person whom this caseworker may see, and with it its alarm; False when there is
    none to take. Audited."""
    item = attention.item(connection, item_id)
    if item is None or not staff.may_see(connection, who, item.person_id):
        audit.append(connection, actor=who.actor, action="refused_item", object=f"item:{item_id}", now=now)
        return False
    if item.claimed_by == who.id:
        return True
    if not attention.claim_item(connection, item_id, who.id, now):
        return False
    alarms.end_by_claim(connection, item_id, who.id, now)
    object_, details = f"person:{item.person_id}", {"item": item_id, "kind": item.kind}
    audit.append(connection, actor=who.actor, action="claimed_item", object=object_, now=now, details=details)
    return True


def _photos(connection: sa.Connection, message_ids: Sequence[int]) -> dict[int, int]:
    statement = sa.select(PHOTO.c.message_id, sa.func.count()).where(PHOTO.c.message_id.in_(message_ids))
    return {row[0]: row[1] for row in connection.execute(statement.group_by(PHOTO.c.message_id))}


# --- what changed ---------------------------------------------------------------------------------


def list_mark(connection: sa.Connection) -> str:
    """Give a short text that changes when anybody's conversation or need of a human does."""
    parts = (
        sa.select(sa.func.max(MESSAGE.c.id)),
        sa.select(sa.func.max(TURN.c.id)),
        sa.select(sa.func.count()).select_from(ITEM).where(ITEM.c.state != "done"),
    )
    return _mark(*(connection.execute(part).scalar_one() for part in parts))


def person_mark(connection: sa.Connection, person_id: int) -> str:
    """Give a short text that changes when this person's thread, its deliveries or its items do."""
    conversation = sa.select(CONVERSATION.c.id, CONVERSATION.c.epoch, CONVERSATION.c.taken_over_by).where(
        CONVERSATION.c.person_id == person_id
    )
    row = connection.execute(conversation).one_or_none()
    if row is None:
        return "0"
    lines = (
        sa.select(MESSAGE.c.id, MESSAGE.c.state)
        .where(MESSAGE.c.conversation_id == row.id)
        .order_by(MESSAGE.c.id.desc())
        .limit(60)
    )
    items = sa.select(ITEM.c.id, ITEM.c.due_at, ITEM.c.claimed_by).where(
        ITEM.c.person_id == person_id, ITEM.c.state != "done"
    )
    told = [tuple(one) for part in (lines, items.order_by(ITEM.c.id)) for one in connection.execute(part)]
    return _mark(row.epoch, row.taken_over_by, told)


def _mark(*parts: object) -> str:
    return hashlib.blake2s(repr(parts).encode(), digest_size=8).hexdigest()


# --- who tries to sign in -------------------------------------------------------------------------


def try_to_sign_in(
    connection: sa.Connection,
    names: Mapping[str, str],
    limits: Mapping[str, int],
    since: datetime,
    now: datetime,
) -> bool:
    """Write a try down before the password is looked at; False when there were too many since it last worked.

    `names` and `limits` are by kind: "email", "address", "both". False: roll back, or every knock leaves a
    line.
    """
    for kind, name in names.items():
        audit.append(connection, actor="door", action=TRIED, object=tried(connection, kind, name), now=now)
    return all(_tries(connection, kind, name, since) <= limits[kind] for kind, name in names.items())


def signed_in(connection: sa.Connection, who: CaseworkerRow, names: Mapping[str, str], now: datetime) -> None:
    """Write down that they are in: what failed before counts no more."""
    for object_ in (who.actor, *(tried(connection, kind, name) for kind, name in names.items())):
        audit.append(connection, actor=who.actor, action=SIGNED_IN, object=object_, now=now)


def _tries(connection: sa.Connection, kind: str, name: str, since: datetime) -> int:
    count = 0
    for row in audit.of(connection, tried(connection, kind, name), limit=50):
        if row.at < since or row.action == SIGNED_IN:
            break
        count += 1
    return count


def tried(connection: sa.Connection, kind: str, name: str) -> str:
    """Name who knocked, so that the audit knows them again and nobody can read who it was."""
    return f"{kind}:{index(keys_of(connection), f'sign_in.{kind}', name).hex()[:24]}"
