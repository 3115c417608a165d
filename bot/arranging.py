"""Interviews and the cars that go there, arranged within a turn: rows only, no provider is asked here.

The rule: whatever changes an interview or its legs derives its plan anew in the same transaction. Money is
held by our own estimate before a leg is written; both legs are held or none. Lock order: conversation, rides,
fund.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.acting import Acting, Answer, Done, Failed, awake, spoken_number
from bot.funding import put_on_list
from bot.legs import Stay, can_drop_free, put_right, why_no_car
from bot.planning import plan_interview, told_too_late
from bot.reminders.hours import to_utc
from bot.standing_by import standing_by
from bot.views import held_leg, interview_view, ride_view, running_ride, view_of
from flows.actions import (
    BookRides,
    CallCarHome,
    CancelInterview,
    CancelRides,
    ConfirmInterview,
    MoveInterview,
    SaveInterview,
    SaveOutcome,
    SetOkToGo,
)
from flows.events import InterviewCancelled, InterviewMoved
from storage import interviews, places, rides
from storage.interviews import AHEAD, InterviewRow
from storage.places import PlaceRow
from storage.rides import RideRow
from storage.tables.going import InterviewKind, OkToGo

ASKED_AFTER_A_MISS = timedelta(days=60)
"""So long after a missed car the answer of the morning is asked for at the booking; no car is called off for
silence."""

DONE_FROM = timedelta(minutes=15)
"""A car home may be called from this long before the interview begins: some are sent away at once."""

DONE_UNTIL = timedelta(hours=16)
HALF_HOUR = timedelta(minutes=30)


# --- the interview ------------------------------------------------------------------------------------------


def save_interview(connection: sa.Connection, action: SaveInterview, who: Acting) -> Answer:
    """Write the interview down with its plan; one told after the first ask's time counts as confirmed."""
    place = _said_yes(connection, _place(connection, action.place), who)
    zone = place.zone or who.zone
    at = to_utc(action.at, zone)
    if at <= who.now:
        return Failed("past")
    if interviews.around(connection, who.person_id, at, at):
        return Failed("already")
    row = interviews.add_interview(
        connection,
        person_id=who.person_id,
        employer=action.employer,
        at=at,
        wall=action.at,
        zone=zone,
        place_id=place.id,
        now=who.now,
        kind=cast(InterviewKind, action.kind or "interview"),
    )
    return Done(_told(connection, row, who))


def move_interview(connection: sa.Connection, action: MoveInterview, who: Acting) -> Answer:
    """Give it a new time: old legs are wanted cancelled, the old plan is void, `interview.moved` follows."""
    row = _own(connection, action.interview, who)
    if row is None:
        return Failed("gone")
    at = to_utc(action.at, row.zone)
    if at <= who.now:
        return Failed("past")
    moved = interviews.move(connection, row.id, row.version, at=at, wall=action.at, now=who.now)
    if moved is None:
        return Failed("gone")
    rides.drop_rides(connection, row.id, who.now)
    _others_right(connection, who)
    view = _told(connection, moved, who)
    event = InterviewMoved(at=_local(who), interview=cast(Any, view))
    return Done(view, (event,))


def _others_right(connection: sa.Connection, who: Acting) -> None:
    """Give the person's other appointments that day the legs they need without this one."""
    put_right(connection, who.person_id, who.flows, who.settings, who.now)


def _told(connection: sa.Connection, row: InterviewRow, who: Acting) -> Mapping[str, Any]:
    if told_too_late(who.flows, row, who.now):
        row = interviews.confirm(connection, row.id, row.version, who.now) or row
    return _planned(connection, row, who)


def cancel_interview(connection: sa.Connection, action: CancelInterview, who: Acting) -> Answer:
    """Call it off: plan void, cars wanted cancelled, `interview.cancelled` follows."""
    row = _own(connection, action.interview, who)
    off = None if row is None else interviews.cancel(connection, row.id, row.version, who.now)
    if off is None:
        return Failed("gone")
    rides.drop_rides(connection, off.id, who.now)
    _others_right(connection, who)
    view = _planned(connection, off, who)
    return Done({}, (InterviewCancelled(at=_local(who), interview=cast(Any, view)),))


