"""Caseworkers: their logins, whom they may see, and reading through that one rule.

The rule: every list and every thread goes through `visible_people`, and every read of a person leaves a
line in the audit. A caseworker sees their own caseload and, in their team, those who have nobody yet; one on
the roster, also those of their team who need somebody at once; a supervisor their team and those without one;
an admin everybody. Who is on call is storage/on_call.py's.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from storage import audit, lists
from storage.crypto import digest, fold, search_token
from storage.messages import Line, thread
from storage.tables import (
    AttentionItem,
    Caseworker,
    Conversation,
    Login,
    Message,
    NameToken,
    Note,
    Person,
    Shift,
    table,
)
from storage.tables.staff import Role
from storage.types import keys_of

STAFF, LOGIN, PERSON, NOTE = table(Caseworker), table(Login), table(Person), table(Note)
CONVERSATION, MESSAGE, ITEM = table(Conversation), table(Message), table(AttentionItem)
TOKEN, SHIFT = table(NameToken), table(Shift)


@dataclass(frozen=True, slots=True)
class CaseworkerRow:
    """Someone of the staff; `no_texts_since`: their phone said STOP."""

    id: int
    name: str
    email: str
    password_hash: str | None
    phone: str | None
    hours: str | None
    zone: str | None
    role: Role
    team: str | None
    active: bool
    no_texts_since: datetime | None

    @property
    def actor(self) -> str:
        """What the audit calls them."""
        return f"caseworker:{self.id}"


@dataclass(frozen=True, slots=True)
class Listed:
    """One conversation in the list; `needs_by` is when a human is due, None when nobody is waited for.

    The last words are the person's own while they wait for somebody, else whoever spoke last.
    """

    person_id: int
    person_ref: str
    conversation_id: int
    first_name: str | None
    lang: str
    caseworker_id: int | None
    taken_over_by: int | None
    needs_by: datetime | None
    urgent: bool
    kind: str | None
    reason: str | None
    last_words: str | None
    last_extra: dict[str, Any] | None
    last_direction: str | None
    last_at: datetime | None


_STAFF = sa.select(*(STAFF.c[name] for name in CaseworkerRow.__dataclass_fields__))
_THEIRS = sa.select(PERSON.c.caseworker_id).where(PERSON.c.id == sa.bindparam("person")).scalar_subquery()
_ON_ROSTER = sa.select(SHIFT.c.id).where(SHIFT.c.caseworker_id == STAFF.c.id).exists()
_ON_DUTY = (
    _STAFF.where(STAFF.c.active)
    .order_by(sa.case((STAFF.c.id == _THEIRS, 0), (_ON_ROSTER, 1), else_=2), STAFF.c.id)
    .limit(1)
)
_ACTIVE = _STAFF.add_columns(_ON_ROSTER.label("rostered")).where(STAFF.c.active)
_CASEWORKERS = sa.select(PERSON.c.id, PERSON.c.caseworker_id).where(
    PERSON.c.id.in_(sa.bindparam("people", expanding=True))
)


def add_caseworker(
    connection: sa.Connection,
    *,
    name: str,
    email: str,
    now: datetime,
    password_hash: str | None = None,
    role: Role = "caseworker",
    team: str | None = None,
    phone: str | None = None,
    hours: str | None = None,
    zone: str | None = None,
) -> CaseworkerRow:
    """Write somebody of the staff down; the password comes hashed (argon2id)."""
    who = {"name": name, "email": _email(email), "password_hash": password_hash, "role": role, "team": team}
    how = {"phone": phone, "hours": hours, "zone": zone, "created_at": now}
    id_ = connection.execute(sa.insert(STAFF).values(**who, **how).returning(STAFF.c.id)).scalar_one()
    found = caseworker(connection, int(id_))
    assert found is not None
    return found


def caseworker(connection: sa.Connection, caseworker_id: int) -> CaseworkerRow | None:
    """Return one of the staff by id."""
    row = connection.execute(_STAFF.where(STAFF.c.id == caseworker_id)).mappings().first()
    return None if row is None else CaseworkerRow(**row)


def caseworker_by_email(connection: sa.Connection, email: str) -> CaseworkerRow | None:
    """Return one of the staff by the address they sign in with, active ones only."""
    at = sa.and_(STAFF.c.email == _email(email), STAFF.c.active)
    row = connection.execute(_STAFF.where(at)).mappings().first()
    return None if row is None else CaseworkerRow(**row)


def on_duty(connection: sa.Connection, person_id: int) -> CaseworkerRow | None:
    """Say who is in charge of a person: their caseworker, else the first on the roster, else the first."""
    rows = lists.read(connection, _ON_DUTY, {"person": person_id})
    return CaseworkerRow(*rows[0]) if rows else None


def all_on_duty(connection: sa.Connection, people: Sequence[int]) -> dict[int, CaseworkerRow | None]:
    """Say who is in charge of each of these people, as `on_duty` does for one."""
    ranked = [(CaseworkerRow(*row), not rostered) for *row, rostered in lists.read(connection, _ACTIVE)]
    first = min(ranked, key=lambda each: (each[1], each[0].id), default=(None, True))[0]
    staff: dict[int | None, CaseworkerRow | None] = {row.id: row for row, _ in ranked}
    theirs = dict(lists.read(connection, _CASEWORKERS, people=people))
    return {person_id: staff.get(theirs.get(person_id), first) for person_id in people}


def staff_row(row: Mapping[Any, Any]) -> CaseworkerRow:
    """Read one of the staff from a row that has all their columns."""
    return CaseworkerRow(**{name: row[name] for name in CaseworkerRow.__dataclass_fields__})


def active_staff(connection: sa.Connection) -> list[CaseworkerRow]:
    """List the staff, in the order of their names."""
    rows = connection.execute(_STAFF.where(STAFF.c.active).order_by(STAFF.c.name, STAFF.c.id)).mappings()
    return [CaseworkerRow(**row) for row in rows]


def staff_of_phones(connection: sa.Connection, phones: Collection[str]) -> dict[str, CaseworkerRow]:
    """Find whose phones these numbers (E.164) are, of all who work here."""
    at = sa.and_(STAFF.c.active, STAFF.c.phone.in_(phones))
    rows = connection.execute(_STAFF.where(at).order_by(STAFF.c.id.desc())).mappings()
    return {row["phone"]: CaseworkerRow(**row) for row in rows}


def change_caseworker(connection: sa.Connection, caseworker_id: int, **values: object) -> None:
    """Set columns of somebody of the staff: name, phone, hours, role, team, active …"""
    connection.execute(sa.update(STAFF).where(STAFF.c.id == caseworker_id).values(**values))


def _email(text: str) -> str:
    return text.strip().casefold()


# --- logins ---------------------------------------------------------------------------------------


def start_login(connection: sa.Connection, caseworker_id: int, now: datetime, lasts: timedelta) -> str:
    """Make a login and return its token, which is nowhere but in the answer."""
    token = secrets.token_urlsafe(32)
    when = {"created_at": now, "last_seen_at": now, "expires_at": now + lasts}
    values = {"caseworker_id": caseworker_id, "token_hash": digest(token)}
    connection.execute(sa.insert(LOGIN).values(**values, **when))
    return token


def who_is(
    connection: sa.Connection, token: str, now: datetime, idle: timedelta, *, used: bool = True
) -> CaseworkerRow | None:
    """Say whose login this token is, and that it was used; None when ended, too old, or idle for too long.

    With `used` false nothing is noted: a page that keeps itself fresh is nobody at the desk.
    """
    alive = sa.and_(
        LOGIN.c.token_hash == digest(token),
        LOGIN.c.revoked_at.is_(None),
        LOGIN.c.expires_at > now,
        LOGIN.c.last_seen_at > now - idle,
    )
    note = sa.update(LOGIN).where(alive).values(last_seen_at=now).returning(LOGIN.c.caseworker_id)
    look = sa.select(LOGIN.c.caseworker_id).where(alive)
    id_ = connection.execute(note if used else look).scalar_one_or_none()
    found = None if id_ is None else caseworker(connection, id_)
    return found if found is not None and found.active else None


def end_login(connection: sa.Connection, token: str, now: datetime) -> None:
    """End one login."""
    at = sa.and_(LOGIN.c.token_hash == digest(token), LOGIN.c.revoked_at.is_(None))
    connection.execute(sa.update(LOGIN).where(at).values(revoked_at=now))


def end_all_logins(connection: sa.Connection, caseworker_id: int, now: datetime) -> None:
    """End every login of somebody: a new password, or they left."""
    at = sa.and_(LOGIN.c.caseworker_id == caseworker_id, LOGIN.c.revoked_at.is_(None))
    connection.execute(sa.update(LOGIN).where(at).values(revoked_at=now))


def forget_old_logins(connection: sa.Connection, before: datetime) -> int:
    """Delete logins that expired before then; returns how many."""
    return connection.execute(sa.delete(LOGIN).where(LOGIN.c.expires_at < before)).rowcount


# --- whom they may see ----------------------------------------------------------------------------


def visible_people(who: CaseworkerRow) -> sa.Select[int]:
    """Select the ids of the people this caseworker may see: the one rule every read goes through."""
    everyone = sa.select(PERSON.c.id)
    team = PERSON.c.team.is_(None) if who.team is None else PERSON.c.team == who.team
    match who.role:
        case "admin":
            return everyone
        case "supervisor":
            return everyone.where(sa.or_(team, PERSON.c.team.is_(None)))
        case "caseworker":
            theirs = sa.or_(team, PERSON.c.team.is_(None))
            seen = sa.or_(PERSON.c.caseworker_id == who.id, sa.and_(PERSON.c.caseworker_id.is_(None), theirs))
            on_roster = sa.select(SHIFT.c.id).where(SHIFT.c.caseworker_id == who.id).exists()
            at_once = sa.select(ITEM.c.person_id).where(ITEM.c.urgent, ITEM.c.state != "done")
            return everyone.where(sa.or_(seen, sa.and_(on_roster, PERSON.c.id.in_(at_once), theirs)))


def may_see(connection: sa.Connection, who: CaseworkerRow, person_id: int) -> bool:
    """Say whether this caseworker may see this person."""
    found = visible_people(who).where(PERSON.c.id == person_id)
    return connection.execute(found).first() is not None


def person_by_ref(connection: sa.Connection, who: CaseworkerRow, ref: str) -> int | None:
    """Find a person by ref, None alike for those who do not exist and those not to be seen."""
    found = visible_people(who).where(PERSON.c.ref == ref)
    return connection.execute(found).scalar_one_or_none()


def conversations(
    connection: sa.Connection, who: CaseworkerRow, now: datetime, *, limit: int = 100
) -> list[Listed]:
    """List the conversations they may see: those that need someone first, then the latest. Audited."""
    rows = connection.execute(_list(who, limit)).mappings()
    listed = [Listed(**row) for row in rows]
    audit.append(
        connection,
        actor=who.actor,
        action="read_list",
        object="conversations",
        now=now,
        details={"people": [one.person_id for one in listed]},
    )
    return listed


def _list(who: CaseworkerRow, limit: int) -> sa.Select[tuple[object, ...]]:
    waiting = (
        sa.select(ITEM.c.id)
        .where(ITEM.c.person_id == PERSON.c.id, ITEM.c.state != "done")
        .order_by(ITEM.c.urgent.desc(), ITEM.c.due_at, ITEM.c.id)
        .limit(1)
        .correlate(PERSON)
        .scalar_subquery()
    )
    last = (
        sa.select(sa.func.max(MESSAGE.c.id))
        .where(
            MESSAGE.c.conversation_id == CONVERSATION.c.id,
            MESSAGE.c.state.not_in(("dropped", "expired")),
            sa.or_(MESSAGE.c.direction == "in", ITEM.c.id.is_(None)),
        )
        .correlate(CONVERSATION, ITEM)
        .scalar_subquery()
    )
    urgent = sa.func.coalesce(ITEM.c.urgent, sa.false())
    return (
        sa.select(
            PERSON.c.id.label("person_id"),
            PERSON.c.ref.label("person_ref"),
            CONVERSATION.c.id.label("conversation_id"),
            PERSON.c.first_name,
            PERSON.c.lang,
            PERSON.c.caseworker_id,
            CONVERSATION.c.taken_over_by,
            ITEM.c.due_at.label("needs_by"),
            urgent.label("urgent"),
            ITEM.c.kind,
            ITEM.c.reason,
            MESSAGE.c.body.label("last_words"),
            MESSAGE.c.extra.label("last_extra"),
            MESSAGE.c.direction.label("last_direction"),
            MESSAGE.c.at.label("last_at"),
        )
        .join(CONVERSATION, CONVERSATION.c.person_id == PERSON.c.id)
        .join(ITEM, ITEM.c.id == waiting, isouter=True)
        .join(MESSAGE, MESSAGE.c.id == last, isouter=True)
        .where(PERSON.c.id.in_(visible_people(who)))
        .order_by(urgent.desc(), ITEM.c.due_at.is_(None), ITEM.c.due_at, MESSAGE.c.id.desc())
        .limit(limit)
    )


def read_thread(
    connection: sa.Connection,
    who: CaseworkerRow,
    person_id: int,
    now: datetime,
    *,
    limit: int = 200,
    before: int | None = None,
) -> list[Line] | None:
    """Read a person's last messages; None when this caseworker may not see them. Audited either way."""
    allowed = may_see(connection, who, person_id)
    action = "read_thread" if allowed else "refused_thread"
    audit.append(connection, actor=who.actor, action=action, object=f"person:{person_id}", now=now)
    if not allowed:
        return None
    found = sa.select(CONVERSATION.c.id).where(CONVERSATION.c.person_id == person_id)
    conversation_id = connection.execute(found).scalar_one()
    return thread(connection, conversation_id, limit=limit, before=before)


