"""Rides to a job in its first weeks: the plan, the shifts that change, and each day's appointment.

The rule: a plan makes nothing by itself; each day's appointment, of the kind work, is made the day before,
with its legs, in one transaction with the day's own row. Wall clocks are the place's: a shift at 6:00 is at
6:00 on either side of a change of the clocks. What cannot be booked is a human's.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, cast

import sqlalchemy as sa

from bot.acting import Acting, Answer, Done, Failed, due_for
from bot.day import look_at_day
from bot.legs import AFTER_WORK, NO_WAY, Stay, put_right, why_no_car
from bot.planning import clocks_change, plan_interview
from bot.reminders.hours import to_utc, wall_clock
from bot.rides.estimates import pickup_for, road_miles
from bot.settings import Settings
from flows.actions import ChangeShift, LookAtDay, NotePay, PlanWork, TakeDayOff
from flows.flowset import FlowSet
from flows.views import WorkView
from storage import interviews, places, rides, work
from storage.attention import need_human
from storage.places import PlaceRow
from storage.subjects import subject
from storage.work import DayRow, PlanRow

WEEKS = timedelta(weeks=3)
"""So long rides go to work, the first day included; the first pay may end them sooner."""

MADE_FROM = time(10)
"""The day before, from this hour on, a shift's appointment and legs are made."""

AFTER_PAY = timedelta(days=7)
"""So long rides go on after the first pay, within the three weeks: a bus has to be tried first."""


def plan_work(connection: sa.Connection, action: PlanWork, who: Acting) -> Answer:
    """Write a plan down and make the first day where that is tomorrow or today."""
    there, stop = _place(connection, action.place), _place(connection, action.pickup)
    zone = there.zone or who.zone
    if to_utc(action.starts, zone) <= who.now:
        return Failed("past")
    doors = {each["key"] for each in stop.doors}
    weekdays = _weekdays(action.days, action.starts.date())
    plan = work.add_plan(
        connection,
        who.now,
        person_id=who.person_id,
        place_id=there.id,
        stop_place_id=stop.id,
        door=action.door if action.door in doors else None,
        rider=action.rider,
        zone=zone,
        first_day=action.starts.date().isoformat(),
        until=(action.starts.date() + WEEKS - timedelta(days=1)).isoformat(),
        weekdays=weekdays,
        starts=f"{action.starts:%H:%M}",
        ends=f"{action.ends:%H:%M}",
    )
    make_days(connection, plan, who.flows, who.settings, who.now)
    return Done(cast(Mapping[str, Any], _view(connection, plan, who)))


def change_shift(connection: sa.Connection, action: ChangeShift, who: Acting) -> Answer:
    """Change one day's shift; what was made for the old hours is given up and made anew."""
    plan, day = work.plan_of(connection, who.person_id), action.starts.date()
    if plan is None:
        return Failed("no_plan")
    if not plan.first_day <= day.isoformat() <= plan.until:
        return Failed("not_then")
    if to_utc(action.starts, plan.zone) <= who.now:
        return Failed("past")
    _give_up(connection, plan, day, who)
    hours = {"starts": f"{action.starts:%H:%M}", "ends": f"{action.ends:%H:%M}"}
    work.set_day(connection, plan.id, day, off=False, **hours, interview_id=None, made_at=None)
    make_days(connection, plan, who.flows, who.settings, who.now)
    return Done(cast(Mapping[str, Any], _view(connection, plan, who, day)))


def take_day_off(connection: sa.Connection, action: TakeDayOff, who: Acting) -> Answer:
    """Take one day off: its car is called off, and no other is made."""
    plan = work.plan_of(connection, who.person_id)
    if plan is None:
        return Failed("no_plan")
    if not plan.first_day <= action.day.isoformat() <= plan.until:
        return Failed("not_then")
    _give_up(connection, plan, action.day, who)
    work.set_day(connection, plan.id, action.day, off=True, interview_id=None, made_at=None)
    return Done(cast(Mapping[str, Any], work_view(connection, plan)))


