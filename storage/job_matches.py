"""Jobs found for people: what they want, when they hear of new ones, each match and what they said to it.

The rule: one row for each person and job, for good, so that no job is offered twice and a no is remembered;
what stands in it of the person is sealed. A job that is gone is never given out, whatever its row says.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from flows.wishes import Wishes, read_wishes, write_wishes
from storage.tables import Employer, EmployerEvidence, Job, JobMatch, JobWish, Person, table
from storage.tables.jobs import MatchState

MATCH, WISH, JOB, PERSON = table(JobMatch), table(JobWish), table(Job), table(Person)
EMPLOYER, EVIDENCE = table(Employer), table(EmployerEvidence)

LIKED: frozenset[str] = frozenset({"interested", "applied"})
SAID: frozenset[str] = LIKED | {"details", "not_for_me"}
"""States that are a person's own answer."""


@dataclass(frozen=True, slots=True)
class NewMatch:
    """A job found for a person: its score, line by line, and the codes of its reasons."""

    job_id: int
    score: float
    lines: Sequence[Mapping[str, Any]]
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A match as it stands."""

    id: int
    person_id: int
    job_id: int
    score: float
    lines: list[Any]
    reasons: list[str]
    state: MatchState
    found_at: datetime
    shown_at: datetime | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class WishRow:
    """When a person hears of jobs next, and whether they wait for an answer now."""

    person_id: int
    weekly_at: datetime | None
    asked_at: datetime | None
    daily: bool


_MATCHES = sa.select(*(MATCH.c[name] for name in MatchRow.__dataclass_fields__))
_WISHES = sa.select(*(WISH.c[name] for name in WishRow.__dataclass_fields__))


# --- what a person wants -----------------------------------------------------------------------------


def wishes_of(connection: sa.Connection, person_id: int) -> Wishes:
    """Read what a person wants: their record's answers, over what was stored of their wishes."""
    facts = connection.execute(sa.select(PERSON.c.facts).where(PERSON.c.id == person_id)).scalar_one_or_none()
    stored = connection.execute(
        sa.select(WISH.c.wishes).where(WISH.c.person_id == person_id)
    ).scalar_one_or_none()
    told = cast(dict[str, Any], facts or {})
    work = {"done_before": told["work"]} if told.get("work") and not told.get("done_before") else {}
    return read_wishes({**(stored or {}), **work, **told})


@dataclass(frozen=True, slots=True)
class TheirHours:
    """A person's own clock: zones, the hours in which we may start a talk, and when jobs are to come."""

    zone: str
    other_zones: str | None
    texts_from: str | None
    texts_to: str | None
    jobs_at: time | None


def hours_of(connection: sa.Connection, person_id: int) -> TheirHours:
    """Read a person's own clock."""
    columns = (PERSON.c[name] for name in ("zone", "other_zones", "texts_from", "texts_to", "facts"))
    row = connection.execute(sa.select(*columns).where(PERSON.c.id == person_id)).one()
    said = (row.facts or {}).get("jobs_at")
    at = time.fromisoformat(said) if isinstance(said, str) and said else None
    return TheirHours(row.zone, row.other_zones, row.texts_from, row.texts_to, at)


def keep_wishes(connection: sa.Connection, person_id: int, wishes: Wishes, now: datetime) -> None:
    """Store what a person wants, in place of what was stored; when they hear of jobs stays."""
    _set(connection, person_id, now, wishes=write_wishes(wishes))


def forget_wishes(connection: sa.Connection, person_id: int) -> None:
    """Forget what a person wants and when they hear of jobs; what was offered stays known, so that nothing
    comes twice."""
    connection.execute(sa.delete(WISH).where(WISH.c.person_id == person_id))


def wish(connection: sa.Connection, person_id: int) -> WishRow | None:
    """Return when a person hears of jobs; None where they never asked."""
    row = connection.execute(_WISHES.where(WISH.c.person_id == person_id)).mappings().first()
    return None if row is None else WishRow(**row)


def ask(connection: sa.Connection, person_id: int, now: datetime) -> None:
    """Write down that somebody waits for jobs now."""
    _set(connection, person_id, now, asked_at=now)


def hear_next(
    connection: sa.Connection,
    person_id: int,
    at: datetime | None,
    now: datetime,
    *,
    daily: bool | None = None,
) -> None:
    """Set when a person hears of new jobs next; None: never by itself."""
    values: dict[str, Any] = {"weekly_at": at} | ({} if daily is None else {"daily": daily})
    _set(connection, person_id, now, **values)


def _set(connection: sa.Connection, person_id: int, now: datetime, **values: Any) -> None:
    row = {"person_id": person_id, "wishes": {}, "daily": False, "updated_at": now} | values
    statement = insert(WISH).values(**row)
    changed = {name: statement.excluded[name] for name in (*values, "updated_at")}
    connection.execute(statement.on_conflict_do_update(index_elements=["person_id"], set_=changed))


def waiting(connection: sa.Connection, now: datetime, limit: int) -> list[WishRow]:
    """List who waits for jobs now or is to hear of new ones, who asked first."""
    is_open = sa.exists().where(PERSON.c.id == WISH.c.person_id, PERSON.c.closed_at.is_(None))
    due = sa.or_(WISH.c.asked_at.is_not(None), WISH.c.weekly_at <= now)
    order = (WISH.c.asked_at.is_(None), sa.func.coalesce(WISH.c.asked_at, WISH.c.weekly_at), WISH.c.person_id)
    rows = connection.execute(_WISHES.where(due, is_open).order_by(*order).limit(limit)).mappings()
    return [WishRow(**row) for row in rows]


