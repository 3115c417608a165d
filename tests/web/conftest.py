"""An office in a test: the window, the phones and the real conversations on a real database, one stopped
clock, and browsers that do what browsers do. People and staff here are samples."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from starlette.applications import Starlette

import bot.web.console.door
import bot.web.live
import bot.web.phone.page
from bot.channels.simulator import Simulator, read_said
from bot.clock import MovableClock
from bot.conversation import Conversations
from bot.rides.fleet import Fleet
from bot.rides.guest_rides import GuestRides
from bot.rides.sample_map import LocalGeocoder
from bot.settings import Settings
from bot.web import console, phone, start
from bot.worker import deliver
from bot.worker.workshop import Workshop
from flows.library import shipped
from storage import audit, invites, people, points, staff
from storage.database import Database
from storage.staff import CaseworkerRow
from storage.tables import Audit, Message, table

BOSTON = ZoneInfo("America/New_York")
MORNING = datetime(2027, 2, 23, 10, 5, tzinfo=BOSTON)  # a Tuesday
RAY, DEE = "sms:+15555550142", "telegram:9001"
HERE = "http://127.0.0.1:8080"
PASSWORD = "correct horse battery"
HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)  # cheap: tests check many
FLOWS = shipped()
AUDIT, MESSAGE = table(Audit), table(Message)


class Page(HTMLParser):
    """An answer as a browser takes it apart: its tags, and the words between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


class Browser(httpx.AsyncClient):
    """A browser on this machine; its forms carry what a browser adds, and the page's proof."""

    async def open(self, path: str, status: int = 200) -> Page:
        answer = await self.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:300])
        return Page(answer.text)

    async def proof(self) -> str:
        tags = (await self.open("/staff")).tags
        return next(attrs["value"] or "" for tag, attrs in tags if attrs.get("name") == "proof")

    async def act(self, path: str, status: int = 303, **form: Any) -> httpx.Response:
        """Send a form of the window."""
        return await self.send_form(path, status, proof=await self.proof(), **form)

    async def send_form(self, path: str, status: int = 303, **form: Any) -> httpx.Response:
        answer = await self.post(path, data=form, headers={"Origin": HERE})
        assert answer.status_code == status, (path, answer.status_code, answer.text[:300])
        return answer

    async def sign_in(self, email: str, password: str = PASSWORD, status: int = 303) -> httpx.Response:
        return await self.send_form("/staff/sign-in", status, email=email, password=password)


@dataclass
class Office:
    """Everything running, and the hands that move it."""

    database: Database
    clock: MovableClock
    simulator: Simulator
    talks: Conversations
    workshop: Workshop
    staff_deps: console.StaffDeps
    phone_deps: phone.PhoneDeps
    maria: CaseworkerRow
    moved: list[timedelta] = field(default_factory=list)

    def app(self, **changes: Any) -> Starlette:
        """Serve everything, with some of the window's settings changed."""
        routes = [
            *self.simulator.routes(self.talks),
            *phone.routes(self.phone_deps),
            *console.routes(replace(self.staff_deps, **changes)),
            *start.routes(start.StartDeps("Onward", phone=True, one_click=False)),
        ]
        return Starlette(routes=routes)

    def browser(self, client: str = "127.0.0.1", base: str = HERE, **changes: Any) -> Browser:
        transport = httpx.ASGITransport(self.app(**changes), client=(client, 50_000))
        return Browser(transport=transport, base_url=base)

    async def signed_in(self, who: CaseworkerRow | None = None) -> Browser:
        browser = self.browser()
        await browser.sign_in((who or self.maria).email)
        return browser

    async def hire(self, name: str, **more: Any) -> CaseworkerRow:
        email, now = f"{name.split()[0].lower()}@example.org", self.clock.now()
        return await self.database.run(
            lambda connection: staff.add_caseworker(
                connection, name=name, email=email, now=now, password_hash=HASHED, **more
            )
        )

    async def text(self, *words: str, phone: str = RAY) -> list[str]:
        """Text us one after another, and have what waits delivered; return what is on the phone."""
        for each in words:
            await self.talks.received([read_said(phone, {"text": each}, self.clock.now())])
            await self.deliver()
        return self.on_phone(phone)

    def on_phone(self, phone: str = RAY) -> list[str]:
        return [message.body for _, _, message in self.simulator._shown[phone]]

    async def deliver(self) -> None:
        while await deliver.step(self.workshop):
            pass

    async def ref(self, phone: str = RAY) -> str:
        """The person's name outside the house."""
        point = await self.database.read(partial(points.find_point, channel="simulator", address=phone))
        assert point is not None
        person = await self.database.read(partial(people.person, person_id=point.person_id))
        assert person is not None
        return person.ref

    async def person_id(self, phone: str = RAY) -> int:
        point = await self.database.read(partial(points.find_point, channel="simulator", address=phone))
        assert point is not None
        return point.person_id

    async def give(self, phone: str, **columns: Any) -> None:
        """Change a person's row."""
        person_id = await self.person_id(phone)
        await self.database.run(lambda connection: people.change_person(connection, person_id, **columns))

    async def audited(self, action: str) -> list[Any]:
        return await self.rows(sa.select(AUDIT).where(AUDIT.c.action == action).order_by(AUDIT.c.id))

    async def chain_holds(self) -> bool:
        return (await self.database.read(audit.verify)).whole

    async def rows(self, statement: sa.Select[Any]) -> list[Any]:
        return await self.database.read(lambda connection: list(connection.execute(statement)))

    async def messages(self, **where: Any) -> list[Any]:
        chosen = [MESSAGE.c[name] == value for name, value in where.items()]
        return await self.rows(sa.select(MESSAGE).where(*chosen).order_by(MESSAGE.c.id))


