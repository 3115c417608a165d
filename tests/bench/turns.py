"""Whole turns: a parsed text in, the engine's decision, sealed rows, the committed reply; 64 people, and one.

The rule: everybody walks the intake's own questions with answers of their own, and answers a question that
has reached their phone. Coming that far (consent, whose phone it is) is not timed.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from telegram import Update
from telegram.request import BaseRequest, RequestData

from bot.channels.base import Inbound
from bot.conversation import Conversations
from flows.library import shipped
from storage.database import SqliteDatabase
from tests.bench.figures import Figure, Limit, in_turns
from tests.bench.ground import KEYS, QUESTIONS, WELCOME, Kind, folder, mark_sent, new_url, shell, text
from tests.bench.peers import plain_bot, raw, usual_style
from tests.bench.peers.raw import Sizes

AT_ONCE = 64
_newcomers = count(1000)


async def each(talks: Conversations, texts: Sequence[Inbound], at_once: int) -> float:
    """Send these texts, so many people at a time, each waiting for their answer; give the seconds it took."""
    waiting = iter(texts)

    async def person() -> None:
        for one in waiting:
            await talks.received([one])

    began = perf_counter()
    await asyncio.gather(*(person() for _ in range(at_once)))
    return perf_counter() - began


async def arrive(talks: Conversations, people: Sequence[int]) -> None:
    """Bring newcomers to the first question of the intake."""
    for question in WELCOME:
        await each(talks, [text(one, question, talks.clock) for one in people], AT_ONCE)
        await mark_sent(talks.database)


async def intake(talks: Conversations, people: Sequence[int], at_once: int = AT_ONCE) -> float:
    """Walk these people through the intake; give the turns a second."""
    took = 0.0
    for question in QUESTIONS:
        took += await each(talks, [text(one, question, talks.clock) for one in people], at_once)
        await mark_sent(talks.database)
    return len(people) * len(QUESTIONS) / took


def newcomers(many: int) -> list[int]:
    """Number people whom nobody has heard of."""
    return [next(_newcomers) for _ in range(many)]


async def ours(talks: Conversations, many: int, at_once: int = AT_ONCE) -> float:
    """Measure a round: new people arrive, and their intake is timed."""
    people = newcomers(many)
    await arrive(talks, people)
    return await intake(talks, people, at_once)


def sizes_of(connection: sa.Connection) -> Sizes:
    return Sizes.of(connection)


async def run(kind: Kind, many: int, rounds: int) -> list[Figure]:
    """Measure turns on one database beside its peers."""
    with folder() as place, new_url(kind) as url:
        async with shell(url) as talks, AsyncExitStack() as stack:
            await ours(talks, AT_ONCE)  # warm: statements compiled, the flows' readers built
            sizes = await talks.database.read(sizes_of)
            if kind == "postgres":
                return await _postgres(talks, url, sizes, place, many, rounds)
            return await _sqlite(talks, url, sizes, place, many, rounds, stack)


async def _sqlite(
    talks: Conversations, url: str, sizes: Sizes, place: Path, many: int, rounds: int, stack: AsyncExitStack
) -> list[Figure]:
    with new_url("sqlite") as beside:
        async with shell(beside) as others:
            await arrive(others, newcomers(many))
        hand = raw.connect_sqlite(beside)
        bot = await stack.enter_async_context(Plain(place))
        engine = usual_style.open_engine(str(sa.make_url(beside).database), KEYS)
        usual = partial(_usual, engine, beside)
        found = await in_turns(
            rounds,
            {
                "Onward": partial(ours, talks, many),
                "raw driver, same lists": _sync(lambda: raw.sqlite_turns(hand, sizes, many * 16)),
                "SQLModel + aiosqlite": usual,
                "PTB + upsert": partial(bot.turns, many),
                "fsync": _sync(lambda: raw.fsyncs(place, 0.5)),
                "alone": partial(ours, talks, max(8, many // 16), 1),
                "raw driver alone, through the door": partial(_alone, talks, sizes, many * 2),
            },
        )
        hand.close()
        await engine.dispose()
    return [
        Figure(
            "whole turns, 64 people, SQLite FULL",
            found["Onward"],
            "turns/s",
            _without(found, "Onward", "alone", "raw driver alone, through the door"),
            [
                Limit("≥", 0.30, "raw driver, same lists"),
                Limit("≥", 10, "SQLModel + aiosqlite"),
                Limit("≥", 1.3, "PTB + upsert"),
            ],
        ),
        Figure(
            "one person alone, SQLite FULL",
            found["alone"],
            "turns/s",
            {name: found[name] for name in ("raw driver alone, through the door", "fsync")},
            [Limit("≥", 0.40, "raw driver alone, through the door")],
        ),
    ]


async def _postgres(
    talks: Conversations, url: str, sizes: Sizes, place: Path, many: int, rounds: int
) -> list[Figure]:
    found = await in_turns(
        rounds,
        {
            "Onward": partial(ours, talks, many),
            "pgbench, 64 clients": _sync(lambda: raw.pgbench(url, sizes, place, 3, AT_ONCE)),
            "alone": partial(ours, talks, max(8, many // 16), 1),
            "pgbench, one client": _sync(lambda: raw.pgbench(url, sizes, place, 2, 1)),
        },
    )
    return [
        Figure(
            "whole turns, 64 people, PostgreSQL",
            found["Onward"],
            "turns/s",
            {"pgbench, 64 clients": found["pgbench, 64 clients"]},
            [Limit("≥", 0.60, "pgbench, 64 clients")],
        ),
        Figure(
            "one person alone, PostgreSQL",
            found["alone"],
            "turns/s",
            {"pgbench, one client": found["pgbench, one client"]},
            [Limit("≥", 0.40, "pgbench, one client")],
        ),
    ]


def _without(found: dict[str, float], *names: str) -> dict[str, float]:
    return {name: value for name, value in found.items() if name not in names}


def _sync(measure: Callable[[], float]) -> Callable[[], Awaitable[float]]:
    async def measured() -> float:
        return measure()

    return measured


async def _alone(talks: Conversations, sizes: Sizes, turns: int) -> float:
    """Write raw turns one by one through our own door: a thread's hop and an fsync each."""
    assert isinstance(talks.database, SqliteDatabase)
    driver: Any = talks.database.engine.raw_connection().driver_connection
    begun = perf_counter()
    for number in range(turns):
        one = [sizes.talks[number % len(sizes.talks)]]
        await talks.database.run(partial(_raw_turn, driver, sizes, one))
    return turns / (perf_counter() - begun)


