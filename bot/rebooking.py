"""Another car for a leg whose car is gone: what a person asks for after a miss, and the rungs of the ladder.

The rule: the new car is a new row of the same leg that names the one it comes `instead_of`, its money held
with it. A company that lost a car is asked once more, then the next one; `MOST` cars a leg, after that
a human decides. A car that would come to the interview after it has begun is no help.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.acting import Acting, Answer, Done, Failed
from bot.funding import Held, hold_for
from bot.planning import plan_interview
from bot.rides.estimates import drive_minutes, road_miles
from bot.rides.fleet import Fleet
from bot.settings import Settings
from bot.views import ride_view
from flows.actions import RebookRide
from storage import interviews, places, rides
from storage.exclusions import excluded
from storage.interviews import AHEAD, InterviewRow
from storage.rides import NewRide, RideRow

MOST = 4
"""Cars one leg may be given by itself, the first one included."""

COMES_IN = timedelta(minutes=10)
"""How long a car ordered at once takes to the door, as we reckon."""

WAY_HOME_UNTIL = timedelta(hours=16)
"""After an interview's time: from then on nobody waits for a car home any more."""

GONE = ("missed", "lost", "failed", "cancelled")


def rebook_ride(connection: sa.Connection, action: RebookRide, who: Acting) -> Answer:
    """Write another car down for a leg whose car is gone; a worker orders it at once."""
    old = rides.ride(connection, action.ride["id"])
    row = None if old is None else interviews.interview(connection, old.interview_id)
    if old is None or row is None or old.person_id != who.person_id or not _needed(row, old):
        return Failed("gone")
    legs = [one for one in rides.lock_rides(connection, row.id) if one.leg == old.leg]
    last = legs[-1]
    if last.state not in GONE and last.wanted == "booked":
        return Failed("already")
    if is_too_late(connection, last, row, who.now):
        return Failed("too_late")
    if len(chain(legs, last)) >= MOST:
        return Failed("too_often")
    if held(connection, last, None, who.settings, who.now) != "held":
        return Failed("no_money_left")
    plan_interview(connection, who.flows, row.id, who.now)
    made = rides.rides_of(connection, row.id)[-1]
    return Done(ride_view(connection, made))


def order_again(
    connection: sa.Connection, lost: RideRow, fleet: Fleet, settings: Settings, now: datetime
) -> bool:
    """Climb one rung: write the next car down, with the company that is to bring it; False at the end."""
    row = interviews.interview(connection, lost.interview_id)
    if row is None or not _needed(row, lost) or is_too_late(connection, lost, row, now):
        return False
    tried = chain([one for one in rides.rides_of(connection, row.id) if one.leg == lost.leg], lost)
    if len(tried) >= MOST:
        return False
    but = spent(tried) | excluded(connection, lost.person_id)
    company = fleet.next_for(flexible=_stays_flexible(lost), but=but)
    return company is not None and held(connection, lost, company.name, settings, now) == "held"


def _needed(row: InterviewRow, leg: RideRow) -> bool:
    """Say whether somebody goes there still, or has to come home from it."""
    return row.state in AHEAD or (leg.leg == "home" and row.state != "cancelled")


def chain(legs: Sequence[RideRow], last: RideRow) -> list[RideRow]:
    """List a leg's cars, each of which came instead of the one before, the newest last."""
    known = {one.id: one for one in legs}
    found = [last]
    while (before := known.get(found[0].instead_of or 0)) is not None:
        found.insert(0, before)
    return found


def spent(tried: Sequence[RideRow]) -> frozenset[str]:
    """Name the companies that will not be asked again: they gave a plain no, or lost two cars."""
    failed = {one.provider for one in tried if one.provider and one.state == "failed"}
    lost = Counter(one.provider for one in tried if one.provider and one.state == "lost")
    return frozenset(failed | {name for name, times in lost.items() if times > 1})


def is_too_late(connection: sa.Connection, leg: RideRow, row: InterviewRow, now: datetime) -> bool:
    """Say whether a car ordered now would come to the interview late, or a way home is long past."""
    if leg.leg == "home":
        return now > row.at + WAY_HOME_UNTIL
    stop = places.place(connection, leg.pickup_place_id)
    there = places.place(connection, leg.dropoff_place_id)
    if stop is None or there is None or stop.pin is None or there.pin is None:
        return True
    drive = timedelta(minutes=drive_minutes(road_miles(*stop.pin, *there.pin)))
    return now + COMES_IN + drive > row.at


def held(
    connection: sa.Connection, old: RideRow, company: str | None, settings: Settings, now: datetime
) -> Held:
    """Write the next car of a leg down with its money, to come when the old one was to, or at once."""
    later = None if _stays_flexible(old) else max(old.pickup_at or now, now + COMES_IN)
    new = NewRide(
        interview_id=old.interview_id,
        person_id=old.person_id,
        leg=old.leg,
        purpose=old.purpose,
        rider=old.rider,
        pickup_place_id=old.pickup_place_id,
        dropoff_place_id=old.dropoff_place_id,
        door=old.door,
        pickup_at=later,
        arrive_by=old.arrive_by,
        flexible=_stays_flexible(old),
        called_at=now if old.leg == "home" and not _stays_flexible(old) else None,
        estimate_cents=old.estimate_cents,
        provider=company,
        instead_of=old.id,
    )
    return hold_for(connection, [new], settings, now)


def _stays_flexible(old: RideRow) -> bool:
    """Say whether the new car waits for a DONE as the old one did; once called, it is to come at once."""
    return old.flexible and old.called_at is None
