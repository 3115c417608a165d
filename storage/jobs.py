"""Jobs as advertised and as ordered: written by (source, external id), read by where they are.

The rule: an import says what its source says today. A job it does not name twice in a row is paused, and open
again when it is named again; what staff paused or filled stays so. A job past its day is not open, whether or
not anybody has swept. Nothing here belongs to a person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import cos, radians
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from storage.employers import EMPLOYER, employer_key, ensure_employers, policy_now, say_fair_chance
from storage.tables import Job, table
from storage.tables.jobs import JobState, PayPer, Policy
from storage.types import as_row

JOB = table(Job)

ABSENT = 2
"""Imports in a row that do not name a job before it is paused: once can be the source's own slip."""

MILE = 1 / 69.0  # degrees of latitude


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job as its source gives it, cleaned; cents are US, moments aware, `shifts` pairs of "06:00"."""

    external_id: str
    employer: str
    title: str
    description: str = ""
    address: str | None = None
    city: str | None = None
    state_code: str | None = None
    zip: str | None = None
    lat: float | None = None
    lon: float | None = None
    zone: str | None = None
    days: tuple[str, ...] = ()
    shifts: tuple[tuple[str, str], ...] = ()
    pay_low_cents: int | None = None
    pay_high_cents: int | None = None
    pay_per: PayPer | None = None
    requirements: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    apply_how: Mapping[str, str] = field(default_factory=dict)
    openings: int = 1
    valid_through: datetime | None = None
    order_at: datetime | None = None
    fair_chance: bool = False
    digest: str = ""


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job with its employer. `policy` is what counts of the employer's now (unknown when it is stale).

    `description` is read by `job` alone: in a list it is "".
    """

    id: int
    employer_id: int
    employer: str
    policy: Policy
    source: str
    external_id: str
    title: str
    address: str | None
    city: str | None
    state_code: str | None
    zip: str | None
    lat: float | None
    lon: float | None
    zone: str | None
    days: tuple[str, ...]
    shifts: tuple[tuple[str, str], ...]
    pay_low_cents: int | None
    pay_high_cents: int | None
    pay_per: PayPer | None
    requirements: tuple[str, ...]
    settings: tuple[str, ...]
    apply_how: Mapping[str, str]
    openings: int
    valid_through: datetime | None
    state: JobState
    order_at: datetime | None
    sample: bool
    last_seen_at: datetime
    description: str = ""


@dataclass(frozen=True, slots=True)
class Upserted:
    """What became of a list of jobs."""

    added: int = 0
    changed: int = 0
    same: int = 0


_COLUMNS = (
    JOB.c.id, JOB.c.employer_id, EMPLOYER.c.name, EMPLOYER.c.policy, EMPLOYER.c.policy_at, JOB.c.source,
    JOB.c.external_id, JOB.c.title, JOB.c.address, JOB.c.city, JOB.c.state_code, JOB.c.zip, JOB.c.lat,
    JOB.c.lon, JOB.c.zone, JOB.c.days, JOB.c.shifts, JOB.c.pay_low_cents, JOB.c.pay_high_cents,
    JOB.c.pay_per, JOB.c.requirements, JOB.c.settings, JOB.c.apply_how, JOB.c.openings,
    JOB.c.valid_through, JOB.c.state, JOB.c.order_at, JOB.c.sample, JOB.c.last_seen_at,
)  # fmt: skip
_FROM = JOB.join(EMPLOYER, EMPLOYER.c.id == JOB.c.employer_id)


# --- reading ---------------------------------------------------------------------------------------


def job(connection: sa.Connection, id_: int, now: datetime) -> JobRow | None:
    """Return one job with its description, in whatever state."""
    query = sa.select(*_COLUMNS, JOB.c.description).select_from(_FROM).where(JOB.c.id == id_)
    row = connection.execute(query).one_or_none()
    return None if row is None else _row(row, now)


def job_of(connection: sa.Connection, source: str, external_id: str, now: datetime) -> JobRow | None:
    """Return the job that a source knows by this id, without its description."""
    its = (JOB.c.source == source, JOB.c.external_id == external_id)
    row = connection.execute(sa.select(*_COLUMNS).select_from(_FROM).where(*its)).one_or_none()
    return None if row is None else _row(row, now)