def _raw_turn(driver: Any, sizes: Sizes, one: Sequence[tuple[int, int]], _: sa.Connection) -> None:
    raw.take_list(driver, sizes, one)


async def _usual(engine: Any, url: str) -> float:
    people = newcomers(AT_ONCE)
    async with shell(url) as talks:
        await arrive(talks, people)
        texts = [text(one, question, talks.clock) for question in QUESTIONS[:4] for one in people]
    return await usual_style.turns(engine, KEYS, shipped(), texts, AT_ONCE)


class Plain:
    """The plain bot, with nobody at the other end."""

    def __init__(self, place: Path) -> None:
        """Prepare; the file lies where ours does."""
        self._plain = plain_bot.PlainBot(str(place / "plain.db"))
        self._app = plain_bot.application(self._plain, "12345:sample-token", request=_Nobody())
        self._ids = count(1)

    async def __aenter__(self) -> "Plain":
        await self._app.initialize()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._app.shutdown()
        self._plain.rows.close()

    async def turns(self, people: int) -> float:
        """Give the bot every answer of so many people; give the updates a second."""
        first = next(self._ids) * 1_000_000
        chats = range(first, first + people)
        updates = [self._update(chat, number) for number in range(8) for chat in chats]
        began = perf_counter()
        for one in updates:
            await self._app.process_update(one)
        return len(updates) / (perf_counter() - began)

    def _update(self, chat: int, number: int) -> Update:
        who = {"id": chat, "is_bot": False, "first_name": "Sample"}
        message = {
            "message_id": next(self._ids),
            "date": 1803400000,
            "chat": {"id": chat, "type": "private"},
            "from": who,
            "text": f"answer {number}",
        }
        return Update.de_json({"update_id": next(self._ids), "message": message}, self._app.bot)


class _Nobody(BaseRequest):
    """Answer every call at once, as if it had been sent."""

    @property
    def read_timeout(self) -> float | None:
        return 1.0

    async def initialize(self) -> None:
        """Connect to nobody."""

    async def shutdown(self) -> None:
        """Let go of nobody."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        if url.endswith("/getMe"):
            return 200, json.dumps({"ok": True, "result": _ME}).encode()
        chat = {"id": 1, "type": "private"}
        sent = {"message_id": 1, "date": 1803400000, "chat": chat, "text": "sent"}
        return 200, json.dumps({"ok": True, "result": sent}).encode()


_ME = {"id": 12345, "is_bot": True, "first_name": "Plain", "username": "plain_bot"}


def parts(kinds: Sequence[Kind], *, many: int, rounds: int) -> Iterator[list[Figure]]:
    """Measure on each database in turn."""
    for kind in kinds:
        yield asyncio.run(run(kind, many, rounds))
