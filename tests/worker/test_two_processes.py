"""Two processes over one database: what one does the other does not, and a person's turns stay one after
another whoever takes them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from bot.channels.simulator import read_said
from bot.conversation import Conversations
from bot.worker import housekeeping
from bot.worker import timers as timers_worker
from bot.worker.workshop import Workshop
from storage import timers
from storage.database import Database, open_database
from storage.tables import Conversation, Message, Timer, Turn, table
from storage.timers import EngineTimer
from tests.databases import KEYS
from tests.worker.conftest import FLOWS, HELLO, RAY, Town

CONVERSATION, MESSAGE, TIMER, TURN = table(Conversation), table(Message), table(Timer), table(Turn)


@pytest.fixture
async def second(town: Town, database: Database, database_url: str) -> AsyncIterator[Workshop]:
    """Another process: on PostgreSQL with a door of its own; SQLite has one process, so one door."""
    ours = town.workshop
    door = open_database(database_url, KEYS) if database_url.startswith("postgres") else database
    talks = Conversations(door, FLOWS, ours.settings, town.clock, lambda name: None, lanes=4)
    yield replace(ours, database=door, conversations=talks)
    await talks.close()
    if door is not database:
        await door.close()


async def turns(town: Town, conversation: int = 1) -> list[sa.Row[tuple[object, ...]]]:
    return await town.rows(sa.select(TURN).where(TURN.c.conversation_id == conversation).order_by(TURN.c.seq))


async def test_texts_and_timers_of_one_person_are_one_after_another(town: Town, second: Workshop) -> None:
    """Whoever takes them sees what the one before left: no number twice, none missing, each once."""
    await town.talk(*HELLO)
    before = len(await turns(town))
    now = town.clock.now()
    set_ = [EngineTimer(conversation_id=1, token=f"old {n}", at=now) for n in range(20)]
    await town.workshop.database.run(partial(timers.set_timers, timers=set_, now=now))
    both = (town.workshop, second)

    async def text(n: int) -> None:
        said = read_said(RAY, {"text": f"hello {n}"}, town.clock.now())
        await both[n % 2].conversations.received([said])

    await asyncio.gather(*(text(n) for n in range(20)), *(timers_worker.step(both[n % 2]) for n in range(4)))
    rows = await turns(town)
    assert [row.seq for row in rows] == list(range(1, before + 41))
    assert sorted(row.event["text"] for row in rows if row.seq > before and "text" in row.event) == sorted(
        f"hello {n}" for n in range(20)
    )
    rung = await town.rows(sa.select(TIMER.c.state).where(TIMER.c.name.like("old %")))
    assert [row.state for row in rung] == ["done"] * 20
    [talk] = await town.rows(sa.select(CONVERSATION))
    assert talk.seq == rows[-1].seq


async def test_one_address_keeps_its_order_in_each_process_however_many_lanes(
    town: Town, second: Workshop
) -> None:
    said = [[f"{who} {n}" for n in range(15)] for who in range(3)]
    phones = [f"sms:+1555555020{who}" for who in range(3)]

    def one(who: int, n: int) -> asyncio.Task[None]:
        inbound = read_said(phones[who], {"text": said[who][n]}, town.clock.now())
        return asyncio.ensure_future(second.conversations.received([inbound]))

    await asyncio.gather(*(one(who, n) for n in range(15) for who in range(3)))
    for who in range(3):
        rows = await turns(town, who + 1)
        heard = [row.event["text"] for row in rows]
        assert heard in said
        said.remove(heard)


async def test_a_conversation_that_ran_out_is_handed_back_once(town: Town, second: Workshop) -> None:
    await town.talk(*HELLO)
    await town.workshop.conversations.take_over(1, 1)
    [taken] = await town.rows(sa.select(CONVERSATION.c.epoch))
    town.clock.move(timedelta(hours=13))
    await asyncio.gather(*(housekeeping.step(each) for each in (town.workshop, second) * 3))
    [back] = await town.rows(sa.select(CONVERSATION.c.epoch, CONVERSATION.c.taken_over_by))
    assert (back.epoch, back.taken_over_by) == (taken.epoch + 1, None)
    handed = [row for row in await turns(town) if row.event["event"] == "StaffHandedBack"]
    assert len(handed) == 1


async def test_the_clock_takes_nothing_from_a_caseworker_who_wrote_meanwhile(
    town: Town, second: Workshop
) -> None:
    await town.talk(*HELLO)
    await town.workshop.conversations.take_over(1, 1)
    town.clock.move(timedelta(hours=13))
    await second.conversations.staff_says(1, 1, "I am still here.")
    await town.workshop.conversations.hand_back(1)  # found to have run out before that
    [talk] = await town.rows(sa.select(CONVERSATION.c.taken_over_by))
    assert talk.taken_over_by == 1
