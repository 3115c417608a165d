"""Rides to work, a day ahead: make each day's appointment and legs, ask in the third week what comes after.

The rule: one process does this at a time (schedule.ALONE), and a day's row says that it was made; what raises
for one plan is logged, put on staff's list, and tried again at the next look.
"""

import logging
from datetime import date, datetime, time, timedelta
from functools import partial

import sqlalchemy as sa

from bot.acting import due_for
from bot.conversation import Happening, Origin
from bot.reminders.hours import wall_clock
from bot.worker.workshop import Workshop
from bot.working import is_over, make_days, work_view
from flows.events import Event, WorkTaper
from storage import work
from storage.attention import need_human
from storage.work import PlanRow

ASKED_FROM = timedelta(days=14)
"""From the first day on: the third week begins, and with it the question what comes after."""
ASKED_AT, ASKED_UNTIL = time(17), time(19)
NOT_MADE = "rides to work not made"

log = logging.getLogger(__name__)


async def step(workshop: Workshop) -> int:
    """Look at every open plan once; always returns 0, as nothing is left to do at once."""
    for plan in await workshop.database.read(work.open_plans):
        try:
            await workshop.database.run(partial(_tend, plan, workshop))
            if await _is_asked_now(workshop, plan):
                await _ask(workshop, plan)
        except Exception:  # one plan that cannot be made never keeps the others from theirs
            log.exception("rides to work could not be made", extra={"plan": plan.id})
            await workshop.database.run(partial(_tell_staff, plan, workshop))
    return 0


def _tell_staff(plan: PlanRow, workshop: Workshop, connection: sa.Connection) -> None:
    now = workshop.clock.now()
    due_at = due_for(connection, workshop.settings, plan.person_id, NOT_MADE, now)
    need_human(connection, plan.person_id, NOT_MADE, "A fault of ours: book their cars by hand.", due_at, now)


def _tend(plan: PlanRow, workshop: Workshop, connection: sa.Connection) -> None:
    now = workshop.clock.now()
    if is_over(plan, now):
        work.change_plan(connection, plan.id, now, state="over")
    else:
        make_days(connection, plan, workshop.conversations.flows, workshop.settings, now)


async def _is_asked_now(workshop: Workshop, plan: PlanRow) -> bool:
    wall = wall_clock(workshop.clock.now(), plan.zone)
    third = date.fromisoformat(plan.first_day) + ASKED_FROM
    return plan.taper_at is None and wall.date() >= third and ASKED_AT <= wall.time() < ASKED_UNTIL


async def _ask(workshop: Workshop, plan: PlanRow) -> None:
    """Begin the talk about what comes after, once."""
    now = workshop.clock.now()

    def settle(connection: sa.Connection) -> bool:
        fresh = work.plan(connection, plan.id)
        if fresh is None or fresh.taper_at is not None or fresh.state != "planned":
            return False
        work.change_plan(connection, plan.id, now, taper_at=now)
        return True

    def event(connection: sa.Connection, at: datetime) -> Event | None:
        fresh = work.plan(connection, plan.id)
        return None if fresh is None else WorkTaper(at=at, work=work_view(connection, fresh))

    origin = Origin(kind="reply", sender="schedule")
    await workshop.conversations.happen(
        Happening(person_id=plan.person_id, event=event, origin=origin, settle=settle)
    )
