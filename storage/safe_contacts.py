"""Safe contacts: whom a person named for when we cannot reach them; two at most, one text each, no more.

The rule: they are no participants. They get that one text only while the person's yes to it stands and they
have not said stop; a send that was begun is never begun again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

import sqlalchemy as sa

from storage.crypto import index
from storage.tables import AttentionItem, ContactPoint, Person, SafeContact, table
from storage.types import keys_of

SAFE, ITEM, PERSON, POINT = table(SafeContact), table(AttentionItem), table(Person), table(ContactPoint)
MOST = 2
Added: TypeAlias = Literal["kept", "full", "own", "stopped"]


@dataclass(frozen=True, slots=True)
class Safe:
    """Somebody who may be told once: `known_as` is the name the person chose for it."""

    id: int
    person_id: int
    name: str
    address: str
    known_as: str
    lang: str
    state: str
    told_at: datetime | None


_SAFE = sa.select(*(SAFE.c[name] for name in Safe.__dataclass_fields__))


def bare(address: str) -> str:
    """Reduce an address to its phone number, whatever the channel: "sms:+1555…" is "+1555…"."""
    return address.rpartition(":")[2]


def safe_index(connection: sa.Connection, address: str) -> bytes:
    """Make the look-up of a safe contact's number."""
    return index(keys_of(connection), "safe_contact.address", bare(address))


def add(
    connection: sa.Connection,
    person_id: int,
    *,
    name: str,
    address: str,
    known_as: str,
    lang: str,
    wording: str,
    now: datetime,
) -> Added:
    """Write a safe contact down with the person's yes; one that is there already gets the new names."""
    key = safe_index(connection, address)
    mine = sa.select(POINT.c.address).where(POINT.c.person_id == person_id, POINT.c.state != "retired")
    if bare(address) in {bare(each) for each in connection.scalars(mine)}:
        return "own"
    if connection.scalar(
        sa.select(SAFE.c.id).where(SAFE.c.address_index == key, SAFE.c.state == "stopped").limit(1)
    ):
        return "stopped"
    told = {"name": name, "known_as": known_as, "lang": lang, "wording": wording, "agreed_at": now}
    here = sa.and_(SAFE.c.person_id == person_id, SAFE.c.address_index == key)
    if connection.execute(sa.update(SAFE).where(here).values(**told)).rowcount:
        again = sa.and_(here, SAFE.c.state == "removed")
        back = sa.case((SAFE.c.told_at.is_(None), "ready"), else_="told")
        connection.execute(sa.update(SAFE).where(again).values(state=back))
        return "kept"
    if len(of_person(connection, person_id)) >= MOST:
        return "full"
    values = {"person_id": person_id, "address": bare(address), "address_index": key, "state": "ready"}
    connection.execute(sa.insert(SAFE).values(**values, **told))
    return "kept"


def of_person(connection: sa.Connection, person_id: int) -> list[Safe]:
    """List a person's safe contacts, without those taken back."""
    at = sa.and_(SAFE.c.person_id == person_id, SAFE.c.state != "removed")
    return [Safe(**row) for row in connection.execute(_SAFE.where(at).order_by(SAFE.c.id)).mappings()]


def forget(connection: sa.Connection, person_id: int) -> int:
    """Take a person's safe contacts back: nobody is told any more. Returns how many."""
    at = sa.and_(SAFE.c.person_id == person_id, SAFE.c.state.in_(("ready", "told")))
    return connection.execute(sa.update(SAFE).where(at).values(state="removed")).rowcount


def stop(connection: sa.Connection, address: str) -> int:
    """Never text this number as a safe contact again, whoever named it. Returns how many named it."""
    at = SAFE.c.address_index == safe_index(connection, address)
    return connection.execute(sa.update(SAFE).where(at).values(state="stopped")).rowcount


def told_of(connection: sa.Connection, address: str, since: datetime) -> Safe | None:
    """Find the safe contact behind a number that was told something since then."""
    at = sa.and_(SAFE.c.address_index == safe_index(connection, address), SAFE.c.told_at > since)
    row = connection.execute(_SAFE.where(at).order_by(SAFE.c.told_at.desc()).limit(1)).mappings().first()
    return None if row is None else Safe(**row)


def due(connection: sa.Connection, kinds: Sequence[str], by: datetime, limit: int = 50) -> list[Safe]:
    """List who may be told now: a person's call task of these kinds is past its hour, and still open, and not
    a word came from the person since it was made."""
    heard = (
        sa.select(sa.literal(1))
        .where(POINT.c.person_id == SAFE.c.person_id, POINT.c.last_in_at >= ITEM.c.created_at)
        .where(POINT.c.state != "retired")
        .correlate(SAFE, ITEM)
        .exists()
    )
    open_ = sa.and_(ITEM.c.state == "open", ITEM.c.kind.in_(kinds), ITEM.c.due_at <= by)
    statement = (
        _SAFE.distinct()
        .join(ITEM, sa.and_(ITEM.c.person_id == SAFE.c.person_id, open_, ~heard))
        .where(SAFE.c.state == "ready")
        .order_by(SAFE.c.id)
        .limit(limit)
    )
    return [Safe(**row) for row in connection.execute(statement).mappings()]


def begin(connection: sa.Connection, safe_id: int, now: datetime) -> bool:
    """Begin the one text; False where it was begun before, or is not wanted any more.

    Who has stopped us by any number of theirs is left alone for good.
    """
    row = connection.execute(_SAFE.where(SAFE.c.id == safe_id, SAFE.c.state == "ready")).mappings().first()
    if row is None:
        return False
    for channel in ("sms", "simulator"):
        address = row["address"] if channel == "sms" else f"sms:{row['address']}"
        key = index(keys_of(connection), "contact_point.address", f"{channel}\0{address}")
        stopped = sa.select(POINT.c.id).where(POINT.c.address_index == key, POINT.c.consent == "withdrawn")
        if connection.execute(stopped.limit(1)).first() is not None:
            stop(connection, row["address"])
            return False
    at = sa.and_(SAFE.c.id == safe_id, SAFE.c.state == "ready")
    return connection.execute(sa.update(SAFE).where(at).values(state="telling", told_at=now)).rowcount == 1


def settle(connection: sa.Connection, safe_id: int, *, sent: bool, provider_id: str | None = None) -> None:
    """Write down how the one text went; one that surely did not leave may be begun again."""
    values = {"state": "told", "provider_id": provider_id} if sent else {"state": "ready", "told_at": None}
    at = sa.and_(SAFE.c.id == safe_id, SAFE.c.state == "telling")
    connection.execute(sa.update(SAFE).where(at).values(**values))
