"""A town of people with an interview tomorrow, two ride companies, the workers, and time that jumps.

What people do is dealt by number (PLANS): most are driven there and home, some call it off, move it, miss the
car, are left by their driver. Every second person may be driven by the first company only. Nobody texts: what
they would have said is done as the action it ends in.
"""

import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo

import httpx
import sqlalchemy as sa
from starlette.applications import Starlette

from bot.acting import Acting, Done
from bot.actions import carry_out
from bot.clock import MovableClock
from bot.conversation import Conversations
from bot.rides.fleet import Fleet
from bot.rides.guest_rides import GuestRides
from bot.rides.sample_map import LocalGeocoder
from bot.rides.stub.server import create_app
from bot.rides.stub.store import Row, Store
from bot.settings import Settings
from bot.views import place_view
from bot.web import ride_webhook
from bot.worker import ride_sweep
from bot.worker import rides as rides_worker
from bot.worker.workshop import Workshop
from flows.actions import Action, BookRides, SaveInterview
from flows.library import shipped
from storage import due, funds, people, places, points, rides, staff
from storage.database import Database
from storage.exclusions import exclude
from storage.rides import RIDES, RideRow
from tests.rides_proof.line import Line

Plan: TypeAlias = Literal[
    "there and home", "never home", "off the evening before", "off at the last minute", "moved", "absent",
    "absent then another", "left once", "left again and again", "nobody drives",
]  # fmt: skip
PLANS: Final[tuple[Plan, ...]] = ("there and home", "there and home", *get_args(Plan))

EVENING: Final = datetime(2027, 2, 23, 22, 0, tzinfo=UTC)
FIRST: Final = datetime(2027, 2, 24, 14, 30, tzinfo=UTC)
"""When the first person is to be there; the others follow, four minutes apart."""
ZONE: Final = "America/New_York"
SECRET: Final = "a webhook secret"
COMPANIES: Final = ("guest_rides", "guest_rides_2")
FLOWS: Final = shipped()
MOST_ROUNDS: Final = 200
SWEEP_EVERY: Final = timedelta(minutes=40)
"""Seldomer than in life: a leg's own looks must find nearly everything."""


@dataclass(slots=True)
class Somebody:
    """One person of the town: what they mean to do, and what they did."""

    person_id: int
    plan: Plan
    interview_id: int
    at: datetime
    going: bool = True
    called_at: datetime | None = None


