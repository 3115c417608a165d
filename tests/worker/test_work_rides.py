"""Three weeks of rides to a job, as the worker makes them: each day once, the day before, by its wall clock,
up to the bus line that staff entered."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from bot.acting import Acting, Done
from bot.views import place_view
from bot.worker import work_rides
from bot.working import change_shift, note_pay, plan_work, take_day_off
from flows.actions import ChangeShift, NotePay, PlanWork, TakeDayOff
from storage import funds, interviews, people, places, rides, work
from tests.worker.conftest import BOSTON, FLOWS, RIDE, Town

DRIVEN = ("booking", "booked", "accepted", "in_progress", "completed")
LINE = "bus 7 from 5th & Main, 5:02 am"


@dataclass
class Job:
    """A person with a plan, and the hands that let days pass."""

    town: Town

    def who(self) -> Acting:
        return Acting(
            person_id=1, conversation_id=1, contact_point_id=1, message_id=None, last_words="", flows=FLOWS,
            now=self.town.clock.now(), zone="America/New_York", settings=self.town.workshop.settings,
        )  # fmt: skip

    async def does(self, carried_out: Any, action: Any) -> None:
        answer = await self.town.workshop.database.run(
            lambda connection: carried_out(connection, action, self.who())
        )
        assert isinstance(answer, Done), answer

    async def starts(self) -> None:
        """Begin on Mon Mar 8 at 6:00, Monday to Friday."""

        def planned(connection: sa.Connection) -> None:
            funds.adjust(connection, 1, 900_000, "a grant", self.town.clock.now())
            people.keep_facts(connection, {1: {"first_name": "Ray", "adult": True}})
            home, there = (
                place_view(places.add_place(
                    connection, person_id=1, label=label, address=label, pin=pin, now=self.town.clock.now()
                ))
                for label, pin in (("Hope House", (42.3601, -71.0589)), ("Sample Ground", (42.461, -71.11)))
            )  # fmt: skip
            action = PlanWork(
                place=there, pickup=home, starts=datetime(2027, 3, 8, 6), ends=time(14, 30), days="mon_fri",
                rider="Ray",
            )  # fmt: skip
            assert isinstance(plan_work(connection, action, self.who()), Done)
            (plan,) = work.open_plans(connection)
            work.change_plan(connection, plan.id, self.town.clock.now(), onward=LINE)

        await self.town.workshop.database.run(planned)

    async def looks(self, day: date, hour: int) -> None:
        """Have the worker look twice at an hour: the second look must change nothing."""
        self.town.clock.move_to(datetime.combine(day, time(hour), BOSTON))
        for _ in range(2):
            assert await work_rides.step(self.town.workshop) == 0

    async def drives(self, day: date) -> None:
        """Drive the legs of a day, and find no second car for any."""

        def driven(connection: sa.Connection) -> None:
            for row in interviews.ahead(connection, 1):
                legs = [each for each in rides.rides_of(connection, row.id) if each.wanted == "booked"]
                assert max(Counter(each.leg for each in legs if each.live).values(), default=1) == 1
                for leg in legs if row.wall.date() == day else ():
                    for state in DRIVEN[DRIVEN.index(leg.state) + 1 if leg.state in DRIVEN else 0 :]:
                        now = self.town.clock.now()
                        after = rides.change_ride(connection, leg.id, leg.version, now, state=state)
                        assert after is not None
                        leg = after

        await self.town.workshop.database.run(driven)

    async def days(self) -> list[str]:
        """List the days on which cars ran: the shift's clock there, and the hour of UTC."""
        driven = (
            sa.select(RIDE.c.interview_id, sa.func.count(RIDE.c.id))
            .where(RIDE.c.state == "completed")
            .group_by(RIDE.c.interview_id)
        )
        legs = {row[0]: row[1] for row in await self.town.rows(driven)}
        assert set(legs.values()) == {2}, "one car there and one home"
        rows = await self.town.workshop.database.read(partial(interviews.interviews, ids=set(legs)))
        days = sorted(rows.values(), key=lambda row: row.at)
        return [f"{row.wall:%b %-d %H:%M} {row.at.astimezone(BOSTON):%H:%M}" for row in days]


async def test_three_weeks_over_a_change_of_the_clocks_to_the_bus(town: Town) -> None:
    await town.talk("ride7", "y")
    town.clock.move_to(datetime(2027, 3, 7, 11, tzinfo=BOSTON))
    job = Job(town)
    await job.starts()
    said: list[str] = []
    for day in (date(2027, 3, 7) + timedelta(days=ahead) for ahead in range(22)):
        await job.drives(day)
        await job.looks(day, 12)
        match f"{day:%b %-d}":
            case "Mar 10":  # made already, and now off
                await job.does(take_day_off, TakeDayOff(day=date(2027, 3, 11)))
            case "Mar 16":  # made already, and now later
                action = ChangeShift(starts=datetime(2027, 3, 17, 14), ends=time(22))
                await job.does(change_shift, action)
            case "Mar 18":
                await job.does(note_pay, NotePay())
            case _:
                pass
        await job.looks(day, 17)
        if day == date(2027, 3, 22):
            said = [*await town.settle(), *await town.talk("1", "1")]
    assert await job.days() == [
        *(f"Mar {day} 06:00 06:00" for day in (8, 9, 10, 12, 15, 16)),
        "Mar 17 14:00 14:00",
        *(f"Mar {day} 06:00 06:00" for day in (18, 19, 22, 23, 24, 25)),
    ]
    asked = [
        each for each in said if "Did you get paid yet?" in each or LINE in each or "Try it one day" in each
    ]
    assert len(asked) == 3, said
    assert "Free rides end Thu Mar 25." in asked[1]
    assert await town.workshop.database.read(partial(work.plan_of, person_id=1)) is None, "it is over"


async def test_a_day_that_cannot_be_made_is_on_staffs_list(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object) -> None:
        raise ZeroDivisionError

    await town.talk("ride7", "y")
    job = Job(town)
    await job.starts()
    monkeypatch.setattr(work_rides, "make_days", broken)
    await job.looks(date(2027, 3, 7), 12)
    assert (await town.needs()).count("rides to work not made") == 1
