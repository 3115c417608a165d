"""One installation to be killed: its database, its settings, its processes, the ride company, its clock."""

import asyncio
import atexit
import functools
import os
import resource
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from socket import create_connection
from typing import Final, Literal, TypeAlias

import httpx
import sqlalchemy as sa

from bot.app import key_ring
from bot.demo import GROUP_CODE
from bot.settings import Settings
from flows.library import SHIPPED
from storage import funds, invites, staff
from storage.database import make_engine, open_database
from storage.migrations import upgrade
from tests import postgres
from tests.crash.launch import FLOWS, Point, SharedClock, Start, launch, make_clock
from tests.road.conftest import free_port, sms_settings, telegram_settings
from tests.wire.telegram import FakeTelegram, fake_telegram
from tests.wire.twilio import FakeTwilio, fake_twilio

Kind: TypeAlias = Literal["sqlite", "postgres"]
Layout: TypeAlias = Mapping[str, str]
"""The processes that run side by side: each one's name, and the `onward` command it is."""

COMPANY: Final = "company"
"""The ride company, as the victim of a kill."""

ALONE: Final[Layout] = {"serve": "serve"}
APART: Final[Layout] = {"web": "web", "worker-1": "worker", "worker-2": "worker"}
STARTS_WITHIN: Final = 60.0
PLENTY_CENTS: Final = 100_000_000
NO_PACE: Final = {
    "SMS_PER_SECOND": "10000",
    "TELEGRAM_PER_SECOND": "10000",
    "TELEGRAM_CHAT_PER_SECOND": "10000",
}
"""Pacing has tests of its own; here it would only take time."""


NO_NIGHT: Final = {"QUIET_TO": "00:00", "QUIET_FROM": "23:59"}
"""Nudges ring at any hour, so that there are timers to die in."""


FULL_AT: Final = 4096
"""Bytes beyond which no file may be written while a disk is full."""

_FULL: Final = (
    "CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$",
    "CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON message FOR EACH ROW EXECUTE FUNCTION no_room()",
)
_ROOM: Final = ("DROP TRIGGER no_room ON message",)


ENDS_WITHIN: Final = 10.0
"""Seconds within which whoever is asked to end has ended."""


@dataclass
class Stop:
    """How a process that was asked to end did. `starved`: for how long its unluckiest thread stood in line.

    Those are its neighbours' on the machine, not its own: on two cores that others use too they can be many.
    """

    process: BaseProcess
    asked: float
    waited_before: dict[str, float]
    seconds: float = 0.0
    starved: float = 0.0

    def look(self) -> None:
        """Note how long it has taken so far, if it still runs."""
        if self.process.is_alive():
            self.seconds = time.monotonic() - self.asked
            waited = waited_for_processor(self.process.pid)
            each = [seconds - self.waited_before.get(thread, 0.0) for thread, seconds in waited.items()]
            self.starved = max([self.starved, *each])

    @property
    def well(self) -> bool:
        """Whether it ended in time, by itself and well."""
        in_time = self.seconds - self.starved <= ENDS_WITHIN
        return in_time and self.process.exitcode in (0, -signal.SIGTERM)  # uvicorn hands it on

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s ({self.starved:.1f} s without a processor)"


def stop_asked(process: BaseProcess) -> Stop:
    """Ask a process to end."""
    assert process.pid is not None
    stop = Stop(process, time.monotonic(), waited_for_processor(process.pid))
    os.kill(process.pid, signal.SIGTERM)
    return stop


def waited_for_processor(pid: int | None) -> dict[str, float]:
    """Tell for how many seconds each thread waited for a processor; nothing where the system does not say."""
    waited = {}
    for line in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError):  # a thread that has just ended
            waited[line.parent.name] = int(line.read_text().split()[1]) / 1e9
    return waited


class DidNotStart(Exception):
    """A server that was not told to die did."""


