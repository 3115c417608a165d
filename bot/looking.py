"""Looking for jobs, in a turn: asking, answering, and a job as a flow knows it.

The rule: a turn never ranks; it writes down that somebody asked, and the worker answers (worker/matching.py).
A job is read again whenever it is spoken of: one that is gone is not offered, whatever was found before.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final, cast

import sqlalchemy as sa

from bot.acting import Acting, Answer, Done, Failed, in_charge
from bot.jobs.hours import kind_of, span_of
from bot.reminders.hours import Hours, next_in_all, own_hours, to_utc, wall_clock, zones_of
from bot.settings import Settings
from flows.actions import AnswerJob, LookForJobs
from flows.views import JobView
from flows.wishes import FixedHours
from storage import job_matches, jobs
from storage.attention import need_human
from storage.job_matches import MatchRow
from storage.jobs import JobRow
from storage.tables.jobs import MatchState

WANTS: Final = "wants a job"
"""The caseworker's list's reason for a job that is applied for through staff."""

AT: Final = time(10)
"""When new jobs come by themselves, where a person has not said another hour."""
_STATES: Final[Mapping[str, MatchState]] = {
    "details": "details",
    "interested": "interested",
    "not_for_me": "not_for_me",
    "applied": "applied",
}


def look_for_jobs(connection: sa.Connection, action: LookForJobs, who: Acting) -> Answer:
    """Write down that they wait for jobs, and when they hear of new ones by themselves."""
    known = job_matches.wish(connection, who.person_id)
    job_matches.ask(connection, who.person_id, who.now)
    if action.again == "never":
        job_matches.hear_next(connection, who.person_id, None, who.now, daily=False)
    elif action.again is not None or known is None:
        daily = action.again == "day"
        at = next_look(connection, who.settings, who.person_id, who.now, daily=daily)
        job_matches.hear_next(connection, who.person_id, at, who.now, daily=daily)
    return Done({})


def answer_job(connection: sa.Connection, action: AnswerJob, who: Acting) -> Answer:
    """Note what they say to a job, and give it as it stands."""
    found = job_matches.match(connection, who.person_id, action.job["id"])
    row = None if found is None else jobs.job(connection, found.job_id, who.now)
    if found is None or row is None:
        return Failed("gone")
    state = _STATES[action.answer]
    if not can_be_had(row, who.now) and state != "not_for_me":
        job_matches.answer(connection, who.person_id, row.id, "gone", who.now)
        return Failed("gone")
    if not (state == "details" and found.state in ("interested", "applied")):
        job_matches.answer(connection, who.person_id, row.id, state, who.now)
    view = job_view(found, row)
    if state == "interested" and view["how"] == "staff":
        _, due_at = in_charge(connection, who.settings, who.person_id, WANTS, who.now)
        words = f"{row.title}, {row.employer}"
        need_human(connection, who.person_id, WANTS, words, due_at, who.now, about=f"job:{row.id}")
    return Done(cast(Mapping[str, Any], view))


def can_be_had(job: JobRow, now: datetime) -> bool:
    """Say whether a job can be applied for now."""
    return job.state == "open" and (job.valid_through is None or job.valid_through > now)


def next_look(
    connection: sa.Connection, settings: Settings, person_id: int, now: datetime, *, daily: bool
) -> datetime:
    """Say when a person hears of new jobs next: at their hour, a week or a day on, never in hours of theirs
    that are taken or in which we start nothing."""
    theirs = job_matches.hours_of(connection, person_id)
    fixed = job_matches.wishes_of(connection, person_id).fixed_hours
    zones = zones_of(theirs.zone, theirs.other_zones)
    usual = Hours(opens=settings.quiet_to, closes=settings.quiet_from)
    day = wall_clock(now, theirs.zone).date() + timedelta(days=1 if daily else 7)
    wall = _past(fixed, datetime.combine(day, theirs.jobs_at or AT))
    open_ = own_hours(usual, theirs.texts_from, theirs.texts_to)
    return next_in_all(to_utc(wall, theirs.zone), zones, open_)


def _past(fixed: tuple[FixedHours, ...], wall: datetime) -> datetime:
    """Move a wall clock behind the hours that are taken around it."""
    for one in sorted(fixed, key=lambda each: each.starts):
        if one.day == wall.weekday() and one.starts <= wall.time() < one.ends:
            wall = datetime.combine(wall.date(), one.ends)
    return wall


# --- a job as a flow knows it ------------------------------------------------------------------------


def job_view(found: MatchRow, job: JobRow) -> JobView:
    """Show a job that was found for somebody, with the reasons it was found for."""
    codes = dict(code.partition(":")[::2] for code in found.reasons if not code.startswith("ask:"))
    view: JobView = {
        "id": job.id,
        "title": job.title,
        "employer": job.employer,
        "reasons": list(found.reasons),
        "how": str(job.apply_how.get("kind") or "staff"),
    }
    if value := job.apply_how.get("value"):
        view["contact"] = str(value)
    if job.address:
        view["address"] = ", ".join(part for part in (job.address, job.city) if part)
    if "near" in codes:
        view["miles"] = int(codes["near"])
    if "shift" in codes:
        view["shift"] = codes["shift"]
        suits = (one for one in job.shifts if kind_of(span_of(*one)) == codes["shift"])
        view["hours"] = "-".join(_clock(each) for each in next(suits, job.shifts[0])) if job.shifts else ""
    if job.pay_low_cents is not None and job.pay_per is not None:
        high = job.pay_high_cents
        more = f"-{_money(high)}" if high is not None and high > job.pay_low_cents else ""
        view["pay"], view["pay_per"] = f"${_money(job.pay_low_cents)}{more}", job.pay_per
    return view


def _clock(clock: str) -> str:
    """Write "07:00" as "7" and "15:30" as "3:30", as an advertisement does."""
    at = time.fromisoformat(clock)
    hour = at.hour % 12 or 12
    return str(hour) if at.minute == 0 else f"{hour}:{at.minute:02}"


def _money(cents: int) -> str:
    return f"{cents // 100:,}" if cents % 100 == 0 else f"{cents / 100:,.2f}"
