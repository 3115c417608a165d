"""Invite codes: what is on a card; it says who brought somebody, and brings a person back from another phone.

The rule: a code is found by its HMAC, spelled however a person spells it, and each use of it is one
conditional UPDATE.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from storage.crypto import index
from storage.tables import InviteCode, table
from storage.types import keys_of

CODE = table(InviteCode)
LETTERS = "BCDFGHJKMNPQRTVWXY"  # none that look or sound alike, no vowels
DIGITS = "2346789"
MOST_CODES = 100


@dataclass(frozen=True, slots=True)
class Invite:
    """A code that can be used now; a `person_id` makes it that person's own card."""

    id: int
    code: str
    person_id: int | None
    caseworker_id: int | None
    team: str | None
    grant_code: str | None
    lang: str | None
    uses_left: int


_OWN = insert(CODE).on_conflict_do_nothing(index_elements=["code_index"]).returning(CODE.c.id)
_SELECT = sa.select(*(CODE.c[name] for name in Invite.__dataclass_fields__))


def new_code() -> str:
    """Make a code that can be read out and typed on any phone: letters and digits in turn."""
    return "".join(secrets.choice(kind) for kind in (LETTERS, DIGITS) * 3)


def add_invite(
    connection: sa.Connection,
    code: str,
    now: datetime,
    *,
    person_id: int | None = None,
    caseworker_id: int | None = None,
    team: str | None = None,
    grant_code: str | None = None,
    lang: str | None = None,
    uses: int = 1,
    expires_at: datetime | None = None,
) -> int:
    """Write a code down and return its id; a group's card has many uses."""
    whose = {"person_id": person_id, "caseworker_id": caseworker_id, "team": team, "grant_code": grant_code}
    how = {"lang": lang, "uses_left": uses, "expires_at": expires_at, "created_at": now}
    values = {"code": _folded(code), "code_index": _index(connection, code), **whose, **how}
    return int(connection.execute(sa.insert(CODE).values(**values).returning(CODE.c.id)).scalar_one())


def find_invite(connection: sa.Connection, typed: str, now: datetime) -> Invite | None:
    """Find the code a text is, or has as one of its words; None when there is none that can be used."""
    words = [word for word in re.findall(r"[A-Za-z0-9]+", typed) if 3 <= len(word) <= 12][:8]
    tries = dict.fromkeys([_folded(typed), *words]) if len(_folded(typed)) <= 12 else dict.fromkeys(words)
    indexes = [_index(connection, word) for word in tries if word]
    if not indexes:
        return None
    usable = sa.and_(CODE.c.uses_left > 0, sa.or_(CODE.c.expires_at.is_(None), CODE.c.expires_at > now))
    row = connection.execute(_SELECT.where(CODE.c.code_index.in_(indexes), usable)).mappings().first()
    return None if row is None else Invite(**row)


def own_code(connection: sa.Connection, person_id: int, now: datetime) -> str:
    """Give the code of a person's own card, the newest; one is made for who has none."""
    usable = sa.or_(CODE.c.expires_at.is_(None), CODE.c.expires_at > now)
    mine = _SELECT.where(CODE.c.person_id == person_id, usable).order_by(CODE.c.id.desc()).limit(1)
    row = connection.execute(mine).mappings().first()
    if row is not None:
        return Invite(**row).code
    for _ in range(MOST_CODES):  # there are two million: among many people some are taken
        code = new_code()
        values = {"code": code, "code_index": _index(connection, code), "person_id": person_id}
        new = connection.execute(_OWN, {**values, "uses_left": 1, "created_at": now}).scalar_one_or_none()
        if new is not None:
            return code
    raise RuntimeError("there are no codes left")


def use_invite(connection: sa.Connection, invite_id: int) -> bool:
    """Count one use; False when the last one is gone. A person's own card is never used up."""
    left = sa.case((CODE.c.person_id.is_(None), CODE.c.uses_left - 1), else_=CODE.c.uses_left)
    statement = sa.update(CODE).where(CODE.c.id == invite_id, CODE.c.uses_left > 0).values(uses_left=left)
    return connection.execute(statement).rowcount == 1


def give_invite(connection: sa.Connection, invite_id: int, person_id: int) -> None:
    """Make a card this person's own: from now on it brings them back."""
    connection.execute(
        sa.update(CODE)
        .where(CODE.c.id == invite_id, CODE.c.person_id.is_(None))
        .values(person_id=person_id, uses_left=1)
    )


def _folded(code: str) -> str:
    return "".join(re.findall(r"[A-Z0-9]", code.upper()))


def _index(connection: sa.Connection, code: str) -> bytes:
    return index(keys_of(connection), "invite_code.code", _folded(code))
