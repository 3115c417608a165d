"""Places: addresses with a pin and their doors, a person's own or shared by all, and look-ups under way.

The rule: a place without a pin is only words; no car is sent there. A shared place is offered once staff have
said yes to it: theirs are at once, one learned from a ride (learned_places.py) waits. A geocoder may be slow,
so asking one is a row.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage import due, lists
from storage.due import Family, Lease
from storage.tables import Place, PlaceLookup, table
from storage.tables.going import PlaceKind

PLACE, LOOKUP = table(Place), table(PlaceLookup)
LOOKUPS = Family(LOOKUP, "state = 'asked'", (LOOKUP.c.due_at, LOOKUP.c.id))


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place; `pin` is (latitude, longitude), `doors` are mappings with a key and a label."""

    id: int
    person_id: int | None
    kind: PlaceKind
    label: str
    address: str
    pin: tuple[float, float] | None
    doors: list[Mapping[str, str]]
    zone: str | None
    confirmed: bool
    sample: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A claimed look-up: find `text`, or what stands at `pin`."""

    lease: Lease
    conversation_id: int
    text: str
    pin: tuple[float, float] | None


_SELECT = sa.select(*(PLACE.c[name] for name in PlaceRow.__dataclass_fields__))
_BY_IDS = _SELECT.where(PLACE.c.id.in_(sa.bindparam("ids", expanding=True)))


def add_place(
    connection: sa.Connection,
    *,
    person_id: int | None,
    label: str,
    address: str,
    pin: tuple[float, float] | None,
    now: datetime,
    doors: Sequence[Mapping[str, str]] = (),
    zone: str | None = None,
    kind: PlaceKind = "other",
    confirmed: bool | None = None,
    sample: bool = False,
) -> PlaceRow:
    """Write a place down; one without a person is shared by all, and confirmed unless it says otherwise."""
    confirmed = person_id is None if confirmed is None else confirmed
    place = PlaceRow(
        0, person_id, kind, label, address, pin, [dict(door) for door in doors], zone, confirmed, sample
    )
    values = {name: getattr(place, name) for name in PlaceRow.__dataclass_fields__ if name != "id"}
    statement = sa.insert(PLACE).values(**values, created_at=now).returning(PLACE.c.id)
    return _place({**values, "id": int(connection.execute(statement).scalar_one())})


def place(connection: sa.Connection, place_id: int) -> PlaceRow | None:
    """Return a place by its id."""
    return places_by_id(connection, [place_id]).get(place_id)


def places_by_id(connection: sa.Connection, ids: Collection[int]) -> dict[int, PlaceRow]:
    """Return places by their ids."""
    names = PlaceRow.__dataclass_fields__
    rows = lists.read(connection, _BY_IDS, ids=list(ids)) if ids else ()
    return {row.id: row for row in (_place(dict(zip(names, each, strict=True))) for each in rows)}


def shared_places(connection: sa.Connection) -> list[PlaceRow]:
    """List the places everybody may name: houses, offices, employers."""
    return [row for row in all_shared(connection) if row.confirmed]


def all_shared(connection: sa.Connection) -> list[PlaceRow]:
    """List the shared places, with those that wait for staff's yes."""
    rows = connection.execute(_SELECT.where(PLACE.c.person_id.is_(None)).order_by(PLACE.c.id)).mappings()
    return [_place(row) for row in rows]


def change_shared(
    connection: sa.Connection,
    place_id: int,
    *,
    label: str,
    address: str,
    pin: tuple[float, float],
    zone: str,
    doors: Sequence[Mapping[str, str]],
    kind: PlaceKind,
) -> bool:
    """Bring a shared place up to date by staff's word, which confirms it; False where it is none."""
    values = {"label": label, "address": address, "pin": pin, "zone": zone, "kind": kind}
    at = sa.and_(PLACE.c.id == place_id, PLACE.c.person_id.is_(None))
    whole = {**values, "doors": [dict(door) for door in doors], "confirmed": True}
    return connection.execute(sa.update(PLACE).where(at).values(**whole)).rowcount == 1


def forget_shared(connection: sa.Connection, place_id: int) -> bool:
    """Take a learned place that staff said no to out of the list; False where it is none, or is in use."""
    unsure = sa.and_(PLACE.c.id == place_id, PLACE.c.person_id.is_(None), PLACE.c.confirmed.is_(False))
    return connection.execute(sa.delete(PLACE).where(unsure)).rowcount == 1


def places_of(connection: sa.Connection, person_id: int) -> list[PlaceRow]:
    """List a person's own places, the newest first."""
    mine = _SELECT.where(PLACE.c.person_id == person_id).order_by(PLACE.c.id.desc())
    return [_place(row) for row in connection.execute(mine).mappings()]


def confirm_place(connection: sa.Connection, place_id: int, pin: tuple[float, float] | None = None) -> None:
    """Note that somebody who knows has said yes to it, and where it is if that was missing."""
    values: dict[str, object] = {"confirmed": True}
    if pin is not None:
        values["pin"] = pin
    connection.execute(sa.update(PLACE).where(PLACE.c.id == place_id).values(**values))


def ask_lookup(
    connection: sa.Connection,
    conversation_id: int,
    text: str,
    now: datetime,
    pin: tuple[float, float] | None = None,
) -> int:
    """Ask for a place; `place.found` comes back with this id."""
    values = {"conversation_id": conversation_id, "asked": text, "pin": pin, "due_at": now, "created_at": now}
    statement = sa.insert(LOOKUP).values(**values).returning(LOOKUP.c.id)
    return int(connection.execute(statement).scalar_one())


def claim_lookups(connection: sa.Connection, now: datetime, limit: int) -> list[Asked]:
    """Lease the look-ups that are due."""
    leases = {lease.id: lease for lease in due.claim(connection, LOOKUPS, now, limit)}
    statement = sa.select(LOOKUP.c.id, LOOKUP.c.conversation_id, LOOKUP.c.asked, LOOKUP.c.pin)
    rows = {row.id: row for row in connection.execute(statement.where(LOOKUP.c.id.in_(leases)))}
    return [
        Asked(lease, rows[id_].conversation_id, rows[id_].asked, _pin(rows[id_].pin))
        for id_, lease in leases.items()
    ]


def answer_lookup(connection: sa.Connection, lease: Lease, found: Sequence[int], now: datetime) -> bool:
    """Close a look-up with the ids of the places found, perhaps none; False when the lease is lost."""
    return due.finish(
        connection, LOOKUPS, lease, {"state": "found", "result": list(found), "finished_at": now}
    )


def fail_lookup(connection: sa.Connection, lease: Lease, error: str, now: datetime) -> bool:
    """Give a look-up up; False when the lease is lost."""
    return due.finish(connection, LOOKUPS, lease, {"state": "failed", "error": error, "finished_at": now})


def _place(row: Any) -> PlaceRow:
    return PlaceRow(**{**row, "pin": _pin(row["pin"])})


def _pin(pair: Sequence[float] | None) -> tuple[float, float] | None:
    return None if pair is None else (pair[0], pair[1])
