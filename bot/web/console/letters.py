"""A letter to show: where a person has to be, when they leave and are back; and the bus line for afterwards.

The rule: the letter says name, place, times and a phone number, and nothing else: no word tells who sends it
or why. It is printed by staff and shown by the person; we send it to nobody.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any, Final, Literal, cast

import sqlalchemy as sa
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from bot.acting import Acting, Done
from bot.reminders.hours import wall_clock
from bot.views import interview_views
from bot.web.console.deps import StaffDeps
from bot.web.console.reading import REF, common, no
from bot.web.pages import page, see_other
from bot.working import plan_work, work_view
from flows.actions import PlanWork
from flows.views import InterviewView, WorkView
from flows.wishes import WEEKDAYS
from storage import audit, desk, interviews, people, rides, work
from storage import conversations as talks
from storage.staff import CaseworkerRow

LONGEST_LINE = 80
LAST_KNOWN: Final = timedelta(days=120)
"""A place and a stop from longer ago are asked for anew."""
NOBODY = "There is nobody here for you to see."


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says, and the plan of rides to work it stands beside."""

    ref: str
    name: str
    day: datetime
    appointments: list[InterviewView]
    plan: WorkView | None


async def letter(deps: StaffDeps, request: Request, who: CaseworkerRow) -> Response:
    """Show the letter of a person's appointments ahead, to print."""
    found = await deps.database.run(partial(_letter, request.path_params["ref"], who, deps))
    if found is None:
        return no(deps, request, 404, NOBODY, who)
    phone = deps.conversations.settings.staff_phone
    told = common(deps, request, who)
    return page("staff_letter.html", **told, letter=found, phone=phone, longest=LONGEST_LINE)


async def set_onward(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    """Keep how a person gets to work after the rides; the talk in the third week says it."""
    line = " ".join(str(form.get("onward", "")).split())[:LONGEST_LINE]
    ref = request.path_params["ref"]
    if not await deps.database.run(partial(_set_onward, ref, line or None, who, deps.clock.now())):
        return no(deps, request, 404, NOBODY, who)
    return see_other(f"/staff/people/{ref}/letter")


async def set_work(deps: StaffDeps, request: Request, who: CaseworkerRow, form: FormData) -> Response:
    """Plan rides to a job at a person's last place, from where they were picked up; the worker makes its
    days."""
    ref = request.path_params["ref"]
    asked = _asked(form)
    if asked is None:
        return no(deps, request, 400, "Say the first day with its hour, when work ends, and the days.", who)
    match await deps.database.run(partial(_set_work, ref, asked, who, deps)):
        case "done":
            return see_other(f"/staff/people/{ref}/letter")
        case "nobody":
            return no(deps, request, 404, NOBODY, who)
        case "past":
            return no(deps, request, 400, "That first day is past.", who)
        case "no_place":
            return no(deps, request, 400, "They had no ride yet: text them FIRST DAY, which asks where.", who)


def _asked(form: FormData) -> tuple[datetime, time, list[str]] | None:
    """Read the form: the first shift, its end, the days; None where one is missing or no clock."""
    days = [str(each) for each in form.getlist("day") if each in WEEKDAYS]
    try:
        first = datetime.fromisoformat(str(form.get("first", "")))
        ends = time.fromisoformat(str(form.get("ends", "")))
    except ValueError:
        return None
    return (first, ends, days) if days and first.tzinfo is None and ends.tzinfo is None else None


def _set_work(
    ref: str,
    asked: tuple[datetime, time, list[str]],
    who: CaseworkerRow,
    deps: StaffDeps,
    connection: sa.Connection,
) -> Literal["done", "nobody", "past", "no_place"]:
    now = deps.clock.now()
    person_id = desk.seen_person(connection, who, ref, now) if REF.fullmatch(ref) else None
    found = None if person_id is None else talks.conversation_of(connection, person_id)
    if person_id is None or found is None:
        return "nobody"
    known = interviews.not_off(connection, person_id, now - LAST_KNOWN)
    views = [
        view for view in interview_views(connection, [row.id for row in known]).values() if "stop" in view
    ]
    person = people.person(connection, person_id)
    if not views or person is None or not person.first_name:
        return "no_place"
    last = max(views, key=lambda view: view["at"])
    (talk,) = talks.load_conversations(connection, [found])
    acting = Acting(
        person_id=person_id,
        conversation_id=talk.id,
        contact_point_id=talk.contact_point_id,
        message_id=None,
        last_words="",
        zone=talk.zone,
        now=now,
        flows=deps.conversations.flows,
        settings=deps.conversations.settings,
    )
    first, ends, days = asked
    action = PlanWork(
        place=last["spot"],
        starts=first,
        ends=ends,
        days=cast(Any, days),
        pickup=last["stop"],
        door=last.get("door"),
        rider=person.first_name,
    )
    if not isinstance(plan_work(connection, action, acting), Done):
        return "past"
    audit.append(connection, actor=who.actor, action="planned_work", object=f"person:{person_id}", now=now)
    return "done"


def _letter(ref: str, who: CaseworkerRow, deps: StaffDeps, connection: sa.Connection) -> Letter | None:
    now = deps.clock.now()
    person_id = desk.seen_person(connection, who, ref, now) if REF.fullmatch(ref) else None
    person = None if person_id is None else people.person(connection, person_id)
    if person_id is None or person is None:
        return None
    ahead = [row.id for row in interviews.ahead(connection, person_id) if row.at > now]
    views = interview_views(connection, ahead)
    riders = [leg.rider for leg in rides.live_rides(connection, person_id)]
    name = person.first_name or next(iter(riders), "")
    plan = work.plan_of(connection, person_id)
    audit.append(connection, actor=who.actor, action="opened_letter", object=f"person:{person_id}", now=now)
    shown = None if plan is None else work_view(connection, plan)
    return Letter(ref, name, wall_clock(now, str(deps.zone)), [views[id_] for id_ in ahead], shown)


def _set_onward(
    ref: str, line: str | None, who: CaseworkerRow, now: datetime, connection: sa.Connection
) -> bool:
    person_id = desk.seen_person(connection, who, ref, now) if REF.fullmatch(ref) else None
    plan = None if person_id is None else work.plan_of(connection, person_id)
    if plan is None:
        return False
    work.change_plan(connection, plan.id, now, onward=line)
    audit.append(connection, actor=who.actor, action="set_onward", object=f"person:{person_id}", now=now)
    return True
