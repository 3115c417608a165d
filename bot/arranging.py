"""Interviews and the cars that go there, arranged within a turn: rows only, no provider is asked here.

The rule: whatever changes an interview or its legs derives its plan anew in the same transaction. Money is
held by our own estimate before a leg is written; both legs are held or none. Lock order: conversation, rides,
fund.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.acting import Acting, Answer, Done, Failed
from bot.funding import fares, hold_legs
from bot.planning import plan_interview, told_too_late
from bot.reminders.hours import to_utc
from bot.rides.caps import all_caps, why_not
from bot.rides.estimates import estimate_cents, pickup_for, road_miles
from bot.views import held_leg, interview_view, is_held, ride_view, running_ride, view_of
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
from storage.rides import NewRide, RideRow
from storage.tables.going import OkToGo

DONE_FROM = timedelta(minutes=15)
"""A car home may be called from this long before the interview begins: some are sent away at once."""

DONE_UNTIL = timedelta(hours=16)


# --- the interview ------------------------------------------------------------------------------------------


def save_interview(connection: sa.Connection, action: SaveInterview, who: Acting) -> Answer:
    """Write the interview down with its plan; one told after the first ask's time counts as confirmed."""
    place = _place(connection, action.place)
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
    view = _told(connection, moved, who)
    event = InterviewMoved(at=_local(who), interview=cast(Any, view))
    return Done(view, (event,))


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


def _local(who: Acting) -> datetime:
    return who.now.astimezone(ZoneInfo(who.zone))


# --- the cars -----------------------------------------------------------------------------------------------


def book_rides(connection: sa.Connection, action: BookRides, who: Acting) -> Answer:
    """Hold the money for both ways and write both legs; a worker asks the provider next."""
    row = _own(connection, action.interview, who)
    if row is None:
        return Failed("gone")
    stop, there = _place(connection, action.pickup), _place(connection, {"id": row.place_id})
    before = rides.lock_rides(connection, row.id)
    if held_leg(before, "out") is not None:
        return Failed("already")
    if stop.pin is None or there.pin is None:
        return Failed("no_pin")
    miles = road_miles(*stop.pin, *there.pin)
    pickup_at = pickup_for(row.at, miles)
    if (reason := why_not(all_caps(who.settings), miles, pickup_at - who.now)) is not None:
        return Failed(reason)
    door = action.door if action.door in {each["key"] for each in stop.doors} else None
    cents = estimate_cents(miles, fares(who.settings))
    legs = _legs(row, stop, there, door, action.rider, pickup_at, cents)
    kept = {leg.leg for leg in before if leg.live and is_held(leg)}  # after a missed car the way home stays
    held = hold_legs(connection, [leg for leg in legs if leg.leg not in kept], who)
    if held != "held":
        return Failed("no_money_left")
    return Done(_planned(connection, row, who))


def _legs(
    row: InterviewRow,
    stop: PlaceRow,
    there: PlaceRow,
    door: str | None,
    rider: str,
    pickup_at: datetime,
    cents: int,
) -> tuple[NewRide, NewRide]:
    out = NewRide(
        interview_id=row.id,
        person_id=row.person_id,
        leg="out",
        purpose=row.kind,
        rider=rider,
        pickup_place_id=stop.id,
        dropoff_place_id=there.id,
        door=door,
        pickup_at=pickup_at,
        arrive_by=row.at,
        estimate_cents=cents,
    )
    home = NewRide(
        interview_id=row.id,
        person_id=row.person_id,
        leg="home",
        purpose=row.kind,
        rider=rider,
        pickup_place_id=there.id,
        dropoff_place_id=stop.id,
        flexible=True,
        estimate_cents=cents,
    )
    return out, home


def cancel_rides(connection: sa.Connection, action: CancelRides, who: Acting) -> Answer:
    """Want every leg that has not run cancelled."""
    row = _own(connection, action.interview, who)
    if row is None:
        return Failed("gone")
    rides.drop_rides(connection, row.id, who.now)
    plan_interview(connection, who.flows, row.id, who.now)
    return Done({})


def call_car_home(connection: sa.Connection, action: CallCarHome, who: Acting) -> Answer:
    """Note that the car home is wanted now; a worker sends it."""
    leg = _way_home(connection, action.interview, who)
    if leg is None:
        return Failed("no_ride")
    if leg.called_at is not None or not leg.flexible:
        return Failed("already")
    called = rides.change_ride(connection, leg.id, leg.version, who.now, called_at=who.now, due_at=who.now)
    assert called is not None, "its row is locked"
    plan_interview(connection, who.flows, leg.interview_id, who.now)
    view = interview_view(connection, leg.interview_id)
    assert view is not None
    return Done(view)


def _way_home(connection: sa.Connection, view: Mapping[str, Any] | None, who: Acting) -> RideRow | None:
    """Find the leg home of the interview that has begun, the one named or today's; its row is locked."""
    for leg in rides.live_rides(connection, who.person_id):
        row = interviews.interview(connection, leg.interview_id)
        if leg.leg != "home" or leg.wanted != "booked" or row is None:
            continue
        if view is not None and view["id"] != row.id:
            continue
        if row.at - DONE_FROM <= who.now <= row.at + DONE_UNTIL or _was_driven(connection, row.id):
            return held_leg(rides.lock_rides(connection, row.id), "home")
    return None


def _was_driven(connection: sa.Connection, interview_id: int) -> bool:
    out = held_leg(rides.rides_of(connection, interview_id), "out")
    return out is not None and out.state == "completed"


def look_at_ride(connection: sa.Connection, who: Acting) -> Answer:
    """Read the leg that runs or comes next within a day, as last heard."""
    leg = running_ride(connection, who.person_id, who.now)
    return Failed("no_ride") if leg is None else Done(ride_view(connection, leg))
