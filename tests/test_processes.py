"""Several processes on one PostgreSQL, and one whose database goes away: apps as they are served, without
sockets of their own, on real databases and a pretend Twilio or Telegram."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.app import App, build
from bot.settings import BadSettings, Settings
from storage.database import SqliteDatabase
from storage.migrations import upgrade
from storage.tables import Message, Person, Turn, table
from tests import postgres
from tests.rides.conftest import until
from tests.test_app import running
from tests.wire import telegram, twilio

MESSAGE, PERSON, TURN = table(Message), table(Person), table(Turn)
PUBLIC = "http://127.0.0.1"
RAY = "+15555550142"

only_postgres = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@dataclass(frozen=True)
class Served:
    """One process's app, and a way to call it."""

    app: App
    client: httpx.AsyncClient

    async def text(self, words: str, sender: str = RAY, **more: str) -> int:
        """Post one text as Twilio does; return what it was answered."""
        path = f"{PUBLIC}/twilio/sms"
        body, headers = twilio.signed(path, twilio.sms_form(sender, words, **more))
        return (await self.client.post("/twilio/sms", content=body, headers=headers)).status_code

    async def well(self) -> bool:
        return (await self.client.get("/health")).status_code == 200

    async def rows(self, statement: sa.Select[Any]) -> list[Any]:
        return await self.app.database.read(lambda connection: list(connection.execute(statement)))


@asynccontextmanager
async def process(url: str, part: Any = "all", **more: Any) -> AsyncIterator[Served]:
    """Run one process's app, all of it, until the block ends."""
    settings = Settings(
        env="test", database_url=url, ride_api_base="http://127.0.0.1:1", public_url=PUBLIC, **more
    )
    app = build(settings, part=part)
    async with running(app) as client:
        if part != "web" and url.startswith("postgres"):
            await eventually(lambda: _hears(client))
        yield Served(app, client)


async def _hears(client: httpx.AsyncClient) -> bool:
    return bool((await client.get("/health")).json()["hears"])


async def eventually(true: Callable[[], Any], seconds: float = 15.0) -> None:
    async def is_so() -> bool:
        said = true()
        return bool(await said if asyncio.iscoroutine(said) else said)

    await until(is_so, seconds)


def by_sms(fake: twilio.FakeTwilio) -> dict[str, Any]:
    return {
        "twilio_account_sid": twilio.ACCOUNT,
        "twilio_auth_tokens": (twilio.TOKEN,),
        "twilio_from": twilio.OUR_NUMBER,
        "twilio_api_base": fake.url,
        "sms_per_second": 1000,
    }


# --- web and workers apart ---------------------------------------------------------------------------


@only_sqlite
@pytest.mark.parametrize("part", ["web", "worker"])
def test_on_sqlite_one_process_does_all(database_url: str, part: Any) -> None:
    with pytest.raises(BadSettings, match="must be PostgreSQL"):
        build(Settings(env="test", database_url=database_url), part=part)


@only_postgres
async def test_a_text_to_the_web_is_answered_by_a_worker_at_once(database_url: str) -> None:
    with twilio.fake_twilio() as fake:
        async with (
            process(database_url, "web", **by_sms(fake)) as web,
            process(database_url, "worker", **by_sms(fake)) as worker,
        ):
            assert await web.text("RIDE7") == 200
            await eventually(lambda: fake.sent)
            await asyncio.sleep(0.5)  # they have looked, found nothing more, and rest
            began = monotonic()
            assert await web.text("RIDE7", "+15555550143") == 200
            await eventually(lambda: len(fake.sent) == 2)
            assert monotonic() - began < 6  # unasked they would look after fifteen seconds
            body = (await web.client.get("/health")).json()
            assert (body["well"], body["part"], body["workers"]) == (True, "web", {})
            assert (await worker.client.get("/staff/sign-in")).status_code == 404
            assert await worker.text("not here") == 404


@only_postgres
async def test_two_webs_and_two_workers_keep_a_persons_order(database_url: str) -> None:
    with twilio.fake_twilio() as fake:
        async with AsyncExitStack() as stack:
            webs = [
                await stack.enter_async_context(process(database_url, "web", **by_sms(fake)))
                for _ in range(2)
            ]
            for _ in range(2):
                await stack.enter_async_context(process(database_url, "worker", **by_sms(fake)))
            said = ["RIDE7", "yes", *(f"hello {n}" for n in range(10))]
            for place, words in enumerate(said):
                assert await webs[place % 2].text(words) == 200
            turns = await webs[0].rows(sa.select(TURN).order_by(TURN.c.seq))
            assert [turn.event["text"] for turn in turns if turn.event["event"] == "TextReceived"] == said
            assert [turn.seq for turn in turns] == list(range(1, len(turns) + 1))
            out = sa.select(MESSAGE).where(MESSAGE.c.direction == "out").order_by(MESSAGE.c.id)

            async def all_sent() -> bool:
                return all(row.provider_id for row in await webs[0].rows(out))

            await eventually(all_sent)
            left = [row.provider_id for row in await webs[0].rows(out)]
            assert [text.sid for text in fake.sent] == left  # in order, and none of them twice


