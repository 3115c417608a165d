"""A town in a test: the real conversations and workers on a real database, a pretend ride company over
loopback, simulated phones, and one stopped clock that moves them all. People here are samples."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa

from bot.acting import Acting, Done
from bot.arranging import book_rides, save_interview
from bot.channels.simulator import Simulator, read_said
from bot.clock import MovableClock
from bot.conversation import Conversations
from bot.rides.fleet import Fleet
from bot.rides.guest_rides import GuestRides
from bot.rides.sample_map import LocalGeocoder
from bot.rides.stub.server import create_app
from bot.settings import Settings
from bot.views import place_view
from bot.worker.schedule import FAMILIES, STEPS
from bot.worker.workshop import Workshop
from flows.actions import BookRides, SaveInterview
from flows.library import shipped
from storage import due, funds, invites, people, places, staff
from storage.database import Database
from storage.tables import AttentionItem, Interview, Message, Ride, table
from tests.rides.conftest import served

BOSTON = ZoneInfo("America/New_York")
EVENING = datetime(2027, 2, 23, 17, 48, tzinfo=BOSTON)
SECRET = "a webhook secret"
RAY = "sms:+15555550142"
FLOWS = shipped()
RIDE, INTERVIEW, MESSAGE, ITEM = table(Ride), table(Interview), table(Message), table(AttentionItem)
HELLO = ("ride7", "y", "1")
TOMORROW = (
    *HELLO,
    "tomorrow at 8",
    "1",
    "big warhouse by the airport",
    "1",
    "yes pls",
    "hope house on 5th",
    "1",
    "ray",
    "yes 52",
    "3 got to sign out",
)
"""What Ray texts from his card to his car."""


@dataclass
class Town:
    """Everything running, and the hands that move it."""

    workshop: Workshop
    clock: MovableClock
    company: httpx.AsyncClient
    read: dict[str, int] = field(default_factory=dict)

    async def text(self, words: str, phone: str = RAY) -> list[str]:
        """Text us, let everything that follows happen, and return what the phone got."""
        said = read_said(phone, {"text": words}, self.clock.now())
        await self.workshop.conversations.received([said])
        return await self.settle(phone)

    async def talk(self, *words: str, phone: str = RAY) -> list[str]:
        """Text us one after another; return all the phone got."""
        return [got for each in words for got in await self.text(each, phone)]

    async def wants_cars(self) -> None:
        """Have Ray here with an interview tomorrow and both cars asked for, without the talk about it."""
        await self.talk("ride7", "y")
        await self.workshop.database.run(partial(_ask_for_cars, self.workshop, self.clock.now()))

    async def settle(self, phone: str = RAY) -> list[str]:
        """Run every worker until none has anything to do."""
        await self.pump()
        return await self.new_texts(phone)

    async def new_texts(self, phone: str = RAY) -> list[str]:
        """List what this phone got since we last looked."""
        sent = await self.sent(phone)
        new = sent[self.read.get(phone, 0) :]
        self.read[phone] = len(sent)
        return new

    async def sent(self, phone: str = RAY) -> list[str]:
        simulator: Any = self.workshop.channels["simulator"]
        return [shown.body for _, _, shown in simulator._shown[phone]]

    async def move(self, phone: str = RAY, **span: float) -> list[str]:
        """Move the clock for everybody, and let things happen as life does, minute by minute."""
        return await self.move_to(self.clock.now() + timedelta(**span), phone)

    async def move_to(self, at: datetime, phone: str = RAY) -> list[str]:
        """Move the clock to a moment, stopping at each at which something falls due on the way."""
        await self.pump()
        while (now := self.clock.now()) < at:
            waits = partial(due.next_due, families=list(FAMILIES.values()), after=now)
            first = await self.workshop.database.read(waits)
            self.clock.move_to(at if first is None else min(at, first))
            await self.pump()
        return await self.new_texts(phone)

    async def jump_to(self, at: datetime, phone: str = RAY) -> list[str]:
        """Move the clock there at once, as if we had been down on the way."""
        self.clock.move_to(at)
        return await self.settle(phone)

    async def pump(self) -> None:
        """Run every worker until none has anything to do."""
        for _ in range(100):
            done = {
                name: await STEPS[name](self.workshop) for name in ("places", "rides", "timers", "deliver")
            }
            if not any(done.values()):
                return
        raise AssertionError(f"the workers do not come to rest: {done}")

    async def trips(self) -> list[dict[str, Any]]:
        """List the pretend company's rides."""
        return list((await self.company.get("/_stub/trips")).json())

    async def rides(self) -> list[Any]:
        """List our legs, the oldest first."""
        return await self.rows(sa.select(RIDE).order_by(RIDE.c.id))

    async def needs(self) -> list[str]:
        """List why people need a human now."""
        return [row.kind for row in await self.rows(sa.select(ITEM).where(ITEM.c.state != "done"))]

    async def fund(self) -> funds.FundRow:
        """Read the one fund."""
        found = await self.workshop.database.read(partial(funds.fund, fund_id=1))
        assert found is not None
        return found

    async def rows(self, statement: sa.Select[Any]) -> list[Any]:
        """Read rows of the database."""
        return await self.workshop.database.read(lambda connection: list(connection.execute(statement)))


