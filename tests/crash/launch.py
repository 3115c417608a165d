"""Start the real server in a process of its own, so that it kills itself at a named point.

The rule: nothing of this is known to the product. A child of a fork server, which has only imported what the
product imports, puts a wrapper around one named function, sets the clock that all processes of an
installation share, and runs the `onward` command as it is. With no point named, nothing is wrapped.
"""

import asyncio
import ctypes
import functools
import importlib
import mmap
import multiprocessing
import multiprocessing.context
import os
import signal
import struct
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import httpx

from bot.clock import MovableClock
from flows.assemble import Loaded
from flows.library import load

DIE_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG

TIMEOUT: Final = 1.5
"""Seconds the server waits for Twilio, instead of ten: a hanging provider is met a few hundred times."""

LOOKS_EVERY: Final = timedelta(seconds=2)
"""How often a worker looks unasked, on PostgreSQL too: nobody tells it that the clock was moved."""


FLOWS: Final = "ONWARD_CRASH_FLOWS"
"""Names the folder of flows that every start is going to load: the fork server loads them once for all."""


@dataclass(frozen=True, slots=True)
class Point:
    """A moment to die at: before or after a function, `module:name` where it is looked up when called."""

    name: str
    at: str
    when: Literal["before", "after"]
    passes: int = 4
    """Kill at one of the first so many passes."""

    who: Literal["worker", "web", "company"] = "worker"
    """Who passes here: what works, what answers webhooks, or the ride company."""

    polled: bool = False
    """Whether it is passed only where Telegram's updates are fetched."""


# The first ones are those that small runs die at.
POINTS: Final = (
    Point("taken by the provider, not noted", "bot.worker.deliver:_asked", "after"),
    Point("committed, 200 not said", "bot.conversation:Conversations.received", "after", who="web"),
    Point("marked as begun, Twilio not called", "bot.channels.sms:Sms.send", "before"),
    Point("before COMMIT", "sqlalchemy.engine.base:Connection._commit_impl", "before", 40),
    Point("between two turns of one list", "bot.turns:take_one", "after", 8, who="web"),
    Point("flows kept, nothing served", "bot.conversation:Conversations.keep_flows", "after", 1, who="web"),
    Point("text kept in the transaction", "storage.messages:keep_inbound", "after", who="web"),
    Point("effects written, not committed", "bot.turns:apply", "after", who="web"),
    Point("after COMMIT", "sqlalchemy.engine.base:Connection._commit_impl", "after", 40),
    Point("text claimed", "bot.worker.deliver:_deliver", "before"),
    Point("marked as begun, Telegram not called", "bot.channels.telegram:Telegram.send", "before"),
    Point("noting that it was sent", "storage.outbox:sent", "after"),
    Point("Twilio asked what it has", "bot.channels.sms:Sms.find_sent", "after", 2),
    Point("report folded, not committed", "storage.outbox:fold_status", "after", who="web"),
    Point("timers claimed", "bot.worker.timers:_happening", "before", 2),
    Point("timer closed, not committed", "storage.timers:finish", "after", 2),
    Point("order written down, not sent", "bot.rides.guest_rides:GuestRides.book", "before", 2),
    Point("car ordered, not noted", "bot.rides.guest_rides:GuestRides.book", "after", 2),
    Point("car looked for", "bot.rides.guest_rides:GuestRides.find", "after", 2),
    Point("car noted, not committed", "storage.rides:release_lease", "after", 2),
    Point("failed report counted, not committed", "storage.points:count_failure", "after", 2, who="web"),
    Point("updates read, not kept", "bot.channels.telegram:Telegram._taken", "after", 6, polled=True),
    Point("updates kept, not confirmed", "bot.channels.telegram:kept", "after", polled=True),
    Point(
        "company took the order, said nothing", "bot.rides.stub.desk:Desk.create", "after", 2, who="company"
    ),
    Point("company told of nothing", "bot.rides.stub.webhooks:Messenger._post", "before", 2, who="company"),
)


