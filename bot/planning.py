"""An interview's plan as rows: what it makes us send, derived anew whenever the interview or its ride
changes.

The rule: a plan looks ahead only. What was due before the person told us, or before the car was booked, is no
reminder and is never sent late; a row that already rang for this version stays rung. `unless` is asked now,
to leave out the rows of the other kind (with and without a car), and once more when the row rings.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.reminders.hours import next_change, wall_clock
from bot.reminders.plans import Appointment, derive
from bot.views import held_leg, view_of
from flows.flowset import FlowSet
from flows.model import PlanRow
from flows.views import InterviewView
from storage import interviews, rides, timers
from storage.conversations import conversation_of
from storage.interviews import InterviewRow
from storage.subjects import subject
from storage.timers import PlanTimer

PLAN = "interview"
NEAR_A_CHANGE = timedelta(days=2)
TIME_TO_LEAVE = timedelta(minutes=60)
"""Without a car a person is taken to set out this long before the interview."""


def plan_interview(connection: sa.Connection, flows: FlowSet, interview_id: int, now: datetime) -> None:
    """Derive the plan's timers from the interview and its rides as they are; all go when it is off."""
    row = interviews.interview(connection, interview_id)
    conversation_id = None if row is None else conversation_of(connection, row.person_id)
    if row is None or conversation_id is None:
        return
    name = subject("interview", row.id)
    if row.state == "cancelled":
        timers.drop_plan(connection, name, now)
        return
    timers.set_plan(connection, conversation_id, name, row.version, _ahead(connection, flows, row, now), now)


def told_too_late(flows: FlowSet, row: InterviewRow, now: datetime) -> bool:
    """Say whether the first ask's time had passed when we were told: then the person counts as coming."""
    appointment = Appointment(at=row.wall, zone=row.zone)
    reminders = [one for one in flows.plans.get(PLAN, ()) if one.kind == "reminder" and one.anchor == "at"]
    coming = [planned.due_at for planned in derive(reminders, appointment, now) if planned.due_at > now]
    return len(coming) < len(reminders)


def holds_off(row: PlanRow, view: InterviewView, at: datetime) -> bool:
    """Say whether a row's `unless` holds now, of the interview as it stands; `at` is the wall clock."""
    return _unless(row, dict(view), at)


def _ahead(connection: sa.Connection, flows: FlowSet, row: InterviewRow, now: datetime) -> list[PlanTimer]:
    legs = rides.rides_of(connection, row.id)
    out, home = held_leg(legs, "out"), held_leg(legs, "home")
    appointment = Appointment(
        at=row.wall,
        zone=row.zone,
        pickup=out.pickup_at if out is not None else None,
        leave=row.at - TIME_TO_LEAVE,
        home=home.changed_at if home is not None and home.state == "completed" else None,
        clocks=clocks_change(row.at, row.zone),
    )
    view = dict(view_of(connection, row))
    rows = [one for one in flows.plans.get(PLAN, ()) if not _unless(one, view, row.wall)]
    return [
        PlanTimer(event=planned.event, at=planned.due_at, useful_until=planned.useful_until)
        for planned in derive(rows, appointment, now)
        if planned.due_at > now
    ]


def clocks_change(at: datetime, zone: str) -> datetime | None:
    """Say when the clocks of a zone change: on the day of this moment, or the day before it."""
    change = next_change(zone, at - NEAR_A_CHANGE, NEAR_A_CHANGE)
    if change is None:
        return None
    days = (wall_clock(at, zone).date() - wall_clock(change, zone).date()).days
    return change if days in (0, 1) else None


def _unless(row: PlanRow, view: dict[str, Any], at: datetime) -> bool:
    return row.unless is not None and row.unless.holds({"interview": view, "now": at})
