"""What stands beside an appointment that day: another one at its hour, the time to be home, hours that are
taken.

The rule: nothing is written here, and no reason is known of any hour: a person told us a weekday and two
clocks. Moments are reckoned generously, as the texts say "about".
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any, cast

import sqlalchemy as sa

from bot.acting import Acting, Answer, Done
from bot.legs import CHAINED, NEAR, stays
from bot.reminders.hours import to_utc
from bot.views import BACK_AFTER, HOME_FROM_WORK, back_at, interview_view, place_view
from flows.actions import LookAtDay
from flows.codec import from_json
from flows.views import DayView
from storage import interviews, people
from storage.interviews import InterviewRow

SETS_OUT = timedelta(minutes=45)
"""Before an appointment somebody is taken to be on the way this long."""


def look_at_day(connection: sa.Connection, action: LookAtDay, who: Acting) -> Answer:
    """Say what stands beside an appointment at this time."""
    row = None if action.interview is None else interviews.interview(connection, action.interview["id"])
    zone = who.zone if row is None else row.zone
    at = to_utc(action.at, zone)
    back = action.at + BACK_AFTER["interview"] if row is None else back_at(row)
    view: DayView = {"back_at": back if action.until is None else action.until + HOME_FROM_WORK}
    near = _near(connection, who.person_id, at, row)
    if near is not None and (shown := interview_view(connection, near.id)) is not None:
        view["near"] = shown
    facts = _facts(connection, who.person_id)
    home_by = _clock(facts.get("home_by"))
    if home_by is not None and _is_late(view["back_at"], action.at, home_by):
        view["home_by"] = datetime.combine(action.at.date(), home_by)
    taken = _taken(facts.get("fixed_hours"), action.at - SETS_OUT, view["back_at"])
    if taken is not None:
        view["busy_from"], view["busy_to"] = taken
    _add_others(connection, view, at, row, who)
    return Done(cast(Mapping[str, Any], view))


def _near(
    connection: sa.Connection, person_id: int, at: datetime, own: InterviewRow | None
) -> InterviewRow | None:
    """Find another appointment at that hour: nobody can be at both."""
    less = NEAR - timedelta(minutes=1)
    found = interviews.around(connection, person_id, at - less, at + less)
    return next((row for row in found if own is None or row.id != own.id), None)


def _facts(connection: sa.Connection, person_id: int) -> Mapping[str, Any]:
    person = people.person(connection, person_id)
    return {} if person is None else cast(Mapping[str, Any], from_json(person.facts))


def _clock(fact: Any) -> time | None:
    """Read a time of day off a record, where it stands as JSON wrote it."""
    match fact:
        case time():
            return fact
        case str() if fact:
            return time.fromisoformat(fact)
        case _:
            return None


def _is_late(back: datetime, at: datetime, home_by: time) -> bool:
    """Say whether they would be home after their hour; one after midnight belongs to the day before."""
    due = datetime.combine(at.date(), home_by)
    if home_by < time(5):
        due += timedelta(days=1)
    return back > due


def _taken(hours: Any, start: datetime, end: datetime) -> tuple[datetime, datetime] | None:
    """Find set hours that lie across a span of one day's wall clock."""
    for each in hours if isinstance(hours, Iterable) and not isinstance(hours, str) else ():
        if each["day"] != start.weekday():
            continue
        first = datetime.combine(start.date(), time.fromisoformat(each["from"]))
        last = datetime.combine(start.date(), time.fromisoformat(each["to"]))
        if first < end and start < last:
            return first, last
    return None


def _add_others(
    connection: sa.Connection, view: DayView, at: datetime, own: InterviewRow | None, who: Acting
) -> None:
    """Name the stop of the last ride, and the appointments a car goes on from or to."""
    known = [each for each in stays(connection, who.person_id) if own is None or each.row.id != own.id]
    for each in known:
        gap = at - each.row.at
        label = _label(connection, each.row)
        if each.row.kind != "work" and NEAR <= gap <= CHAINED:
            view["earlier"] = label
        elif NEAR <= -gap <= CHAINED:
            view.setdefault("later", label)
    if known:
        view["stop"] = place_view(known[-1].stop)
        if known[-1].door is not None:
            view["door"] = known[-1].door


def _label(connection: sa.Connection, row: InterviewRow) -> str:
    """Name an appointment's place."""
    view = interview_view(connection, row.id)
    assert view is not None, "its row is at hand"
    return view["employer"]