class SharedClock(MovableClock):
    """A clock moved by whoever writes into its file: all processes of an installation read the same one."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        with path.open("r+b") as file:
            self._ahead = mmap.mmap(file.fileno(), 8)

    def now(self) -> datetime:
        """Return the machine's time and what we are ahead of it."""
        (seconds,) = struct.unpack("d", self._ahead[:8])
        return datetime.now(UTC) + timedelta(seconds=seconds)

    def move(self, by: timedelta) -> datetime:
        """Move every process's clock forward."""
        (seconds,) = struct.unpack("d", self._ahead[:8])
        self._ahead[:8] = struct.pack("d", seconds + by.total_seconds())
        return self.now()


def make_clock(path: Path) -> SharedClock:
    """Make the file of a clock that goes with the machine's."""
    path.write_bytes(struct.pack("d", 0.0))
    return SharedClock(path)


@dataclass(frozen=True, slots=True)
class Start:
    """One process to start: an `onward` command, its settings, and where it is to die, if anywhere."""

    command: tuple[str, ...]
    environ: Mapping[str, str]
    log: Path
    clock: Path
    point: Point | None = None
    nth: int = 1


def launch(start: Start) -> multiprocessing.process.BaseProcess:
    """Start it from the fork server; it is not up yet."""
    process = _forks().Process(target=_run, args=(start,), daemon=True)
    process.start()
    return process


@functools.cache
def _forks() -> "multiprocessing.context.ForkServerContext":
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["tests.crash.preload"])
    return forks


def _run(start: Start) -> None:
    """Become the server: in the child. It ends with the fork server, which ends with us."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    log = os.open(start.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for output in (1, 2):
        os.dup2(log, output)
    os.environ.clear()
    os.environ.update(start.environ)
    _replace("bot.app:_clock", lambda settings: SharedClock(start.clock))
    _replace("bot.app:load", loaded)
    _replace("bot.channels.sms:TIMEOUT", httpx.Timeout(TIMEOUT))
    _replace("bot.worker.schedule:HEARING", LOOKS_EVERY)
    if start.point is not None:
        die_at(start.point, start.nth)
    sys.argv = ["onward", *start.command]
    importlib.import_module("bot.cli").main()


@functools.cache
def loaded(folder: Path) -> Loaded:
    """Load a folder of flows, once."""
    return load(folder)


def die_at(point: Point, nth: int) -> None:
    """Wrap the point's function, so that the `nth` pass is this process's last."""
    passed = 0

    def pass_by() -> None:
        nonlocal passed
        passed += 1
        if passed == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    _replace(point.at, wrapped(found(point.at), point.when, pass_by))


def wrapped(
    function: Callable[..., Any], when: Literal["before", "after"], pass_by: Callable[[], None]
) -> Callable[..., Any]:
    """Wrap a function or a coroutine function."""
    if asyncio.iscoroutinefunction(function):

        @functools.wraps(function)
        async def waiting(*given: Any, **named: Any) -> Any:
            if when == "before":
                pass_by()
            answer = await function(*given, **named)
            if when == "after":
                pass_by()
            return answer

        return waiting

    @functools.wraps(function)
    def plain(*given: Any, **named: Any) -> Any:
        if when == "before":
            pass_by()
        answer = function(*given, **named)
        if when == "after":
            pass_by()
        return answer

    return plain


def found(at: str) -> Any:
    """Find what stands at `module:name`; raises where there is no such thing any more."""
    owner, name = _owner(at)
    return getattr(owner, name)


def _replace(at: str, by: Any) -> None:
    owner, name = _owner(at)
    getattr(owner, name)  # what is replaced must be there
    setattr(owner, name, by)


def _owner(at: str) -> tuple[Any, str]:
    module, _, path = at.partition(":")
    owner: Any = importlib.import_module(module)
    *inner, name = path.split(".")
    for each in inner:
        owner = getattr(owner, each)
    return owner, name
