"""What the people of the town do, by their plan: who goes, who calls it off, moves it, or misses the car."""

from datetime import timedelta
from functools import partial
from typing import Final

import sqlalchemy as sa

from bot.views import interview_view, place_view, ride_view
from flows.actions import (
    Action,
    BookRides,
    CallCarHome,
    CancelInterview,
    MoveInterview,
    RebookRide,
)
from storage import places, rides
from tests.rides_proof.town import EVENING, Somebody, Town, wall

STORIES: Final = {
    "absent": "rider_absent",
    "absent then another": "rider_absent",
    "left once": "driver_cancels",
    "left again and again": "driver_cancels",
    "nobody drives": "nobody_drives",
}
"""What a plan has happen to the car there, in the pretend company's words."""

AGAIN: Final = frozenset({"left again and again", "nobody drives"})
"""Plans that have it happen to every car of theirs."""

A_WHILE: Final = timedelta(minutes=3)
LONG_BEFORE: Final = timedelta(hours=2)
LAST_MINUTE: Final = timedelta(minutes=75)
MOVED_BY: Final = timedelta(hours=3)
STAYS: Final = timedelta(minutes=40)


def plan(town: Town) -> None:
    """Put down what everybody is going to do."""
    for one in town.folk:
        match one.plan:
            case "off the evening before":
                town.at(EVENING + timedelta(hours=2), partial(_call_it_off, town, one))
            case "off at the last minute":
                town.at(one.at - LAST_MINUTE, partial(_call_it_off, town, one))
            case "moved":
                town.at(EVENING + timedelta(hours=1), partial(_move_it, town, one))
            case "there and home" | "never home":
                pass
            case _:
                town.at(one.at - LONG_BEFORE, partial(_trouble, town, one, frozenset()))
        if one.plan not in ("never home", "off the evening before", "off at the last minute", "absent"):
            town.at(
                one.at + STAYS + (MOVED_BY if one.plan == "moved" else timedelta()),
                partial(_go_home, town, one),
            )


async def _call_it_off(town: Town, one: Somebody) -> None:
    one.going = False

    def off(connection: sa.Connection) -> Action | None:
        view = interview_view(connection, one.interview_id)
        return None if view is None else CancelInterview(interview=view)

    await town.act(one, off)


async def _move_it(town: Town, one: Somebody) -> None:
    """Move it to later that day and ask for both cars again."""
    one.at += MOVED_BY

    def move(connection: sa.Connection) -> Action | None:
        view = interview_view(connection, one.interview_id)
        assert view is not None
        return MoveInterview(interview=view, at=wall(one.at))

    def book(connection: sa.Connection) -> Action | None:
        view, before = (
            interview_view(connection, one.interview_id),
            rides.rides_of(connection, one.interview_id),
        )
        stop = places.place(connection, before[0].pickup_place_id)
        assert view is not None
        assert stop is not None
        return BookRides(interview=view, pickup=place_view(stop), rider="Ray")

    await town.act(one, move)
    await town.act(one, book)


async def _trouble(town: Town, one: Somebody, had: frozenset[int]) -> None:
    """Have trouble with the car there, with each one where the plan says so; ask anew for a missed one."""
    row = await town.leg(one, "out")
    comes = row is not None and row.provider_id is not None and row.live
    if row is not None and comes and row.id not in had and (not had or one.plan in AGAIN):
        await town.press(row, f"story/{STORIES[one.plan]}")
        had |= {row.id}
    if row is not None and row.state == "missed" and one.plan == "absent then another" and row.id in had:
        await town.act(one, lambda connection: RebookRide(ride=ride_view(connection, row)))
    if town.clock.now() < one.at:
        town.after(A_WHILE, partial(_trouble, town, one, had))


async def _go_home(town: Town, one: Somebody) -> None:
    """Text DONE, for who was driven there."""
    row = await town.leg(one, "out")
    if row is None or row.state != "completed":
        return
    one.called_at = town.clock.now()

    def done(connection: sa.Connection) -> Action | None:
        view = interview_view(connection, one.interview_id)
        return None if view is None else CallCarHome(interview=view)

    await town.act(one, done)
