"""One seed's town, lived through: what comes in, what the workers do, and time that jumps to what is next."""

import asyncio
import heapq
import logging
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from starlette.applications import Starlette

from bot.channels.forms import Form, read_sms, read_status
from bot.channels.sms import Sms
from bot.clock import MovableClock
from bot.conversation import Conversations
from bot.rides.fleet import Fleet
from bot.rides.guest_rides import GuestRides
from bot.rides.sample_map import LocalGeocoder
from bot.rides.stub.server import create_app
from bot.settings import Settings
from bot.worker.schedule import AGAIN, FAMILIES, STEPS
from bot.worker.workshop import Workshop
from flows.library import shipped
from storage import due, funds, people, staff
from storage.crypto import KeyRing
from storage.database import Database
from storage.tables import Conversation, table
from tests.simulate.door import Inline
from tests.simulate.people import Somebody, a_town
from tests.simulate.weather import Killed, Weather
from tests.simulate.wire import client
from tests.wire.twilio import ACCOUNT, OUR_NUMBER, TOKEN, FakeTwilio, Text, sms_form, status_form

T = TypeVar("T")
KEYS = KeyRing("simulated", {"simulated": b"s" * 32}, b"i" * 32)
SECRET = "a webhook secret"
FIRST_DAY = datetime(2027, 1, 4, 12, tzinfo=UTC)
TIDY_EVERY = timedelta(hours=6)
"""Between looks of the workers that have no rows of their own."""
LOOK_EVERY = timedelta(seconds=30)
LAST_DAY = datetime.max.replace(tzinfo=UTC)
DRAIN = timedelta(days=4)
MOST_ROUNDS = 500
CONVERSATION = table(Conversation)


@dataclass(order=True, slots=True)
class Post:
    """A webhook on its way to us."""

    at: datetime
    number: int
    form: dict[str, str] = field(compare=False)
    status: bool = field(compare=False, default=False)


