"""People: making one, the facts on their record, the search tokens of their name, their four numbers.

The rule: what a person told us is written once, encrypted; a name is found by HMACs of its beginnings only.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from storage import lists
from storage.crypto import index, name_tokens
from storage.points import Point, add_point, address_index, find_point
from storage.tables import ContactPoint, Conversation, NameToken, Person, table
from storage.types import keys_of

PERSON, TOKEN, CONVERSATION = table(Person), table(NameToken), table(Conversation)
POINT = table(ContactPoint)
PIN_TRIES = 3
PIN_LOCK = timedelta(days=1)
PinAnswer: TypeAlias = Literal["right", "wrong", "wrong_again", "locked_now", "locked"]


@dataclass(frozen=True, slots=True)
class PersonRow:
    """What is known of a person."""

    id: int
    ref: str
    lang: str
    zone: str
    zip: str | None
    first_name: str | None
    adult: bool | None
    discreet: bool
    phone_use: str | None
    facts: dict[str, Any]
    case_id: str | None
    grant_code: str | None
    team: str | None
    caseworker_id: int | None
    sample: bool
    created_at: datetime
    closed_at: datetime | None


_PERSON = sa.select(*(PERSON.c[name] for name in PersonRow.__dataclass_fields__))

_THESE: sa.BindParameter[int] = sa.bindparam("people", expanding=True)
_KNOWN = (
    sa.select(PERSON.c.id, PERSON.c.facts)
    .where(PERSON.c.id.in_(_THESE))
    .order_by(PERSON.c.id)
    .with_for_update(key_share=True)
)
_FORGET_NAMES = sa.delete(TOKEN).where(TOKEN.c.person_id.in_(_THESE))
_NAME = sa.insert(TOKEN)


def add_person(
    connection: sa.Connection,
    *,
    channel: str,
    address: str,
    lang: str,
    zone: str,
    now: datetime,
    other_zones: str | None = None,
    team: str | None = None,
    sample: bool = False,
) -> Point:
    """Write down somebody new: a person, one address, an empty conversation.

    When another transaction was faster with the same address, theirs is returned and nothing of ours stays.
    """
    key = address_index(connection, channel, address)
    _one_at_a_time(connection, key)
    known = find_point(connection, channel, address)
    if known is not None:
        return known
    values: dict[str, Any] = {
        "ref": new_ref(),
        "lang": lang,
        "zone": zone,
        "other_zones": other_zones,
        "facts": {},
        "team": team,
        "sample": sample,
    }
    person_id = _insert(connection, PERSON, {**values, "created_at": now})
    conversation_id = _insert(connection, CONVERSATION, {"person_id": person_id, "updated_at": now})
    point_id = add_point(connection, person_id, channel, address, now)
    at = CONVERSATION.c.id == conversation_id
    connection.execute(sa.update(CONVERSATION).where(at).values(contact_point_id=point_id))
    return Point(point_id, person_id, conversation_id, channel, address, "none", "active", lang, zone)


def _one_at_a_time(connection: sa.Connection, key: bytes) -> None:
    """Let one transaction at a time make this address; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(key[:8], "big", signed=True)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def person(connection: sa.Connection, person_id: int) -> PersonRow | None:
    """Return what is known of a person."""
    row = connection.execute(_PERSON.where(PERSON.c.id == person_id)).mappings().first()
    return None if row is None else PersonRow(**row)


def keep_facts(connection: sa.Connection, told: Mapping[int, Mapping[str, Any]]) -> None:
    """Put answers on people's records, by person; those with a column of their own go there too."""
    told = {person_id: facts for person_id, facts in sorted(told.items()) if facts}
    if not told:
        return
    known = dict(lists.read(connection, _KNOWN, people=list(told)))
    changes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for person_id, facts in told.items():
        values = _columns(facts)
        row = {"the_id": person_id, "the_facts": {**known[person_id], **facts}}
        changes.setdefault(tuple(values), []).append(row | {f"the_{name}": values[name] for name in values})
    for names, rows in changes.items():
        lists.write(connection, _change(("facts", *names)), rows)
    _index_names(
        connection,
        {one: facts["first_name"] or "" for one, facts in told.items() if "first_name" in facts},
    )


def _columns(facts: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: facts[name] for name in ("first_name", "zip", "adult", "discreet") if name in facts}
    if facts.get("phone_use") in ("mine", "shared", "office"):
        values["phone_use"] = facts["phone_use"]
    if "early_ok" in facts:
        values["early_ok"] = facts["early_ok"]
    return values | _hours(facts)