@dataclass
class Installation:
    """What is killed and started again. `processes` run now, by the names in their layout."""

    kind: Kind
    folder: Path
    database_url: str
    environ: dict[str, str]
    port: int
    ride_url: str
    clock: SharedClock
    twilio: FakeTwilio
    telegram: FakeTelegram
    server: postgres.OwnServer | None
    polled: bool
    processes: dict[str, BaseProcess] = field(default_factory=dict)
    layout: Layout = field(default_factory=lambda: ALONE)
    starts: int = 0
    start_seconds: float = 0.0
    company: BaseProcess | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What its processes said."""
        return self.folder / "log.txt"

    async def start(
        self,
        client: httpx.AsyncClient,
        layout: Layout = ALONE,
        victim: str = "serve",
        point: Point | None = None,
        nth: int = 1,
    ) -> None:
        """Start what does not run, the victim anew, and wait until all is well, or it is dead as asked."""
        began = time.monotonic()
        for name in [name for name in self.processes if name not in layout or name == victim]:
            self.kill(name)
        self.layout = layout
        for name, command in layout.items():
            if not self.runs(name):
                mine = point if name == victim else None
                start = Start((command,), self.environ, self.log, self.folder / "clock", mine, nth)
                self.processes[name] = launch(start)
        while time.monotonic() < began + STARTS_WITHIN and all(map(self.runs, layout)):
            if await self.well(client):
                self.starts += 1
                self.start_seconds += time.monotonic() - began
                return
            await asyncio.sleep(0.01)
        if point is None or self.runs(victim):
            self.kill()
            raise DidNotStart(self.log.read_text(errors="replace")[-3000:])

    async def well(self, client: httpx.AsyncClient) -> bool:
        """Say whether it says of itself that it is well."""
        try:
            return (await client.get(f"{self.url}/health")).status_code == 200
        except httpx.HTTPError:
            return False

    def runs(self, name: str) -> bool:
        """Say whether this process runs; the ride company is one beside the layout."""
        if name == COMPANY:
            return self.company is not None and self.company.is_alive()
        return name in self.processes and self.processes[name].is_alive()

    @property
    def answers(self) -> bool:
        """Whether there is anybody to answer a webhook."""
        return self.runs(next(iter(self.layout)))

    def kill(self, name: str | None = None) -> None:
        """Kill one process, or all that run, without a word."""
        if name == COMPANY:
            self._kill_company()
            return
        for each in [name] if name else list(self.processes):
            process = self.processes.pop(each, None)
            if process is not None:
                process.kill()
                process.join()

    def _kill_company(self) -> None:
        if self.company is not None:
            self.company.kill()
            self.company.join()
            self.company = None

    def start_company(self, point: Point | None = None, nth: int = 1) -> None:
        """Start the pretend ride company anew over its own file, and wait until it takes calls."""
        self._kill_company()
        port, file = self.ride_url.rsplit(":", 1)[1], str(self.folder / "rides.sqlite")
        command = ("ride-stub", "--port", port, "--db", file, "--webhook-url", f"{self.url}/rides/webhook")
        log = self.folder / "rides.txt"
        start = Start(command, dict(os.environ), log, self.folder / "clock", point, nth)
        self.company = launch(start)
        end = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < end and self.runs(COMPANY):
            with suppress(OSError), create_connection(("127.0.0.1", int(port)), 1):
                return
            time.sleep(0.02)
        raise DidNotStart(log.read_text(errors="replace")[-3000:])

    def stop(self) -> list[Stop]:
        """Ask everything to end, and say of each process how it did."""
        stops = [stop_asked(process) for process in self.processes.values()]
        end = time.monotonic() + STARTS_WITHIN
        while any(stop.process.is_alive() for stop in stops) and time.monotonic() < end:
            for stop in stops:
                stop.look()
            time.sleep(0.02)
        self.kill()
        return stops

    async def move(self, client: httpx.AsyncClient, by: timedelta) -> datetime:
        """Move the clock of every process, and the ride company's."""
        at = self.clock.move(by)
        company = await client.post(f"{self.ride_url}/_stub/clock", json={"set": at.isoformat()})
        company.raise_for_status()
        return at

    def fill_disk(self, *, full: bool) -> None:
        """Fill the disk, or make room again: by a limit on our processes, or an error of PostgreSQL's."""
        if self.kind == "postgres":
            engine = self.engine()
            with engine.begin() as connection:
                for statement in _FULL if full else _ROOM:
                    connection.exec_driver_sql(statement)
            engine.dispose()
            return
        for process in self.processes.values():
            assert process.pid is not None
            _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (FULL_AT if full else -1, hard))

    def engine(self) -> sa.Engine:
        """Open the database beside the server, with its keys."""
        return make_engine(self.database_url, key_ring(_settings(self.database_url)))


@contextmanager
def installation(kind: Kind, *, polled: bool | None = None) -> Iterator[Installation]:
    """Make one with a card, money and a caseworker; nothing runs yet but those outside.

    `polled`: Telegram's updates are fetched, else they are posted; unsaid, SQLite fetches.
    """
    polled = kind == "sqlite" if polled is None else polled
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="onward-crash-")))
        flows = flows_folder()  # before the fork server starts
        twilio, telegram = stack.enter_context(fake_twilio()), stack.enter_context(fake_telegram())
        server = stack.enter_context(postgres.own_server()) if kind == "postgres" else None
        database_url = server.url if server else f"sqlite:///{folder / 'onward.db'}"
        clock = make_clock(folder / "clock")
        upgrade(database_url)
        asyncio.run(_furnish(_settings(database_url), clock.now()))
        port, ride_port = free_port(), free_port()
        ride_url = f"http://127.0.0.1:{ride_port}"
        twilio.now = clock.now
        environ = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "ENV": "test",
            "LOG_LEVEL": "WARNING",
            "DATABASE_URL": database_url,
            "PORT": str(port),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "RIDE_API_BASE": ride_url,
            "FLOWS_DIR": str(flows),
            **NO_PACE,
            **NO_NIGHT,
            **sms_settings(twilio),
            **telegram_settings(telegram, polled=polled),
        }
        made = Installation(
            kind, folder, database_url, environ, port, ride_url, clock, twilio, telegram, server, polled
        )
        stack.callback(made.kill)
        stack.callback(made.kill, COMPANY)
        made.start_company()
        yield made


@functools.cache
def flows_folder() -> Path:
    """Lay out the shipped flows with ours beside them, once a session, where the fork server finds them."""
    folder = Path(tempfile.mkdtemp(prefix="onward-crash-flows-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(SHIPPED, folder, dirs_exist_ok=True)
    shutil.copytree(Path(__file__).parent / "flows", folder, dirs_exist_ok=True)
    os.environ[FLOWS] = str(folder)
    return folder


def _settings(database_url: str) -> Settings:
    return Settings(env="test", database_url=database_url)


async def _furnish(settings: Settings, now: datetime) -> None:
    database = open_database(settings.database_url, key_ring(settings))
    try:
        await database.run(partial(_put_there, settings, now))
    finally:
        await database.close()


def _put_there(settings: Settings, now: datetime, connection: sa.Connection) -> None:
    maria = staff.add_caseworker(
        connection,
        name="Maria Ruiz (sample)",
        email="maria@sample.invalid",
        now=now,
        hours=settings.staff_hours,
        zone=str(settings.programme_zone),
    )
    funds.add_fund(connection, name="Rides (sample)", budget_cents=PLENTY_CENTS, now=now)
    invites.add_invite(connection, GROUP_CODE, now, caseworker_id=maria.id, uses=1_000_000)