@dataclass
class World:
    """Everything of one seed, and what was seen of it from outside."""

    seed: int
    door: Inline
    weather: Weather
    clock: MovableClock
    twilio: FakeTwilio
    company: Starlette
    people: dict[str, Somebody]
    workshop: Workshop = field(init=False)
    posts: list[Post] = field(default_factory=list)
    kept: dict[str, datetime] = field(default_factory=dict)  # sid of a text -> when we said 200
    read: int = 0  # of the texts Twilio holds
    woken: set[str] = field(default_factory=lambda: set(STEPS))
    next: dict[str, datetime] = field(default_factory=dict)  # worker -> when a row of its own falls due
    looked: datetime = FIRST_DAY
    tidied: datetime = FIRST_DAY
    keep_tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    seen: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    trace: bool = False

    def __post_init__(self) -> None:
        self._random = Random(f"{self.seed}/post")
        self._numbers = count()

    # --- the process ------------------------------------------------------------------------------

    def boot(self) -> None:
        """Start the process: nothing is remembered but what is in the database."""
        now = self.clock.now
        database = cast(Database, self.door)
        settings = Settings(env="test", _env_file=None)  # type: ignore[call-arg]
        sms = Sms(ACCOUNT, [TOKEN], OUR_NUMBER, public_url="http://onward", now=now, api_base="http://twilio")
        sms._wire.client = client(self.twilio.app(), self.weather)
        rides = GuestRides("http://company", "demo", "demo-ride-secret", (SECRET,))
        rides._client = client(self.company, self.weather, "http://company")
        self.workshop = Workshop(
            database=database,
            conversations=Conversations(database, shipped(), settings, self.clock, self.woken.add),
            clock=self.clock,
            settings=settings,
            channels={sms.name: sms},
            rides=Fleet((rides,)),
            geocoder=LocalGeocoder(),
        )

    async def attempt(self, doing: Awaitable[T]) -> T | None:
        """Have the process do something; None where it raised, or died of it and was started again."""
        task = asyncio.ensure_future(doing)
        while not task.done() and not self.weather.dead:  # noqa: ASYNC110 - one step of the loop at a time
            await asyncio.sleep(0)
        if self.weather.dead:
            await self._die()
            return None
        error = task.exception()
        if error is None:
            return task.result()
        if not isinstance(error, sa.exc.OperationalError):
            self.findings.append(f"{self.clock.now():%F %T} raised {error!r}")
        return None

    async def _die(self) -> None:
        """End whatever was under way, and start again a little later."""
        ours = [each for each in asyncio.all_tasks() if each not in self.keep_tasks]
        for each in ours:
            each.cancel()
        await asyncio.gather(*ours, return_exceptions=True)
        self.weather.dead = False
        self.woken |= set(STEPS)
        await self.move_to(self.clock.now() + timedelta(seconds=self._random.randrange(1, 90)))
        self.boot()

    # --- time -------------------------------------------------------------------------------------

    async def live(self, until: datetime) -> None:
        """Live on until then."""
        while (now := self.clock.now()) < until:
            await self.pump()
            moments = [until, self.tidied + TIDY_EVERY, *self.next.values()]
            moments += [one.next_at() for one in self.people.values()] if not self.weather.fair else []
            moments += [self.posts[0].at] if self.posts else []
            await self.move_to(max(min(moments), now))
            await self.arrive()

    async def move_to(self, at: datetime) -> None:
        """Move everybody's clock, and let the ride company live through it."""
        self.clock.move_to(max(at, self.clock.now()))
        for _ in range(8):
            await asyncio.sleep(0)

    async def pump(self) -> None:
        """Run every worker that was woken or has something due until none has anything to do."""
        for _ in range(MOST_ROUNDS):
            names = self._due_steps()
            if not names:
                return
            self.woken -= set(names)
            steps = asyncio.gather(*(STEPS[name](self.workshop) for name in names), return_exceptions=True)
            done = await self.attempt(steps)
            self.ring()
            for name, result in zip(names, done or [], strict=False):
                await self._did(name, result)
        self.findings.append(f"{self.clock.now():%F %T} the workers do not come to rest: {names}")
        await self.move_to(self.clock.now() + timedelta(minutes=1))

    async def _did(self, name: str, result: int | BaseException) -> None:
        """Note what came of a step: it is run again until it finds nothing."""
        if isinstance(result, Exception) and not isinstance(result, sa.exc.OperationalError):
            self.findings.append(f"{self.clock.now():%F %T} {name} raised {result!r}")
        elif result != 0:
            self.woken.add(name)
        elif name in FAMILIES:
            await self._arm(name)

    def _due_steps(self) -> list[str]:
        now = self.clock.now()
        if now >= self.tidied + TIDY_EVERY:
            self.tidied = now
            self.woken |= set(STEPS)
        return [name for name in STEPS if name in self.woken or self.next.get(name, LAST_DAY) <= now]

    async def _arm(self, name: str) -> None:
        """Look again when the next row falls due; soon, where a row waits behind another one."""
        now = self.clock.now()
        family = FAMILIES[name]
        self.next.pop(name, None)
        first = await self.attempt(self.door.read(partial(due.next_due, families=[family], after=now)))
        held = await self.attempt(self.door.read(partial(due.next_due, families=[family])))
        if held is not None and held <= now:
            first = min(first or LAST_DAY, now + LOOK_EVERY)
        if name in AGAIN and (again := await self.attempt(AGAIN[name](self.workshop))) is not None:
            first = min(first or LAST_DAY, again)
        if first is not None:
            self.next[name] = first

    # --- what comes and goes ----------------------------------------------------------------------

    def ring(self) -> None:
        """Show people what Twilio has for them, and have it report what became of it."""
        for text in self.twilio.texts[self.read :]:
            if text.direction != "inbound":
                self._say(f"{text.to} < {text.body}")
                self.people[text.to].got(text.body, self.clock.now())
                self._report(text)
        self.read = len(self.twilio.texts)

    def _report(self, text: Text) -> None:
        text.status = "sent"
        states = ["sent", "delivered"] if self._random.random() > 0.01 else ["sent", "undelivered"]
        if self._random.random() < 0.15:
            states = [*reversed(states), states[0]]
        for state in states:
            self._post(self.clock.now() + timedelta(seconds=self._random.randrange(1, 30)),
                       status_form(text.sid, state), status=True)  # fmt: skip

    def _post(self, at: datetime, form: dict[str, str], *, status: bool = False) -> None:
        heapq.heappush(self.posts, Post(at, next(self._numbers), form, status))

    async def arrive(self) -> None:
        """Have people text who want to, and bring what has reached our door."""
        now = self.clock.now()
        for one in self.people.values():
            if not self.weather.fair and one.next_at() <= now:
                self._texts(one, now)
        while self.posts and self.posts[0].at <= now:
            await self._bring(heapq.heappop(self.posts))

    def _texts(self, one: Somebody, now: datetime) -> None:
        for place, words in enumerate(one.words(now)):
            sent = self.twilio.receive(one.phone, words)
            form = sms_form(one.phone, words, sid=sent.sid)
            at = now + timedelta(seconds=3 * place)
            self._post(at, form)
            if self._random.random() < 0.15:
                self._post(at + timedelta(seconds=self._random.randrange(60)), form)
            self.seen["texts"] += 1
            self._say(f"{one.phone} > {words}")

    async def _bring(self, post: Post) -> None:
        """Post one webhook; what was not answered 200 is posted again."""
        kept = await self.attempt(self._status(post) if post.status else self._received(post))
        if kept and not post.status:
            self.kept.setdefault(post.form["MessageSid"], self.clock.now())
        elif not kept:
            self._post(self.clock.now() + timedelta(seconds=10), post.form, status=post.status)

    async def _received(self, post: Post) -> bool:
        inbound = read_sms(Form(post.form), self.clock.now())
        assert inbound is not None
        await self.workshop.conversations.received([inbound])
        return True

    async def _status(self, post: Post) -> bool:
        update = read_status(Form(post.form))
        if update is not None:
            await self.workshop.conversations.status([update])
        return True

    async def office_day(self) -> None:
        """Have Maria write to one person, and hand them back: nobody is left waiting for good."""
        one = self._random.choice(list(self.people.values()))
        found = await self.attempt(self.door.read(partial(_person_of, one.phone)))
        if found is None:
            return
        try:
            await self.attempt(
                _unless_gone(self.workshop.conversations.staff_says(1, found, "Hi, this is Maria. All set."))
            )
            await self.live(self.clock.now() + timedelta(minutes=30))
            await self.attempt(self.workshop.conversations.hand_back(found, 1))
        except LookupError:
            pass

    def _say(self, line: str) -> None:
        if self.trace:
            print(f"{self.clock.now():%F %T} {line}")