def _hours(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Write down a person's own hours for texts; with the usual ones there is nothing of their own."""
    match facts.get("text_hours"):
        case "day":
            return {"texts_from": None, "texts_to": None}
        case "late":
            return {"texts_from": "14:00", "texts_to": "22:00"}
        case "other" if facts.get("texts_first") and facts.get("texts_last"):
            return {"texts_from": str(facts["texts_first"])[:5], "texts_to": str(facts["texts_last"])[:5]}
        case _:
            return {}


@cache
def _change(names: tuple[str, ...]) -> sa.Update:
    values: dict[str, Any] = {name: sa.bindparam(f"the_{name}") for name in names}
    return sa.update(PERSON).where(PERSON.c.id == sa.bindparam("the_id")).values(**values)


def _index_names(connection: sa.Connection, names: Mapping[int, str]) -> None:
    if not names:
        return
    lists.change(connection, _FORGET_NAMES, people=list(names))
    keys = keys_of(connection)
    rows = [
        {"person_id": person_id, "token": token}
        for person_id, name in names.items()
        for token in sorted(name_tokens(keys, name))
    ]
    lists.write(connection, _NAME, rows)


def forget_newcomers(connection: sa.Connection, before: datetime) -> int:
    """Delete the records, closed before then, of newcomers who turned out to be somebody we know: no address
    leads to them any more. Returns how many."""
    empty = ~sa.exists().where(POINT.c.person_id == PERSON.c.id)
    at = sa.and_(PERSON.c.closed_at < before, empty)
    return connection.execute(sa.delete(PERSON).where(at)).rowcount


def change_person(connection: sa.Connection, person_id: int, **values: Any) -> None:
    """Set columns of a person: lang, zone, team, caseworker_id, case_id, grant_code, closed_at."""
    if values:
        row = {"the_id": person_id} | {f"the_{name}": value for name, value in values.items()}
        lists.write(connection, _change(tuple(values)), [row])


def set_pin(connection: sa.Connection, person_id: int, pin: str) -> None:
    """Keep the four numbers, as an HMAC bound to this person: useless without the key."""
    fresh = {"pin_tries": 0, "pin_locked_until": None}
    change_person(connection, person_id, pin_hmac=_pin(connection, person_id, pin), **fresh)


def has_pin(connection: sa.Connection, person_id: int) -> bool:
    """Say whether this person has chosen four numbers."""
    found = sa.select(PERSON.c.pin_hmac).where(PERSON.c.id == person_id)
    return connection.execute(found).scalar_one_or_none() is not None


def try_pin(connection: sa.Connection, person_id: int, pin: str, now: datetime) -> PinAnswer:
    """Say whether these are the person's four numbers; the comparison takes the same time whatever was typed.

    After three wrong tries in a row nothing is right for a day, and only staff can help.
    """
    lock = sa.select(PERSON.c.pin_hmac, PERSON.c.pin_tries, PERSON.c.pin_locked_until)
    row = connection.execute(lock.where(PERSON.c.id == person_id).with_for_update(key_share=True)).one()
    locked = row.pin_locked_until is not None and row.pin_locked_until > now
    right = secrets.compare_digest(row.pin_hmac or b"", _pin(connection, person_id, pin))
    if locked or row.pin_hmac is None:
        return "locked"
    tries = row.pin_tries
    if right:
        change_person(connection, person_id, pin_tries=0, pin_locked_until=None)
        return "right"
    if tries + 1 >= PIN_TRIES:
        change_person(connection, person_id, pin_tries=0, pin_locked_until=now + PIN_LOCK)
        return "locked_now"
    change_person(connection, person_id, pin_tries=tries + 1, pin_locked_until=None)
    return "wrong" if tries == 0 else "wrong_again"


def _pin(connection: sa.Connection, person_id: int, pin: str) -> bytes:
    return index(keys_of(connection), "person.pin_hmac", f"{person_id}\0{pin}")


def new_ref() -> str:
    """Make a random name for outside the house: 16 characters, no vowels, so it spells nothing."""
    return "".join(secrets.choice("0123456789bcdfghjkmnpqrstvwxz") for _ in range(16))


def _insert(connection: sa.Connection, into: sa.Table, values: Mapping[str, Any]) -> int:
    return int(connection.execute(sa.insert(into).values(**values).returning(into.c.id)).scalar_one())