def search(connection: sa.Connection, who: CaseworkerRow, typed: str, now: datetime) -> list[int]:
    """Find people whose name has a word that begins with each typed word (2 letters or more). Audited."""
    keys, found = keys_of(connection), visible_people(who)
    parts = [word[:8] for word in fold(typed).split() if len(word) > 1]
    for part in parts:
        found = found.where(
            PERSON.c.id.in_(sa.select(TOKEN.c.person_id).where(TOKEN.c.token == search_token(keys, part)))
        )
    people = list(connection.scalars(found.order_by(PERSON.c.id).limit(50))) if parts else []
    details = {"words": len(parts), "people": people}
    audit.append(connection, actor=who.actor, action="searched", object="people", now=now, details=details)
    return people


def write_note(
    connection: sa.Connection, who: CaseworkerRow, person_id: int, body: str, now: datetime
) -> int:
    """Write a note about a person, for colleagues."""
    values = {"person_id": person_id, "caseworker_id": who.id, "body": body, "at": now}
    return int(connection.execute(sa.insert(NOTE).values(**values).returning(NOTE.c.id)).scalar_one())


def notes(connection: sa.Connection, person_id: int) -> list[sa.Row[tuple[object, ...]]]:
    """List the notes about a person, the newest first; ask `may_see` before."""
    statement = sa.select(NOTE).where(NOTE.c.person_id == person_id).order_by(NOTE.c.id.desc())
    return list(connection.execute(statement))
