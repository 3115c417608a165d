"""Interviews: one appointment of a person, its versions, what they said about coming, how it went.

The rule: whoever moves or calls off an interview makes a new version of it, and all that was planned for
the old one is void by that alone. A change names the version it was decided on and does nothing when
another was faster.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage import lifecycle, lists
from storage.tables import Interview, table
from storage.tables.going import InterviewKind, InterviewState, OkToGo

INTERVIEW = table(Interview)
AHEAD = ("planned", "confirmed")


@dataclass(frozen=True, slots=True)
class InterviewRow:
    """An interview as it stands; `at` is the moment, `wall` the naive clock there, `zone` its zone."""

    id: int
    person_id: int
    kind: InterviewKind
    employer: str | None
    at: datetime
    wall: datetime
    zone: str
    ends_at: datetime | None
    place_id: int
    version: int
    state: InterviewState
    moved: int
    confirmed_at: datetime | None
    ok_to_go: OkToGo | None
    outcome: str | None
    created_at: datetime


_SELECT = sa.select(*(INTERVIEW.c[name] for name in InterviewRow.__dataclass_fields__))
_BY_IDS = _SELECT.where(INTERVIEW.c.id.in_(sa.bindparam("ids", expanding=True)))


def add_interview(
    connection: sa.Connection,
    *,
    person_id: int,
    employer: str | None,
    at: datetime,
    wall: datetime,
    zone: str,
    place_id: int,
    now: datetime,
    kind: InterviewKind = "interview",
    ends_at: datetime | None = None,
) -> InterviewRow:
    """Write an interview down: `at` aware, `wall` the naive clock of `zone` it was said in; `ends_at` is
    known of a shift."""
    values = {"person_id": person_id, "kind": kind, "employer": employer, "place_id": place_id, "zone": zone}
    when = {"at": at, "wall": wall.isoformat(), "ends_at": ends_at, "created_at": now, "updated_at": now}
    statement = sa.insert(INTERVIEW).values(**values, **when).returning(INTERVIEW.c.id)
    made = _must(connection, int(connection.execute(statement).scalar_one()))
    _keep(connection, None, made, now)
    return made


def interview(connection: sa.Connection, interview_id: int) -> InterviewRow | None:
    """Return an interview by its id."""
    return interviews(connection, [interview_id]).get(interview_id)


def interviews(connection: sa.Connection, ids: Collection[int]) -> dict[int, InterviewRow]:
    """Return interviews by their ids; who is gone is left out."""
    found = [_row(row) for row in lists.read(connection, _BY_IDS, ids=list(ids))] if ids else []
    return {row.id: row for row in found}


def _row(columns: Sequence[Any]) -> InterviewRow:
    row = InterviewRow(*columns)
    return replace(row, wall=datetime.fromisoformat(str(row.wall)))


def ahead(connection: sa.Connection, person_id: int) -> list[InterviewRow]:
    """List a person's interviews that are neither over nor off, the nearest first."""
    mine = sa.and_(INTERVIEW.c.person_id == person_id, INTERVIEW.c.state.in_(AHEAD))
    return _list(connection, _SELECT.where(mine).order_by(INTERVIEW.c.at))


def not_off(connection: sa.Connection, person_id: int, since: datetime) -> list[InterviewRow]:
    """List a person's interviews from then on that were not called off, over ones too, the nearest first."""
    mine = sa.and_(INTERVIEW.c.person_id == person_id, INTERVIEW.c.state != "cancelled")
    return _list(connection, _SELECT.where(mine, INTERVIEW.c.at >= since).order_by(INTERVIEW.c.at))


def around(connection: sa.Connection, person_id: int, first: datetime, last: datetime) -> list[InterviewRow]:
    """List a person's interviews ahead whose moment lies in this span, to notice two at one hour."""
    mine = sa.and_(INTERVIEW.c.person_id == person_id, INTERVIEW.c.state.in_(AHEAD))
    statement = _SELECT.where(mine, INTERVIEW.c.at.between(first, last))
    return _list(connection, statement.order_by(INTERVIEW.c.at))