def confirm_interview(connection: sa.Connection, action: ConfirmInterview, who: Acting) -> Answer:
    """Note that the person is coming."""
    row = _own(connection, action.interview, who)
    sure = None if row is None else interviews.confirm(connection, row.id, row.version, who.now)
    return Failed("gone") if sure is None else Done(_planned(connection, sure, who))


def set_ok_to_go(connection: sa.Connection, action: SetOkToGo, who: Acting) -> Answer:
    """Note where the OK to go stands."""
    row = _own(connection, action.interview, who)
    ok = cast(OkToGo, action.ok)
    noted = None if row is None else interviews.set_ok_to_go(connection, row.id, row.version, ok, who.now)
    return Failed("gone") if noted is None else Done({})


def save_outcome(connection: sa.Connection, action: SaveOutcome, who: Acting) -> Answer:
    """Write down how it went; what the plan still held for afterwards is void."""
    row = interviews.interview(connection, action.interview["id"])
    if row is None or row.person_id != who.person_id:
        return Failed("gone")
    if not interviews.set_outcome(connection, row.id, action.outcome, who.now):
        return Failed("gone")
    plan_interview(connection, who.flows, row.id, who.now)
    return Done({})


def _own(connection: sa.Connection, view: Mapping[str, Any], who: Acting) -> InterviewRow | None:
    """Find the interview a flow speaks of: this person's, ahead, at the version the flow knows."""
    row = interviews.interview(connection, view["id"])
    if row is None or row.person_id != who.person_id or row.state not in AHEAD:
        return None
    return row if row.version == view["version"] else None


def _planned(connection: sa.Connection, row: InterviewRow, who: Acting) -> Mapping[str, Any]:
    plan_interview(connection, who.flows, row.id, who.now)
    return view_of(connection, row)


def _place(connection: sa.Connection, view: Mapping[str, Any]) -> PlaceRow:
    row = places.place(connection, view["id"])
    if row is None:
        raise LookupError("a flow speaks of a place that is not there")
    return row


def _said_yes(connection: sa.Connection, place: PlaceRow, who: Acting) -> PlaceRow:
    """Note that a person said yes to a place of their own; what all may name is staff's to say yes to."""
    if place.person_id == who.person_id and not place.confirmed:
        places.confirm_place(connection, place.id)
    return place


def _local(who: Acting) -> datetime:
    return who.now.astimezone(ZoneInfo(who.zone))


# --- the cars -----------------------------------------------------------------------------------------------


def book_rides(connection: sa.Connection, action: BookRides, who: Acting) -> Answer:
    """Hold the money for both ways and write both legs; a worker asks the provider next."""
    row = _own(connection, action.interview, who)
    if row is None:
        return Failed("gone")
    stop, there = _place(connection, action.pickup), _place(connection, {"id": row.place_id})
    _said_yes(connection, stop, who)
    before = rides.lock_rides(connection, row.id)
    if held_leg(before, "out") is not None:
        return Failed("already")
    door = action.door if action.door in {each["key"] for each in stop.doors} else None
    stay = Stay(row, stop, door, action.rider, before)
    if (reason := why_no_car(connection, stay, there, who.settings, who.now)) is not None:
        return Failed(reason)
    if action.ok == "not_yet" and not can_drop_free(connection, stay, there, who.settings, who.now):
        return Failed("no_ok")
    try:
        with connection.begin_nested():
            held = put_right(connection, who.person_id, who.flows, who.settings, who.now, stay)
            if held == "no_money_left":
                raise _NoMoney
    except _NoMoney:
        put_on_list(connection, row, stop, there, who.settings, who.now)
        return Failed("no_money_left")
    view = dict(_planned(connection, row, who))
    if rides.missed_since(connection, who.person_id, who.now - ASKED_AFTER_A_MISS):
        view["confirm_by_reply"] = True
    if _nobody_awake(connection, row, who):
        view["nobody_awake"] = True
        if who.settings.taxi_phone:
            view["taxi"] = spoken_number(who.settings.taxi_phone)
    return Done(view)


