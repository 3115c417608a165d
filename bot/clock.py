"""The only place that reads the time of day.

Everything else takes `now` as an argument or waits on a `Clock` that was handed to it. One object is shared
by the web server, the workers and the ride stand-in of a process, so that moving it moves all of them.
Times are aware UTC.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Protocol

# A loop's timers drift from the wall clock, and stand still while a laptop sleeps: look again this often.
LONGEST_NAP = timedelta(minutes=1)


class Clock(Protocol):
    """What the rest of the program may ask of time."""

    def now(self) -> datetime:
        """Return the present, aware UTC."""

    async def sleep_until(self, at: datetime) -> None:
        """Return once `now()` has reached `at`, at once if it is past; aware times only."""

    def on_move(self, call: Callable[[], None]) -> Callable[[], None]:
        """Have `call` called, from any thread, whenever the time jumps; return what forgets it again."""


class SystemClock:
    """The machine's clock. It never jumps, so nobody is ever told that it did."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep_until(self, at: datetime) -> None:
        while (left := at - self.now()) > timedelta():  # noqa: ASYNC110 - time passing is the event
            await asyncio.sleep(min(left, LONGEST_NAP).total_seconds())

    def on_move(self, call: Callable[[], None]) -> Callable[[], None]:
        return lambda: None


class MovableClock:
    """A clock that can be moved forward, for the demo and for rehearsing talks.

    Without `stopped_at` it runs beside the machine's clock; with it, it stands still until it is moved.
    Safe to read and move from any thread. Never used in production.
    """

    def __init__(self, stopped_at: datetime | None = None) -> None:
        if stopped_at is not None and stopped_at.tzinfo is None:
            raise ValueError("a clock needs a time with its zone")
        self._stopped_at = stopped_at.astimezone(UTC) if stopped_at else None
        self._moved = timedelta()
        self._watchers: list[Callable[[], None]] = []
        self._lock = Lock()

    def now(self) -> datetime:
        return (self._stopped_at or datetime.now(UTC)) + self._moved

    def move(self, by: timedelta) -> datetime:
        """Move forward and wake whoever sleeps; return the new present. Refuse to go back with ValueError."""
        if by < timedelta():
            raise ValueError("time only moves forward")
        with self._lock:
            self._moved += by
            watchers = list(self._watchers)
        for call in watchers:
            call()
        return self.now()

    def move_to(self, at: datetime) -> datetime:
        """Move forward to `at`; return the new present. Refuse an earlier time with ValueError."""
        return self.move(at - self.now())

    async def sleep_until(self, at: datetime) -> None:
        loop = asyncio.get_running_loop()
        moved = asyncio.Event()
        forget = self.on_move(lambda: _tell(loop, moved))
        try:
            while (left := at - self.now()) > timedelta():
                moved.clear()
                nap = None if self._stopped_at else min(left, LONGEST_NAP).total_seconds()
                try:
                    async with asyncio.timeout(nap):
                        await moved.wait()
                except TimeoutError:
                    continue
        finally:
            forget()

    def on_move(self, call: Callable[[], None]) -> Callable[[], None]:
        with self._lock:
            self._watchers.append(call)

        def forget() -> None:
            with self._lock:
                if call in self._watchers:
                    self._watchers.remove(call)

        return forget


def _tell(loop: asyncio.AbstractEventLoop, moved: asyncio.Event) -> None:
    """Set `moved` from whatever thread moved the clock; a loop that has ended needs no telling."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(moved.set)
