"""What the human on call does about a ride, as rows of the same turn in which the engine hears of it.

The rule: each act is audited under their name and keeps the promise that a human looks after it. What cannot
be done changes nothing and says why, in one word.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias, cast

import sqlalchemy as sa

from bot.acting import Acting, Done, Failed, first_name
from bot.arranging import move_interview
from bot.happening import Happening, Origin
from bot.planning import plan_interview
from bot.rebooking import rebook_ride
from bot.reminders.hours import wall_clock
from bot.settings import Settings
from bot.views import interview_view, ride_view
from flows.actions import MoveInterview, RebookRide
from flows.events import Event, RideTaxi
from flows.flowset import FlowSet
from storage import audit, interviews, rides
from storage import conversations as talks
from storage.attention import keep_promises
from storage.staff import CaseworkerRow

Came: TypeAlias = Literal[
    "done", "gone", "already", "too_late", "too_often", "no_money_left", "past", "in_the_car", "not_now"
]
"""What came of an act: done, or why not."""


@dataclass(frozen=True, slots=True)
class About:
    """Who does it, for whom, about which leg, since which promise was made (the item's kind), and when."""

    who: CaseworkerRow
    person_id: int
    ride_id: int
    kind: str
    now: datetime


@dataclass(frozen=True, slots=True)
class _Did:
    came: Came
    event: Event | None = None


Do: TypeAlias = Callable[[sa.Connection, Acting, rides.RideRow], _Did]


@dataclass(slots=True)
class Act:
    """One act to be done: `happening` does it, `came` says then what came of it."""

    happening: Happening
    came: Came = "not_now"


def new_car(about: About, flows: FlowSet, settings: Settings) -> Act:
    """Order another car for a leg whose car is gone."""
    return _act(about, flows, settings, "ordered_car", _new_car)


def other_car(about: About, flows: FlowSet, settings: Settings) -> Act:
    """Call a car off that is on its way and no help, and order another; where none can come, it stays."""

    def do(connection: sa.Connection, who: Acting, ride: rides.RideRow) -> _Did:
        return _other_car(connection, who, ride, about.who)

    return _act(about, flows, settings, "ordered_other_car", do)


def taxi(about: About, flows: FlowSet, settings: Settings, minutes: int) -> Act:
    """Tell the person that a taxi comes in so many minutes; a car of ours that has not come is called off."""

    def do(connection: sa.Connection, who: Acting, ride: rides.RideRow) -> _Did:
        return _taxi(connection, who, ride, about.who, minutes)

    return _act(about, flows, settings, "sent_taxi", do)


def moved(about: About, flows: FlowSet, settings: Settings, at: datetime) -> Act:
    """Give the appointment a new time, naive, on its own wall clock; its cars are called off."""

    def do(connection: sa.Connection, who: Acting, ride: rides.RideRow) -> _Did:
        return _moved(connection, who, ride, at)

    return _act(about, flows, settings, "moved_interview", do)


def _act(about: About, flows: FlowSet, settings: Settings, word: str, do: Do) -> Act:
    did: list[_Did] = []

    def settle(connection: sa.Connection) -> bool:
        did.clear()
        who = _acting(connection, about, flows, settings)
        ride = rides.ride(connection, about.ride_id)
        did.append(_Did("gone") if who is None or ride is None else do(connection, who, ride))
        act.came = did[-1].came
        if act.came != "done":
            return False
        keep_promises(connection, about.person_id, about.now, about.kind)
        object_, details = f"person:{about.person_id}", {"ride": about.ride_id}
        audit.append(
            connection, actor=about.who.actor, action=word, object=object_, now=about.now, details=details
        )
        return True

    def event(connection: sa.Connection, at: datetime) -> Event | None:
        return did[-1].event

    origin = Origin(kind="ride", sender="schedule")
    act = Act(Happening(person_id=about.person_id, event=event, settle=settle, origin=origin))
    return act


def _acting(connection: sa.Connection, about: About, flows: FlowSet, settings: Settings) -> Acting | None:
    found = talks.conversation_of(connection, about.person_id)
    if found is None:
        return None
    (row,) = talks.load_conversations(connection, [found])
    return Acting(
        person_id=about.person_id,
        conversation_id=row.id,
        contact_point_id=row.contact_point_id,
        message_id=None,
        last_words="",
        zone=row.zone,
        now=about.now,
        flows=flows,
        settings=settings,
    )


def _new_car(connection: sa.Connection, who: Acting, ride: rides.RideRow) -> _Did:
    match rebook_ride(connection, RebookRide(ride=ride_view(connection, ride)), who):
        case Done():
            return _Did("done")
        case Failed(reason):
            return _Did(cast(Came, reason))


def _other_car(connection: sa.Connection, who: Acting, ride: rides.RideRow, human: CaseworkerRow) -> _Did:
    last = [one for one in rides.lock_rides(connection, ride.interview_id) if one.leg == ride.leg][-1]
    if last.id != ride.id:
        return _Did("already")
    if last.state == "in_progress":
        return _Did("in_the_car")
    try:
        with connection.begin_nested():
            if last.live and last.wanted == "booked":
                call_off = {"wanted": "cancelled", "due_at": who.now}
                rides.change_ride(connection, last.id, last.version, who.now, actor=human.actor, **call_off)
            did = _new_car(connection, who, last)
            if did.came != "done":
                raise _StaysAsItIs
    except _StaysAsItIs:
        pass
    return did


class _StaysAsItIs(Exception):
    """No other car can come: the one there is is better than none."""


def _taxi(
    connection: sa.Connection, who: Acting, ride: rides.RideRow, human: CaseworkerRow, minutes: int
) -> _Did:
    legs = [one for one in rides.lock_rides(connection, ride.interview_id) if one.leg == ride.leg]
    last, row = legs[-1], interviews.interview(connection, ride.interview_id)
    if row is None or last.state == "in_progress":
        return _Did("gone" if row is None else "in_the_car")
    if last.live and last.wanted == "booked":
        rides.change_ride(
            connection, last.id, last.version, who.now, actor=human.actor, wanted="cancelled", due_at=who.now
        )
        plan_interview(connection, who.flows, row.id, who.now)
    view: Any = interview_view(connection, row.id)
    comes = wall_clock(who.now + timedelta(minutes=minutes), row.zone).replace(second=0, microsecond=0)
    told = RideTaxi(
        at=who.now,
        interview=view,
        ride=ride_view(connection, last),
        taxi={"who": first_name(human, who.settings), "at": comes},
    )
    return _Did("done", told)


def _moved(connection: sa.Connection, who: Acting, ride: rides.RideRow, at: datetime) -> _Did:
    view = interview_view(connection, ride.interview_id)
    if view is None:
        return _Did("gone")
    match move_interview(connection, MoveInterview(interview=view, at=at), who):
        case Done(brings=(event,)):
            return _Did("done", event)
        case Failed(reason):
            return _Did(cast(Came, reason))
        case Done():
            raise AssertionError("a moved interview brings its event")
