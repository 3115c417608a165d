"""Work: employers and what is known of their hiring, jobs and where they come from, matches, wishes, hires,
and how it went after.

The rule: what an advertisement tells the world is plain, so that the database can look for it; what is known
of a person is sealed and goes with them. A job's days, shifts and words are JSON of closed lists (bot/jobs).
"""

from datetime import datetime
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import (
    Row,
    args,
    flag,
    link,
    maybe_flag,
    moment,
    number,
    one_of,
    partial,
    row_id,
    sealed,
    sealed_json,
    words,
)

Policy: TypeAlias = Literal["unknown", "says_fair_chance", "told_us_hires", "has_hired_ours"]
JobState: TypeAlias = Literal["open", "paused", "expired", "filled"]
PayPer: TypeAlias = Literal["hour", "week", "month", "year"]
FeedFormat: TypeAlias = Literal["csv", "json_ld", "xml"]
MatchState: TypeAlias = Literal["found", "shown", "details", "interested", "not_for_me", "applied", "gone"]
FollowUpKind: TypeAlias = Literal["30", "60", "90", "q1", "q2", "q3", "q4"]
FollowUpState: TypeAlias = Literal["due", "asked", "answered", "unknown"]


def _real(*, null: bool = False) -> Any:
    column = sa.Column(sa.Float, nullable=null)
    return Field(default=None, sa_column=column) if null else Field(sa_column=column)


def _plain_json() -> Any:
    return Field(sa_column=sa.Column(sa.JSON(none_as_null=True), nullable=False))


class Employer(Row, table=True):
    """A company that hires. `key` is its name folded, so that two spellings are one company; the policy is
    the newest evidence's, and counts for as long as that does (storage/jobs.py).
    """

    __table_args__ = args(one_of("policy", Policy))
    id: int = row_id()
    name: str = words()
    key: str = words(unique=True)
    policy: str = words("unknown")
    policy_source: str | None = words(null=True)
    policy_at: datetime | None = moment(null=True)
    policy_by: str | None = words(null=True)
    sample: bool = flag()
    created_at: datetime = moment()


class EmployerEvidence(Row, table=True):
    """What somebody learned of a company's hiring, and from where; appended and never altered."""

    __table_args__ = args(one_of("policy", Policy))
    id: int = row_id()
    employer_id: int = link("employer")
    policy: str = words()
    source: str = words()
    at: datetime = moment()
    who: str = words()


class Job(Row, table=True):
    """One job as advertised, or as an employer told a job developer (a job order: `order_at` is when its
    first shift starts). `state_code` is the place's ("MA").

    `days` lists "mon" to "sun", `shifts` {"from": "06:00", "to": "14:30"} of the place's own clock,
    `requirements` and `settings` words of closed lists, `apply_how` {"kind", "value"}. `missing` counts the
    imports in a row that did not name it; `digest` is of what the source said, to see a change.
    """

    __table_args__ = args(
        one_of("state", JobState),
        one_of("pay_per", PayPer),
        sa.UniqueConstraint("source", "external_id"),
        sa.Index(None, "lat", "lon"),
        partial("ix_job_open", "id", where="state = 'open'"),
        partial("ix_job_valid", "valid_through", where="state IN ('open', 'paused')"),
    )
    id: int = row_id()
    employer_id: int = link("employer")
    source: str = words()
    external_id: str = words()
    title: str = words()
    description: str = words("")
    address: str | None = words(null=True)
    city: str | None = words(null=True)
    state_code: str | None = words(null=True)
    zip: str | None = words(null=True)
    lat: float | None = _real(null=True)
    lon: float | None = _real(null=True)
    zone: str | None = words(null=True)
    days: list[str] = _plain_json()
    shifts: list[dict[str, str]] = _plain_json()
    pay_low_cents: int | None = number(null=True)
    pay_high_cents: int | None = number(null=True)
    pay_per: str | None = words(null=True)
    requirements: list[str] = _plain_json()
    settings: list[str] = _plain_json()
    apply_how: dict[str, str] = _plain_json()
    openings: int = number(1)
    valid_through: datetime | None = moment(null=True)
    state: str = words("open")
    missing: int = number(0)
    order_at: datetime | None = moment(null=True)
    ordered_by: int | None = link("caseworker", null=True, gone="SET NULL", index=False)
    sample: bool = flag()
    digest: str = words()
    first_seen_at: datetime = moment()
    last_seen_at: datetime = moment()
    updated_at: datetime = moment()


