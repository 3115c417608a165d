"""Alarms: what wakes the humans on call, one after the other, until somebody is on it.

Theory of operation. An urgent item raises its alarm in the same transaction (storage/attention.py). A worker
calls the next in line, and the one after when nobody has answered; each call is a row, sent by lease like
all that leaves the house. The link in a call is made when it leaves: its token is nowhere but on that phone.

The rule: an alarm ends when a human takes its item on, by whichever way; it is answered once. What happens
anew a while later, with the item still on somebody's list, rings again (storage/attention.py).
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from storage import audit, due
from storage.attention import ITEM, claim_item
from storage.crypto import digest
from storage.due import Family, Lease
from storage.staff import CaseworkerRow, caseworker, change_caseworker
from storage.tables import Alarm, AlarmCall, AlarmLink, StaffText, table
from storage.tables.on_call import Answered

ALARM, CALL, LINK, TEXT = table(Alarm), table(AlarmCall), table(AlarmLink), table(StaffText)
ALARMS = Family(ALARM, "state = 'ringing'", (ALARM.c.due_at, ALARM.c.id))
CALLS = Family(CALL, "state IN ('queued', 'sending', 'unsure')", (CALL.c.due_at, CALL.c.id))
LINK_LASTS = timedelta(minutes=60)
ANSWERED_BY_TEXT_FOR = timedelta(hours=2)
"""So long after a call a reply by text is taken as the answer to it."""


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm and the item it is for; `about` names what that is about ("ride:7"), or nothing ("")."""

    id: int
    item_id: int
    state: str
    answered_by: int | None
    answered_at: datetime | None
    person_id: int
    kind: str
    item_state: str
    claimed_by: int | None
    about: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call of an alarm."""

    id: int
    alarm_id: int
    caseworker_id: int
    state: str
    sending_since: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Linked:
    """What a link opens: whose it is, for which alarm, until when."""

    who: CaseworkerRow
    alarm: AlarmRow
    expires_at: datetime


_ALARM = sa.select(
    *(ALARM.c[name] for name in ("id", "item_id", "state", "answered_by", "answered_at", "created_at")),
    *(ITEM.c[name] for name in ("person_id", "kind", "claimed_by", "dedupe_key")),
    ITEM.c.state.label("item_state"),
).join(ITEM, ITEM.c.id == ALARM.c.item_id)
_CALL = sa.select(*(CALL.c[name] for name in CallRow.__dataclass_fields__))


def alarm(connection: sa.Connection, alarm_id: int) -> AlarmRow | None:
    """Return an alarm by its id."""
    row = connection.execute(_ALARM.where(ALARM.c.id == alarm_id)).mappings().first()
    return None if row is None else _alarm(row)


def _alarm(row: Mapping[Any, Any]) -> AlarmRow:
    values = {name: row[name] for name in AlarmRow.__dataclass_fields__ if name != "about"}
    return AlarmRow(**values, about=row["dedupe_key"].rpartition("/")[2])


# --- who is called next ---------------------------------------------------------------------------


def claim_alarms(connection: sa.Connection, now: datetime, limit: int) -> list[tuple[Lease, AlarmRow]]:
    """Lease the alarms whose next call is due."""
    leases = due.claim(connection, ALARMS, now, limit)
    rows = connection.execute(_ALARM.where(ALARM.c.id.in_([lease.id for lease in leases]))).mappings()
    found = {row["id"]: _alarm(row) for row in rows}
    return [(lease, found[lease.id]) for lease in leases]


def calls_of(connection: sa.Connection, alarm_id: int) -> list[CallRow]:
    """List an alarm's calls, the oldest first."""
    statement = _CALL.where(CALL.c.alarm_id == alarm_id).order_by(CALL.c.id)
    return [CallRow(**row) for row in connection.execute(statement).mappings()]


def call(
    connection: sa.Connection, lease: Lease, number: int, caseworker_id: int, now: datetime, next_at: datetime
) -> bool:
    """Write the next call down, to leave at once, and when the one after is due; False: no longer ours."""
    if not due.put_off(connection, ALARMS, lease, next_at):
        return False
    values = {
        "alarm_id": lease.id,
        "caseworker_id": caseworker_id,
        "dedupe_key": f"alarm/{lease.id}/{number}",
    }
    connection.execute(sa.insert(CALL).values(**values, due_at=now, created_at=now))
    return True


def wait(connection: sa.Connection, lease: Lease, until: datetime) -> bool:
    """Look for somebody to call again then: nobody is on call."""
    return due.put_off(connection, ALARMS, lease, until)


def stop(connection: sa.Connection, lease: Lease, state: Literal["over", "unanswered"]) -> bool:
    """Call nobody any more: the item is in hand, or everybody was called often enough."""
    return due.finish(connection, ALARMS, lease, {"state": state})


