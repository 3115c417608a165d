"""Which legs a day needs: out and home for one appointment; for two close together one way between them.

Theory of operation. A person's appointments that have a car stand in a row by time. Where one follows the
other within CHAINED, a car goes on from the first to the second: the way home of the first is given up, and
the way out of the second starts there and is flexible, for nobody knows when the first is over. Whatever
changes one of them (booked, moved, called off, no car found) has the row looked at once more, in the same
transaction: what no longer fits is wanted cancelled, what is missing is written and its money held. A leg
that a car already drives, or that was asked for, stands as it is; one whose last car came to nothing, or was
sent away by staff, is a human's. Lock order: conversation, rides, fund.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.acting import due_for
from bot.funding import Held, fares, hold_for
from bot.planning import plan_interview
from bot.rides.caps import all_caps, why_not
from bot.rides.estimates import estimate_cents, pickup_for, road_miles
from bot.settings import Settings
from bot.views import held_leg, is_held
from flows.flowset import FlowSet
from storage import interviews, places, rides
from storage.attention import need_human
from storage.interviews import InterviewRow
from storage.lifecycle import BOT, steps
from storage.places import PlaceRow
from storage.rides import NewRide, RideRow
from storage.subjects import subject
from storage.tables.going import Leg

NEAR = timedelta(minutes=75)
"""Two appointments closer than this are at one hour: nobody can be at both."""

CHAINED = timedelta(hours=4)
"""One that begins within this time after another is reached from there."""

AFTER_WORK = timedelta(minutes=10)
"""The car home from work comes this long after the shift ends."""

STANDS = ("held", "booking", "booked", "accepted")
"""States in which a leg can still be given up for another."""

NO_WAY = "no ride booked"


@dataclass(frozen=True, slots=True)
class Stay:
    """An appointment that is to have a car: where the person lives that day, who rides, and its legs so
    far."""

    row: InterviewRow
    stop: PlaceRow
    door: str | None
    rider: str
    legs: Sequence[RideRow] = ()

    def held(self, leg: Leg) -> RideRow | None:
        """Give its leg that is to run, runs or ran."""
        return held_leg(self.legs, leg)


def stays(connection: sa.Connection, person_id: int) -> list[Stay]:
    """List a person's appointments ahead that have a car there, by time; their legs are locked."""
    found: list[Stay] = []
    for row in interviews.ahead(connection, person_id):
        legs = rides.lock_rides(connection, row.id)
        out = held_leg(legs, "out")
        if out is None:
            continue
        before = found[-1] if found and out.flexible else None
        home = held_leg(legs, "home")
        stop = before.stop if before else _place(connection, home, out)
        door = before.door if before else out.door
        found.append(Stay(row, stop, door, out.rider, legs))
    return found


def _place(connection: sa.Connection, home: RideRow | None, out: RideRow) -> PlaceRow:
    """Say where a person lives that day: where they are driven from; a leg between two places tells it by its
    way home."""
    id_ = home.dropoff_place_id if home is not None and out.flexible else out.pickup_place_id
    found = places.place(connection, id_)
    assert found is not None, "a place is never deleted before its rides"
    return found


def follows(before: Stay, after: Stay) -> bool:
    """Say whether a car takes the person on from one appointment to the other."""
    gap = after.row.at - before.row.at
    on_the_way_home = (home := before.held("home")) is not None and not _may_go(home)
    between = (out := after.held("out")) is not None and not _may_go(out) and not out.flexible
    return NEAR <= gap <= CHAINED and before.row.kind != "work" and not on_the_way_home and not between


def _may_go(leg: RideRow) -> bool:
    return leg.state in STANDS and leg.called_at is None


def why_no_car(
    connection: sa.Connection, stay: Stay, there: PlaceRow, settings: Settings, now: datetime
) -> str | None:
    """Say why no car can be booked in time, from home or from the appointment before; None when one can."""
    miles = _miles(connection, stay, there)
    if miles is None:
        return "no_pin"
    return why_not(all_caps(settings), miles, pickup_for(stay.row.at, miles) - now)


def can_drop_free(
    connection: sa.Connection, stay: Stay, there: PlaceRow, settings: Settings, now: datetime
) -> bool:
    """Say whether a car booked now can still be called off for nothing."""
    pickup_at = pickup_for(stay.row.at, _miles(connection, stay, there) or 0.0)
    return any(now < pickup_at - one.free_cancel for one in all_caps(settings))


def _miles(connection: sa.Connection, stay: Stay, there: PlaceRow) -> float | None:
    """Measure the way there, from home or from the appointment before; None where a pin is not known."""
    known = [each for each in stays(connection, stay.row.person_id) if each.row.at < stay.row.at]
    before = places.place(connection, known[-1].row.place_id) if known and follows(known[-1], stay) else None
    start = stay.stop.pin if before is None or before.pin is None else before.pin
    return None if start is None or there.pin is None else road_miles(*start, *there.pin)