def note_pay(connection: sa.Connection, action: NotePay, who: Acting) -> Answer:
    """Note that the first pay came: rides end a week later, if not before."""
    plan = work.plan_of(connection, who.person_id)
    if plan is None:
        return Failed("no_plan")
    last = wall_clock(who.now, plan.zone).date() + AFTER_PAY
    until = min(plan.until, last.isoformat())
    work.change_plan(connection, plan.id, who.now, paid_at=who.now, until=until)
    after = work.plan(connection, plan.id)
    assert after is not None, "it is open"
    return Done(cast(Mapping[str, Any], _view(connection, after, who)))


def work_view(connection: sa.Connection, plan: PlanRow) -> WorkView:
    """Show a plan as flows know it: its last day, and how they get there afterwards."""
    there = places.place(connection, plan.place_id)
    assert there is not None, "a place is never deleted before its plan"
    first = datetime.combine(date.fromisoformat(plan.first_day), time.fromisoformat(plan.starts))
    pickup_at = first - timedelta(minutes=50)
    stop = places.place(connection, plan.stop_place_id)
    if stop is not None and stop.pin is not None and there.pin is not None:
        at = pickup_for(to_utc(first, plan.zone), road_miles(*stop.pin, *there.pin))
        pickup_at = wall_clock(at, plan.zone)
    view: WorkView = {
        "id": plan.id,
        "employer": plan.employer or there.label,
        "first": first,
        "until": datetime.combine(date.fromisoformat(plan.until), time.fromisoformat(plan.starts)),
        "pickup_at": pickup_at,
        "home_at": first + _length(plan) + AFTER_WORK,
    }
    if plan.onward:
        view["bus"] = plan.onward
    return view


def make_days(
    connection: sa.Connection, plan: PlanRow, flows: FlowSet, settings: Settings, now: datetime
) -> int:
    """Make the appointments of the days that are due to be made; returns how many."""
    known = work.days_of(connection, plan.id)
    today = wall_clock(now, plan.zone)
    made = 0
    for ahead in range(4):
        day = today.date() + timedelta(days=ahead)
        row = known.get(day.isoformat())
        if _is_day(plan, row, day) and _is_due(plan, row, day, today):
            made += _make(connection, plan, row, day, flows, settings, now)
    return made


def is_over(plan: PlanRow, now: datetime) -> bool:
    """Say whether a plan's last day is past."""
    return wall_clock(now, plan.zone).date().isoformat() > plan.until


# --- one day ------------------------------------------------------------------------------------------


def _is_day(plan: PlanRow, row: DayRow | None, day: date) -> bool:
    """Say whether they work on a day and nothing was made for it yet."""
    if row is not None and (row.off or row.made_at is not None):
        return False
    within = plan.first_day <= day.isoformat() <= plan.until
    planned = str(day.weekday()) in plan.weekdays or day.isoformat() == plan.first_day
    return within and (planned or (row is not None and row.starts is not None))


def _is_due(plan: PlanRow, row: DayRow | None, day: date, today: datetime) -> bool:
    """Say whether a day is made now: the day before; earlier where the clocks change, so that it is told."""
    at = to_utc(_clocks(plan, row, day)[0], plan.zone)
    before = 1 if clocks_change(at, plan.zone) is None else 3
    return today >= datetime.combine(day - timedelta(days=before), MADE_FROM)


def _clocks(plan: PlanRow, row: DayRow | None, day: date) -> tuple[datetime, datetime]:
    """Give a shift's start and end; one that ends before it starts ends the next day."""
    starts = (row.starts if row is not None else None) or plan.starts
    ends = (row.ends if row is not None else None) or plan.ends
    first = datetime.combine(day, time.fromisoformat(starts))
    last = datetime.combine(day, time.fromisoformat(ends))
    return first, last if last > first else last + timedelta(days=1)


def _length(plan: PlanRow) -> timedelta:
    first, last = _clocks(plan, None, date.fromisoformat(plan.first_day))
    return last - first


