"""Timers: each rings once, about how things stand then, and not in the night."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from bot.conversation import Conversations, Happening
from bot.worker import timers as timers_worker
from storage import timers
from storage.tables import Timer, Turn, table
from storage.timers import EngineTimer
from tests.worker.conftest import BOSTON, FLOWS, HELLO, INTERVIEW, TOMORROW, Town

TIMER, TURN = table(Timer), table(Turn)
FRIDAY = ("friday at 10", "1", "harbor freightway", "1", "2")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 2, day, hour, minute, tzinfo=BOSTON)


async def test_a_nudge_rings_once_and_in_the_persons_hours(town: Town) -> None:
    await town.jump_to(at(23, 19, 50))
    await town.talk(*HELLO)
    assert await town.move(minutes=40) == []  # half an hour later it is past eight
    (nudge,) = await town.move_to(at(24, 9))
    assert nudge.startswith("We can go on where we stopped.")
    assert await town.move(hours=3) == []


async def test_a_timer_claimed_by_one_that_died_rings_after_its_lease(town: Town) -> None:
    await town.talk(*HELLO)
    town.clock.move(timedelta(minutes=30))
    now = town.clock.now()
    assert await town.workshop.database.run(partial(timers.claim, now=now, limit=10))
    assert await timers_worker.step(town.workshop) == 0
    town.clock.move(timedelta(seconds=61))
    (nudge,) = await town.settle()
    assert nudge.startswith("We can go on")


class DiesAfterTheTurn(Conversations):
    """A process that ends right when its turns are committed."""

    async def happen(self, *happenings: Happening) -> list[bool]:
        await super().happen(*happenings)
        raise SystemExit


async def test_one_that_died_after_the_turn_does_not_ring_again(town: Town) -> None:
    await town.talk(*HELLO, *FRIDAY)
    town.clock.move_to(at(25, 16))
    ours = town.workshop
    talks = DiesAfterTheTurn(ours.database, FLOWS, ours.settings, town.clock, lambda name: None)
    with pytest.raises(SystemExit):
        await timers_worker.step(replace(ours, conversations=talks))
    assert len(await town.settle()) == 1
    assert await town.move(seconds=90) == []
    turns = await town.rows(sa.select(TURN.c.event).order_by(TURN.c.id))
    assert [row.event["event"] for row in turns].count(turns[-1].event["event"]) == 1


async def test_two_workers_ring_it_once(town: Town) -> None:
    await town.talk(*HELLO, *FRIDAY)
    town.clock.move_to(at(25, 16))
    assert await timers_worker.step(town.workshop) + await timers_worker.step(town.workshop) == 1
    assert len(await town.settle()) == 1


@pytest.mark.parametrize("hours", [3, 5])
async def test_a_late_reminder_goes_only_while_it_is_useful(town: Town, hours: int) -> None:
    await town.talk(*HELLO, *FRIDAY)
    got = await town.jump_to(at(25, 16) + timedelta(hours=hours) - timedelta(minutes=1))
    assert [text[:8] for text in got] == (["Tomorrow"] if hours == 3 else [])
    states = {row.name: row.state for row in await town.rows(sa.select(TIMER)) if row.kind == "plan"}
    assert states["interview.tomorrow"] == ("done" if hours == 3 else "expired")


async def test_what_holds_off_a_row_is_asked_again_when_it_rings(town: Town) -> None:
    await town.talk(*HELLO, *FRIDAY)
    await town.move_to(at(25, 16))
    confirm = sa.update(INTERVIEW).values(state="confirmed")  # a caseworker on the phone
    await town.workshop.database.run(lambda connection: connection.execute(confirm).rowcount)
    assert await town.move_to(at(25, 20)) == []


async def test_a_timer_of_an_interview_that_changed_is_dropped(town: Town) -> None:
    await town.talk(*HELLO, *FRIDAY)
    change = sa.update(INTERVIEW).values(version=INTERVIEW.c.version + 1)
    await town.workshop.database.run(lambda connection: connection.execute(change).rowcount)
    assert await town.move_to(at(25, 21)) == []
    states = {row.state for row in await town.rows(sa.select(TIMER)) if row.name.startswith("interview.tom")}
    assert states == {"dropped"}


async def test_hundreds_ring_as_lists(town: Town) -> None:
    await town.text("ride7")
    now = town.clock.now()
    many = [EngineTimer(conversation_id=1, token=f"gone-{n}", at=now) for n in range(450)]
    await town.workshop.database.run(partial(timers.set_timers, timers=many, now=now))
    assert [await timers_worker.step(town.workshop) for _ in range(4)] == [200, 200, 50, 0]


async def test_an_interview_told_in_the_evening_has_no_reminder_of_the_afternoon(town: Town) -> None:
    await town.talk(*TOMORROW)
    names = [row.name for row in await town.rows(sa.select(TIMER)) if row.state == "waiting"]
    assert "interview.tomorrow" not in names
    assert "interview.tomorrow_again" not in names
    assert "interview.today" in names
