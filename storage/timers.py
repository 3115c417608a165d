"""Timers: what rings later, by a token of the engine or by a plan's row about one version of its subject.

The rule: one row for each conversation and name, so setting it again replaces it and stale ones never
pile up. A timer about something that has moved on is dropped when it is claimed, and one that is no
longer useful expires, visibly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from storage import due, lists
from storage.due import Family, Lease
from storage.subjects import current
from storage.tables import Timer, table
from storage.tables.talk import TimerState

TIMER = table(Timer)
TIMERS = Family(TIMER, "state = 'waiting'", (TIMER.c.due_at, TIMER.c.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineTimer:
    """Ring with `token`; `nudge` timers wait for the person's hours."""

    conversation_id: int
    token: str
    at: datetime
    nudge: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTimer:
    """A plan's row: `event` happens at `at`, if its subject still has that version then."""

    event: str
    at: datetime
    useful_until: datetime | None


@dataclass(frozen=True, slots=True)
class Rung:
    """A claimed timer."""

    lease: Lease
    conversation_id: int
    kind: str
    name: str
    nudge: bool
    subject: str | None
    version: int | None
    due_at: datetime
    useful_until: datetime | None


_FIELDS = ("conversation_id", "kind", "name", "nudge", "subject", "version", "due_at", "useful_until")
_SET = insert(TIMER)
_SET = _SET.on_conflict_do_update(
    index_elements=["dedupe_key"],
    set_={
        **{name: _SET.excluded[name] for name in (*_FIELDS[3:], "state", "attempts", "created_at")},
        "lease_until": None,
        "finished_at": None,
    },
)


_CLAIMED = sa.select(TIMER.c.id, *(TIMER.c[name] for name in _FIELDS)).where(
    TIMER.c.id.in_(sa.bindparam("ids", expanding=True))
)
_DROP = (
    sa.update(TIMER)
    .where(TIMER.c.state == "waiting")
    .values(state="dropped", due_at=None, lease_until=None, finished_at=sa.bindparam("moment"))
)
_CLEAR = _DROP.where(TIMER.c.dedupe_key.in_(sa.bindparam("keys", expanding=True)))


def set_timers(connection: sa.Connection, timers: Sequence[EngineTimer], now: datetime) -> None:
    """Set the engine's timers as one list; one with the same token is replaced, wherever it stood."""
    rows = [
        _row(one.conversation_id, "engine", one.token, one.at, now) | {"nudge": one.nudge} for one in timers
    ]
    lists.write(connection, _SET, rows)


def clear_timers(connection: sa.Connection, timers: Iterable[tuple[int, str]], now: datetime) -> None:
    """Drop the engine's timers with these (conversation id, token) pairs."""
    keys = [_key(conversation_id, "engine", token) for conversation_id, token in timers]
    if keys:
        lists.change(connection, _CLEAR, {"moment": now}, keys=keys)


def set_plan(
    connection: sa.Connection,
    conversation_id: int,
    subject: str,
    version: int,
    plan: Sequence[PlanTimer],
    now: datetime,
) -> None:
    """Replace all of a subject's plan; a row that has already rung for this version does not ring again."""
    of = sa.and_(TIMER.c.kind == "plan", TIMER.c.subject == subject)
    rung = set(
        connection.scalars(
            sa.select(TIMER.c.name).where(of, TIMER.c.version == version, TIMER.c.state == "done")
        )
    )
    _drop(connection, of, now)
    rows = [
        _row(conversation_id, "plan", one.event, one.at, now, subject)
        | {"subject": subject, "version": version, "useful_until": one.useful_until}
        for one in {one.event: one for one in plan}.values()
        if one.event not in rung
    ]
    lists.write(connection, _SET, rows)


def set_news(
    connection: sa.Connection, conversation_id: int, event: str, subject: str, now: datetime
) -> None:
    """Have an event come to a conversation at once, in a turn of its own: another one's turn brought it."""
    row = _row(conversation_id, "plan", event, now, now, subject) | {"subject": subject}
    connection.execute(_SET, [row])


def drop_plan(connection: sa.Connection, subject: str, now: datetime) -> None:
    """Drop all that is planned for a subject: it is off."""
    _drop(connection, sa.and_(TIMER.c.kind == "plan", TIMER.c.subject == subject), now)


def drop_all(connection: sa.Connection, conversation_id: int, now: datetime) -> None:
    """Drop every timer of a conversation: its person said stop, or is gone."""
    _drop(connection, TIMER.c.conversation_id == conversation_id, now)


def claim(connection: sa.Connection, now: datetime, limit: int) -> list[Rung]:
    """Lease the timers that are due; those about what has moved on, or too late, are finished right here."""
    leases = {lease.id: lease for lease in due.claim(connection, TIMERS, now, limit)}
    if not leases:
        return []
    rows = {row[0]: row[1:] for row in lists.read(connection, _CLAIMED, ids=list(leases))}
    claimed = [Rung(lease, *rows[id_]) for id_, lease in leases.items()]
    holds = current(connection, {(one.subject, one.version) for one in claimed})
    stale, late, rung = [], [], []
    for one in claimed:
        if (one.subject, one.version) not in holds:
            stale.append(one.lease)
        elif one.useful_until is not None and one.useful_until <= now:
            late.append(one.lease)
        else:
            rung.append(one)
    if stale:
        finish(connection, stale, now, "dropped")
    if late:
        finish(connection, late, now, "expired")
    return rung


def finish(
    connection: sa.Connection, leases: Sequence[Lease], now: datetime, state: TimerState = "done"
) -> set[int]:
    """Close timers, in the same transaction as the turns they caused; return their ids, without those that
    were set anew or are lost."""
    values = {"state": state, "finished_at": now, "due_at": None}
    return due.let_go(connection, TIMERS, leases, values)


def put_off(connection: sa.Connection, lease: Lease, at: datetime) -> bool:
    """Let it ring later: a nudge outside the person's hours."""
    return due.put_off(connection, TIMERS, lease, at)


def _row(
    conversation_id: int, kind: str, name: str, at: datetime, now: datetime, subject: str = ""
) -> dict[str, object]:
    return {
        "conversation_id": conversation_id,
        "kind": kind,
        "name": name,
        "nudge": False,
        "subject": None,
        "version": None,
        "useful_until": None,
        "state": "waiting",
        "attempts": 0,
        "due_at": at,
        "created_at": now,
        "dedupe_key": _key(conversation_id, kind, name, subject),
    }


def _key(conversation_id: int, kind: str, name: str, subject: str = "") -> str:
    return f"{conversation_id}/{kind}/{subject}/{name}"


def _drop(connection: sa.Connection, which: sa.ColumnElement[bool], now: datetime) -> None:
    connection.execute(_DROP.where(which), {"moment": now})
