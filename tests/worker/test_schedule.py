"""The ticker: it looks when told, when time comes and when the clock jumps, and no fault stops it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from time import monotonic

import pytest
import sqlalchemy as sa

from bot.channels.simulator import read_said
from bot.clock import SystemClock
from bot.settings import Settings
from bot.worker import schedule
from bot.worker.schedule import ONE_PROCESS, STEPS, Hold, Workers
from bot.worker.workshop import Step, Workshop
from storage import messages, timers
from storage.messages import NewOutbound
from storage.timers import EngineTimer
from tests.rides.conftest import until
from tests.worker.conftest import RAY, Town

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


class Counted:
    """A step that counts its runs, waits for `gate`, and says `left` times that there is more."""

    def __init__(self, left: int = 0) -> None:
        self.runs, self.left, self.raises = 0, left, 0
        self.fault: Exception = RuntimeError("a bug")
        self.gate = asyncio.Event()
        self.gate.set()

    async def step(self, workshop: Workshop) -> int:
        self.runs += 1
        await self.gate.wait()
        if self.raises:
            self.raises -= 1
            raise self.fault
        self.left -= 1
        return max(0, self.left + 1)

    async def came_to(self, runs: int) -> None:
        async def came() -> bool:
            return self.runs >= runs

        await until(came)
        await asyncio.sleep(0.05)
        assert self.runs == runs


Start = Callable[..., Awaitable[Workers]]


@pytest.fixture
async def start(town: Town, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    """Start workers with these steps; long between looks unless `every` says otherwise."""
    started: list[Workers] = []

    async def begin(
        every: float = 3600,
        hears: Callable[[], bool] = lambda: False,
        hold: Hold = ONE_PROCESS,
        **steps: Step,
    ) -> Workers:
        monkeypatch.setattr(schedule, "LOOK_EVERY", dict.fromkeys(STEPS, timedelta(seconds=every)))
        workers = Workers(town.workshop, steps, hears=hears, hold=hold)
        workers.start()
        started.append(workers)
        return workers

    yield begin
    for workers in started:
        await workers.stop()


async def test_a_slow_provider_holds_up_only_what_was_claimed_with_it(start: Start) -> None:
    slow, others = asyncio.Event(), Counted()

    async def deliver(workshop: Workshop) -> int:
        if others.runs == 0:
            others.runs += 1
            await slow.wait()
            return 0
        return await others.step(workshop)

    workers = await start(deliver=deliver)
    await others.came_to(1)
    begun = monotonic()
    workers.wake("deliver")  # while the first one hangs
    await others.came_to(2)
    assert monotonic() - begun < 2
    slow.set()


async def test_a_worker_of_our_own_rows_has_one_run_at_a_time(start: Start) -> None:
    timers_ = Counted()
    timers_.gate.clear()
    workers = await start(timers=timers_.step)
    await timers_.came_to(1)
    for _ in range(3):
        await asyncio.sleep(schedule.SLOW)
        workers.wake("timers")
    await timers_.came_to(1)
    timers_.gate.set()
    await timers_.came_to(2)


async def test_it_looks_at_the_start_and_until_there_is_no_more(start: Start) -> None:
    counted = Counted(left=3)
    workers = await start(timers=counted.step)
    await counted.came_to(4)
    assert set(workers.ticked) == {"timers"}


async def test_woken_while_it_runs_it_looks_once_more(start: Start) -> None:
    counted = Counted()
    counted.gate.clear()
    workers = await start(timers=counted.step)
    await asyncio.sleep(0)
    for _ in range(5):
        workers.wake("timers")
    counted.gate.set()
    await counted.came_to(2)


async def test_it_looks_now_and_then_unasked(start: Start) -> None:
    counted = Counted()
    await start(every=1, timers=counted.step)
    await counted.came_to(1)
    began = monotonic()
    await counted.came_to(2)
    assert monotonic() - began < 2


async def test_a_step_that_raises_ends_nothing(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    broken, other = Counted(), Counted()
    broken.raises = 1
    workers = await start(timers=broken.step, deliver=other.step)
    await broken.came_to(1)
    await other.came_to(1)
    assert "worker failed" in caplog.text
    assert "timers" not in workers.ticked
    workers.wake("timers")
    await broken.came_to(2)
    assert "timers" in workers.ticked


async def test_a_database_that_is_away_is_told_once_and_its_return_too(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    cut_off = Counted()
    cut_off.fault = sa.exc.OperationalError("SELECT 1", {}, ConnectionRefusedError("away"))
    cut_off.raises = 3
    workers = await start(timers=cut_off.step)
    for run in range(1, 5):
        await cut_off.came_to(run)
        assert ("timers" in workers.ticked) == (run == 4)
        workers.wake("timers")
    told = [record.message for record in caplog.records if "database" in record.message]
    assert told == ["worker cannot reach the database", "worker reaches the database again"]
    assert "SELECT" not in caplog.text


async def test_while_others_can_wake_us_we_look_less_often(start: Start) -> None:
    counted, hears = Counted(), [True]
    workers = await start(hears=lambda: hears[0], timers=counted.step)
    await counted.came_to(1)
    await workers._look("timers")
    await counted.came_to(1)
    hears[0] = False
    await workers._look("timers")
    await counted.came_to(2)


async def test_a_sweep_is_done_by_whoever_holds_it(start: Start) -> None:
    ours, others = Counted(), Counted()

    @asynccontextmanager
    async def somebody_elses(name: str) -> AsyncIterator[bool]:
        assert name == "housekeeping"
        yield False

    await start(housekeeping=ours.step)
    workers = await start(hold=somebody_elses, housekeeping=others.step, timers=others.step)
    await ours.came_to(1)
    await others.came_to(1)  # the timers'
    assert set(workers.ticked) == {"housekeeping", "timers"}


async def test_a_name_nobody_knows_wakes_nobody(start: Start) -> None:
    counted = Counted()
    workers = await start(timers=counted.step)
    await counted.came_to(1)
    workers.wake("a later version's")
    await counted.came_to(1)
    workers.wake("")
    await counted.came_to(2)


async def test_a_clock_that_is_moved_has_everybody_look(start: Start, town: Town) -> None:
    one, other = Counted(), Counted()
    await start(timers=one.step, deliver=other.step)
    await one.came_to(1)
    await asyncio.to_thread(town.clock.move, timedelta(hours=1))  # from whatever thread
    await one.came_to(2)
    await other.came_to(2)


async def test_what_falls_due_soon_is_looked_at_on_its_second(start: Start, town: Town) -> None:
    await town.text("ride7")
    town.workshop = _with_real_clock(town.workshop)
    at = SystemClock().now() + timedelta(seconds=0.5)
    timer = EngineTimer(conversation_id=1, token="soon", at=at)
    await town.workshop.database.run(partial(timers.set_timers, timers=[timer], now=at))
    rung: list[float] = []

    async def step(workshop: Workshop) -> int:
        done = await STEPS["timers"](workshop)
        if done:
            rung.append((workshop.clock.now() - at).total_seconds())
        return done

    await start(every=3600, timers=step)

    async def has_rung() -> bool:
        return bool(rung)

    await until(has_rung)
    assert 0 <= rung[0] < 1


async def test_what_waits_for_the_pace_leaves_when_its_tokens_are_back(start: Start, town: Town) -> None:
    await town.talk("ride7", "y")
    phones = town.workshop.channels["simulator"]
    paced = replace(town.workshop, channels={"simulator": phones, "sms": phones})
    town.workshop = replace(_with_real_clock(paced), settings=Settings(env="test", sms_per_second=5))
    now = SystemClock().now()
    rows = [
        NewOutbound(
            conversation_id=1, contact_point_id=1, channel="sms", sender="bot", kind="staff", body=f"{n}",
            at=now, due_at=now, epoch=0,
        )
        for n in range(13)
    ]  # fmt: skip
    await town.workshop.database.run(partial(messages.queue, messages=rows))
    before = len(await town.sent())
    workers = await start(every=3600, deliver=STEPS["deliver"])

    async def all_left() -> bool:
        return len(await town.sent()) - before == 13

    began = monotonic()
    await until(all_left)
    assert monotonic() - began >= 0.5, "ten at once, then five a second"
    assert set(workers.ticked) == {"deliver"}


def _with_real_clock(workshop: Workshop) -> Workshop:
    return replace(workshop, clock=SystemClock())


async def test_stopping_lets_what_runs_come_to_its_end(start: Start) -> None:
    counted = Counted(left=100)
    counted.gate.clear()
    workers = await start(timers=counted.step)
    await asyncio.sleep(0.01)
    asyncio.get_running_loop().call_later(0.1, counted.gate.set)
    await workers.stop()
    assert counted.runs == 1
    assert counted.left == 99
    workers.wake("timers")
    await asyncio.sleep(0.02)
    assert counted.runs == 1


async def test_stopping_waits_no_longer_than_it_may(start: Start) -> None:
    counted = Counted()
    counted.gate.clear()
    workers = await start(timers=counted.step)
    await asyncio.sleep(0.01)
    began = monotonic()
    await workers.stop(timedelta(seconds=0.1))
    assert monotonic() - began < 1


async def test_the_real_ones_answer_a_text_by_themselves(start: Start, town: Town) -> None:
    workers = await start(**STEPS)
    town.workshop.conversations._wake = workers.wake
    said = read_said(RAY, {"text": "ride7"}, town.clock.now())
    await town.workshop.conversations.received([said])

    async def answered() -> bool:
        return bool(await town.sent())

    async def all_looked() -> bool:
        return set(workers.ticked) == set(STEPS)

    await until(answered)
    await until(all_looked)
