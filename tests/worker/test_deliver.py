"""Sending: whatever the provider does, each text arrives once or is shown as perhaps sent, in its order."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.base import Channel, Outbound, Sent, StatusUpdate
from bot.channels.simulator import Simulator
from bot.channels.sms import Sms
from bot.channels.telegram import Telegram
from bot.clock import MovableClock
from bot.conversation import Conversations
from bot.rides.fleet import Fleet
from bot.rides.geocoding import NoGeocoder
from bot.rides.guest_rides import GuestRides
from bot.settings import Settings
from bot.worker import deliver
from bot.worker.workshop import Workshop
from storage import interviews, messages, outbox, people, places, points, staff
from storage.database import Database
from storage.messages import NewOutbound
from storage.subjects import subject
from storage.tables import ContactPoint, table
from tests.wire import telegram as bot_api
from tests.wire import twilio as rest
from tests.wire.server import Fault
from tests.wire.telegram import FakeTelegram, fake_telegram
from tests.wire.twilio import FakeTwilio, fake_twilio
from tests.worker.conftest import BOSTON, FLOWS, ITEM, MESSAGE

POINT = table(ContactPoint)
NOON = datetime(2027, 2, 23, 12, tzinfo=BOSTON)
RAY, DEE = "+16175550142", "+16175550143"
CHAT = "9001"


@pytest.fixture(scope="module")
def one_twilio() -> Iterator[FakeTwilio]:
    with fake_twilio() as twilio:
        yield twilio


@pytest.fixture(scope="module")
def one_telegram() -> Iterator[FakeTelegram]:
    with fake_telegram() as telegram:
        yield telegram


@dataclass
class Post:
    """The deliver worker at the end of both wires, with a stopped clock."""

    workshop: Workshop
    clock: MovableClock
    twilio: FakeTwilio
    telegram: FakeTelegram
    people: dict[str, points.Point] = field(default_factory=dict)

    async def meet(
        self, address: str, channel: str = "sms", *, lang: str = "en", zone: str = "America/New_York"
    ) -> None:
        """Have a person there who said yes to our texts."""
        now = self.clock.now()

        def add(connection: sa.Connection) -> points.Point:
            new = people.add_person(
                connection, channel=channel, address=address, lang=lang, zone=zone, now=now
            )
            points.set_consent(connection, new.id, "given", wording="yes", method="text", now=now)
            return new

        self.people[address] = await self.workshop.database.run(add)

    async def queue(self, *bodies: str, to: str = RAY, kind: Any = "reply", **more: Any) -> None:
        """Put texts into the outbox."""
        point = self.people[to]
        now = self.clock.now()
        rows = [
            NewOutbound(
                conversation_id=point.conversation_id, contact_point_id=point.id,
                channel=point.channel, sender="bot", kind=kind, body=body, at=now,
                due_at=now, epoch=0, **more,
            )
            for body in bodies
        ]  # fmt: skip
        await self.workshop.database.run(partial(messages.queue, messages=rows))

    async def run(self, **later: float) -> list[str]:
        """Move the clock, run the worker until it rests, and return how each text stands."""
        self.clock.move(timedelta(**later))
        for _ in range(50):
            if await deliver.step(self.workshop) == 0:
                return [row.state for row in await self.rows()]
        raise AssertionError("the worker does not come to rest")

    async def rows(self) -> list[Any]:
        statement = sa.select(MESSAGE).where(MESSAGE.c.direction == "out").order_by(MESSAGE.c.id)
        return await self.workshop.database.read(lambda connection: list(connection.execute(statement)))

    async def needs(self) -> list[str]:
        statement = sa.select(ITEM.c.kind)
        return await self.workshop.database.read(lambda connection: list(connection.scalars(statement)))

    @property
    def got(self) -> list[str]:
        """What Twilio took, oldest first."""
        return [text.body for text in self.twilio.sent]


@pytest.fixture
async def post(
    database: Database, one_twilio: FakeTwilio, one_telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Post]:
    """The worker with Ray on SMS, at noon."""
    monkeypatch.setattr("bot.channels.sms.TIMEOUT", 0.3)
    clock = MovableClock(NOON)
    one_twilio.forget()
    one_telegram.forget()
    one_twilio.now = clock.now
    sms = Sms(
        rest.ACCOUNT, [rest.TOKEN], rest.OUR_NUMBER, public_url="https://onward.example.org", now=clock.now,
        api_base=one_twilio.url,
    )  # fmt: skip
    telegram = Telegram(bot_api.TOKEN, mode="webhook", now=clock.now, api_base=one_telegram.url)
    settings = Settings(env="test", sms_per_second=1000)
    rides = GuestRides("http://127.0.0.1:9", "demo", "none", ("none",))
    conversations = Conversations(database, FLOWS, settings, clock, lambda name: None)
    workshop = Workshop(
        database=database,
        conversations=conversations,
        clock=clock,
        settings=settings,
        channels={"sms": sms, "telegram": telegram},
        rides=Fleet((rides,)),
        geocoder=NoGeocoder(),
    )
    opened = Post(workshop, clock, one_twilio, one_telegram)
    await opened.meet(RAY)
    yield opened
    for each in (sms, telegram, rides, conversations):
        await each.close()


# --- what the provider may do -----------------------------------------------------------------------------


async def test_a_text_leaves_and_is_noted(post: Post) -> None:
    await post.queue("One.")
    assert await post.run() == ["sent"]
    (row,) = await post.rows()
    assert row.provider_id == post.twilio.sent[0].sid
    assert post.got == ["One."]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(500), id="500 before it is taken"),
        pytest.param(Fault(500, done=True), id="500 after it is taken"),
        pytest.param(Fault(503, body=b"<html>", done=True), id="a gateway's page"),
        pytest.param(Fault(200, body=b"{", done=True), id="an answer cut in two"),
        pytest.param(Fault(201, hang=0.5, done=True), id="no answer in time, taken"),
        pytest.param(Fault(201, hang=0.5), id="no answer in time, not taken"),
    ],
)
async def test_a_lost_answer_is_asked_for_and_nothing_sent_twice(post: Post, fault: Fault) -> None:
    post.twilio.faults.append(fault)
    await post.queue("One.")
    assert await post.run() == ["unsure"]
    assert await post.run(seconds=14) == ["unsure"]  # lists lag: no sooner
    assert await post.run(seconds=1) == ["sent"]
    assert post.got == ["One."]
    (row,) = await post.rows()
    assert row.provider_id == post.twilio.sent[0].sid


async def test_429_is_tried_again_when_told_to(post: Post) -> None:
    post.twilio.faults.append(Fault(429, body={"code": 20429}, headers={"Retry-After": "40"}))
    await post.queue("One.")
    assert await post.run() == ["queued"]
    assert await post.run(seconds=39) == ["queued"]
    assert await post.run(seconds=1) == ["sent"]
    assert post.got == ["One."]


async def test_429_holds_all_of_that_sender_and_nobody_else(post: Post) -> None:
    await post.meet(DEE)
    await post.meet(CHAT, "telegram")
    post.twilio.faults.append(Fault(429, body={"code": 20429}, headers={"Retry-After": "40"}))
    await post.queue("One.")
    await deliver.step(post.workshop)
    await post.queue("Hello Dee.", to=DEE)
    await post.queue("Hello chat.", to=CHAT)
    assert await post.run() == ["queued", "queued", "sent"]
    assert await deliver.again(post.workshop) == post.clock.now() + timedelta(seconds=40)
    assert await post.run(seconds=40) == ["sent"] * 3


async def test_429_holds_its_sender_and_no_other(post: Post) -> None:
    await post.meet(DEE)
    await post.meet(CHAT, "telegram")
    post.twilio.faults.append(Fault(429, body={"code": 20429}, headers={"Retry-After": "40"}))
    await post.queue("One.")
    assert await post.run() == ["queued"]
    await post.queue("Two.", to=DEE)
    await post.queue("Three.", to=CHAT)
    assert await post.run(seconds=39) == ["queued", "queued", "sent"]
    assert await post.run(seconds=1) == ["sent"] * 3


async def test_what_waits_for_the_morning_pays_nothing(post: Post) -> None:
    one_a_second = post.workshop.settings.model_copy(update={"sms_per_second": 1.0})
    post.workshop = replace(post.workshop, settings=one_a_second)
    post.clock.move_to(NOON.replace(hour=23))
    for number in range(10):
        await post.meet(f"+1617555020{number}")
        await post.queue("Tomorrow.", to=f"+1617555020{number}", kind="reminder")
    await post.run()
    morning = NOON.replace(hour=9) + timedelta(days=1)
    assert {row.due_at for row in await post.rows()} == {morning}, "some could not pay for being looked at"


async def test_where_nobody_can_tell_it_is_maybe_sent_after_two_minutes(post: Post) -> None:
    post.twilio.faults.extend([Fault(500, done=True)] + [Fault(500)] * 4)
    await post.queue("One.", "Two.")
    assert await post.run() == ["unsure", "queued"]
    for _ in range(7):
        assert await post.run(seconds=15) == ["unsure", "queued"]
    assert await post.run(seconds=15) == ["maybe_sent", "sent"]
    assert await post.run(hours=30) == ["maybe_sent", "sent"]
    assert post.got == ["One.", "Two."]


async def test_a_report_says_how_it_ended(post: Post) -> None:
    post.twilio.faults.append(Fault(201, {"sid": "SM0", "status": "queued"}))
    await post.queue("One.")
    await post.run()
    (row,) = await post.rows()
    report = StatusUpdate("sms", "SM0", "delivered")
    await post.workshop.conversations.status([report])
    assert await post.run() == ["delivered"]
    assert row.provider_id == "SM0"


async def test_opted_out_at_the_carrier_is_opted_out_here(post: Post) -> None:
    post.twilio.faults.append(Fault(400, body={"code": 21610, "message": "no", "status": 400}))
    await post.queue("One.", "Two.", "Three.")
    assert await post.run() == ["failed", "dropped", "dropped"]
    (point,) = await post.workshop.database.read(
        lambda connection: list(connection.execute(sa.select(POINT)))
    )
    assert point.consent == "withdrawn"
    assert post.got == []
    await post.queue("Four.")
    assert (await post.run(minutes=1))[-1] == "dropped"


async def test_a_dead_number_is_somebodys_task(post: Post) -> None:
    post.twilio.faults.append(Fault(400, body={"code": 21614, "message": "no", "status": 400}))
    await post.queue("One.")
    assert await post.run() == ["failed"]
    assert await post.needs() == ["texts do not arrive"]


async def test_what_nobody_takes_for_a_day_is_given_up_and_told(post: Post) -> None:
    post.twilio.faults.extend([Fault(401, body={"code": 20003, "status": 401})] * 400)
    await post.queue("One.")
    assert await post.run() == ["queued"]
    post.clock.move(timedelta(hours=23, minutes=50))
    assert await post.run() == ["queued"]
    assert await post.run(minutes=10) == ["failed"]
    assert await post.needs() == ["could not be sent"]


async def test_a_channel_that_is_off_keeps_its_texts_for_a_day(post: Post) -> None:
    await post.meet(CHAT, "telegram")
    await post.queue("One.", to=CHAT)
    on = post.workshop.channels
    post.workshop = replace(post.workshop, channels={"sms": on["sms"]})
    assert await post.run() == ["queued"]
    post.workshop = replace(post.workshop, channels=on)
    assert await post.run(minutes=1) == ["sent"]
    await post.queue("Two.", to=CHAT)
    post.workshop = replace(post.workshop, channels={"sms": on["sms"]})
    assert await post.run(hours=25) == ["sent", "failed"]


# --- order, crisis, crashes -------------------------------------------------------------------------------


async def test_each_address_keeps_its_order_and_waits_for_nobody_elses(post: Post) -> None:
    await post.meet(DEE)
    post.twilio.faults.append(Fault(500))
    await post.queue("One.", "Two.")
    await deliver.step(post.workshop)
    await post.queue("Three.")
    await post.queue("Hello Dee.", to=DEE)
    await post.run()
    assert post.got == ["Hello Dee."]
    assert await post.run(seconds=30) == ["sent"] * 4
    assert post.got == ["Hello Dee.", "One.", "Two.", "Three."]


async def test_a_crisis_text_passes_all_and_is_sent_again(post: Post) -> None:
    await post.meet(CHAT, "telegram")
    post.telegram.faults.append(bot_api.refusal(500, "Internal"))
    await post.queue("One.", to=CHAT)
    assert await post.run() == ["unsure"]
    post.telegram.faults.append(bot_api.refusal(500, "Internal"))
    await post.queue("Call 988.", to=CHAT, kind="crisis")
    assert await post.run() == ["unsure", "unsure"]
    assert await post.run(seconds=15) == ["maybe_sent", "sent"]
    assert [text["text"] for text in post.telegram.sent] == ["Call 988."]


async def test_telegram_cannot_be_asked_so_a_reply_in_doubt_holds_nobody_up(post: Post) -> None:
    await post.meet(CHAT, "telegram")
    post.telegram.faults.append(Fault(502, body=b"<html>", done=True))
    await post.queue("One.", "Two.", to=CHAT)
    assert await post.run() == ["unsure", "queued"]
    assert await post.run(seconds=15) == ["maybe_sent", "sent"]
    assert [text["text"] for text in post.telegram.sent] == ["One.", "Two."]


async def test_a_crash_between_claim_and_send_sends_it_once(post: Post) -> None:
    await post.queue("One.")
    await post.workshop.database.run(partial(outbox.claim, now=post.clock.now(), limit=10))
    assert await post.run(seconds=59) == ["queued"]
    assert await post.run(seconds=1) == ["sent"]
    assert post.got == ["One."]


@pytest.mark.parametrize("left", [True, False], ids=["it left", "it did not"])
async def test_a_crash_between_begin_and_note_asks_first(post: Post, left: bool) -> None:
    await post.queue("One.")
    database, now = post.workshop.database, post.clock.now()
    (message,) = await database.run(partial(outbox.claim, now=now, limit=10))
    assert await database.run(partial(outbox.before_send, message=message, now=now)) is None
    if left:
        await post.workshop.channels["sms"].send(Outbound(message.id, message.address, message.body))
    assert await post.run(seconds=59) == ["sending"]
    assert await post.run(seconds=1) == ["sent"]
    assert post.got == ["One."]


async def test_two_workers_send_nothing_twice(post: Post) -> None:
    await post.meet(DEE)
    for number in range(5):
        await post.queue(f"Ray {number}.")
        await post.queue(f"Dee {number}.", to=DEE)
    while any(await asyncio.gather(*(deliver.step(post.workshop) for _ in range(3)))):
        pass
    for who in ("Ray", "Dee"):
        assert [body for body in post.got if body.startswith(who)] == [f"{who} {n}." for n in range(5)]


class Broken(Simulator):
    """A channel with a bug: it raises at one phone."""

    async def send(self, message: Outbound) -> Sent:
        if message.address == RAY:
            raise RuntimeError("a bug")
        return await super().send(replace(message, address=f"sms:{message.address}"))


async def test_a_bug_at_one_text_keeps_no_other_from_leaving(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    await post.meet(DEE)
    broken: Channel = Broken(now=post.clock.now)
    post.workshop = replace(post.workshop, channels={"sms": broken})
    await post.queue("One.")
    await post.queue("Hello Dee.", to=DEE)
    assert await post.run() == ["unsure", "sent"]
    assert "sending failed" in caplog.text
    assert "One." not in caplog.text
    for _ in range(60):
        await post.run(minutes=30)
    assert (await post.rows())[0].state == "maybe_sent"
    assert await post.needs() == ["could not be sent"]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_database_that_fails_at_one_text_loses_none(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    await post.meet(DEE)
    await post.queue("One.")
    await post.queue("Hello Dee.", to=DEE)
    full = "CREATE TRIGGER full BEFORE UPDATE ON message WHEN NEW.state = 'sent' AND NEW.id = 1 BEGIN"
    await _run_sql(post, f"{full} SELECT RAISE(ABORT, 'disk full'); END")
    assert await post.run() == ["sending", "sent"]
    assert "could not be done" in caplog.text
    await _run_sql(post, "DROP TRIGGER full")
    assert await post.run(seconds=61) == ["sent", "sent"]
    assert sorted(post.got) == ["Hello Dee.", "One."]


async def _run_sql(post: Post, sql: str) -> None:
    await post.workshop.database.run(lambda connection: connection.exec_driver_sql(sql).rowcount)


# --- whether it may leave at all --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "zone", "leaves"),
    [
        ("2027-02-24T02:00", "America/New_York", "2027-02-24T14:00"),  # 9 pm: tomorrow at 9
        ("2027-02-24T02:00", "America/Los_Angeles", "2027-02-24T02:00"),  # 6 pm there
        ("2027-02-24T13:59", "America/New_York", "2027-02-24T14:00"),
        ("2027-02-24T14:00", "America/Chicago", "2027-02-24T15:00"),
        ("2027-03-14T02:00", "America/New_York", "2027-03-14T13:00"),  # clocks go forward that night
        ("2027-11-07T01:00", "America/New_York", "2027-11-07T14:00"),  # and back
        ("2027-02-24T02:00", "America/Phoenix", "2027-02-24T02:00"),  # 7 pm, and never a change
        ("2027-02-24T03:00", "Pacific/Honolulu", "2027-02-24T03:00"),
    ],
)
@pytest.mark.parametrize("kind", ["nudge", "reminder"])
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_what_we_start_waits_for_the_persons_hours(
    post: Post, kind: str, now: str, zone: str, leaves: str
) -> None:
    post.clock.move_to(datetime.fromisoformat(now).replace(tzinfo=UTC))
    at = datetime.fromisoformat(leaves).replace(tzinfo=UTC)
    await post.meet(DEE, zone=zone)
    await post.queue("One.", to=DEE, kind=kind)
    if at > post.clock.now():
        assert await post.run() == ["queued"]
        post.clock.move_to(at - timedelta(seconds=1))
        assert await post.run() == ["queued"]
        post.clock.move_to(at)
    assert await post.run() == ["sent"]


@pytest.mark.parametrize("kind", ["reply", "ride", "staff", "crisis", "consent"])
async def test_what_they_wait_for_has_no_hours(post: Post, kind: str) -> None:
    post.clock.move_to(NOON.replace(hour=23))
    await post.queue("One.", kind=kind)
    assert await post.run() == ["sent"]


async def test_a_reminder_put_off_past_its_use_expires(post: Post) -> None:
    post.clock.move_to(NOON.replace(hour=20))
    await post.queue("Tomorrow.", kind="reminder", useful_until=NOON.replace(hour=22))
    assert await post.run() == ["queued"]
    assert await post.run(hours=13) == ["expired"]
    assert post.got == []


async def test_a_take_over_drops_replies_and_lets_the_ride_through(post: Post) -> None:
    await post.workshop.database.run(_caseworker)
    await post.queue("A question?")
    await post.queue("Come back?", kind="nudge")
    await post.queue("Your car is here.", kind="ride")
    await post.workshop.conversations.take_over(1, 1)
    assert await post.run() == ["dropped", "dropped", "sent"]
    await post.queue("Late.")  # decided before the take-over, queued after it
    assert (await post.run())[-1] == "dropped"
    assert post.got == ["Your car is here."]


def _caseworker(connection: sa.Connection) -> None:
    staff.add_caseworker(
        connection, name="Maria Ruiz", email="maria@example.org", now=NOON, hours="Mon-Fri 9-5",
        zone="America/New_York",
    )  # fmt: skip


async def test_nothing_leaves_for_an_interview_that_moved(post: Post) -> None:
    def plan(connection: sa.Connection) -> interviews.InterviewRow:
        place = places.add_place(
            connection, person_id=1, label="Harbor Freightway", address="4100 Airport Rd", pin=None, now=NOON
        )
        at, wall = NOON + timedelta(days=2), datetime(2027, 2, 25, 12)
        return interviews.add_interview(
            connection, person_id=1, employer=None, at=at, wall=wall, zone="America/New_York",
            place_id=place.id, now=NOON,
        )  # fmt: skip

    row = await post.workshop.database.run(plan)
    about = subject("interview", row.id)
    await post.queue("Tomorrow.", kind="reminder", subject=about, version=row.version)
    move = partial(
        interviews.move, interview_id=row.id, version=row.version, at=row.at + timedelta(days=1),
        wall=row.wall + timedelta(days=1), now=NOON,
    )  # fmt: skip
    await post.workshop.database.run(move)
    assert await post.run() == ["dropped"]
    await post.queue("Tomorrow.", kind="reminder", subject=about, version=row.version + 1)
    assert await post.run() == ["dropped", "sent"]


async def test_before_a_yes_only_the_question_for_it_leaves(post: Post) -> None:
    await post.meet(DEE)
    at = sa.update(POINT).where(POINT.c.id == post.people[DEE].id).values(consent="asked")
    await post.workshop.database.run(lambda connection: connection.execute(at).rowcount)
    await post.queue("OK if we text you?", to=DEE, kind="consent")
    await post.queue("Your car.", to=DEE, kind="ride")
    assert await post.run() == ["sent", "dropped"]


@pytest.mark.parametrize(("lang", "label"), [("en", "Send my location"), ("es", "Enviar ubicacion")])
async def test_the_key_that_shares_a_spot_says_so(post: Post, lang: str, label: str) -> None:
    await post.meet(CHAT, "telegram", lang=lang)
    await post.queue("Where?", to=CHAT, extra={"asks_for": "spot"})
    assert await post.run() == ["sent"]
    (sent,) = post.telegram.sent
    assert sent["reply_markup"]["keyboard"] == [[{"text": label, "request_location": True}]]
