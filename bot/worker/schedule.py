"""The ticker: APScheduler says when to look, the database says what to do.

Theory of operation. Each worker has one run under way (BESIDE: a few, where the first is slow). `wake(name)`
starts it, or has the running one look once more; it goes on until its step finds nothing. Then the ticker
arms a date trigger at the family's next due row, so that a reminder leaves at its second. Besides that every
worker looks every two seconds, for what other processes wrote, and when the clock is moved; while this
process hears the others' bell, every fifteen seconds will do. A step of ALONE runs in one process at a time.
Nothing is remembered here: a ticker that dies loses no work. A step that raises is logged and its worker
looks again at the next tick.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from functools import partial
from typing import TypeAlias

import sqlalchemy as sa
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.clock import SystemClock
from bot.worker import (
    alarms,
    deliver,
    feeds,
    housekeeping,
    matching,
    photos,
    places,
    promises,
    reaching,
    reconcile,
    ride_sweep,
    rides,
    roster,
    timers,
    waitlist,
    work_rides,
)
from bot.worker.workshop import Step, Workshop
from storage import due
from storage.alarms import ALARMS, CALLS
from storage.alone import alone
from storage.beside import LOST
from storage.due import Family
from storage.outbox import OUTBOX
from storage.photos import PHOTOS
from storage.places import LOOKUPS
from storage.rides import RIDES
from storage.timers import TIMERS

STEPS: Mapping[str, Step] = {
    "deliver": deliver.step,
    "timers": timers.step,
    "rides": rides.step,
    "ride_sweep": ride_sweep.step,
    "places": places.step,
    "photos": photos.step,
    "promises": promises.step,
    "reaching": reaching.step,
    "roster": roster.step,
    "alarms": alarms.step,
    "calls": alarms.send,
    "reconcile": reconcile.step,
    "waitlist": waitlist.step,
    "housekeeping": housekeeping.step,
    "feeds": feeds.step,
    "work_rides": work_rides.step,
    "matching": matching.step,
}
FAMILIES: Mapping[str, Family] = {
    "deliver": OUTBOX,
    "timers": TIMERS,
    "rides": RIDES,
    "places": LOOKUPS,
    "photos": PHOTOS,
    "alarms": ALARMS,
    "calls": CALLS,
}
AGAIN: Mapping[str, Callable[[Workshop], Awaitable[datetime | None]]] = {"deliver": deliver.again}
"""What else a worker waits for than its rows' falling due: tokens of a sender's pace."""

SELDOM = {
    "housekeeping": timedelta(seconds=60),
    "feeds": timedelta(seconds=300),
    "work_rides": timedelta(seconds=60),
    "promises": timedelta(seconds=20),
    "reaching": timedelta(seconds=60),
    "reconcile": timedelta(seconds=20),
    "roster": timedelta(seconds=60),
    "waitlist": timedelta(seconds=20),
    "ride_sweep": timedelta(seconds=60),
}
LOOK_EVERY = {name: SELDOM.get(name, timedelta(seconds=2)) for name in STEPS}
HEARING = timedelta(seconds=15)
"""How often a worker looks unasked while others can tell us that there is work."""

ALONE = frozenset({"feeds", "housekeeping", "matching", "reaching", "work_rides", "roster", "waitlist"})
"""Sweeps over everything, which two processes would do twice: whoever holds the lock does them, the others
pass. What leases its rows needs no place here."""

BESIDE = {"deliver": 4, "alarms": 4, "calls": 4}
"""Runs at a time of a worker that waits for somebody outside: a provider slow to answer for one text holds up
the few that were claimed with it, and nobody else's."""
SLOW = 0.25
"""Seconds a step may take before another run begins beside it."""

MOST_ROUNDS = 1000
"""Steps in one run, so that a fault that never ends cannot hold the loop for good."""

Hold: TypeAlias = Callable[[str], AbstractAsyncContextManager[bool]]
"""Hold a name for this process alone while the body runs; False where another one has it."""

ONE_PROCESS: Hold = partial(alone, None)

log = logging.getLogger(__name__)