# --- a call ---------------------------------------------------------------------------------------


def claim_calls(connection: sa.Connection, now: datetime, limit: int) -> list[tuple[Lease, CallRow]]:
    """Lease the calls that are to leave, or to be looked for."""
    leases = due.claim(connection, CALLS, now, limit)
    rows = connection.execute(_CALL.where(CALL.c.id.in_([lease.id for lease in leases]))).mappings()
    found = {row["id"]: CallRow(**row) for row in rows}
    return [(lease, found[lease.id]) for lease in leases]


def begin_call(
    connection: sa.Connection, lease: Lease, row: CallRow, channel: str, now: datetime
) -> tuple[CaseworkerRow, AlarmRow, str] | None:
    """Mark a call as begun and make its link: whose phone, for what, and the token, which is nowhere else.

    None: it is not wanted any more, or cannot reach them, and is dropped.
    """
    about, who = alarm(connection, row.alarm_id), caseworker(connection, row.caseworker_id)
    ringing = about is not None and (about.state, about.item_state) == ("ringing", "open")
    reached = who is not None and who.active and who.phone is not None and who.no_texts_since is None
    if about is None or who is None or not ringing or not reached:
        due.finish(connection, CALLS, lease, {"state": "dropped"})
        return None
    begun = {"state": "sending", "channel": channel, "sending_since": row.sending_since or now}
    at = sa.and_(CALL.c.id == row.id, CALL.c.lease_until == lease.until)
    if not connection.execute(sa.update(CALL).where(at).values(**begun)).rowcount:
        return None
    token = secrets.token_urlsafe(32)
    when = {"created_at": now, "expires_at": now + LINK_LASTS}
    connection.execute(sa.insert(LINK).values(call_id=row.id, token_hash=digest(token), **when))
    return who, about, token


def phone_of_call(connection: sa.Connection, row: CallRow) -> str | None:
    """Give the number a call goes to."""
    who = caseworker(connection, row.caseworker_id)
    return None if who is None else who.phone


def called(connection: sa.Connection, lease: Lease, provider_id: str | None) -> None:
    """Note that a call left; without an id nobody knows whether it did, and nobody sends it again."""
    state = "sent" if provider_id is not None else "maybe_sent"
    due.finish(connection, CALLS, lease, {"state": state, "provider_id": provider_id})


def unsure(connection: sa.Connection, lease: Lease, why: str, look_at: datetime) -> None:
    """Note that a call perhaps left; it is looked for before anything else."""
    due.put_off(connection, CALLS, lease, look_at, {"state": "unsure", "error": why})


def later(connection: sa.Connection, lease: Lease, at: datetime) -> None:
    """Send a call then that surely did not leave."""
    due.put_off(connection, CALLS, lease, at, {"state": "queued", "sending_since": None})


def not_called(connection: sa.Connection, lease: Lease, row: CallRow, why: str, now: datetime) -> None:
    """Note that a call will not reach them; the next in line is called at once."""
    due.finish(connection, CALLS, lease, {"state": "failed", "error": why})
    at = sa.and_(ALARM.c.id == row.alarm_id, ALARM.c.state == "ringing")
    connection.execute(sa.update(ALARM).where(at).values(due_at=now))


def fold_call(
    connection: sa.Connection, channel: str, provider_id: str, code: str | None, now: datetime
) -> bool:
    """Take a provider's word that a call did not arrive: the next in line comes at once. False: no call."""
    ours = sa.and_(CALL.c.channel == channel, CALL.c.provider_id == provider_id)
    at = sa.and_(ours, CALL.c.state == "sent")
    failed = sa.update(CALL).where(at).values(state="failed", error=code).returning(CALL.c.alarm_id)
    alarm_id = connection.execute(failed).scalar_one_or_none()
    if alarm_id is None:
        return False
    ringing = sa.and_(ALARM.c.id == alarm_id, ALARM.c.state == "ringing")
    connection.execute(sa.update(ALARM).where(ringing).values(due_at=now))
    return True


# --- who is on it ---------------------------------------------------------------------------------


def answer(
    connection: sa.Connection, alarm_id: int, who: CaseworkerRow, how: Answered, now: datetime
) -> bool:
    """Take an alarm on, and its item with it; False when somebody else has. Audited."""
    row = alarm(connection, alarm_id)
    if row is None or row.item_state == "done":
        return False
    if row.item_state == "claimed" and row.claimed_by != who.id:
        return False
    claim_item(connection, row.item_id, who.id, now)
    values = {"state": "answered", "answered_by": who.id, "answered_at": now, "how": how, "due_at": None}
    at = sa.and_(ALARM.c.id == alarm_id, ALARM.c.state.in_(("ringing", "unanswered")))
    if connection.execute(sa.update(ALARM).where(at).values(**values)).rowcount:
        object_, details = f"person:{row.person_id}", {"item": row.item_id, "how": how}
        audit.append(
            connection, actor=who.actor, action="answered_alarm", object=object_, now=now, details=details
        )
    return True


