"""What came while we were down is fetched and answered, once; and 16 copies of a text are one turn."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette

from bot.channels.base import Inbound
from bot.channels.sms import SMS_PATH, Sms
from bot.clock import MovableClock
from bot.conversation import Conversations
from bot.rides.fleet import Fleet
from bot.rides.geocoding import NoGeocoder
from bot.rides.guest_rides import GuestRides
from bot.settings import Settings
from bot.worker import deliver, reconcile, timers
from bot.worker.workshop import Workshop
from storage import marks, messages
from storage.database import Database, open_database
from storage.messages import NewOutbound
from storage.tables import Consent, ContactPoint, Message, Turn, table
from tests.databases import KEYS
from tests.wire import twilio as wire
from tests.wire.server import Fault
from tests.wire.twilio import ACCOUNT, OUR_NUMBER, TOKEN, FakeTwilio, fake_twilio, signed, sms_form
from tests.worker.conftest import BOSTON, FLOWS

NOON = datetime(2027, 2, 23, 12, 0, tzinfo=BOSTON)
RAY, DEE = "+15555550142", "+15555550143"
PUBLIC = "http://onward.test"
SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
MESSAGE, TURN, CONSENT, POINT = table(Message), table(Turn), table(Consent), table(ContactPoint)


@dataclass
class Line:
    """Onward on one Twilio number; `posted` is its web server, without a socket."""

    workshop: Workshop
    clock: MovableClock
    twilio: FakeTwilio
    posted: httpx.AsyncClient

    async def text(self, words: str, phone: str = RAY, *, at: datetime | None = None) -> wire.Text:
        """Have a text come, and Twilio tell us of it."""
        text = self.twilio.receive(phone, words, at=at)
        assert (await self.post(sms_form(phone, words, sid=text.sid))).status_code == 200
        await self.settle()
        return text

    async def post(self, form: dict[str, str]) -> httpx.Response:
        body, headers = signed(PUBLIC + SMS_PATH, form)
        return await self.posted.post(SMS_PATH, content=body, headers=headers)

    async def wake_up(self) -> None:
        """Start again after a time of being down: what a process does first."""
        await reconcile.begin(self.workshop)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(50):
            steps = (reconcile.step, timers.step, deliver.step)
            if not any([await step(self.workshop) for step in steps]):
                return
        raise AssertionError("the workers do not come to rest")

    async def rows(self, statement: sa.Select[Any]) -> list[Any]:
        return await self.workshop.database.read(lambda connection: list(connection.execute(statement)))

    async def came(self) -> list[str]:
        rows = await self.rows(sa.select(MESSAGE).where(MESSAGE.c.direction == "in").order_by(MESSAGE.c.id))
        return [row.body for row in rows]

    def got(self, phone: str = RAY) -> list[str]:
        return [text.body for text in self.twilio.sent if text.to == phone]


@pytest.fixture(scope="module")
def account() -> Any:
    with fake_twilio() as fake:
        yield fake


@pytest.fixture
async def line(database: Database, account: FakeTwilio) -> AsyncIterator[Line]:
    account.forget()
    clock = MovableClock(NOON)
    account.now = clock.now
    settings = Settings(env="test", twilio_answers_carrier_words=False)
    conversations = Conversations(database, FLOWS, settings, clock, lambda name: None)
    sms = Sms(ACCOUNT, [TOKEN], OUR_NUMBER, public_url=PUBLIC, now=clock.now, api_base=account.url)
    rides = GuestRides("http://127.0.0.1:9", "demo", "demo-ride-secret", ("a secret",))
    workshop = Workshop(
        database=database,
        conversations=conversations,
        clock=clock,
        settings=settings,
        channels={"sms": sms},
        rides=Fleet((rides,)),
        geocoder=NoGeocoder(),
    )
    await conversations.keep_flows()
    app = httpx.ASGITransport(Starlette(routes=sms.routes(conversations)))
    async with httpx.AsyncClient(transport=app, base_url=PUBLIC) as posted:
        running = Line(workshop, clock, account, posted)
        await running.wake_up()
        yield running
    await conversations.close()
    await sms.close()
    await rides.close()


async def test_three_texts_that_came_while_we_were_down_are_answered(line: Line) -> None:
    await line.text("hi")
    line.clock.move(timedelta(hours=2))
    for minutes, words in ((-90, "YES"), (-80, "1"), (-70, "2")):
        line.twilio.receive(RAY, words, at=line.clock.now() + timedelta(minutes=minutes))
    line.twilio.receive(DEE, "hello", at=line.clock.now() - timedelta(minutes=75))
    await line.wake_up()
    assert await line.came() == ["hi", "YES", "1", "hello", "2"]
    assert "OK if we text you" in line.got(DEE)[0]
    assert line.got()[-1].startswith("Is this phone yours alone?")  # "1" and "2" were written before it left
    before = len(line.twilio.sent)
    await line.wake_up()  # the list still has them: they are known
    await line.settle()
    assert (len(line.twilio.sent), len(await line.came())) == (before, 5)


@SQLITE
async def test_a_text_whose_webhook_failed_is_fetched_within_minutes(line: Line) -> None:
    line.twilio.receive(RAY, "hi")
    await line.settle()
    assert await line.came() == []
    line.clock.move(reconcile.EVERY)
    await line.settle()
    assert await line.came() == ["hi"]
    assert "OK if we text you" in line.got()[0]


@SQLITE
async def test_many_days_are_caught_up_day_by_day(line: Line) -> None:
    line.clock.move(timedelta(days=5))
    for days in (4, 3, 1, 0):
        line.twilio.receive(RAY, f"{days} days ago", at=line.clock.now() - timedelta(days=days, minutes=1))
    await line.wake_up()
    assert await line.came() == ["4 days ago", "3 days ago", "1 days ago", "0 days ago"]
    assert await line.workshop.database.read(partial(marks.marked, name="reconcile:sms")) == line.clock.now()


@SQLITE
@pytest.mark.parametrize("fault", [Fault(500), Fault(429, {})])
async def test_a_list_that_cannot_be_had_is_asked_for_again(line: Line, fault: Fault) -> None:
    await line.text("hi")
    line.clock.move(timedelta(hours=1))
    line.twilio.receive(RAY, "YES")
    line.twilio.faults.append(fault)
    await line.wake_up()
    assert await line.came() == ["hi"]
    line.clock.move(timedelta(minutes=1))
    await line.settle()
    assert await line.came() == ["hi", "YES"]


class IsAwayOnce(Conversations):
    """A process whose database goes away when it is handed what was missed."""

    async def received(self, inbound: Sequence[Inbound]) -> None:
        raise ConnectionError("the database is away")


@SQLITE
async def test_what_was_fetched_and_not_kept_is_fetched_again(line: Line) -> None:
    line.clock.move(timedelta(days=3))
    line.twilio.receive(RAY, "hello", at=line.clock.now() - timedelta(hours=60))
    shop = line.workshop
    away = IsAwayOnce(shop.database, FLOWS, shop.settings, line.clock, lambda name: None)
    await reconcile.begin(shop)
    with pytest.raises(ConnectionError):
        await reconcile.step(replace(shop, conversations=away))
    line.clock.move(reconcile.TURN)
    await line.settle()
    assert await line.came() == ["hello"]


async def test_of_many_processes_one_sweeps(line: Line) -> None:
    line.clock.move(timedelta(hours=1))
    await reconcile.begin(line.workshop)
    line.twilio.calls.clear()
    await asyncio.gather(*(reconcile.step(line.workshop) for _ in range(4)))
    assert len([call for call in line.twilio.calls if call.method == "GET"]) == 1


async def test_a_stop_that_was_missed_counts_with_its_own_time(line: Line) -> None:
    await line.text("hi")
    await line.text("YES")
    line.clock.move(timedelta(hours=3))
    said = line.clock.now() - timedelta(hours=2)
    line.twilio.receive(RAY, "STOP", at=said)
    await line.wake_up()
    [last] = (await line.rows(sa.select(CONSENT).order_by(CONSENT.c.id)))[-1:]
    assert (last.change, last.at) == ("withdrawn", said)
    assert [row.consent for row in await line.rows(sa.select(POINT))] == ["withdrawn"]


@SQLITE
async def test_a_stop_older_than_a_start_is_written_down_and_stops_nobody(line: Line) -> None:
    await line.text("hi")
    await line.text("YES")
    await line.text("STOP")
    line.clock.move(timedelta(hours=1))
    line.twilio.receive(RAY, "STOP", at=line.clock.now() - timedelta(minutes=10))
    await line.text("START")
    line.clock.move(timedelta(minutes=2))
    await line.settle()
    changes = [row.change for row in await line.rows(sa.select(CONSENT).order_by(CONSENT.c.at))]
    assert changes == ["given", "withdrawn", "withdrawn", "given"]
    assert [row.consent for row in await line.rows(sa.select(POINT))] == ["given"]


@SQLITE
async def test_a_start_older_than_a_stop_brings_nobody_back(line: Line) -> None:
    await line.text("hi")
    await line.text("YES")
    line.clock.move(timedelta(hours=1))
    line.twilio.receive(RAY, "START", at=line.clock.now() - timedelta(minutes=10))
    await line.text("STOP")
    line.clock.move(timedelta(minutes=2))
    await line.settle()
    assert [row.consent for row in await line.rows(sa.select(POINT))] == ["withdrawn"]


@SQLITE
async def test_the_answer_to_an_evening_text_waits_for_the_morning(line: Line) -> None:
    await line.text("hi")
    await line.text("YES")
    before = len(line.got())
    line.clock.move(timedelta(hours=13))  # one at night
    line.twilio.receive(RAY, "MENU", at=line.clock.now() - timedelta(hours=4))
    await line.wake_up()
    assert len(line.got()) == before
    line.clock.move(timedelta(hours=8))
    await line.settle()
    assert "What do you need?" in line.got()[before]


@SQLITE
async def test_what_was_perhaps_sent_is_looked_for_once_more(line: Line) -> None:
    """Twilio took the reply, and for two minutes neither answered nor listed."""
    line.twilio.receive(RAY, "hi")
    line.twilio.faults += [Fault(500, done=True), *[Fault(500)] * 8]
    await line.post(sms_form(RAY, "hi", sid=line.twilio.texts[0].sid))
    for _ in range(6):
        line.clock.move(timedelta(minutes=1))
        await deliver.step(line.workshop)
    states = sa.select(MESSAGE.c.state).where(MESSAGE.c.direction == "out")
    assert [row.state for row in await line.rows(states)] == ["maybe_sent"]
    line.twilio.faults.clear()
    await line.settle()
    assert [row.state for row in await line.rows(states)] == ["sent"]
    assert len(line.got()) == 1


@SQLITE
async def test_a_restored_backup_says_nothing_twice(line: Line, database_url: str, tmp_path: Path) -> None:
    """The file of yesterday is put back: what it had still to say was said, and so was what it never knew."""
    await line.text("hi")
    await line.text("YES")
    now = line.clock.now()
    reminder = NewOutbound(
        conversation_id=1, contact_point_id=1, channel="sms", sender="schedule", kind="reminder",
        body="Tomorrow: car 8:15 am.", at=now, due_at=now, epoch=0, useful_until=now + timedelta(days=3),
    )  # fmt: skip
    await line.workshop.database.run(partial(messages.queue, messages=[reminder]))
    backup = tmp_path / "backup.db"
    path = database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as file, closing(sqlite3.connect(backup)) as copy:
        file.backup(copy)
    await line.settle()
    assert line.got()[-1] == "Tomorrow: car 8:15 am."
    line.clock.move(timedelta(minutes=5))
    await line.text("1")  # the phone is theirs
    await line.text("1998")
    line.clock.move(timedelta(hours=22))
    said = line.got()
    restored = open_database(f"sqlite:///{backup}", KEYS)
    flows, settings = line.workshop.conversations.flows, line.workshop.settings
    talks = Conversations(restored, flows, settings, line.clock, lambda name: None)
    line.workshop = replace(line.workshop, database=restored, conversations=talks)
    await line.wake_up()
    line.clock.move(timedelta(hours=3))
    await line.settle()
    assert (await line.came())[:3] == ["hi", "YES", "1"]
    assert not set(line.got()[len(said) :]) & set(said)
    await talks.close()
    await restored.close()


async def test_sixteen_posts_of_one_text_are_one_turn(line: Line) -> None:
    form = sms_form(RAY, "hi")
    answers = await asyncio.gather(*(line.post(form) for _ in range(16)))
    await line.settle()
    assert {answer.status_code for answer in answers} == {200}
    assert await line.came() == ["hi"]
    assert len(await line.rows(sa.select(TURN.c.id))) == 1
    assert len(line.got()) == 1