def settle(connection: sa.Connection, seen: WishRow, next_at: datetime | None, now: datetime) -> bool:
    """Close what was due of a person, as it stood when it was seen; False: another was faster, or they have
    asked again."""
    same = [
        WISH.c[name].is_(None) if (value := getattr(seen, name)) is None else WISH.c[name] == value
        for name in ("asked_at", "weekly_at")
    ]
    statement = sa.update(WISH).where(WISH.c.person_id == seen.person_id, *same)
    done = connection.execute(statement.values(asked_at=None, weekly_at=next_at, updated_at=now))
    return done.rowcount == 1


# --- matches -----------------------------------------------------------------------------------------


def matches_of(connection: sa.Connection, person_id: int) -> list[MatchRow]:
    """List a person's matches, the best first."""
    mine = _MATCHES.where(MATCH.c.person_id == person_id)
    rows = connection.execute(mine.order_by(MATCH.c.score.desc(), MATCH.c.job_id)).mappings()
    return [MatchRow(**row) for row in rows]


def match(connection: sa.Connection, person_id: int, job_id: int) -> MatchRow | None:
    """Return a person's match with a job."""
    mine = _MATCHES.where(MATCH.c.person_id == person_id, MATCH.c.job_id == job_id)
    row = connection.execute(mine).mappings().first()
    return None if row is None else MatchRow(**row)


def settled_jobs(connection: sa.Connection, person_id: int) -> frozenset[int]:
    """Give the jobs that a person has been shown or has answered."""
    seen = sa.select(MATCH.c.job_id).where(MATCH.c.person_id == person_id, MATCH.c.state != "found")
    return frozenset(connection.execute(seen.where(MATCH.c.shown_at.is_not(None))).scalars())


def answers_of(connection: sa.Connection, person_id: int) -> list[tuple[str, int, bool]]:
    """List what a person said to jobs: title, employer id, and whether they liked it."""
    said = (
        sa.select(JOB.c.title, JOB.c.employer_id, MATCH.c.state)
        .join(JOB, JOB.c.id == MATCH.c.job_id)
        .where(MATCH.c.person_id == person_id, MATCH.c.state.in_(sorted(LIKED | {"not_for_me"})))
        .order_by(MATCH.c.job_id)
    )
    return [(title, employer_id, state in LIKED) for title, employer_id, state in connection.execute(said)]


def keep_found(connection: sa.Connection, person_id: int, found: Sequence[NewMatch], now: datetime) -> None:
    """Write down what was found for a person: former finds that are none any more go, answers stay."""
    still = [one.job_id for one in found]
    old = sa.delete(MATCH).where(MATCH.c.person_id == person_id, MATCH.c.state == "found")
    connection.execute(old.where(MATCH.c.job_id.not_in(still)) if still else old)
    if not found:
        return
    rows = [
        {
            "person_id": person_id,
            "job_id": one.job_id,
            "score": one.score,
            "lines": [dict(line) for line in one.lines],
            "reasons": list(one.reasons),
            "state": "found",
            "found_at": now,
        }
        for one in found
    ]
    statement = insert(MATCH)
    changed = {name: statement.excluded[name] for name in ("score", "lines", "reasons")}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["person_id", "job_id"], set_=changed), rows
    )


def show(connection: sa.Connection, person_id: int, jobs: Collection[int], now: datetime) -> None:
    """Write down that these jobs go out in a text now."""
    if jobs:
        found = sa.update(MATCH).where(MATCH.c.person_id == person_id, MATCH.c.job_id.in_(list(jobs)))
        connection.execute(found.where(MATCH.c.state == "found").values(state="shown", shown_at=now))


def answer(connection: sa.Connection, person_id: int, job_id: int, state: MatchState, now: datetime) -> bool:
    """Write down what a person says to a job, or that it is gone; False where it was never found for them."""
    changed = sa.update(MATCH).where(MATCH.c.person_id == person_id, MATCH.c.job_id == job_id)
    values = {"state": state} | ({} if state == "gone" else {"answered_at": now})
    return connection.execute(changed.values(**values)).rowcount == 1


def catalogue_mark(connection: sa.Connection) -> tuple[Any, ...]:
    """Give a value that differs once a job or what is known of an employer has changed."""
    jobs = sa.select(sa.func.count(), sa.func.max(JOB.c.id), sa.func.max(JOB.c.updated_at))
    known = sa.select(sa.func.count(), sa.func.max(EVIDENCE.c.id), sa.func.max(EVIDENCE.c.at))
    states = sa.select(JOB.c.state, sa.func.count()).group_by(JOB.c.state).order_by(JOB.c.state)
    policies = sa.select(EMPLOYER.c.policy, sa.func.count()).group_by(EMPLOYER.c.policy)
    return (
        *connection.execute(jobs).one(),
        *connection.execute(known).one(),
        *(tuple(row) for row in connection.execute(states)),
        *(tuple(row) for row in connection.execute(policies.order_by(EMPLOYER.c.policy))),
    )