def open_jobs(
    connection: sa.Connection,
    *,
    near: tuple[float, float] | None = None,
    miles: float | None = None,
    now: datetime,
) -> list[JobRow]:
    """List the jobs that can be had now, by id; with `near` and `miles` those in a square around that pin.

    The square holds the circle of that many miles; jobs without a place are in no square.
    """
    query = sa.select(*_COLUMNS).select_from(_FROM).where(*_can_be_had(now)).order_by(JOB.c.id)
    if near is not None and miles is not None:
        query = query.where(*_square(near, miles))
    return [_row(row, now) for row in connection.execute(query)]


def some_jobs(
    connection: sa.Connection,
    *,
    now: datetime,
    words: str = "",
    state: JobState | None = "open",
    source: str | None = None,
    limit: int = 50,
) -> list[JobRow]:
    """List jobs for staff, the newest first: those whose title, employer, town or ZIP has these words."""
    query = sa.select(*_COLUMNS).select_from(_FROM)
    if state == "open":
        query = query.where(*_can_be_had(now))
    elif state is not None:
        query = query.where(JOB.c.state == state)
    if source is not None:
        query = query.where(JOB.c.source == source)
    for word in words.split():
        looked = (JOB.c.title, EMPLOYER.c.name, JOB.c.city, JOB.c.zip)
        query = query.where(sa.or_(*(column.icontains(word, autoescape=True) for column in looked)))
    rows = connection.execute(query.order_by(JOB.c.id.desc()).limit(limit))
    return [_row(row, now) for row in rows]


def count_jobs(connection: sa.Connection) -> Mapping[str, int]:
    """Count all jobs by state."""
    rows = connection.execute(sa.select(JOB.c.state, sa.func.count()).group_by(JOB.c.state))
    return {row[0]: row[1] for row in rows}


