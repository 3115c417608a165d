"""`onward demo`: everything with sample data, on this machine alone, started by one command.

The rule: a demo reaches nobody. Its phones are pages, its ride company is a process of its own on loopback,
its people are made up, and its keys are public, so nothing real may be put in. What it remembers lies in one
folder, its clock included, so that a second start goes on where the first one stopped.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import httpx
import sqlalchemy as sa

from bot.app import App, Demo, build, key_ring
from bot.clock import MovableClock
from bot.one_server import only_server
from bot.serving import serve
from bot.settings import Settings
from storage import funds, invites, on_call, staff
from storage.database import open_database
from storage.migrations import upgrade
from storage.tables.going import InterviewKind

MARIA: Final = "maria@sample.invalid"
MARIAS_PHONE: Final = "+15555550199"
GROUP_CODE: Final = "RIDE7"
OWN_CODES: Final = ("K4P2", "D7Q4")
RIDE_MONEY_CENTS: Final = 200_000
RIDE_TRIPS: Final[Mapping[InterviewKind, int]] = {
    "interview": 5,
    "hiring_step": 3,
    "documents": 3,
    "training": 3,
    "work": 15,
}
"""Trips one person has of the sample fund, by what they are for."""

STUB_STARTS_WITHIN: Final = 15.0  # seconds
HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a demo begins with: flows, rows put there first, what is done once it serves, and what is said."""

    words: str
    flows_dir: Path | None = None
    prepare: Callable[[sa.Connection, datetime], None] = lambda connection, now: None
    begin: Callable[[App], Awaitable[None]] | None = None


class CompanyAway(Exception):
    """The pretend ride company did not come up."""


@dataclass(frozen=True, slots=True)
class DemoAt:
    """Where a demo lives: its folder, and its two ports on loopback."""

    folder: Path
    port: int
    ride_port: int

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://{HOST}:{self.port}"

    @property
    def ride_url(self) -> str:
        """Where the pretend ride company is."""
        return f"http://{HOST}:{self.ride_port}"


def settings_of(at: DemoAt, database_url: str | None = None) -> Settings:
    """Make a demo's settings: nothing of the environment counts."""
    return Settings(
        env="demo",
        host=HOST,
        port=at.port,
        public_url=at.url,
        database_url=database_url or f"sqlite:///{at.folder / 'onward.db'}",
        ride_api_base=at.ride_url,
        log_level="WARNING",
    )


def run(at: DemoAt, say: Callable[[str], None], opening: Opening | None = None) -> None:
    """Serve a demo until it is stopped; `say` prints."""
    opening = opening or Opening(words=_welcome(at))
    at.folder.mkdir(parents=True, exist_ok=True)
    settings = settings_of(at).model_copy(update={"flows_dir": opening.flows_dir})
    clock = clock_of(at.folder)
    with only_server(settings.database_url), ride_company(at) as company:  # it comes up while we get ready
        upgrade(settings.database_url)
        asyncio.run(_run(at, settings, clock, company, say, opening))


async def _run(
    at: DemoAt,
    settings: Settings,
    clock: MovableClock,
    process: "subprocess.Popen[bytes]",
    say: Callable[[str], None],
    opening: Opening,
) -> None:
    await seed(settings, clock.now(), opening.prepare)
    await _company_answers(at.ride_url, process)
    async with httpx.AsyncClient(base_url=at.ride_url, trust_env=False, timeout=10) as company:
        move = partial(_move_rides, company, at.folder)
        await move(clock.now())
        demo = Demo(one_click=MARIA, move_rides=move, ride_page=f"{at.ride_url}/_stub")
        app = build(settings, clock, demo)
        begun: list[asyncio.Future[None]] = []

        def started() -> None:
            say(opening.words)
            if opening.begin is not None:
                begun.append(asyncio.ensure_future(opening.begin(app)))

        await serve(app, started)
        await asyncio.gather(*begun)