async def _unless_gone(doing: Awaitable[T]) -> T | None:
    try:
        return await doing
    except LookupError:  # they have said stop, or never said yes
        return None


def _person_of(phone: str, connection: sa.Connection) -> int | None:
    from storage.points import find_point

    found = find_point(connection, "sms", phone)
    return None if found is None else found.person_id


class _Errors(logging.Handler):
    """What the app logs as an error is a finding, but for what the weather did."""

    def __init__(self, world: World) -> None:
        super().__init__(logging.ERROR)
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        drawn = isinstance(error, sa.exc.OperationalError | Killed) or "drawn" in str(error)
        if not drawn and not self._world.weather.dead:
            self._world.findings.append(
                f"{self._world.clock.now():%F %T} logged {record.getMessage()}: {error!r}"
            )


@contextmanager
def _errors_are_findings(world: World) -> Iterator[None]:
    handler, root = _Errors(world), logging.getLogger("bot")
    before = root.propagate, root.level
    root.addHandler(handler)
    root.propagate = False
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.propagate = before[0]


def _found(people_: list[Somebody], now: datetime, connection: sa.Connection) -> None:
    """Give the town a fund, a caseworker, and its people, each in their own zone."""
    funds.add_fund(connection, name="rides", budget_cents=400_000, now=now)
    staff.add_caseworker(
        connection, name="Maria Ruiz", email="maria@example.org", now=now, hours="Mon-Fri 9-5",
        zone="America/New_York",
    )  # fmt: skip
    for one in people_:
        people.add_person(connection, channel="sms", address=one.phone, lang="en", zone=one.zone, now=now)


async def simulate(url: str, seed: int, *, days: float, how_many: int, trace: bool = False) -> World:
    """Live through this many days of one seed on an empty, migrated database, and let it come to rest."""
    clock = MovableClock(FIRST_DAY)
    weather = Weather(seed)
    twilio = FakeTwilio()
    twilio.now, twilio.url = clock.now, "http://twilio"
    company = create_app(":memory:", webhook_secret=SECRET, clock=clock, every_s=3600)
    folk = a_town(seed, how_many, FIRST_DAY)
    door = Inline(url, KEYS, weather)
    world = World(seed, door, weather, clock, twilio, company, {one.phone: one for one in folk}, trace=trace)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: None)  # what died with a killed process says so to nobody
    async with company.router.lifespan_context(company):
        await asyncio.sleep(0)
        world.keep_tasks = set(asyncio.all_tasks())
        with door.engine.begin() as connection:
            _found(folk, FIRST_DAY, connection)
        world.boot()
        with _errors_are_findings(world):
            await world.attempt(world.workshop.conversations.keep_flows())
            end = FIRST_DAY + timedelta(days=days)
            while clock.now() < end:
                await world.live(min(end, clock.now() + timedelta(days=2)))
                await world.office_day()
            weather.fair = True
            await world.live(clock.now() + DRAIN)
            await world.pump()
    return world
