"""The bell and the lock between processes: what they do while PostgreSQL is there, and when it was not."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa

from storage.alone import alone, one_of_all
from storage.attention import need_human
from storage.bell import Bell
from storage.beside import address_of
from tests.rides.conftest import until
from tests.storage.samples import NOW, someone

only_postgres = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
CUT = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND "
)
HEARING, RINGING = "query LIKE 'LISTEN%'", "query LIKE '%pg_notify(%'"
HOLDING = "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)"


@pytest.fixture
def address(database_url: str) -> str:
    found = address_of(database_url)
    assert found is not None
    return found


@asynccontextmanager
async def hanging(bell: Bell, wake: Callable[[str], None] | None) -> AsyncIterator[Bell]:
    """Have a bell hang there, and hear if it may."""
    running = asyncio.create_task(bell.run(wake))
    try:
        if wake is not None:
            await eventually(lambda: bell.hears)
        yield bell
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await bell.close()


async def eventually(true: Callable[[], bool]) -> None:
    async def is_so() -> bool:
        return true()

    await until(is_so)


def cut(engine: sa.Engine, whose: str) -> None:
    """Cut connections from the server's side."""
    with engine.connect() as connection:
        assert connection.execute(sa.text(CUT + whose)).scalar_one() > 0


@only_postgres
async def test_what_rings_is_heard_elsewhere_and_not_at_home(address: str) -> None:
    ours, theirs = list[str](), list[str]()
    async with hanging(Bell(address), ours.append) as bell, hanging(Bell(address), theirs.append):
        bell.ring("deliver")
        bell.ring("timers")
        bell.ring("deliver")
        await eventually(lambda: set(theirs) >= {"deliver", "timers"})
        assert theirs == ["", "deliver", "timers"]  # "": look once, who knows what came before
        assert ours == [""]


@only_postgres
async def test_an_urgent_item_is_heard_everywhere_at_its_commit(address: str, engine: sa.Engine) -> None:
    ours, theirs = list[str](), list[str]()
    async with hanging(Bell(address), ours.append), hanging(Bell(address), theirs.append):
        with engine.connect() as connection:
            person_id = someone(connection).person_id
            need_human(connection, person_id, "car lost", "gone", NOW, NOW, urgent=True)
            connection.rollback()
        with engine.begin() as connection:
            person_id = someone(connection).person_id
            need_human(connection, person_id, "no ride booked", "full", NOW, NOW)
            need_human(connection, person_id, "car lost", "gone", NOW, NOW, urgent=True)
        await eventually(lambda: ours == theirs == ["", "alarms"])


@only_postgres
async def test_many_rings_are_few_notices(address: str) -> None:
    heard: list[str] = []
    async with hanging(Bell(address), None) as bell, hanging(Bell(address), heard.append):
        for _ in range(50):
            bell.ring("deliver")
            await asyncio.sleep(0.001)
        await eventually(lambda: heard.count("deliver") >= 2)
        assert heard.count("deliver") < 25


@only_postgres
async def test_what_rang_last_is_rung_before_it_ends(address: str) -> None:
    heard: list[str] = []
    async with hanging(Bell(address), heard.append):
        bell = Bell(address)
        bell.ring("deliver")
        await bell.close()
        await eventually(lambda: "deliver" in heard)


@only_postgres
async def test_a_bell_that_was_cut_off_comes_back_and_has_everybody_look(
    address: str, engine: sa.Engine
) -> None:
    heard: list[str] = []
    async with hanging(Bell(address), None) as ringer, hanging(Bell(address), heard.append) as hearer:
        cut(engine, HEARING)
        await eventually(lambda: not hearer.hears)
        await eventually(lambda: hearer.hears)
        assert heard == ["", ""]
        ringer.ring("rides")
        await eventually(lambda: heard[-1] == "rides")
        cut(engine, RINGING)
        ringer.ring("photos")  # into the dead line first, and again into the next one
        await eventually(lambda: heard[-1] == "photos")


async def test_a_bell_waits_for_a_database_that_is_away() -> None:
    away = Bell("postgresql://nobody@127.0.0.1:1/none")
    async with hanging(away, None):
        away.ring("deliver")
        running = asyncio.create_task(away.run(lambda name: None))
        await asyncio.sleep(0.5)
        assert not running.done()
        assert not away.hears
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@only_postgres
async def test_one_has_it_and_the_other_passes(address: str) -> None:
    async with alone(address, "sweep") as first, alone(address, "sweep") as second:
        assert (first, second) == (True, False)
        async with alone(address, "something else") as third:
            assert third
    async with alone(address, "sweep") as again:
        assert again


async def test_on_sqlite_there_is_nobody_else() -> None:
    assert address_of("sqlite:///onward.db") is None
    async with alone(None, "sweep") as first, alone(None, "sweep") as second:
        assert (first, second) == (True, True)


@only_postgres
async def test_who_stands_by_takes_over_when_the_other_ends_or_is_cut_off(
    address: str, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.alone.STAND_BY", 0.05)
    working: set[str] = set()

    async def work(who: str) -> None:
        working.add(who)
        try:
            await asyncio.sleep(60)
        finally:
            working.discard(who)

    def begin(who: str) -> "asyncio.Task[None]":
        return asyncio.create_task(one_of_all(address, "poll", lambda: work(who)))

    first = begin("first")
    await eventually(lambda: working == {"first"})
    second = begin("second")
    await asyncio.sleep(0.3)
    assert working == {"first"}
    first.cancel()
    await eventually(lambda: working == {"second"})
    third = begin("third")
    cut(engine, HOLDING)  # who was cut off stops, and stands in line again
    await eventually(lambda: bool(working & {"second", "third"}))
    await asyncio.sleep(0.3)
    assert len(working) == 1
    for task in (second, third):
        task.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert not working
