"""Time is aware UTC, moves forward only, and moving it wakes whoever waits for it."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from threading import Timer

import pytest

from bot.clock import Clock, MovableClock, SystemClock

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
SOON = 5  # seconds a test waits for what must happen at once


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(stopped_at=NOON)


@pytest.mark.parametrize("clock", [SystemClock(), MovableClock()])
def test_now_is_the_machines_in_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=SOON)


def test_a_stopped_clock_stands_until_moved() -> None:
    clock = MovableClock(stopped_at=NOON.astimezone(timezone(timedelta(hours=-5))))
    assert clock.now() == clock.now() == NOON
    assert clock.now().tzinfo is UTC
    assert clock.move(timedelta(hours=2)) == NOON + timedelta(hours=2)
    assert clock.move_to(NOON + timedelta(days=1)) == NOON + timedelta(days=1)


def test_a_running_clock_keeps_its_lead() -> None:
    clock = MovableClock()
    clock.move(timedelta(days=1))
    assert abs(clock.now() - datetime.now(UTC) - timedelta(days=1)) < timedelta(seconds=SOON)


def test_time_never_goes_back() -> None:
    clock = MovableClock(stopped_at=NOON)
    with pytest.raises(ValueError, match="forward"):
        clock.move_to(NOON - timedelta(seconds=1))
    with pytest.raises(ValueError, match="zone"):
        MovableClock(stopped_at=NOON.replace(tzinfo=None))
    assert clock.now() == NOON


@pytest.mark.parametrize("clock", [SystemClock(), MovableClock()])
async def test_the_past_is_not_waited_for(clock: Clock) -> None:
    async with asyncio.timeout(SOON):
        await clock.sleep_until(clock.now() - timedelta(hours=1))


@pytest.mark.parametrize("clock", [SystemClock(), MovableClock()])
async def test_a_running_clock_gets_there_by_itself(clock: Clock) -> None:
    at = clock.now() + timedelta(milliseconds=30)
    async with asyncio.timeout(SOON):
        await clock.sleep_until(at)
    assert clock.now() >= at


async def test_moving_wakes_only_those_whose_time_has_come(clock: MovableClock) -> None:
    first = asyncio.create_task(clock.sleep_until(NOON + timedelta(hours=1)))
    second = asyncio.create_task(clock.sleep_until(NOON + timedelta(hours=3)))
    await asyncio.sleep(0)
    clock.move(timedelta(hours=2))
    async with asyncio.timeout(SOON):
        await first
    assert not second.done()
    clock.move(timedelta(hours=2))
    async with asyncio.timeout(SOON):
        await second


async def test_a_clock_moved_from_a_thread_wakes_the_loop(clock: MovableClock) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    mover = Timer(0.05, clock.move, [timedelta(hours=1)])
    mover.start()
    async with asyncio.timeout(SOON):
        await clock.sleep_until(NOON + timedelta(hours=1))
    assert loop.time() - began < SOON / 2, "woken by the time-out, not by the move"
    mover.join()


async def test_who_stops_waiting_is_forgotten(clock: MovableClock) -> None:
    sleeper = asyncio.create_task(clock.sleep_until(NOON + timedelta(hours=1)))
    await asyncio.sleep(0)
    sleeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeper
    assert clock._watchers == []


def test_whoever_watches_is_told_until_they_forget() -> None:
    clock, told = MovableClock(stopped_at=NOON), list[datetime]()
    forget = clock.on_move(lambda: told.append(clock.now()))
    clock.move(timedelta(hours=1))
    forget()
    forget()
    clock.move(timedelta(hours=1))
    assert told == [NOON + timedelta(hours=1)]
