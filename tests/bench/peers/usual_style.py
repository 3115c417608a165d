"""A turn in the usual asynchronous style: one AsyncSession a text over aiosqlite, models read and changed.

The rule: the same engine decides, the same columns are sealed and the same rows written as in ours; only the
way to the database is the one of most tutorials.
"""

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.channels.base import Inbound
from flows.effects import Say
from flows.engine import advance
from flows.events import TextReceived
from flows.flowset import FlowSet
from flows.progress import progress_from_json, progress_to_json
from storage.crypto import KeyRing, index
from storage.tables import ContactPoint, Conversation, Message, Turn
from storage.types import carry_keys


def open_engine(path: str, keys: KeyRing) -> AsyncEngine:
    """Open the file with our durability."""
    arguments = {"timeout": 60, "isolation_level": None}
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", connect_args=arguments)

    def set_pragmas(connection: Any, _record: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(
            "BEGIN IMMEDIATE"
        )  # as it comes, two writers fail with "database is locked"

    sa.event.listen(engine.sync_engine, "connect", set_pragmas)
    sa.event.listen(engine.sync_engine, "begin", begin)
    carry_keys(engine.sync_engine, keys)
    return engine


async def turns(
    engine: AsyncEngine, keys: KeyRing, flows: FlowSet, texts: Sequence[Inbound], at_once: int
) -> float:
    """Take these texts, so many at a time; give the turns a second."""
    waiting = iter(texts)

    async def take() -> None:
        for one in waiting:
            await _turn(engine, keys, flows, one)

    began = perf_counter()
    await asyncio.gather(*(take() for _ in range(at_once)))
    return len(texts) / (perf_counter() - began)


async def _turn(engine: AsyncEngine, keys: KeyRing, flows: FlowSet, one: Inbound) -> None:
    key = index(keys, "contact_point.address", f"{one.channel}\0{one.address}")
    async with AsyncSession(engine) as session:
        point = (await session.exec(select(ContactPoint).where(ContactPoint.address_index == key))).one()
        of = col(Conversation.person_id) == point.person_id
        talk = (await session.exec(select(Conversation).where(of))).one()
        values: dict[str, Any] = {"conversation_id": talk.id, "contact_point_id": point.id, "at": one.at}
        values["channel"] = one.channel
        said: dict[str, Any] = {"direction": "in", "sender": "person", "kind": "text", "state": "received"}
        session.add(Message(**values, **said, body=one.text, provider_id=one.provider_id))
        at = one.at.astimezone(ZoneInfo("America/New_York"))
        event = TextReceived(at=at, text=one.text, channel="sms", opted_in=True)
        progress, effects = advance(flows, progress_from_json(talk.progress or {}), event)
        talk.progress, talk.seq, talk.updated_at = progress_to_json(progress), talk.seq + 1, one.at
        session.add(talk)
        turn: dict[str, Any] = {"conversation_id": talk.id, "seq": talk.seq, "flows_hash": flows.hash}
        session.add(Turn(**turn, event={"text": one.text}, at=one.at))
        for say in (effect for effect in effects if isinstance(effect, Say)):
            answer: dict[str, Any] = {"direction": "out", "sender": "bot", "kind": "reply", "state": "queued"}
            session.add(Message(**values, **answer, body=say.text, due_at=one.at, prompt=say.prompt))
        await session.commit()