class JobFeed(Row, table=True):
    """An address jobs are fetched from every so many hours; its name is their source."""

    __table_args__ = args(one_of("format", FeedFormat))
    id: int = row_id()
    name: str = words(unique=True)
    url: str = words()
    format: str | None = words(null=True)
    every_hours: int = number(24)
    last_at: datetime | None = moment(null=True)
    last_result: str | None = words(null=True)
    created_at: datetime = moment()


class JobImport(Row, table=True):
    """One import as it went: how many rows it read, and what became of them."""

    __table_args__ = args(sa.Index(None, "source", "at"))
    id: int = row_id()
    source: str = words()
    at: datetime = moment()
    rows: int = number(0)
    added: int = number(0)
    changed: int = number(0)
    paused: int = number(0)
    rejected: int = number(0)
    result: str = words()


class JobMatch(Row, table=True):
    """A job found for a person, how the score came about, and what they said to it."""

    __table_args__ = args(
        one_of("state", MatchState),
        sa.UniqueConstraint("person_id", "job_id"),
    )
    id: int = row_id()
    person_id: int = link("person", index=False)
    job_id: int = link("job")
    score: float = _real()
    lines: list[Any] = sealed_json("job_match.lines")
    reasons: list[str] = sealed_json("job_match.reasons")
    state: str = words("found")
    found_at: datetime = moment()
    shown_at: datetime | None = moment(null=True)
    answered_at: datetime | None = moment(null=True)


class JobWish(Row, table=True):
    """What a person wants of a job, as one sealed value, and when they hear of new ones next.

    `asked_at` is set while they wait for an answer: they asked for jobs just now.
    """

    __table_args__ = args(
        sa.UniqueConstraint("person_id"),
        partial("ix_job_wish_weekly", "weekly_at", where="weekly_at IS NOT NULL"),
        partial("ix_job_wish_asked", "asked_at", where="asked_at IS NOT NULL"),
    )
    id: int = row_id()
    person_id: int = link("person", index=False)
    wishes: dict[str, Any] = sealed_json("job_wish.wishes")
    weekly_at: datetime | None = moment(null=True)
    asked_at: datetime | None = moment(null=True)
    daily: bool = flag()
    updated_at: datetime = moment()


class Hire(Row, table=True):
    """A job somebody got: `starts_on` and `ended_on` are dates ("2027-03-08"), `hours` a week's.

    `source` says who told us: the person, staff, the employer.
    """

    __table_args__ = args(one_of("pay_per", PayPer))
    id: int = row_id()
    person_id: int = link("person")
    interview_id: int | None = link("interview", null=True, gone="SET NULL")
    job_id: int | None = link("job", null=True, gone="SET NULL")
    employer_id: int | None = link("employer", null=True, gone="SET NULL")
    employer: str | None = sealed("hire.employer", null=True)
    title: str | None = sealed("hire.title", null=True)
    starts_on: str | None = words(null=True)
    hours: int | None = number(null=True)
    pay_cents: int | None = number(null=True)
    pay_per: str | None = words(null=True)
    temporary: bool | None = maybe_flag()
    source: str = words()
    ended_on: str | None = words(null=True)
    created_at: datetime = moment()


class FollowUp(Row, table=True):
    """A day on which somebody is asked whether they still work, and what was learned; the window is two dates
    ("2027-04-01"), both included.
    """

    __table_args__ = args(
        one_of("kind", FollowUpKind),
        one_of("state", FollowUpState),
        sa.UniqueConstraint("person_id", "hire_id", "kind"),
        partial("ix_follow_up_due", "due_on", where="state IN ('due', 'asked')"),
    )
    id: int = row_id()
    person_id: int = link("person", index=False)
    hire_id: int | None = link("hire", null=True)
    kind: str = words()
    due_on: str = words()
    window_from: str = words()
    window_to: str = words()
    state: str = words("due")
    employed: bool | None = maybe_flag()
    evidence_kind: str | None = words(null=True)
    evidence_at: datetime | None = moment(null=True)
    photo_id: int | None = link("photo", null=True, gone="SET NULL")
    asked_at: datetime | None = moment(null=True)
    answered_at: datetime | None = moment(null=True)
    created_at: datetime = moment()