def _welcome(at: DemoAt) -> str:
    lines = [
        "Onward's demo is running, with sample data only.",
        f"  Phones          {at.url}/phone      text RIDE7 from one",
        f"  Caseworkers     {at.url}/staff      one click signs you in as Maria (sample)",
        f"  Ride company    {at.ride_url}/_stub",
        f"  Stop it with Ctrl-C. What was said stays in {at.folder}",
    ]
    return "\n".join(lines)


# --- the clock ------------------------------------------------------------------------------------


def clock_of(folder: Path) -> MovableClock:
    """Take up the demo's clock where it was left: so much ahead of the machine's."""
    clock = MovableClock()
    kept = folder / "clock.json"
    if kept.exists():
        clock.move(timedelta(seconds=max(0.0, float(json.loads(kept.read_text())["ahead_seconds"]))))
    return clock


async def _move_rides(company: httpx.AsyncClient, folder: Path, at: datetime) -> None:
    """Bring the ride company's clock to ours, and write down how far ahead both are."""
    ahead = (at - MovableClock().now()).total_seconds()
    await asyncio.to_thread((folder / "clock.json").write_text, json.dumps({"ahead_seconds": ahead}))
    answer = await company.post("/_stub/clock", json={"set": at.isoformat()})
    answer.raise_for_status()


# --- the ride company -----------------------------------------------------------------------------


@contextmanager
def ride_company(at: DemoAt) -> "Iterator[subprocess.Popen[bytes]]":
    """Run the pretend ride company beside us, in a process of its own that ends when we do."""
    command = [sys.executable, "-m", "bot.cli", "ride-stub", "--with-parent", "--port", str(at.ride_port)]
    command += ["--db", str(at.folder / "rides.sqlite"), "--webhook-url", f"{at.url}/rides/webhook"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - our own command
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()


async def _company_answers(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until it answers; CompanyAway where it does not come up."""
    try:
        async with asyncio.timeout(STUB_STARTS_WITHIN), httpx.AsyncClient(trust_env=False) as client:
            while process.poll() is None:
                try:
                    (await client.get(f"{url}/healthz")).raise_for_status()
                    return
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)
    except TimeoutError:
        pass  # said below, as where it ended by itself
    raise CompanyAway(f"the pretend ride company did not start on {url}; is its port taken?")


# --- sample data ----------------------------------------------------------------------------------


async def seed(
    settings: Settings,
    now: datetime,
    more: Callable[[sa.Connection, datetime], None] = lambda connection, now: None,
) -> None:
    """Put the demo's people, codes and money there, once; then what `more` does, on the programme's clock."""
    database = open_database(settings.database_url, key_ring(settings))
    try:
        await database.run(partial(_seed, settings, now))
        here = now.astimezone(settings.programme_zone)
        await database.run(lambda connection: more(connection, here))
    finally:
        await database.close()


def _seed(settings: Settings, now: datetime, connection: sa.Connection) -> None:
    if staff.caseworker_by_email(connection, MARIA) is not None:
        return
    maria = staff.add_caseworker(
        connection,
        name="Maria Ruiz (sample)",
        email=MARIA,
        now=now,
        hours=settings.staff_hours,
        zone=str(settings.programme_zone),
        phone=MARIAS_PHONE,
    )
    on_call.add_shift(connection, maria.id, zone=str(settings.programme_zone), now=now)
    fund_id = funds.add_fund(connection, name="Rides (sample)", budget_cents=RIDE_MONEY_CENTS, now=now)
    for purpose, trips in RIDE_TRIPS.items():
        funds.set_rule(connection, fund_id, purpose, funds.Rule(person_trips=trips))
    invites.add_invite(connection, GROUP_CODE, now, caseworker_id=maria.id, uses=1000)
    for code in OWN_CODES:
        invites.add_invite(connection, code, now, caseworker_id=maria.id)