SAME_ON_BOTH = {
    "test_rides_worker", "test_timers", "test_consent", "test_ride_ladder", "test_work_rides", "test_ride_day"
}  # fmt: skip
"""Modules whose tests run on PostgreSQL in `make long` alone: what differs there is tried by the proofs."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what costs minutes and differs by database nowhere else than in the proofs as long."""
    for item in items:
        kind = getattr(item, "callspec", None) and item.callspec.params.get("database_kind")  # type: ignore[attr-defined]
        if kind == "postgres" and item.path.stem in SAME_ON_BOTH:
            item.add_marker("long")


@pytest.fixture
async def town(database: Database, tmp_path: Path) -> AsyncIterator[Town]:
    """The town on the evening before Ray's interview, with a fund, a caseworker and his card's code."""
    clock = MovableClock(EVENING)
    company_app = create_app(
        tmp_path / "company.sqlite", webhook_secret=SECRET, clock=clock, every_s=0.02, back_off_s=(0.02, 0.02)
    )
    settings = Settings(env="test")
    async with served(company_app) as url, httpx.AsyncClient(base_url=url, trust_env=False) as company:
        provider = GuestRides(url, "demo", "demo-ride-secret", (SECRET,))
        conversations = Conversations(database, FLOWS, settings, clock, lambda name: None)
        await conversations.keep_flows()
        workshop = Workshop(
            database=database,
            conversations=conversations,
            clock=clock,
            settings=settings,
            channels={"simulator": Simulator(now=clock.now)},
            rides=Fleet((provider,)),
            geocoder=LocalGeocoder(),
        )
        await database.run(partial(_found, clock.now()))
        try:
            yield Town(workshop, clock, company)
        finally:
            await conversations.close()
            await provider.close()


def _found(now: datetime, connection: sa.Connection) -> None:
    """Give the town its fund, its caseworker and the code on Ray's card."""
    funds.add_fund(connection, name="rides", budget_cents=100_000, now=now)
    staff.add_caseworker(
        connection, name="Maria Ruiz", email="maria@example.org", now=now, hours="Mon-Fri 9-5",
        zone="America/New_York",
    )  # fmt: skip
    invites.add_invite(connection, code="RIDE7", now=now, uses=1000)


def _ask_for_cars(workshop: Workshop, now: datetime, connection: sa.Connection) -> None:
    people.keep_facts(connection, {1: {"first_name": "Ray"}})
    doors = [{"key": "front", "label": "front, on 5th"}]
    home, there = (
        places.add_place(connection, person_id=1, label=label, address=address, pin=pin, now=now, doors=doors)
        for label, address, pin in (
            ("Hope House", "218 5th St", (42.3601, -71.0589)),
            ("Harbor Freightway", "4100 Airport Rd", (42.461, -71.11)),
        )
    )
    who = Acting(
        person_id=1, conversation_id=1, contact_point_id=1, message_id=None, last_words="", now=now,
        zone="America/New_York", flows=FLOWS, settings=workshop.settings,
    )  # fmt: skip
    at = datetime(2027, 2, 24, 8)
    saved = save_interview(connection, SaveInterview(place=place_view(there), at=at), who)
    assert isinstance(saved, Done)
    view: Any = saved.result
    booked = book_rides(
        connection, BookRides(interview=view, pickup=place_view(home), rider="Ray", door="front"), who
    )
    assert isinstance(booked, Done)
