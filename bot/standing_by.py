"""Who stands by for a ride: a named human from an hour before the pick-up until the person is home.

The rule: whoever shows a booked pick-up shows this with it; where nobody is on call for a part of it, that is
said, and staff are told the day before (bot/worker/roster.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.reminders.hours import to_utc
from bot.views import held_leg, view_of
from storage import on_call
from storage.interviews import InterviewRow
from storage.on_call import Stretch
from storage.rides import RideRow

BEFORE = timedelta(minutes=60)
AWAY = timedelta(hours=3)
"""From an appointment's start until a person is home, where no car says it better."""


@dataclass(frozen=True, slots=True)
class StandingBy:
    """Who is called first while a ride lasts, in stretches without gaps."""

    since: datetime
    until: datetime
    stretches: tuple[Stretch, ...]

    @property
    def gaps(self) -> tuple[Stretch, ...]:
        """The stretches in which nobody is on call."""
        return tuple(one for one in self.stretches if one.caseworker is None)


def standing_by(
    connection: sa.Connection, interview: InterviewRow, legs: Sequence[RideRow]
) -> StandingBy | None:
    """Say who stands by for an appointment's rides, lost ones too; None where no car ever was to come."""
    view = view_of(connection, interview)
    cars = [one.pickup_at for one in legs if one.leg == "out" and one.pickup_at is not None]
    if not cars and "pickup_at" in view:  # they come on from another appointment, by a car they call
        cars.append(to_utc(view["pickup_at"], interview.zone))
    if not cars:
        return None
    pickup_at = cars[-1]
    home = held_leg(legs, "home")
    back = home.changed_at if home is not None and home.state == "completed" else None
    if back is None:
        told = view.get("back_at")
        back = interview.at + AWAY if told is None else to_utc(told, interview.zone)
    since, until = pickup_at - BEFORE, max(back, pickup_at)
    return StandingBy(since, until, tuple(on_call.watch(connection, since, until, interview.person_id)))