def put_right(
    connection: sa.Connection,
    person_id: int,
    flows: FlowSet,
    settings: Settings,
    now: datetime,
    new: Stay | None = None,
) -> Held | None:
    """Make the legs of a person's appointments those their day needs; `new` is one that gets a car now.

    Returns what became of the new one's money; None without a new one. What fails for another one is a
    human's.
    """
    known = stays(connection, person_id)
    row = sorted(
        [*(each for each in known if new is None or each.row.id != new.row.id), *([new] if new else [])],
        key=lambda each: each.row.at,
    )
    answer: Held | None = None
    for number, stay in enumerate(row):
        before = row[number - 1] if number and follows(row[number - 1], stay) else None
        after = row[number + 1] if number + 1 < len(row) and follows(stay, row[number + 1]) else None
        wanted = _wanted(connection, stay, before, settings, onward=after is not None)
        if new is None or stay.row.id != new.row.id:
            wanted = [leg for leg in wanted if not _is_a_humans(connection, stay, leg.leg)]
        held = _change(connection, stay, wanted, settings, now)
        if new is not None and stay.row.id == new.row.id:
            answer = held
        elif held != "held":
            _ask_human(connection, stay.row, settings, now)
        plan_interview(connection, flows, stay.row.id, now)
    return answer


def _wanted(
    connection: sa.Connection, stay: Stay, before: Stay | None, settings: Settings, *, onward: bool
) -> list[NewRide]:
    """Say which legs an appointment needs."""
    there = places.place(connection, stay.row.place_id)
    start = stay.stop if before is None else places.place(connection, before.row.place_id)
    assert there is not None, "a place is never deleted before its interview"
    assert start is not None, "a place is never deleted before its interview"
    out = _leg(stay, "out", start, there, settings)
    if before is not None:
        out = replace(out, flexible=True, pickup_at=None, door=None)
    home = _leg(stay, "home", there, stay.stop, settings)
    return [out] if onward else [out, home]


def _is_a_humans(connection: sa.Connection, stay: Stay, leg: Leg) -> bool:
    """Say whether the last car of a leg came to nothing, or staff sent it away: they find another way."""
    last = next((one for one in reversed(stay.legs) if one.leg == leg), None)
    if last is None or is_held(last):
        return False
    if last.wanted == "booked":
        return last.state in ("failed", "lost", "missed")
    return any(
        step.wanted == "cancelled" and step.actor != BOT for step in steps(connection, "ride", last.id)
    )


def _leg(stay: Stay, leg: Leg, start: PlaceRow, end: PlaceRow, settings: Settings) -> NewRide:
    miles = 0.0 if start.pin is None or end.pin is None else road_miles(*start.pin, *end.pin)
    row, out = stay.row, leg == "out"
    after_work = None if row.ends_at is None else row.ends_at + AFTER_WORK
    return NewRide(
        interview_id=row.id,
        person_id=row.person_id,
        leg=leg,
        purpose=row.kind,
        rider=stay.rider,
        pickup_place_id=start.id,
        dropoff_place_id=end.id,
        door=stay.door if out else None,
        pickup_at=pickup_for(row.at, miles) if out else after_work,
        arrive_by=row.at if out else None,
        flexible=not out and after_work is None,
        estimate_cents=estimate_cents(miles, fares(settings)),
    )


def _change(
    connection: sa.Connection, stay: Stay, wanted: Sequence[NewRide], settings: Settings, now: datetime
) -> Held:
    """Give up the legs that do not fit any more and write those that are missing."""
    missing = list(wanted)
    for leg in [one for one in stay.legs if is_held(one)]:
        fitting = next((one for one in missing if _same(leg, one)), None)
        if fitting is not None:
            missing.remove(fitting)
        elif _may_go(leg):
            gone = rides.change_ride(connection, leg.id, leg.version, now, wanted="cancelled", due_at=now)
            assert gone is not None, "its row is locked"
        else:  # somebody sits in it, or asked for it
            missing = [one for one in missing if one.leg != leg.leg]
    late = [one for one in missing if one.pickup_at is not None and one.pickup_at <= now]
    return "no_money_left" if late else hold_for(connection, missing, settings, now)


def _same(leg: RideRow, wanted: NewRide) -> bool:
    return (leg.leg, leg.pickup_place_id, leg.dropoff_place_id, leg.flexible) == (
        wanted.leg,
        wanted.pickup_place_id,
        wanted.dropoff_place_id,
        wanted.flexible,
    )


def _ask_human(connection: sa.Connection, row: InterviewRow, settings: Settings, now: datetime) -> None:
    due_at = due_for(connection, settings, row.person_id, NO_WAY, now)
    words = "Another appointment changed, and the way there or home could not be booked anew."
    about = subject("interview", row.id)
    urgent = row.at - now < timedelta(hours=12)
    need_human(connection, row.person_id, NO_WAY, words, due_at, now, urgent=urgent, about=about)
