"""Ring what is due: the engine's own tokens, and what an interview's plan makes happen.

The rule: a timer is closed in the same transaction as the turn it causes, so it rings once. A plan's row
asks its `unless` again at that moment, of the interview as it stands then; a nudge outside the person's
hours rings later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from bot import phones
from bot.conversation import Happening, Origin
from bot.happening import Planned
from bot.planning import PLAN, holds_off
from bot.reminders.hours import Hours, next_in_all, own_hours, zones_of
from bot.worker.manners import usual_hours
from bot.worker.workshop import Workshop
from flows.events import OUTSIDE, Event, PhoneChanged, PhoneDoubted, TimerRang
from flows.flowset import FlowSet
from flows.model import PlanRow
from flows.views import InterviewView
from storage import lists, points, timers
from storage.tables import Conversation, Person, table
from storage.timers import Rung

LIMIT = 200
LATE = timedelta(hours=1)
"""What rings so late may have rung in time, in a life that a restored backup has forgotten: we ask first."""

_CONVERSATION, _PERSON = table(Conversation), table(Person)
_WHOSE = (
    sa.select(
        _CONVERSATION.c.id,
        _CONVERSATION.c.person_id,
        *(_PERSON.c[name] for name in ("zone", "other_zones", "texts_from", "texts_to")),
    )
    .join(_PERSON, _PERSON.c.id == _CONVERSATION.c.person_id)
    .where(_CONVERSATION.c.id.in_(sa.bindparam("ids", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class _Whose:
    person_id: int
    zones: tuple[str, ...]
    hours: Hours


async def step(workshop: Workshop) -> int:
    """Ring up to 200 timers as one list; return how many were claimed."""
    now = workshop.clock.now()
    hours = usual_hours(workshop.settings)
    rung, whose = await workshop.database.run(partial(_claim, now, hours))
    flows = workshop.conversations.flows
    await workshop.conversations.happen(
        *(_happening(flows, one, whose[one.conversation_id], now) for one in rung)
    )
    return len(rung)


def _claim(now: datetime, hours: Hours, connection: sa.Connection) -> tuple[list[Rung], Mapping[int, _Whose]]:
    """Lease what is due; nudges outside their person's hours go back at once."""
    claimed = timers.claim(connection, now, LIMIT)
    whose = _people(connection, [one.conversation_id for one in claimed], hours)
    ring = []
    for one in claimed:
        them = whose[one.conversation_id]
        allowed = next_in_all(now, them.zones, them.hours) if one.nudge else now
        if allowed > now:
            timers.put_off(connection, one.lease, allowed)
        else:
            ring.append(one)
    return ring, whose


def _people(connection: sa.Connection, conversations: Sequence[int], usual: Hours) -> Mapping[int, _Whose]:
    found = lists.read(connection, _WHOSE, ids=conversations) if conversations else ()
    return {
        talk: _Whose(person_id, zones_of(zone, others), own_hours(usual, since, until))
        for talk, person_id, zone, others, since, until in found
    }


def _happening(flows: FlowSet, rung: Rung, whose: _Whose, now: datetime) -> Happening:
    if rung.name == phones.CHANGED:
        return _came_back(rung, whose, now)
    if rung.name == phones.DOUBTED:
        asked = partial(_doubted, rung)
        return Happening(
            person_id=whose.person_id,
            event=asked,
            rang=rung.lease,
            origin=Origin(kind="reply", sender="schedule"),
        )
    late = rung.due_at if now - rung.due_at > LATE else None
    if rung.kind == "engine":
        ring, origin = TimerRang(at=now, token=rung.name), Origin(look_since=late)
        return Happening(person_id=whose.person_id, event=ring, rang=rung.lease, origin=origin)
    rows = [row for row in flows.plans.get(PLAN, ()) if row.event == rung.name]
    return Happening(
        person_id=whose.person_id,
        event=Planned(int((rung.subject or "").partition(":")[2] or 0), partial(_planned, rung, rows)),
        origin=Origin(
            kind="ride" if any(row.kind == "ride_day" for row in rows) else "reminder",
            sender="schedule",
            subject=rung.subject,
            version=rung.version,
            useful_until=rung.useful_until,
            look_since=late,
        ),
        rang=rung.lease,
    )


def _came_back(rung: Rung, whose: _Whose, now: datetime) -> Happening:
    """Bring a person the news that they are here again, on the address they came from."""
    point_id, other = int((rung.subject or "").partition(":")[2]), list[bool]()

    def arrive(connection: sa.Connection) -> bool:
        found = phones.arrive(connection, whose.person_id, point_id, now)
        other[:] = [] if found is None else [found]
        return found is not None

    def event(connection: sa.Connection, at: datetime) -> Event:
        return PhoneChanged(at=at, phone={"other": other[-1]})

    return Happening(
        person_id=whose.person_id,
        event=event,
        rang=rung.lease,
        settle=arrive,
        speak_on=point_id,
        origin=Origin(kind="reply"),
    )


def _doubted(rung: Rung, connection: sa.Connection, at: datetime) -> Event | None:
    """Ask whether the number is still theirs; None where they are reached elsewhere, or the doubt is over."""
    talk = sa.select(_CONVERSATION.c.contact_point_id).where(_CONVERSATION.c.id == rung.conversation_id)
    here = connection.execute(talk).scalar_one_or_none()
    point = points.point(connection, here) if here is not None else None
    if point is None or f"point:{point.id}" != rung.subject or point.unsure_since is None:
        return None
    return PhoneDoubted(at=at)


def _planned(rung: Rung, rows: Sequence[PlanRow], view: InterviewView, at: datetime) -> Event | None:
    """Build a plan's event from the interview as it stands now; None where every row of it holds off."""
    if all(holds_off(row, view, at.replace(tzinfo=None)) for row in rows):
        return None
    happened: type[Any] = OUTSIDE[rung.name]
    event: Event = happened(at=at, interview=view)
    return event