class Workers:
    """All of a process's workers and their one scheduler."""

    def __init__(
        self,
        workshop: Workshop,
        steps: Mapping[str, Step] = STEPS,
        *,
        hears: Callable[[], bool] = lambda: False,
        hold: Hold = ONE_PROCESS,
    ) -> None:
        """Prepare; nothing runs before `start`. `hears` says whether other processes can wake us now."""
        self._workshop, self._steps, self._hears, self._hold = workshop, steps, hears, hold
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._running: dict[str, dict[asyncio.Task[None], float]] = {name: {} for name in steps}
        self._again: set[str] = set()
        self._open = False
        self._forget: Callable[[], None] = lambda: None
        self._looked: dict[str, float] = {}
        self._cut_off: set[str] = set()
        self.ticked: dict[str, datetime] = {}

    def start(self) -> None:
        """Begin to look; call it in the running loop."""
        loop = asyncio.get_running_loop()
        self._open = True
        for name in self._steps:
            self._scheduler.add_job(
                self._look, IntervalTrigger(seconds=LOOK_EVERY[name].seconds), args=[name]
            )
            self.wake(name)
        self._scheduler.start()
        self._forget = self._workshop.clock.on_move(lambda: _call(loop, self._wake_all))

    def wake(self, name: str) -> None:
        """Have this worker look now; harmless at any time, from the loop's own thread.

        "" wakes all of them; a name that is none of ours (a newer version's) wakes nobody.
        """
        if name == "":
            self._wake_all()
        if not self._open or name not in self._steps:
            return
        runs, now = self._running[name], asyncio.get_running_loop().time()
        slow = all(now - began >= SLOW for began in runs.values())
        if not runs or (slow and len(runs) < BESIDE.get(name, 1)):
            runs[asyncio.create_task(self._run(name), name=f"worker-{name}")] = now
            return
        self._again.add(name)
        if len(runs) < BESIDE.get(name, 1):
            asyncio.get_running_loop().call_later(SLOW, self._wake_again, name)

    def _wake_again(self, name: str) -> None:
        """Wake once more where the run that was to look again has not come to it."""
        if name in self._again:
            self.wake(name)

    async def stop(self, patience: timedelta = timedelta(seconds=5)) -> None:
        """Start nothing new and let what runs come to its end; after `patience` it is cancelled.

        What is cancelled comes back by its lease.
        """
        self._open = False
        self._forget()
        if self._scheduler.running:
            self._scheduler.pause()
            await asyncio.sleep(0)  # what was just woken wakes its worker, which starts nothing any more
            self._scheduler.shutdown(wait=False)
        running = [task for runs in self._running.values() for task in runs]
        if running:
            _, late = await asyncio.wait(running, timeout=patience.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _tick(self, name: str) -> None:
        """Wake from the scheduler, which runs in the loop only what is a coroutine, all else in a thread."""
        self.wake(name)

    async def _look(self, name: str) -> None:
        """Look unasked, less often while we hear."""
        last = self._looked.get(name)
        now = asyncio.get_running_loop().time()
        if last is None or now - last >= HEARING.total_seconds() - 1 or not self._hears():
            self.wake(name)

    def _wake_all(self) -> None:
        for name in self._steps:
            self.wake(name)

    async def _run(self, name: str) -> None:
        loop, run = asyncio.get_running_loop(), asyncio.current_task()
        assert run is not None, "a run is a task"
        self._looked[name] = loop.time()
        try:
            for _ in range(MOST_ROUNDS):
                self._again.discard(name)
                self._running[name][run] = loop.time()
                done = await self._step(name)
                self.ticked[name] = self._workshop.clock.now()
                self._reaches(name)
                if not self._open or (done == 0 and name not in self._again):
                    break
            await self._arm(name)
        except (sa.exc.OperationalError, *LOST) as error:
            self._looked.pop(name, None)  # it has not: the next tick counts
            self._reaches_not(name, error)
        except Exception:
            log.exception("worker failed", extra={"worker": name})
        finally:
            del self._running[name][run]
            if name in self._again:
                self._again.discard(name)
                self.wake(name)

    def _reaches(self, name: str) -> None:
        if name in self._cut_off:
            self._cut_off.discard(name)
            log.info("worker reaches the database again", extra={"worker": name})

    def _reaches_not(self, name: str, error: BaseException) -> None:
        """Say so once, until it is back."""
        if name not in self._cut_off:
            self._cut_off.add(name)
            log.warning("worker cannot reach the database", extra={"worker": name, "why": _why(error)})

    async def _step(self, name: str) -> int:
        if name not in ALONE:
            return await self._steps[name](self._workshop)
        async with self._hold(name) as ours:
            return await self._steps[name](self._workshop) if ours else 0

    async def _arm(self, name: str) -> None:
        """Look again when the next row of this family falls due."""
        family = FAMILIES.get(name)
        if family is None or not self._open:
            return
        now = self._workshop.clock.now()
        soon = now + max(LOOK_EVERY[name], HEARING)  # later ones are found by looking again
        look = partial(due.next_due, families=[family], after=now, until=soon)
        at = await self._workshop.database.read(look)
        if name in AGAIN and (again := await AGAIN[name](self._workshop)) is not None:
            at = again if at is None else min(at, again)
        if at is None or not self._open:
            return
        if at < soon:
            trigger = DateTrigger(SystemClock().now() + (at - now))
            self._scheduler.add_job(
                self._tick, trigger, args=[name], id=f"next-{name}", replace_existing=True
            )


def _why(error: BaseException) -> str:
    return type(error.orig if isinstance(error, sa.exc.DBAPIError) else error).__name__


def _call(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    loop.call_soon_threadsafe(what)
