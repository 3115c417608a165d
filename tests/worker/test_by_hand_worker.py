"""Legs that people book by hand, through the rides' worker: nothing is said before a human has booked, nobody
is left without a car or a human, and what nobody needs any more leaves staff's list."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from bot.rides.fleet import Fleet
from bot.rides.hand_marks import SETTLES, Mark, written
from bot.rides.manual import ManualRides
from storage import hand_rides, rides, staff
from storage.hand_rides import HAND, HandRow
from tests.worker.conftest import BOSTON, Town

CAR = {"color": "blue", "make_model": "Toyota", "plate": "TST 123", "driver": "Lou", "phone": "+15555550188"}
SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
"""The whole day is lived on both databases; what differs in Python alone on one."""

PICKUP_DAY = datetime(2027, 2, 24, tzinfo=BOSTON)


@pytest.fixture
async def village(town: Town) -> Town:
    """The town where staff and volunteers drive, and nobody else."""
    shop = town.workshop
    town.workshop = replace(shop, rides=Fleet((ManualRides(shop.database, town.clock.now),)))
    return town


async def rows(town: Town) -> dict[str, HandRow]:
    """The legs asked of staff, by leg."""
    found = {row.ref: row.leg for row in await town.rides()}
    shown = await town.rows(sa.select(HAND.c.ref).order_by(HAND.c.id))
    return {
        found[ref]: row
        for (ref,) in shown
        if (row := await town.workshop.database.read(partial(hand_rides.hand_ride, ref=ref))) is not None
    }


async def mark(town: Town, leg: str, said: Mark, cents: int | None = None) -> list[str]:
    """Mark a leg as the page does, let the workers run, and return what Ray's phone got."""
    row = (await rows(town))[leg]
    now = town.clock.now()

    def marked(connection: sa.Connection) -> None:
        maria = staff.caseworker_by_email(connection, "maria@example.org")
        values = written(row, said, CAR if said == "booked" else {}, cents, now)
        assert maria is not None
        assert values is not None, (row.state, said)
        assert hand_rides.mark(connection, maria, row, values, SETTLES[said], now)

    await town.workshop.database.run(marked)
    return await town.settle()


async def states(town: Town) -> list[str]:
    return [row.state for row in await town.rides()]


async def test_a_day_by_hand(village: Town) -> None:
    await village.wants_cars()
    assert not any("booked" in text.casefold() for text in await village.settle())
    assert await village.needs() == ["ride to book by hand"] * 2
    assert await states(village) == ["held", "held"]
    await mark(village, "out", "booked", 2000)
    assert await states(village) == ["booked", "held"], "told only when both ways are sure"
    await mark(village, "home", "booked", 2100)
    assert await village.needs() == []
    assert await states(village) == ["booked", "booked"]

    out = (await rows(village))["out"]
    assert out.pickup_at is not None
    got = await village.jump_to(out.pickup_at - timedelta(minutes=5))
    assert any("TST 123" in text for text in got), got
    got = await mark(village, "out", "arriving")
    assert any("Your car is here" in text for text in got), got
    await mark(village, "out", "in_car")
    await mark(village, "out", "completed", 2300)
    assert await states(village) == ["completed", "booked"]

    await village.jump_to(PICKUP_DAY + timedelta(hours=9))
    await village.text("done")
    assert "car home to send by hand" in await village.needs()
    got = await mark(village, "home", "sent")
    assert any("TST 123" in text for text in got), got
    await mark(village, "home", "arriving")
    await mark(village, "home", "in_car")
    await mark(village, "home", "completed")
    assert await states(village) == ["completed", "completed"]
    assert [kind for kind in await village.needs() if "hand" in kind] == []
    fund = await village.fund()
    assert (fund.held_cents, fund.spent_cents) == (0, 2300 + 2100)


@SQLITE
async def test_where_nobody_takes_it_the_next_company_drives(town: Town) -> None:
    shop = town.workshop
    manual = ManualRides(shop.database, town.clock.now)
    town.workshop = replace(shop, rides=Fleet((manual, *shop.rides.providers)))
    await town.wants_cars()
    await town.settle()
    assert await town.trips() == []
    out = (await rows(town))["out"]
    await town.jump_to(out.answer_by)
    live = [row for row in await town.rides() if row.state == "booked"]
    assert {row.leg for row in live if row.provider == "guest_rides"} >= {"out"}
    assert sum(row.leg == "out" for row in live) == 1
    assert "ride to book by hand" not in [
        kind for kind in await town.needs() if (await rows(town))["out"].state == "asked"
    ]


@SQLITE
async def test_where_nobody_takes_it_and_nobody_else_drives_a_human_is_told(village: Town) -> None:
    await village.wants_cars()
    await village.settle()
    out = (await rows(village))["out"]
    got = await village.jump_to(out.answer_by)
    assert set(await states(village)) <= {"failed", "cancelled"}
    assert got or await village.needs()
    assert (await village.fund()).held_cents == 0
    assert "ride to book by hand" not in await village.needs()


@SQLITE
async def test_what_is_called_off_before_anybody_took_it_leaves_the_list(village: Town) -> None:
    await village.wants_cars()
    await village.settle()
    drop = partial(rides.drop_rides, interview_id=1, now=village.clock.now())
    await village.workshop.database.run(lambda connection: drop(connection))
    await village.settle()
    assert set(await states(village)) == {"cancelled"}
    assert [kind for kind in await village.needs() if "hand" in kind] == []


@SQLITE
async def test_a_booked_one_is_off_when_a_human_says_so(village: Town) -> None:
    await village.wants_cars()
    await village.settle()
    for leg in ("out", "home"):
        await mark(village, leg, "booked")
    drop = partial(rides.drop_rides, interview_id=1, now=village.clock.now())
    await village.workshop.database.run(lambda connection: drop(connection))
    await village.settle()
    assert await village.needs() == ["ride to call off by hand"] * 2
    assert await states(village) == ["booked", "booked"], "it may still come"
    await mark(village, "out", "cancelled", 500)
    await mark(village, "home", "cancelled")
    assert await states(village) == ["cancelled", "cancelled"]
    fund = await village.fund()
    assert (fund.held_cents, fund.spent_cents, fund.fees_cents) == (0, 0, 500)
    assert await village.needs() == []
