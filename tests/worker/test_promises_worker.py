"""What people were told of humans: kept by one, or put right by its hour, once, by somebody who is there."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from bot.worker import deliver, promises
from storage import desk, on_call, people, staff
from storage.tables import AttentionItem, Promise, table
from tests.worker.conftest import BOSTON, RAY, Town

DEE = "sms:+15555550143"
SAMS, ZONE = "+15555550198", "America/New_York"
ITEM, PROMISE = table(AttentionItem), table(Promise)
AT_TEN = datetime(2027, 2, 24, 10, 5, tzinfo=BOSTON)
SORRY = "Sorry, nobody could write to you yet."
SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
"""What is decided in Python alone is tried on one of the databases."""


async def passes(town: Town, at: datetime) -> list[str]:
    """Let time pass to `at` and the promises be looked after; return what the phone got."""
    town.clock.move_to(at)
    await promises.step(town.workshop)
    await deliver.step(town.workshop)
    return await town.new_texts()


async def asks_for_a_person(town: Town) -> list[str]:
    await town.talk("hi", "y")
    town.clock.move_to(AT_TEN)
    return await town.text("PERSON")


def wall(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2027, 2, day, hour, minute, tzinfo=BOSTON)


async def change(town: Town, caseworker_id: int, **values: Any) -> None:
    await town.workshop.database.run(partial(staff.change_caseworker, caseworker_id=caseworker_id, **values))


async def test_an_hour_that_passes_is_put_right_once_and_the_list_shouts(town: Town) -> None:
    [said] = await asks_for_a_person(town)
    assert "by 12:00 pm on Wed Feb 24" in said
    assert await passes(town, wall(11, 59)) == []
    [sorry] = await passes(town, wall(12))
    assert sorry == f"{SORRY} Maria texts you by 2:00 pm on Wed Feb 24."
    assert await passes(town, wall(13, 59)) == []
    [item] = await town.rows(sa.select(ITEM).where(ITEM.c.kind == "asked for a person"))
    assert (item.urgent, item.due_at) == (True, wall(12))
    rows = await town.rows(sa.select(PROMISE.c.state, PROMISE.c.moved).order_by(PROMISE.c.id))
    assert [tuple(row) for row in rows] == [("corrected", 0), ("open", 1)]


@SQLITE
async def test_after_two_new_hours_there_is_a_number_to_call(town: Town) -> None:
    await asks_for_a_person(town)
    assert "2:00 pm" in (await passes(town, wall(12)))[0]
    assert "4:00 pm" in (await passes(town, wall(14)))[0]
    [last] = await passes(town, wall(16))
    assert last.endswith("You can call them: 215-555-0199.")
    assert await passes(town, wall(18)) == []
    assert await passes(town, wall(12, day=26)) == []
    assert [row.state for row in await town.rows(sa.select(PROMISE).order_by(PROMISE.c.id))] == [
        "corrected", "corrected", "broken"
    ]  # fmt: skip


@SQLITE
async def test_in_spanish(town: Town) -> None:
    await town.talk("hola", "si")
    town.clock.move_to(AT_TEN)
    await town.text("PERSONA")
    [disculpe] = await passes(town, wall(12))
    assert disculpe.startswith("Disculpe, nadie ha podido escribirle. Maria le escribe antes de las 2:00 pm")


async def test_a_humans_first_words_keep_it(town: Town) -> None:
    await asks_for_a_person(town)
    await town.workshop.conversations.staff_says(1, 1, "Hi Ray, what is it?")
    await deliver.step(town.workshop)
    await town.new_texts()
    assert await passes(town, wall(12)) == []


@SQLITE
async def test_ticking_it_off_the_list_keeps_it_for_they_may_have_called(town: Town) -> None:
    await asks_for_a_person(town)
    maria = await town.workshop.database.read(partial(staff.caseworker, caseworker_id=1))
    assert maria is not None
    [item] = await town.rows(sa.select(ITEM).where(ITEM.c.kind == "asked for a person"))
    finish = partial(desk.finish_seen_item, who=maria, item_id=item.id, now=town.clock.now())
    assert await town.workshop.database.run(finish)
    assert await passes(town, wall(12)) == []


async def test_what_is_missed_goes_to_who_is_on_call_and_they_may_read_it(town: Town) -> None:
    await asks_for_a_person(town)
    new = partial(staff.add_caseworker, name="Sam Poe", email="s@sample.invalid", now=AT_TEN, phone=SAMS)
    sam = await town.workshop.database.run(new)
    await town.workshop.database.run(partial(on_call.add_shift, caseworker_id=sam.id, zone=ZONE, now=AT_TEN))
    await town.workshop.database.run(partial(people.change_person, person_id=1, caseworker_id=1))
    see = partial(staff.may_see, who=sam, person_id=1)
    assert not await town.workshop.database.read(see)
    [sorry] = await passes(town, wall(17, 10))
    assert sorry.endswith("Sam texts you by 7:00 pm on Wed Feb 24.")  # on call there is somebody after five
    assert await town.workshop.database.read(see)


@SQLITE
async def test_nobody_is_told_in_their_night(town: Town) -> None:
    await asks_for_a_person(town)
    west = partial(people.change_person, person_id=1, zone="America/Los_Angeles")
    await town.workshop.database.run(west)
    assert await passes(town, wall(11, 59)) == []
    [sorry] = await passes(town, wall(12))
    assert "by 11:00 am on Wed Feb 24" in sorry  # 2:00 pm in Boston
    assert await passes(town, wall(11, 30, day=25)) == []  # 8:30 am out there
    assert len(await passes(town, wall(12, day=25))) == 1


@SQLITE
async def test_who_sleeps_stands_in_nobodys_way(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promises, "LIMIT", 1)
    await asks_for_a_person(town)
    await town.talk("hi", "y", "PERSON", phone=DEE)
    hours = partial(people.change_person, person_id=1, texts_from="14:00", texts_to="22:00")
    await town.workshop.database.run(hours)
    assert await passes(town, wall(12)) == []
    assert SORRY in (await town.new_texts(DEE))[-1]
    assert len(await passes(town, wall(14))) == 1


@SQLITE
async def test_who_stopped_is_told_nothing_and_the_list_still_shouts(town: Town) -> None:
    await asks_for_a_person(town)
    await town.text("STOP")
    assert await passes(town, wall(12)) == []
    [item] = await town.rows(sa.select(ITEM).where(ITEM.c.kind == "asked for a person"))
    assert item.urgent


async def test_two_processes_say_it_once(town: Town) -> None:
    await asks_for_a_person(town)
    town.clock.move_to(wall(12))
    await asyncio.gather(*(promises.step(town.workshop) for _ in range(4)))
    await deliver.step(town.workshop)
    assert len(await town.new_texts()) == 1


@SQLITE
async def test_who_asks_again_hears_the_same_hour(town: Town) -> None:
    await asks_for_a_person(town)
    await town.move(minutes=70)
    [said] = await town.text("PERSON", RAY)
    assert "by 12:00 pm on Wed Feb 24" in said
    assert len(await town.rows(sa.select(PROMISE))) == 1


@SQLITE
async def test_on_a_holiday_nobody_is_promised(town: Town) -> None:
    town.clock.move_to(datetime(2027, 5, 28, 16, 30, tzinfo=BOSTON))  # the Friday before Memorial Day
    await town.talk("hi", "y")
    [said] = await town.text("PERSON")
    assert "by 11:00 am on Tue Jun 1" in said


@SQLITE
async def test_what_cannot_wait_goes_to_who_is_on_call(town: Town) -> None:
    from bot.acting import in_charge

    await town.talk("hi", "y")
    night = wall(23, 20)
    town.clock.move_to(night)
    ask = partial(in_charge, settings=town.workshop.settings, person_id=1, kind="car lost", now=night)
    _, by = await town.workshop.database.read(ask)
    assert by == wall(11, day=25)
    await change(town, 1, phone=SAMS)
    await town.workshop.database.run(partial(on_call.add_shift, caseworker_id=1, zone=ZONE, now=night))
    human, by = await town.workshop.database.read(ask)
    assert human is not None
    assert (human.id, by) == (1, wall(23) + timedelta(hours=2))
