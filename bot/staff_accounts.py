"""Making a caseworker's account from the command line: `onward staff add`.

The rule: a password is at least twelve characters, is hashed (argon2id) before it goes anywhere, and is
neither printed nor logged.
"""

import re
from dataclasses import dataclass, field
from functools import partial
from typing import Final, cast, get_args

import sqlalchemy as sa
from argon2 import PasswordHasher

from bot.app import key_ring
from bot.clock import SystemClock
from bot.settings import Settings
from storage import audit, on_call, staff
from storage.database import BESIDE_A_SERVER, open_database
from storage.tables.staff import Role

SHORTEST: Final = 12


class BadAccount(ValueError):
    """What was asked for cannot be made; the message says why."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Who is to sign in."""

    name: str
    email: str
    password: str = field(repr=False)
    role: str = "caseworker"
    team: str | None = None
    hours: str | None = None
    phone: str | None = None
    on_call: bool = False


async def add(settings: Settings, new: NewAccount) -> int:
    """Write a caseworker down and return their id; raises BadAccount."""
    if len(new.password) < SHORTEST:
        raise BadAccount(f"A password needs at least {SHORTEST} characters.")
    if new.role not in get_args(Role):
        raise BadAccount(f"The role must be one of {', '.join(get_args(Role))}.")
    if "@" not in new.email or not new.name.strip():
        raise BadAccount("A name and an e-mail address are needed.")
    if new.phone is not None and not re.fullmatch(r"\+[1-9]\d{7,14}", new.phone):
        raise BadAccount("A phone number is written with its country, like +12155550100.")
    if new.on_call and new.phone is None:
        raise BadAccount("Who is on call needs a phone: add --phone.")
    database = open_database(settings.database_url, key_ring(settings), patience=BESIDE_A_SERVER)
    try:
        return await database.run(partial(_add, settings, new, PasswordHasher().hash(new.password)))
    finally:
        await database.close()


def _add(settings: Settings, new: NewAccount, password_hash: str, connection: sa.Connection) -> int:
    now = SystemClock().now()
    if staff.caseworker_by_email(connection, new.email) is not None:
        raise BadAccount("Somebody signs in with that e-mail address already.")
    made = staff.add_caseworker(
        connection,
        name=new.name.strip(),
        email=new.email,
        now=now,
        password_hash=password_hash,
        role=cast(Role, new.role),
        team=new.team,
        phone=new.phone,
        hours=new.hours or settings.staff_hours,
        zone=str(settings.programme_zone),
    )
    if new.on_call:
        on_call.add_shift(connection, made.id, zone=str(settings.programme_zone), now=now)
    audit.append(connection, actor="cli", action="added_caseworker", object=made.actor, now=now)
    return made.id