def _can_be_had(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return JOB.c.state == "open", sa.or_(JOB.c.valid_through.is_(None), JOB.c.valid_through > now)


def _square(near: tuple[float, float], miles: float) -> tuple[sa.ColumnElement[bool], ...]:
    lat, lon = near
    up = miles * MILE
    across = up / max(cos(radians(min(abs(lat) + up, 89.0))), 0.01)
    return JOB.c.lat.between(lat - up, lat + up), JOB.c.lon.between(lon - across, lon + across)


def _row(row: Any, now: datetime) -> JobRow:
    id_, employer_id, name, policy, policy_at, *ad = row
    ad[10:12] = tuple(ad[10]), tuple((each["from"], each["to"]) for each in ad[11])
    ad[15:17] = tuple(ad[15]), tuple(ad[16])
    return JobRow(id_, employer_id, name, policy_now(policy, policy_at, now), *ad)


# --- writing ---------------------------------------------------------------------------------------


def upsert_jobs(
    connection: sa.Connection, source: str, jobs: Sequence[NewJob], now: datetime, *, sample: bool = False
) -> Upserted:
    """Write a list of one source's jobs (some hundreds at a time, no id twice): new, changed, or seen again.

    A job that says what it said before is only marked as seen.
    """
    if not jobs:
        return Upserted()
    employers = ensure_employers(connection, (each.employer for each in jobs), now, sample=sample)
    known = _known(connection, source, [each.external_id for each in jobs])
    new = [each for each in jobs if each.external_id not in known]
    changed = [each for each in jobs if known.get(each.external_id, each.digest) != each.digest]
    if written := new + changed:
        _write(connection, source, written, employers, now, sample)
    same = [each.external_id for each in jobs if known.get(each.external_id) == each.digest]
    _seen_again(connection, source, same, now)
    fair = {employers[employer_key(each.employer)] for each in jobs if each.fair_chance}
    if fair:
        say_fair_chance(connection, sorted(fair), source=source, now=now)
    return Upserted(len(new), len(changed), len(same))


def _known(connection: sa.Connection, source: str, ids: Sequence[str]) -> dict[str, str]:
    query = sa.select(JOB.c.external_id, JOB.c.digest).where(
        JOB.c.source == source, JOB.c.external_id.in_(list(ids))
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _write(
    connection: sa.Connection,
    source: str,
    jobs: Sequence[NewJob],
    employers: Mapping[str, int],
    now: datetime,
    sample: bool,
) -> None:
    stamps = {"source": source, "sample": sample, "missing": 0, "first_seen_at": now, "last_seen_at": now}
    rows = [
        _values(each) | stamps | {"employer_id": employers[employer_key(each.employer)], "updated_at": now}
        | {"state": "expired" if _is_over(each, now) else "open"}
        for each in jobs
    ]  # fmt: skip
    statement = insert(JOB)
    said = {name: statement.excluded[name] for name in rows[0] if name != "first_seen_at"}
    statement = statement.on_conflict_do_update(
        index_elements=["source", "external_id"],
        set_=said | {"state": _state_after(statement.excluded.state)},
    )
    connection.execute(statement, rows)


def _values(job: NewJob) -> dict[str, Any]:
    values = as_row(job)
    del values["employer"], values["fair_chance"]
    lists = {name: list(values[name]) for name in ("days", "requirements", "settings")}
    shifts = [{"from": begins, "to": ends} for begins, ends in job.shifts]
    return values | lists | {"shifts": shifts, "apply_how": dict(job.apply_how)}


def _is_over(job: NewJob, now: datetime) -> bool:
    return job.valid_through is not None and job.valid_through <= now


def _state_after(said: Any) -> sa.ColumnElement[str]:
    """Give a job's state when its source names it: what staff paused or filled stays so."""
    by_staff = sa.or_(JOB.c.state == "filled", sa.and_(JOB.c.state == "paused", JOB.c.missing < ABSENT))
    return sa.case((by_staff, JOB.c.state), else_=said)


def _seen_again(connection: sa.Connection, source: str, ids: Sequence[str], now: datetime) -> None:
    if not ids:
        return
    said = sa.case((JOB.c.valid_through <= now, "expired"), else_="open")
    connection.execute(
        sa.update(JOB)
        .where(JOB.c.source == source, JOB.c.external_id.in_(list(ids)))
        .values(last_seen_at=now, missing=0, state=_state_after(said))
    )


def count_absent(connection: sa.Connection, source: str, now: datetime) -> int:
    """Count an import's absence against this source's jobs that it did not name (not seen at `now`).

    Returns how many are paused by it.
    """
    gone = (JOB.c.source == source, JOB.c.last_seen_at < now)
    still = (*gone, JOB.c.state == "open")
    connection.execute(sa.update(JOB).where(*still).values(missing=JOB.c.missing + 1))
    twice = sa.update(JOB).where(*still, JOB.c.missing >= ABSENT).values(state="paused", updated_at=now)
    return connection.execute(twice).rowcount


def expire_jobs(connection: sa.Connection, now: datetime) -> int:
    """Close the jobs whose last day is over; return how many."""
    over = sa.update(JOB).where(JOB.c.state.in_(("open", "paused")), JOB.c.valid_through <= now)
    return connection.execute(over.values(state="expired", updated_at=now)).rowcount


def pause(connection: sa.Connection, id_: int, now: datetime) -> bool:
    """Take a job out until staff open it again, whatever its source says; False where it was not open."""
    return _move(connection, id_, ("open",), "paused", now)


def reopen(connection: sa.Connection, id_: int, now: datetime) -> bool:
    """Open a job that was paused or filled."""
    return _move(connection, id_, ("paused", "filled"), "open", now)


def fill(connection: sa.Connection, id_: int, now: datetime) -> bool:
    """Write down that a job is taken."""
    return _move(connection, id_, ("open", "paused"), "filled", now)


def _move(connection: sa.Connection, id_: int, before: Iterable[str], after: JobState, now: datetime) -> bool:
    moved = sa.update(JOB).where(JOB.c.id == id_, JOB.c.state.in_(list(before)))
    return connection.execute(moved.values(state=after, missing=0, updated_at=now)).rowcount == 1