def end_by_claim(connection: sa.Connection, item_id: int, caseworker_id: int, now: datetime) -> None:
    """Note that an item's alarm is answered: it was taken on in the console."""
    values = {"state": "answered", "answered_by": caseworker_id, "answered_at": now, "how": "console"}
    at = sa.and_(ALARM.c.item_id == item_id, ALARM.c.state.in_(("ringing", "unanswered")))
    connection.execute(sa.update(ALARM).where(at).values(**values, due_at=None))


def last_call(connection: sa.Connection, caseworker_id: int, now: datetime) -> int | None:
    """Find the alarm that a reply from this caseworker's phone answers: the last one they were called for."""
    since = now - ANSWERED_BY_TEXT_FOR
    left = CALL.c.state.in_(("sending", "unsure", "sent", "maybe_sent"))
    statement = (
        sa.select(CALL.c.alarm_id)
        .join(ALARM, ALARM.c.id == CALL.c.alarm_id)
        .where(CALL.c.caseworker_id == caseworker_id, left, CALL.c.created_at > since)
        .where(ALARM.c.state.in_(("ringing", "unanswered")))
        .order_by(CALL.c.id.desc())
        .limit(1)
    )
    return connection.execute(statement).scalar_one_or_none()


def open_link(connection: sa.Connection, token: str) -> Linked | None:
    """Say what a link opens, over or not; None for one we never made."""
    statement = (
        sa.select(CALL.c.alarm_id, CALL.c.caseworker_id, LINK.c.expires_at)
        .join(LINK, LINK.c.call_id == CALL.c.id)
        .where(LINK.c.token_hash == digest(token))
    )
    row = connection.execute(statement).one_or_none()
    about = None if row is None else alarm(connection, row.alarm_id)
    who = None if row is None else caseworker(connection, row.caseworker_id)
    if row is None or about is None or who is None or not who.active:
        return None
    return Linked(who, about, row.expires_at)


def alarm_of_item(connection: sa.Connection, item_id: int) -> AlarmRow | None:
    """Return the alarm of an item; None where it woke nobody."""
    row = connection.execute(_ALARM.where(ALARM.c.item_id == item_id)).mappings().first()
    return None if row is None else _alarm(row)


# --- what staff text back -------------------------------------------------------------------------


def keep_staff_text(
    connection: sa.Connection, who: CaseworkerRow, *, channel: str, provider_id: str, body: str, at: datetime
) -> bool:
    """Keep what came from a caseworker's phone, once; False when it was here before."""
    values = {"caseworker_id": who.id, "channel": channel, "provider_id": provider_id, "body": body, "at": at}
    statement = (
        insert(TEXT).values(**values).on_conflict_do_nothing(index_elements=["channel", "provider_id"])
    )
    return connection.execute(statement.returning(TEXT.c.id)).scalar_one_or_none() is not None


def staff_texts(
    connection: sa.Connection, caseworker_id: int, limit: int = 50
) -> list[tuple[int, str, datetime]]:
    """List the last texts from a caseworker's phone, the oldest first: id, words, moment."""
    columns = (TEXT.c.id, TEXT.c.body, TEXT.c.at)
    statement = sa.select(*columns).where(TEXT.c.caseworker_id == caseworker_id).order_by(TEXT.c.id.desc())
    return [(row.id, row.body, row.at) for row in connection.execute(statement.limit(limit))][::-1]


def calls_mark(connection: sa.Connection, caseworker_id: int) -> tuple[int, int]:
    """Count a caseworker's calls that left, and give the newest one's id."""
    left = sa.and_(CALL.c.caseworker_id == caseworker_id, CALL.c.state.in_(("sent", "maybe_sent", "failed")))
    row = connection.execute(sa.select(sa.func.count(), sa.func.max(CALL.c.id)).where(left)).one()
    return row[0], row[1] or 0


def set_no_texts(connection: sa.Connection, caseworker_id: int, since: datetime | None) -> None:
    """Note that a caseworker's phone said STOP, or, None, that it takes texts again."""
    change_caseworker(connection, caseworker_id, no_texts_since=since)


def forget(connection: sa.Connection, before: datetime) -> int:
    """Delete links and staff's texts from before then; returns how many rows."""
    links = connection.execute(sa.delete(LINK).where(LINK.c.expires_at < before)).rowcount
    return links + connection.execute(sa.delete(TEXT).where(TEXT.c.at < before)).rowcount