def _nobody_awake(connection: sa.Connection, row: InterviewRow, who: Acting) -> bool:
    """Say whether for a part of the way there nobody would be woken: not on call, and not at work."""
    by = standing_by(connection, row, rides.rides_of(connection, row.id))
    gaps = () if by is None else by.gaps
    return any(
        not awake(connection, who.settings, who.person_id, at)
        for gap in gaps
        for at in _moments(gap.since, min(gap.until, row.at))
    )


def _moments(since: datetime, until: datetime) -> list[datetime]:
    """List moments of a stretch, near enough to each other to meet every office hour."""
    many = max(0, ceil((until - since) / HALF_HOUR))
    return [since + HALF_HOUR * n for n in range(many)]


class _NoMoney(Exception):
    """No fund pays for all of its legs; what was given up for them is taken back."""


def cancel_rides(connection: sa.Connection, action: CancelRides, who: Acting) -> Answer:
    """Want every leg that has not run cancelled."""
    row = _own(connection, action.interview, who)
    if row is None:
        return Failed("gone")
    rides.drop_rides(connection, row.id, who.now)
    _others_right(connection, who)
    plan_interview(connection, who.flows, row.id, who.now)
    return Done({})


def call_car_home(connection: sa.Connection, action: CallCarHome, who: Acting) -> Answer:
    """Note that the car home, or on to the next appointment, is wanted now; a worker sends it. Gives the one
    they leave."""
    found = _way_on(connection, action.interview, who)
    if found is None:
        return Failed("no_ride")
    leg, left = found
    if leg.called_at is not None or not leg.flexible:
        return Failed("already")
    called = rides.change_ride(connection, leg.id, leg.version, who.now, called_at=who.now, due_at=who.now)
    assert called is not None, "its row is locked"
    for id_ in {leg.interview_id, left.id}:
        plan_interview(connection, who.flows, id_, who.now)
    view = interview_view(connection, left.id)
    assert view is not None
    return Done(view)


def _way_on(
    connection: sa.Connection, view: Mapping[str, Any] | None, who: Acting
) -> tuple[RideRow, InterviewRow] | None:
    """Find the leg away from the appointment that has begun, the one named or today's, and that appointment;
    the leg's row is locked."""
    mine = sorted(interviews.not_off(connection, who.person_id, who.now - DONE_UNTIL), key=lambda row: row.at)
    for at, row in enumerate(mine):
        if view is not None and view["id"] != row.id:
            continue
        begun = row.at - DONE_FROM <= who.now <= row.at + DONE_UNTIL
        if not begun and not _was_driven(connection, row.id):
            continue
        home = held_leg(rides.lock_rides(connection, row.id), "home")
        if home is not None and home.live:
            return home, row
        for later in mine[at + 1 :]:
            out = held_leg(rides.lock_rides(connection, later.id), "out")
            goes_on = out is not None and out.live and out.flexible and out.pickup_place_id == row.place_id
            if out is not None and goes_on and who.now < later.at + DONE_FROM:
                return out, row
    return None


def _was_driven(connection: sa.Connection, interview_id: int) -> bool:
    out = held_leg(rides.rides_of(connection, interview_id), "out")
    return out is not None and out.state == "completed"


def look_at_ride(connection: sa.Connection, who: Acting) -> Answer:
    """Read the leg that runs or comes next within a day, as last heard."""
    leg = running_ride(connection, who.person_id, who.now)
    return Failed("no_ride") if leg is None else Done(ride_view(connection, leg))
