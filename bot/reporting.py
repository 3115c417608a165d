"""What a person reports of a ride that is not as it should be: not safe, or gone without them.

The rule: a report is somebody's at once, at any hour; the company of the ride it is about drives this person
no more until a caseworker clears it. Nothing here asks a provider: the row says what is wanted.
"""

from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from bot.acting import Acting, Answer, Done, Failed, promise_person
from bot.planning import plan_interview
from bot.views import running_ride
from flows.actions import LetCarGo, ReportRide
from flows.views import PersonInCharge
from storage import rides
from storage.exclusions import exclude
from storage.rides import RideRow

UNSAFE: Final = "ride safety"
"""Why a human is called; an urgent one (bot/acting.py)."""

_LATELY = timedelta(days=1)
"""So long after a ride what is reported is taken to be about it."""

WORDS: Final = {
    "danger": "IN DANGER in the car",
    "followed": "is being followed",
    "pay": "the driver asks for money",
    "plate": "the plate or driver is another",
    "driver": "the driver behaves badly",
    "wrong_place": "was let out at a wrong place",
}
"""What was reported, as staff read it."""


def report_ride(connection: sa.Connection, action: ReportRide, who: Acting) -> PersonInCharge:
    """Call a human at once, and send the person with this company no more until a human clears it."""
    words = WORDS.get(action.what, action.what)
    if who.last_words:
        words = f"{words}: {who.last_words[:200]}"
    ride = ride_meant(connection, who)
    if ride is not None and ride.provider is not None:
        exclude(connection, who.person_id, ride.provider, words, who.now)
        for other in rides.live_rides(connection, who.person_id):  # the rides' worker gives its cars up
            if other.provider == ride.provider and other.state == "booked":
                rides.wake_ride(connection, other.id, who.now)
    return promise_person(connection, who, UNSAFE, words)


def ride_meant(connection: sa.Connection, who: Acting) -> RideRow | None:
    """Find the ride a report is about: the one under way, else the last one driven within a day."""
    running = running_ride(connection, who.person_id, who.now)
    if running is not None and running.car is not None:
        return running
    driven = rides.last_driven(connection, who.person_id, who.now - _LATELY)
    return driven or running


def let_car_go(connection: sa.Connection, action: LetCarGo, who: Acting) -> Answer:
    """Want this car called off; a worker does it, and another may be written for the same leg."""
    found = rides.ride(connection, action.ride["id"])
    if found is None or found.person_id != who.person_id:
        return Failed("gone")
    rows = rides.lock_rides(connection, found.interview_id)
    row = next((one for one in rows if one.id == found.id), None)
    if row is None or not row.live or row.state == "in_progress" or row.wanted == "cancelled":
        return Failed("gone")
    gone = rides.change_ride(connection, row.id, row.version, who.now, wanted="cancelled", due_at=who.now)
    assert gone is not None, "its row is locked"
    plan_interview(connection, who.flows, row.interview_id, who.now)
    return Done({})