@pytest.fixture
async def office(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """A Tuesday morning, Maria at work, a card with a code; streams end at once, nobody waits for answers."""
    monkeypatch.setattr(bot.web.live, "LASTS", 0.0)
    monkeypatch.setattr(bot.web.phone.page, "ANSWER_WITHIN", 0.0)
    monkeypatch.setattr(bot.web.console.door, "_nobodys", lambda: HASHED)
    clock, settings = MovableClock(MORNING), Settings(env="test")
    talks = Conversations(database, FLOWS, settings, clock, lambda name: None)
    await talks.keep_flows()
    simulator = Simulator(now=clock.now)
    provider = GuestRides("http://127.0.0.1:9", "demo", "demo", ("demo",))  # nobody there: no test here rides
    workshop = Workshop(
        database=database,
        conversations=talks,
        clock=clock,
        settings=settings,
        channels={"simulator": simulator},
        rides=Fleet((provider,)),
        geocoder=LocalGeocoder(),
    )
    moved: list[timedelta] = []

    async def move(by: timedelta) -> datetime:
        moved.append(by)
        return clock.move(by)

    maria = await database.run(_found(clock.now()))
    yield Office(
        database,
        clock,
        simulator,
        talks,
        workshop,
        console.StaffDeps(database, talks, clock, "Onward", BOSTON, secure=False),
        phone.PhoneDeps(database, simulator, talks, clock, move, "Onward", BOSTON),
        maria,
        moved,
    )
    await talks.close()
    await provider.close()


def _found(now: datetime) -> Callable[[sa.Connection], CaseworkerRow]:
    def found(connection: sa.Connection) -> CaseworkerRow:
        invites.add_invite(connection, code="RIDE7", now=now, uses=1000)
        return staff.add_caseworker(
            connection,
            name="Maria Ruiz",
            email="maria@example.org",
            now=now,
            password_hash=HASHED,
            hours="Mon-Fri 9-5",
            zone="America/New_York",
        )

    return found


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'\"></textarea></ol><h1>hi</h1>",
    "<!-- --!><svg/onload=alert(1)>",
    "{{ 7 * 7 }} {% raw %} ${7*7} #{7*7}",
    "&lt;b&gt; &amp;amp; &#60;i&#62;",
    "javascript:alert(1)",
    "</title><script src=//x.invalid></script>",
    "\u202egnp.exe\u202c \u200b\ufeff",
    "<a href='/staff/sign-out'>click</a>",
    "line one\nline two <br> three",
)
"""What no page may take for anything but words."""

OURS = re.compile(r"/static/[a-z]+\.(css|js|svg)")


def inert(page: Page) -> None:
    """Hold that nothing on a page runs but our own files, and nothing reaches out."""
    for tag, attrs in page.tags:
        assert tag not in ("img", "iframe", "object", "embed", "style", "base"), tag
        assert not any(name.startswith("on") or name == "style" for name in attrs), (tag, attrs)
        if tag == "script" or (tag == "link" and attrs.get("rel") == "stylesheet"):
            assert OURS.fullmatch(attrs.get("src") or attrs.get("href") or ""), attrs
        if tag in ("a", "form"):
            where = attrs.get("href", attrs.get("action")) or ""
            assert where == "" or where.startswith(("/", "#", "tel:")), (tag, attrs)
