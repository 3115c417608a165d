"""The turn: a text in, a decision, rows out, in one transaction, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bot.actions import carry_out
from bot.channels.base import Inbound, StatusUpdate, Tap
from bot.clock import MovableClock
from bot.conversation import Conversations, Happening
from bot.settings import Settings
from flows.actions import GiveConsent
from flows.events import TimerRang
from flows.library import shipped
from storage import funds, invites, outbox, points, staff
from storage.database import Database
from storage.tables import AttentionItem, ContactPoint, Conversation, Message, Person, Turn, table

BOSTON = ZoneInfo("America/New_York")
EVENING = datetime(2027, 2, 23, 17, 48, tzinfo=BOSTON)
RAY = "sms:+15555550142"
FLOWS = shipped()
MESSAGE, TURN, ITEM, PERSON = table(Message), table(Turn), table(AttentionItem), table(Person)
POINT, TALK = table(ContactPoint), table(Conversation)


@dataclass
class Desk:
    """The shell on a real database, with a stopped clock and nobody who sends."""

    database: Database
    talks: Conversations
    clock: MovableClock
    woken: list[str] = field(default_factory=list)
    ids: Any = field(default_factory=lambda: count(1))

    def inbound(self, text: str, phone: str = RAY, **more: Any) -> Inbound:
        made = Inbound("simulator", phone, f"in-{next(self.ids)}", text, self.clock.now())
        return replace(made, **more)

    async def text(self, words: str, phone: str = RAY, **more: Any) -> list[str]:
        """Text us, send what waits, and return it."""
        await self.talks.received([self.inbound(words, phone, **more)])
        return await self.send()

    async def send(self) -> list[str]:
        """Do what the deliver worker does: mark as sent all that may leave, in its order."""
        sent: list[str] = []
        while found := await self.database.run(partial(_send, now=self.clock.now())):
            sent += found
        return sent

    async def rows(self, statement: sa.Select[Any]) -> list[Any]:
        return await self.database.read(lambda connection: list(connection.execute(statement)))


def _send(connection: sa.Connection, now: datetime) -> list[str]:
    sent = []
    for message in outbox.claim(connection, now, 10):
        if outbox.before_send(connection, message, now) is None:
            outbox.sent(connection, message.id, f"out-{message.id}", now)
            sent.append(message.body)
    return sent


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    clock, woken = MovableClock(EVENING), list[str]()
    talks = Conversations(database, FLOWS, Settings(env="test"), clock, woken.append)
    await talks.keep_flows()

    def found(connection: sa.Connection) -> None:
        funds.add_fund(connection, name="rides", budget_cents=100_000, now=clock.now())
        maria = staff.add_caseworker(
            connection, name="Maria Ruiz (sample)", email="maria@sample.invalid", now=clock.now()
        )
        invites.add_invite(connection, "RIDE7", clock.now(), caseworker_id=maria.id, uses=100)

    await database.run(found)
    yield Desk(database, talks, clock, woken)
    await talks.close()


async def test_a_text_becomes_a_queued_reply(desk: Desk) -> None:
    await desk.talks.received([desk.inbound("RIDE7")])
    [reply] = await desk.rows(sa.select(MESSAGE).where(MESSAGE.c.direction == "out"))
    assert reply.state == "queued"
    assert reply.kind == "consent"
    assert "Reply YES" in reply.body
    assert "deliver" in desk.woken
    [turn] = await desk.rows(sa.select(TURN))
    assert (turn.seq, turn.before, turn.after) == (1, None, "welcome.texts_ok")
    assert turn.event["text"] == "RIDE7"


async def test_who_is_woken_finds_the_reply(desk: Desk, engine: sa.Engine) -> None:
    """A worker that looks at once, on a connection of its own, sees what it was woken for."""
    waits = sa.select(sa.func.count()).select_from(MESSAGE).where(MESSAGE.c.state == "queued")
    there: list[int] = []

    def look(name: str) -> None:
        if name == "deliver":
            with engine.connect() as beside:
                there.append(beside.execute(waits).scalar_one())

    desk.talks._wake = look
    await desk.talks.received([desk.inbound("RIDE7")])
    assert there == [1]


async def test_the_way_to_a_booked_interview(desk: Desk) -> None:
    said = [await desk.text(words) for words in ("RIDE7", "y", "1", "tomorrow at 8", "1")]
    assert [len(texts) for texts in said] == [1, 1, 1, 1, 1]
    assert said[3] == ["Tomorrow, Wed Feb 24, at 8:00 am? 1 yes 2 no"]
    [point] = await desk.rows(sa.select(POINT))
    assert point.consent == "given"
    [person] = await desk.rows(sa.select(PERSON))
    assert person.caseworker_id is not None  # the card says who brought them


async def test_a_message_is_kept_and_handled_once(desk: Desk) -> None:
    said = desk.inbound("RIDE7")
    await asyncio.gather(*(desk.talks.received([said, said]) for _ in range(5)))
    assert len(await desk.rows(sa.select(MESSAGE).where(MESSAGE.c.direction == "in"))) == 1
    assert len(await desk.rows(sa.select(TURN))) == 1
    assert len(await desk.send()) == 1


async def test_one_new_phone_is_one_person_however_fast_it_texts(desk: Desk) -> None:
    await asyncio.gather(*(desk.talks.received([desk.inbound(f"hello {n}")]) for n in range(8)))
    assert len(await desk.rows(sa.select(PERSON))) == 1
    turns = await desk.rows(sa.select(TURN).order_by(TURN.c.seq))
    assert [turn.seq for turn in turns] == list(range(1, 9))
    assert [turn.event["text"] for turn in turns] == [f"hello {n}" for n in range(8)]


async def test_an_answer_never_counts_for_a_question_that_has_not_left(desk: Desk) -> None:
    await desk.text("RIDE7")
    before = desk.inbound("y")
    await desk.talks.received([before])  # "interview set?" is queued now
    late = replace(desk.inbound("1"), at=before.at - timedelta(seconds=5))
    await desk.talks.received([late])
    [*_, turn] = await desk.rows(sa.select(TURN).order_by(TURN.c.seq))
    assert turn.after == "welcome.interview_set"


async def test_a_turn_that_raises_is_a_humans_to_read_and_the_others_go_on(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.text("RIDE7")
    await desk.text("RIDE7", phone="telegram:9001")
    broken = replace_action(desk, GiveConsent)
    other = desk.inbound("hello", phone="sms:+15555550143")
    await asyncio.gather(desk.talks.received([desk.inbound("y")]), desk.talks.received([other]))
    assert broken == ["GiveConsent", "GiveConsent"] or broken == ["GiveConsent"]
    sent = await desk.send()
    assert any("A person will read your text" in body for body in sent)
    assert any("OK if we text you?" in body for body in sent)
    [item] = await desk.rows(sa.select(ITEM))
    assert item.kind == "a text could not be handled"
    turns = await desk.rows(sa.select(TURN).order_by(TURN.c.id))
    assert [turn.event["event"] for turn in turns].count("Failed") == 1
    assert "secret words" not in caplog.text
    desk.talks._carry_out = carry_out
    assert "interview set" in (await desk.text("y"))[0]  # their place was kept


def replace_action(desk: Desk, broken: type[Any]) -> list[str]:
    """Let one action raise, as a bug would."""
    called: list[str] = []

    def carry(connection: sa.Connection, action: Any, who: Any) -> Any:
        if isinstance(action, broken):
            called.append(type(action).__name__)
            raise KeyError("a bug")
        return carry_out(connection, action, who)

    desk.talks._carry_out = carry
    return called


async def test_what_not_even_a_failed_turn_can_take_is_its_own_error(desk: Desk) -> None:
    await desk.text("RIDE7")
    [person] = await desk.rows(sa.select(PERSON))

    def settle(connection: sa.Connection) -> bool:
        raise ValueError("no such row")

    timer = TimerRang(at=EVENING, token="silence")
    bad = desk.talks.happen(Happening(person_id=person.id, event=timer, settle=settle))
    good = desk.talks.received([desk.inbound("y")])
    results = await asyncio.gather(bad, good, return_exceptions=True)
    assert isinstance(results[0], ValueError)
    assert results[1] is None
    assert "interview set" in (await desk.send())[0]


async def test_settle_says_no_and_nothing_happens(desk: Desk) -> None:
    await desk.text("RIDE7")
    [person] = await desk.rows(sa.select(PERSON))
    timer = TimerRang(at=EVENING, token="silence")
    lost = Happening(person_id=person.id, event=timer, settle=lambda connection: False)
    quiet = Happening(person_id=person.id, event=lambda connection, at: None)
    gone = Happening(person_id=person.id + 99, event=timer)
    assert await desk.talks.happen(lost, quiet, gone) == [False, False, False]
    assert len(await desk.rows(sa.select(TURN))) == 1


async def test_stop_and_start(desk: Desk) -> None:
    await desk.text("RIDE7")
    await desk.text("y")
    assert await desk.text("STOP") == ["You are out. No more texts from us."]
    [point] = await desk.rows(sa.select(POINT))
    assert point.consent == "withdrawn"
    assert await desk.text("hello") == []
    back = await desk.text("START")
    assert back[0] == "You are back in. Text MENU any time."
    assert "interview set" in back[1]
    changes = await desk.database.read(lambda c: [line.change for line in points.consents(c, point.id)])
    assert changes == ["given", "withdrawn", "given"]


async def test_a_provider_that_answers_stop_itself_is_not_answered_twice(desk: Desk) -> None:
    await desk.text("RIDE7")
    await desk.text("y")
    assert await desk.text("parada", opt="stop") == []  # whatever the word was, the carrier took it as STOP
    [point] = await desk.rows(sa.select(POINT))
    assert point.consent == "withdrawn"


async def test_a_blocked_chat_is_opted_out_and_comes_back_unblocked(desk: Desk) -> None:
    phone = "telegram:9001"
    await desk.text("RIDE7", phone)
    await desk.text("y", phone)
    assert await desk.text("", phone, opt="blocked") == []
    [point] = await desk.rows(sa.select(POINT))
    assert (point.consent, point.state) == ("withdrawn", "blocked")
    await desk.text("", phone, opt="start")
    [point] = await desk.rows(sa.select(POINT))
    assert (point.consent, point.state) == ("given", "active")
    assert any("interview" in body for body in await desk.text("hi", phone))


async def test_what_we_cannot_read_is_said(desk: Desk) -> None:
    await desk.text("RIDE7")
    await desk.text("y")
    assert await desk.text("", kind="voice") == ["I can only read text. Please type it."]
    [*_, turn] = await desk.rows(sa.select(TURN).order_by(TURN.c.id))
    assert turn.event["event"] == "Unreadable"
    assert turn.after == "welcome.interview_set"


async def test_taps_and_shared_spots(desk: Desk) -> None:
    phone = "telegram:9001"
    await desk.text("RIDE7", phone)
    [asked] = await desk.rows(sa.select(MESSAGE).where(MESSAGE.c.prompt.is_not(None)))
    assert asked.options == [{"n": 1, "label": "yes"}, {"n": 2, "label": "no"}]
    [thanks] = await desk.text("", phone, tap=Tap(asked.prompt, 1))
    assert thanks.startswith("Thanks!")


async def test_a_caseworker_takes_over_and_hands_back(desk: Desk) -> None:
    await desk.text("RIDE7")
    await desk.text("y")
    [person] = await desk.rows(sa.select(PERSON))
    id_ = await desk.talks.staff_says(1, person.id, "Hi Ray, it's Maria.")
    [message] = await desk.rows(sa.select(MESSAGE).where(MESSAGE.c.id == id_))
    assert (message.kind, message.state, message.caseworker_id) == ("staff", "queued", 1)
    assert await desk.send() == ["Hi Ray, it's Maria."]
    assert await desk.text("oh hi maria") == []
    await desk.talks.hand_back(person.id, 1)
    assert "interview set" in (await desk.send())[0]


async def test_taking_over_drops_what_the_bot_had_not_begun_to_say(desk: Desk) -> None:
    await desk.text("RIDE7")
    await desk.talks.received([desk.inbound("y")])  # our question waits
    [person] = await desk.rows(sa.select(PERSON))
    await desk.talks.take_over(1, person.id)
    assert await desk.send() == []
    [talk] = await desk.rows(sa.select(TALK))
    assert (talk.epoch, talk.taken_over_by) == (1, 1)


async def test_a_take_over_leaves_nothing_in_line(desk: Desk) -> None:
    await desk.text("RIDE7")
    await desk.talks.received([desk.inbound("y")])
    [person] = await desk.rows(sa.select(PERSON))
    await desk.talks.take_over(1, person.id)
    [*_, question] = await desk.rows(sa.select(MESSAGE).order_by(MESSAGE.c.id))
    assert (question.state, question.error) == ("dropped", "taken_over")


async def test_nobody_is_written_to_who_has_not_agreed(desk: Desk) -> None:
    await desk.text("RIDE7")
    [person] = await desk.rows(sa.select(PERSON))
    with pytest.raises(LookupError):
        await desk.talks.staff_says(1, person.id, "hello")
    with pytest.raises(LookupError):
        await desk.talks.staff_says(1, person.id + 7, "hello")
    with pytest.raises(LookupError):
        await desk.talks.staff_says(99, person.id, "hello")
    assert await desk.send() == []


async def test_reports_fold_forward_and_failures_reach_a_human(desk: Desk) -> None:
    await desk.text("RIDE7")
    await desk.text("y")
    ids = [row.provider_id for row in await desk.rows(_sent())]
    await desk.talks.status([StatusUpdate("simulator", ids[0], "delivered"), _report("nobody's", "failed")])
    await desk.talks.status([_report(ids[0], "sent"), _report(ids[1], "undelivered")])
    assert [row.state for row in await desk.rows(_sent())] == ["delivered", "failed"]
    assert await desk.rows(sa.select(ITEM)) == []  # once may be chance
    await desk.text("MENU")
    [*_, last] = await desk.rows(_sent())
    await desk.talks.status([replace(_report(last.provider_id, "failed"), address_dead=True)])
    [item] = await desk.rows(sa.select(ITEM))
    assert item.kind == "texts do not arrive"


async def test_a_report_may_say_that_they_stopped_us(desk: Desk) -> None:
    await desk.text("RIDE7")
    await desk.text("y")
    [*_, last] = await desk.rows(_sent())
    await desk.talks.status([replace(_report(last.provider_id, "failed"), opted_out=True)])
    [point] = await desk.rows(sa.select(POINT))
    assert point.consent == "withdrawn"


def _sent() -> sa.Select[Any]:
    return sa.select(MESSAGE).where(MESSAGE.c.provider_id.like("out-%")).order_by(MESSAGE.c.id)


def _report(provider_id: str, state: Any) -> StatusUpdate:
    return StatusUpdate("simulator", provider_id, state)
