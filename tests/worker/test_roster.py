"""Nobody stands at a curb with nobody awake, and nobody knowing it: the list says so the day before."""

from datetime import datetime, time, timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from bot.worker import roster as worker
from storage import attention, on_call, staff
from storage.tables import AttentionItem, table
from tests.worker.conftest import BOSTON, Town

ITEM = table(AttentionItem)
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
BEFORE_SIX, AT_SIX = datetime(2027, 2, 23, 17, 59, tzinfo=BOSTON), datetime(2027, 2, 23, 18, tzinfo=BOSTON)


async def look(town: Town, at: datetime) -> list[str]:
    town.clock.move_to(at)
    await worker.step(town.workshop)
    return [one for one in await town.needs() if one == worker.NOBODY]


@pytest.fixture
async def ray(town: Town) -> Town:
    """Ray has cars for tomorrow at eight; it is a quarter to six."""
    await town.wants_cars()
    return town


async def on(town: Town, starts: time, ends: time) -> None:
    def put(connection: sa.Connection) -> None:
        staff.change_caseworker(connection, 1, phone="+15555550199")
        on_call.add_shift(
            connection, 1, zone="America/New_York", now=town.clock.now(), starts=starts, ends=ends
        )

    await town.workshop.database.run(put)


async def test_it_is_said_at_its_hour_the_day_before_once(ray: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "TOLD_AT", timedelta(hours=18))  # the town wakes at a quarter to six
    assert await look(ray, BEFORE_SIX) == []
    assert await look(ray, AT_SIX) == [worker.NOBODY]
    assert await look(ray, AT_SIX.replace(minute=1)) == [worker.NOBODY]
    [row] = await ray.rows(sa.select(ITEM).where(ITEM.c.kind == worker.NOBODY))
    pickup = next(one.pickup_at for one in await ray.rides() if one.leg == "out")
    assert (row.urgent, row.due_at) == (False, pickup - timedelta(hours=1))


async def test_a_gap_counts_until_they_are_home(ray: Town) -> None:
    await on(ray, time(5), time(9))
    assert await look(ray, AT_SIX) == [worker.NOBODY]
    await on(ray, time(9), time(12))
    assert await look(ray, AT_SIX.replace(minute=1)) == [], "it leaves the list when the roster is full"
    await ray.workshop.database.run(partial(on_call.remove_shift, shift_id=2))
    assert await look(ray, AT_SIX.replace(minute=2)) == [worker.NOBODY], "and comes back with a new gap"


async def test_what_staff_ticked_off_stays_off(ray: Town) -> None:
    await look(ray, AT_SIX)
    [row] = await ray.rows(sa.select(ITEM.c.id).where(ITEM.c.kind == worker.NOBODY))
    done = partial(attention.finish_item, item_id=row.id, caseworker_id=1, now=AT_SIX)
    await ray.workshop.database.run(done)
    assert await look(ray, AT_SIX.replace(minute=5)) == []