def move(
    connection: sa.Connection,
    interview_id: int,
    version: int,
    *,
    at: datetime,
    wall: datetime,
    now: datetime,
) -> InterviewRow | None:
    """Give it a new time and version, not confirmed any more; an OK to go was for the old one. None when it
    is not at this version or over.
    """
    ok = sa.case((INTERVIEW.c.ok_to_go == "not_needed", "not_needed"), (INTERVIEW.c.ok_to_go.is_(None), None),
                 else_="not_yet")  # fmt: skip
    values = {"at": at, "wall": wall.isoformat(), "state": "planned", "confirmed_at": None, "ok_to_go": ok}
    moved = {"version": INTERVIEW.c.version + 1, "moved": INTERVIEW.c.moved + 1}
    return _change(connection, interview_id, version, now, {**values, **moved})


def cancel(connection: sa.Connection, interview_id: int, version: int, now: datetime) -> InterviewRow | None:
    """Call it off, as a new version; None when it is not at this version or over."""
    values = {"state": "cancelled", "version": INTERVIEW.c.version + 1}
    return _change(connection, interview_id, version, now, values)


def confirm(connection: sa.Connection, interview_id: int, version: int, now: datetime) -> InterviewRow | None:
    """Note that the person is coming; None when it is not at this version or over."""
    return _change(connection, interview_id, version, now, {"state": "confirmed", "confirmed_at": now})


def set_ok_to_go(
    connection: sa.Connection, interview_id: int, version: int, ok: OkToGo, now: datetime
) -> InterviewRow | None:
    """Note where the OK to go stands, never why; None when it is not at this version or over."""
    return _change(connection, interview_id, version, now, {"ok_to_go": ok})


def set_outcome(connection: sa.Connection, interview_id: int, outcome: str, now: datetime) -> bool:
    """Write down how it went, whatever the version: "missed" makes it missed, all else done."""
    before = interview(connection, interview_id)
    if before is None or before.state == "cancelled":
        return False
    state = "missed" if outcome == "missed" else "done"
    values = {"outcome": outcome, "state": state, "updated_at": now}
    at = sa.and_(INTERVIEW.c.id == interview_id, INTERVIEW.c.state == before.state)
    if connection.execute(sa.update(INTERVIEW).where(at).values(**values)).rowcount != 1:
        return set_outcome(connection, interview_id, outcome, now)  # another step came in between
    _keep(connection, before, _must(connection, interview_id), now, reason=outcome)
    return True


def _change(
    connection: sa.Connection, interview_id: int, version: int, now: datetime, values: Mapping[str, object]
) -> InterviewRow | None:
    before = interview(connection, interview_id)
    if before is None or before.version != version or before.state not in AHEAD:
        return None
    at = sa.and_(INTERVIEW.c.id == interview_id, INTERVIEW.c.version == version, INTERVIEW.c.state.in_(AHEAD))
    changed = connection.execute(sa.update(INTERVIEW).where(at).values(**values, updated_at=now))
    if not changed.rowcount:
        return None
    after = _must(connection, interview_id)
    if (before.state, before.version) != (after.state, after.version):
        _keep(connection, before, after, now)
    return after


def _keep(
    connection: sa.Connection,
    before: InterviewRow | None,
    after: InterviewRow,
    now: datetime,
    *,
    reason: str | None = None,
) -> None:
    """Write a step of its life down; raises ImpossibleStep, which takes the change back, where none leads
    there."""
    was = None if before is None else before.state
    lifecycle.allow("interview", was, after.state)
    lifecycle.keep_step(
        connection, "interview", after.id, after.person_id, before=was, after=after.state,
        version=after.version, now=now, reason=reason,
    )  # fmt: skip


def _must(connection: sa.Connection, interview_id: int) -> InterviewRow:
    row = interview(connection, interview_id)
    assert row is not None
    return row


def _list(connection: sa.Connection, statement: sa.Select[tuple[object, ...]]) -> list[InterviewRow]:
    rows = connection.execute(statement).mappings()
    return [InterviewRow(**{**row, "wall": datetime.fromisoformat(row["wall"])}) for row in rows]