@only_postgres
async def test_one_message_at_sixteen_doors_is_one_turn_of_one_person(database_url: str) -> None:
    with twilio.fake_twilio() as fake:
        async with (
            process(database_url, "web", **by_sms(fake)) as one,
            process(database_url, "web", **by_sms(fake)) as other,
        ):
            sid = "SM" + "7" * 32
            answers = await asyncio.gather(
                *(web.text("RIDE7", sid=sid) for _ in range(8) for web in (one, other)),
                *(web.text("RIDE7", sid="SM" + f"{n}" * 32) for n, web in ((8, one), (9, other))),
            )
            assert set(answers) == {200}
            assert len(await one.rows(sa.select(PERSON))) == 1
            came = await one.rows(sa.select(MESSAGE).where(MESSAGE.c.direction == "in"))
            turns = await one.rows(sa.select(TURN))
            assert (len(came), sorted(turn.seq for turn in turns)) == (3, [1, 2, 3])


@only_postgres
async def test_a_phone_nobody_knew_at_two_doors_at_once_is_one_person(
    database_url: str, engine: sa.Engine
) -> None:
    with twilio.fake_twilio() as fake:
        async with (
            process(database_url, "web", **by_sms(fake)) as one,
            process(database_url, "web", **by_sms(fake)) as other,
        ):
            with engine.begin() as connection:  # both look for the person, and neither can write one down
                connection.exec_driver_sql("LOCK TABLE person IN SHARE MODE")
                posts = [asyncio.create_task(web.text("RIDE7")) for web in (one, other)]
                waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
                await eventually(lambda: connection.scalar(waiting) == 2)
            assert await asyncio.gather(*posts) == [200, 200]
            assert len(await one.rows(sa.select(PERSON))) == 1
            assert sorted(turn.seq for turn in await one.rows(sa.select(TURN))) == [1, 2]


@only_postgres
async def test_telegram_is_polled_by_one_and_then_by_another(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.alone.STAND_BY", 0.05)
    with telegram.fake_telegram() as fake:
        polled = {
            "telegram_mode": "polling",
            "telegram_token": telegram.TOKEN,
            "telegram_api_base": fake.url,
        }
        async with AsyncExitStack() as first_ends:
            await first_ends.enter_async_context(process(database_url, "worker", **polled))
            await eventually(lambda: len(fake.of("deleteWebhook")) == 1)
            async with process(database_url, "worker", **polled):
                fake.updates.append(telegram.text_update(9001, "hello"))
                await eventually(lambda: len(fake.sent) == 1)
                assert len(fake.of("deleteWebhook")) == 1  # which is what each begins with
                await first_ends.aclose()
                fake.updates.append(telegram.text_update(9002, "hello"))
                await eventually(lambda: len(fake.sent) == 2)
                assert len(fake.of("deleteWebhook")) == 2


# --- a database that goes away -----------------------------------------------------------------------


async def test_postgres_may_stop_and_start_under_it() -> None:
    try:
        stack = AsyncExitStack()
        server = stack.enter_context(postgres.own_server())
    except postgres.Unavailable as reason:
        pytest.skip(str(reason))
    with twilio.fake_twilio() as fake:
        async with stack:
            await asyncio.to_thread(upgrade, server.url)
            async with process(server.url, **by_sms(fake)) as all_of_it:
                assert await all_of_it.text("RIDE7") == 200

                async def noted() -> bool:  # else it counts as perhaps sent, and holds the next one
                    return bool(await all_of_it.rows(sa.select(MESSAGE).where(MESSAGE.c.state == "sent")))

                await eventually(noted)
                await asyncio.to_thread(server.kill)
                assert await all_of_it.text("yes") == 503
                assert not await all_of_it.well()
                await asyncio.to_thread(server.start)
                await eventually(all_of_it.well)
                assert await all_of_it.text("yes") == 200
                await eventually(lambda: len(fake.sent) == 2)
                await eventually(lambda: _hears(all_of_it.client))


@only_sqlite
async def test_a_full_disk_is_503_and_forgotten_once_there_is_room(database_url: str) -> None:
    with twilio.fake_twilio() as fake:
        async with process(database_url, **by_sms(fake)) as all_of_it:
            door = all_of_it.app.database
            assert isinstance(door, SqliteDatabase)

            def room(connection: sa.Connection, pages: int) -> None:
                connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

            full = await door.run(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar_one())
            await door.run(lambda c: room(c, full))
            answers = [await all_of_it.text("RIDE7 " + "x" * 1500, f"+1555555{n:04}") for n in range(40)]
            assert answers[-1] == 503
            kept = await all_of_it.rows(sa.select(MESSAGE).where(MESSAGE.c.direction == "in"))
            assert len(kept) == answers.count(200)
            await door.run(lambda c: room(c, 1_000_000))
            assert await all_of_it.text("RIDE7") == 200
