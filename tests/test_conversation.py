"""The turn: a text in, a decision, rows out, in one transaction, on both databases."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bot.channels.base import Inbound, StatusUpdate, Tap
from bot.clock import MovableClock
from bot.conversation import Conversations, Happening
from bot.settings import Settings
from flows.events import OptedOut, TimerRang
from flows.library import shipped
from storage import funds, invites, messages, outbox, staff
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
        sent = []
        while claimed := await self.database.run(lambda c: outbox.claim(c, self.clock.now(), 10)):
            for message in claimed:
                if await self.database.run(
                    lambda c, m=message: outbox.before_send(c, m, self.clock.now())
                ):
                    continue
                provider_id = f"out-{message.id}"
                await self.database.run(
                    lambda c, m=message, p=provider_id: outbox.sent(c, m.id, p, self.clock.now())
                )
                sent.append(message.body)
        return sent

    async def rows(self, statement: sa.Select[Any]) -> list[Any]:
        return await self.database.read(lambda connection: list(connection.execute(statement)))


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