def _make(
    connection: sa.Connection,
    plan: PlanRow,
    row: DayRow | None,
    day: date,
    flows: FlowSet,
    settings: Settings,
    now: datetime,
) -> int:
    wall, ends = _clocks(plan, row, day)
    at = to_utc(wall, plan.zone)
    if at <= now:
        return 0
    if interviews.around(connection, plan.person_id, at, at):
        work.set_day(connection, plan.id, day, made_at=now)  # told by the person already
        return 0
    made = interviews.add_interview(
        connection,
        person_id=plan.person_id,
        employer=plan.employer,
        at=at,
        wall=wall,
        zone=plan.zone,
        place_id=plan.place_id,
        now=now,
        kind="work",
        ends_at=to_utc(ends, plan.zone),
    )
    work.set_day(connection, plan.id, day, made_at=now, interview_id=made.id)
    there, stop = places.place(connection, plan.place_id), places.place(connection, plan.stop_place_id)
    assert there is not None, "a place is never deleted before its plan"
    assert stop is not None, "a place is never deleted before its plan"
    stay = Stay(made, stop, plan.door, plan.rider)
    reason = why_no_car(connection, stay, there, settings, now)
    if reason is None:
        reason = put_right(connection, plan.person_id, flows, settings, now, stay)
    if reason not in ("held", "needs_approval"):
        due_at = due_for(connection, settings, plan.person_id, NO_WAY, now)
        words = f"Work on {day:%a %b %-d}: {reason}"
        need_human(
            connection, plan.person_id, NO_WAY, words, due_at, now, about=subject("interview", made.id)
        )
    plan_interview(connection, flows, made.id, now)
    return 1


def _give_up(connection: sa.Connection, plan: PlanRow, day: date, who: Acting) -> None:
    """Call a day's appointment off without a word: the person asked for it."""
    row = work.days_of(connection, plan.id).get(day.isoformat())
    made = None if row is None or row.interview_id is None else row.interview_id
    old = None if made is None else interviews.interview(connection, made)
    if old is None or interviews.cancel(connection, old.id, old.version, who.now) is None:
        return
    rides.drop_rides(connection, old.id, who.now)
    plan_interview(connection, who.flows, old.id, who.now)
    put_right(connection, who.person_id, who.flows, who.settings, who.now)


def _view(connection: sa.Connection, plan: PlanRow, who: Acting, day: date | None = None) -> WorkView:
    """Show a plan, and the first set hours of the week, or the hour to be home, that its shifts run into."""
    view = work_view(connection, plan)
    row = None if day is None else work.days_of(connection, plan.id).get(day.isoformat())
    first, _ = _clocks(plan, row, day or date.fromisoformat(plan.first_day))
    last = first + _length(plan)
    for ahead in range(7):
        shift = timedelta(days=ahead)
        if day is not None or (ahead and str((first + shift).weekday()) not in plan.weekdays):
            continue
        found = look_at_day(connection, LookAtDay(at=first + shift, until=last + shift), who)
        seen = found.result if isinstance(found, Done) else {}
        if "home_by" in seen:
            view.setdefault("home_by", seen["home_by"])
        if "busy_from" in seen and "busy_from" not in view:
            view["busy_from"], view["busy_to"] = seen["busy_from"], seen["busy_to"]
    return view


def _weekdays(days: str | list[str], first: date) -> str:
    """Write weekdays as digits from Monday; the first day's is always among them."""
    words = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    match days:
        case "mon_fri":
            found = set(range(5))
        case "every_day":
            found = set(range(7))
        case str():
            found = {words.index(days)} if days in words else set()
        case _:
            found = {words.index(each) for each in days if each in words}
    return "".join(str(one) for one in sorted(found | {first.weekday()}))


def _place(connection: sa.Connection, view: Mapping[str, Any]) -> PlaceRow:
    row = places.place(connection, view["id"])
    if row is None:
        raise LookupError("a flow speaks of a place that is not there")
    return row
