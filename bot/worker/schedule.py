"""The ticker: APScheduler says when to look, the database says what to do.

Theory of operation. Each worker has at most one run under way. `wake(name)` starts it, or has the running
one look once more; it goes on until its step finds nothing. Then the ticker arms a date trigger at the
family's next due row, so that a reminder leaves at its second. Besides that every worker is woken every two
seconds, for what other processes wrote, and when the clock is moved. Nothing is remembered here: a ticker
that dies loses no work. A step that raises is logged and its worker looks again at the next tick.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.clock import SystemClock
from bot.worker import deliver, housekeeping, photos, places, reconcile, rides, timers
from bot.worker.workshop import Step, Workshop
from storage import due
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
    "places": places.step,
    "photos": photos.step,
    "housekeeping": housekeeping.step,
}
FAMILIES: Mapping[str, Family] = {
    "deliver": OUTBOX,
    "timers": TIMERS,
    "rides": RIDES,
    "places": LOOKUPS,
    "reconcile": reconcile.step,
    "photos": PHOTOS,
}
SELDOM = {"housekeeping": timedelta(seconds=60), "reconcile": timedelta(seconds=20)}
LOOK_EVERY = {name: SELDOM.get(name, timedelta(seconds=2)) for name in STEPS}
HEARING = timedelta(seconds=15)
"""How often a worker looks unasked while others can tell us that there is work."""

ALONE = frozenset({"housekeeping"})
"""Sweeps over everything, which two processes would do twice: whoever holds the lock does them, the others
pass. What leases its rows needs no place here."""

MOST_ROUNDS = 1000
"""Steps in one run, so that a fault that never ends cannot hold the loop for good."""

log = logging.getLogger(__name__)


class Workers:
    """All of a process's workers and their one scheduler."""

    def __init__(self, workshop: Workshop, steps: Mapping[str, Step] = STEPS) -> None:
        """Prepare; nothing runs before `start`."""
        self._workshop, self._steps = workshop, steps
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._open = False
        self._forget: Callable[[], None] = lambda: None
        self.ticked: dict[str, datetime] = {}

    def start(self) -> None:
        """Begin to look; call it in the running loop."""
        loop = asyncio.get_running_loop()
        self._open = True
        for name in self._steps:
            self._scheduler.add_job(
                self._tick, IntervalTrigger(seconds=LOOK_EVERY[name].seconds), args=[name]
            )
            self.wake(name)
        self._scheduler.start()
        self._forget = self._workshop.clock.on_move(lambda: _call(loop, self._wake_all))

    def wake(self, name: str) -> None:
        """Have this worker look now; harmless at any time, from the loop's own thread."""
        if not self._open:
            return
        if name in self._running:
            self._again.add(name)
        else:
            self._running[name] = asyncio.create_task(self._run(name), name=f"worker-{name}")

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
        running = list(self._running.values())
        if running:
            _, late = await asyncio.wait(running, timeout=patience.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _tick(self, name: str) -> None:
        """Wake from the scheduler, which runs in the loop only what is a coroutine, all else in a thread."""
        self.wake(name)

    def _wake_all(self) -> None:
        for name in self._steps:
            self.wake(name)

    async def _run(self, name: str) -> None:
        try:
            for _ in range(MOST_ROUNDS):
                self._again.discard(name)
                done = await self._steps[name](self._workshop)
                self.ticked[name] = self._workshop.clock.now()
                if not self._open or (done == 0 and name not in self._again):
                    break
            await self._arm(name)
        except Exception:
            log.exception("worker failed", extra={"worker": name})
        finally:
            del self._running[name]
            if name in self._again:
                self._again.discard(name)
                self.wake(name)

    async def _arm(self, name: str) -> None:
        """Look again when the next row of this family falls due."""
        family = FAMILIES.get(name)
        if family is None or not self._open:
            return
        now = self._workshop.clock.now()
        at = await self._workshop.database.read(partial(due.next_due, families=[family], after=now))
        if at is None or not self._open:
            return
        wait = at - now
        if wait < LOOK_EVERY[name]:
            trigger = DateTrigger(SystemClock().now() + wait)
            self._scheduler.add_job(
                self._tick, trigger, args=[name], id=f"next-{name}", replace_existing=True
            )


def _call(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    loop.call_soon_threadsafe(what)