@dataclass
class Town:
    """Everything of one case, and the hands that move it. `every` is how far time jumps at least."""

    database: Database
    folder: Path
    clock: MovableClock = field(default_factory=lambda: MovableClock(EVENING))
    folk: list[Somebody] = field(default_factory=list)
    later: list[tuple[datetime, int, Callable[[], Awaitable[Any]]]] = field(default_factory=list)
    both_at_once: set[tuple[str, ...]] = field(default_factory=set)
    swept: datetime = EVENING
    hooks: Callable[["Town", str], Awaitable[None]] | None = None

    def __post_init__(self) -> None:
        self._numbers = count()
        settings = Settings(env="test", _env_file=None)  # type: ignore[call-arg]
        self.stores, self.lines, providers = {}, {}, []
        for name in COMPANIES:
            file = self.folder / f"{name}.sqlite"
            app = create_app(file, webhook_secret=SECRET, clock=self.clock, every_s=3600)
            self.stores[name], self.lines[name] = Store(file), Line(app, self.after)
            ours = GuestRides(f"http://{name}", "demo", "demo-ride-secret", (SECRET,), name=name)
            ours._client = httpx.AsyncClient(transport=self.lines[name], base_url=f"http://{name}")
            providers.append(ours)
        conversations = Conversations(self.database, FLOWS, settings, self.clock, lambda name: None)
        self.workshop = Workshop(
            database=self.database,
            conversations=conversations,
            clock=self.clock,
            settings=settings,
            channels={},
            rides=Fleet(tuple(providers)),
            geocoder=LocalGeocoder(),
        )
        door = ride_webhook.routes(self.database, self.workshop.rides, self.clock, lambda: None)
        self.door = httpx.AsyncClient(
            transport=httpx.ASGITransport(Starlette(routes=door)), base_url="http://onward"
        )

    async def close(self) -> None:
        """Let go of everything but the database."""
        await self.workshop.conversations.close()
        await self.workshop.rides.close()
        await self.door.aclose()
        for store in self.stores.values():
            store.close()

    # --- time ---------------------------------------------------------------------------------------------

    def after(self, wait: timedelta, doing: Callable[[], Awaitable[Any]]) -> None:
        """Have something done when so much time has passed."""
        self.at(self.clock.now() + wait, doing)

    def at(self, moment: datetime, doing: Callable[[], Awaitable[Any]]) -> None:
        """Have something done at this moment."""
        heapq.heappush(self.later, (moment, next(self._numbers), doing))

    async def live(self, until: datetime, every: timedelta) -> None:
        """Live on until then, from one thing that falls due to the next, `every` apart at least."""
        await self.pump()
        while (now := self.clock.now()) < until:
            waits = partial(due.next_due, families=[RIDES], after=now)
            first = await self.database.read(waits)
            moments = [until, *(moment for moment, _, _ in self.later[:1])]
            if first is not None:
                moments.append(max(first, now + every))
            self.clock.move_to(max(now, min(moments)))
            while self.later and self.later[0][0] <= self.clock.now():
                await heapq.heappop(self.later)[2]()
            await self.pump()

    async def pump(self) -> None:
        """Run the workers until none has anything to do, and look at the curb."""
        if self.clock.now() >= self.swept + SWEEP_EVERY:
            self.swept = self.clock.now()
            await ride_sweep.step(self.workshop)
        for _ in range(MOST_ROUNDS):
            if not await rides_worker.step(self.workshop):
                break
        else:
            raise AssertionError("the rides' worker does not come to rest")
        for name in COMPANIES if self.hooks else ():
            assert self.hooks is not None
            await self.hooks(self, name)

    # --- what people do -----------------------------------------------------------------------------------

    async def act(self, one: Somebody, make: Callable[[sa.Connection], Action | None]) -> Any:
        """Carry an action of this person out, as the turn of their text would."""

        def do(connection: sa.Connection) -> Any:
            action = make(connection)
            return None if action is None else carry_out(connection, action, self._acting(one.person_id))

        answer = await self.database.run(do)
        return answer.result if isinstance(answer, Done) else answer

    def _acting(self, person_id: int) -> Acting:
        return Acting(
            person_id=person_id, conversation_id=person_id, contact_point_id=person_id, message_id=None,
            last_words="", zone=ZONE, now=self.clock.now(), flows=FLOWS, settings=self.workshop.settings,
        )  # fmt: skip

    async def leg(self, one: Somebody, which: str) -> RideRow | None:
        """Read somebody's newest car there or home."""
        rows = await self.database.read(partial(rides.rides_of, interview_id=one.interview_id))
        return next((row for row in reversed(rows) if row.leg == which), None)

    def trips(self, name: str) -> list[Row]:
        """List a company's trips as it has written them down."""
        return self.stores[name].rows("SELECT * FROM trip ORDER BY number")

    async def press(self, row: RideRow, event: str) -> None:
        """Have something happen to a car, whatever the line is like."""
        assert row.provider is not None
        app = self.lines[row.provider]._to
        async with httpx.AsyncClient(transport=app, base_url="http://company") as room:
            await room.post(f"/_stub/trips/{row.provider_id}/{event}")


def wall(at: datetime) -> datetime:
    """Give the town's naive clock at a moment."""
    return at.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)


async def settle_in(town: Town, how_many: int) -> None:
    """Found the town: a fund, staff, and people who ask for both cars of tomorrow."""
    found = partial(_found, town.clock.now(), how_many)
    await town.database.run(found)
    for number in range(how_many):
        await _asks(town, number)


def _found(now: datetime, how_many: int, connection: sa.Connection) -> None:
    funds.add_fund(connection, name="rides", budget_cents=10_000_000, now=now)
    staff.add_caseworker(
        connection, name="Maria Ruiz", email="maria@example.org", now=now, hours="Mon-Fri 9-5", zone=ZONE
    )
    for number in range(how_many):
        who = people.add_person(
            connection, channel="sms", address=f"+1215555{number:04}", lang="en", zone=ZONE, now=now
        )
        points.set_consent(connection, who.id, "given", wording="v1", method="text", now=now)
        people.keep_facts(connection, {who.person_id: {"first_name": "Ray"}})
        if number % 2:
            exclude(connection, who.person_id, COMPANIES[1], "the proof", now)


async def _asks(town: Town, number: int) -> None:
    at = FIRST + timedelta(minutes=4 * number)

    def write(connection: sa.Connection) -> Somebody:
        now, person_id = town.clock.now(), number + 1
        stop, there = (
            places.add_place(connection, person_id=person_id, label=label, address=label, pin=pin, now=now)
            for label, pin in (
                ("218 5th St", (42.3601 + number / 5000, -71.0589)),
                ("4100 Airport Rd", (42.461, -71.11)),
            )
        )
        who = town._acting(person_id)
        saved: Any = carry_out(connection, SaveInterview(place=place_view(there), at=wall(at)), who)
        booked = carry_out(
            connection, BookRides(interview=saved.result, pickup=place_view(stop), rider="Ray"), who
        )
        assert isinstance(booked, Done), booked
        return Somebody(person_id, PLANS[number % len(PLANS)], saved.result["id"], at)

    town.folk.append(await town.database.run(write))
