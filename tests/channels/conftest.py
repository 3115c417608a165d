"""Every channel at the end of its own wire: what the contract suite and the channels' own tests stand on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette

from bot.channels.base import Channel, Inbound, StatusUpdate
from bot.channels.simulator import Simulator
from bot.channels.sms import Sms
from bot.channels.telegram import Telegram
from tests.wire import telegram as bot_api
from tests.wire import twilio as rest
from tests.wire.server import Fault
from tests.wire.telegram import FakeTelegram, fake_telegram
from tests.wire.twilio import FakeTwilio, fake_twilio

PUBLIC = "https://onward.example.org"


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Kept:
    """A sink that keeps what it is given, and can be told to fail."""

    inbound: list[Inbound] = field(default_factory=list)
    updates: list[StatusUpdate] = field(default_factory=list)
    failures: int = 0
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def received(self, inbound: Sequence[Inbound]) -> None:
        await self._fail_if_told()
        async with self.news:
            self.inbound.extend(inbound)
            self.news.notify_all()

    async def status(self, updates: Sequence[StatusUpdate]) -> None:
        await self._fail_if_told()
        self.updates.extend(updates)

    async def count(self, wanted: int) -> list[Inbound]:
        """Wait until that many messages were kept."""
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(lambda: len(self.inbound) >= wanted)
        return self.inbound

    async def _fail_if_told(self) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the database is away")


@dataclass
class Rig:
    """One channel, its wire, and a person at the other end of it."""

    channel: Channel
    sink: Kept
    web: httpx.AsyncClient
    address: str
    says: Callable[[str, str], Awaitable[int]]  # text, id -> status the provider saw; 0 where it asks us
    sent: Callable[[], list[str]]  # bodies that reached the provider
    fail: Callable[[Fault], None] | None = None
    twilio: FakeTwilio | None = None
    telegram: FakeTelegram | None = None


@dataclass
class Fakes:
    """The providers, served once for all tests and emptied for each."""

    twilio: FakeTwilio
    telegram: FakeTelegram


@asynccontextmanager
async def sms(fakes: Fakes) -> AsyncIterator[Rig]:
    twilio = fakes.twilio
    channel = Sms(
        rest.ACCOUNT, [rest.TOKEN, "older-token"], rest.OUR_NUMBER, public_url=PUBLIC, now=now,
        api_base=twilio.url, voice=lambda: [("en-US", "Please text us."), ("es-US", "Mande un mensaje.")],
    )  # fmt: skip
    async with mounted(channel) as (sink, web):

        async def says(text: str, key: str) -> int:
            form = rest.sms_form("+15555550101", text, sid=f"SM{int(key):032x}")
            body, headers = rest.signed(f"{PUBLIC}/twilio/sms", form)
            return (await web.post("/twilio/sms", content=body, headers=headers)).status_code

        yield Rig(
            channel, sink, web, "+15555550101", says, lambda: [text.body for text in twilio.sent],
            twilio.faults.append, twilio=twilio,
        )  # fmt: skip


@asynccontextmanager
async def telegram_webhook(fakes: Fakes) -> AsyncIterator[Rig]:
    telegram = fakes.telegram
    channel = Telegram(
        bot_api.TOKEN, mode="webhook", now=now, webhook_secret=bot_api.SECRET, public_url=PUBLIC,
        api_base=telegram.url,
    )  # fmt: skip
    async with mounted(channel) as (sink, web):

        async def says(text: str, key: str) -> int:
            update = bot_api.text_update(9001, text, update_id=int(key))
            headers = {"X-Telegram-Bot-Api-Secret-Token": bot_api.SECRET}
            return (await web.post("/telegram/webhook", json=update, headers=headers)).status_code

        yield Rig(
            channel, sink, web, "9001", says, lambda: [str(one["text"]) for one in telegram.sent],
            telegram.faults.append, telegram=telegram,
        )  # fmt: skip


@asynccontextmanager
async def telegram_polling(fakes: Fakes) -> AsyncIterator[Rig]:
    # A server of its own: a long poll that was cut off may still be held open there.
    with fake_telegram() as telegram:
        channel = Telegram(bot_api.TOKEN, mode="polling", now=now, api_base=telegram.url)
        async with mounted(channel) as (sink, web), AsyncExitStack() as stack:

            async def says(text: str, key: str) -> int:
                """Have the update wait at Telegram, and start fetching with the first one."""
                telegram.updates.append(bot_api.text_update(9001, text, update_id=int(key)))
                if len(telegram.updates) == 1 and not telegram.of("deleteWebhook"):
                    await stack.enter_async_context(running(channel, sink))
                wanted = {update["update_id"] for update in telegram.updates}
                async with asyncio.timeout(10):
                    while wanted & {update.get("update_id") for update in telegram.updates}:  # noqa: ASYNC110
                        await asyncio.sleep(0.02)
                return 0

            yield Rig(
                channel, sink, web, "9001", says, lambda: [str(one["text"]) for one in telegram.sent],
                telegram.faults.append, telegram=telegram,
            )  # fmt: skip


@asynccontextmanager
async def simulator(fakes: Fakes) -> AsyncIterator[Rig]:
    channel = Simulator(now=now)
    phone = "sms:+15555550101"
    async with mounted(channel) as (sink, web):

        async def says(text: str, key: str) -> int:
            said = {"text": text, "id": f"page-{key}"}
            return (await web.post(f"/phone/api/{phone}/send", json=said)).status_code

        def sent() -> list[str]:
            return [message.body for _, _, message in channel._newer(phone, 0)]

        yield Rig(channel, sink, web, phone, says, sent)


@asynccontextmanager
async def mounted(channel: Channel) -> AsyncIterator[tuple[Kept, httpx.AsyncClient]]:
    """Serve a channel's routes to a client in this loop."""
    sink = Kept()
    transport = httpx.ASGITransport(Starlette(routes=channel.routes(sink)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as web:
        yield sink, web
    await channel.close()


@asynccontextmanager
async def running(channel: Channel, sink: Kept) -> AsyncIterator[None]:
    """Let a channel run beside the block."""
    task = asyncio.create_task(channel.run(sink))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


RIGS = {
    "sms": sms,
    "telegram webhook": telegram_webhook,
    "telegram polling": telegram_polling,
    "simulator": simulator,
}
ON_A_WIRE = ("sms", "telegram webhook")


@pytest.fixture(scope="session")
def servers() -> Iterator[Fakes]:
    with fake_twilio() as twilio, fake_telegram() as telegram:
        yield Fakes(twilio, telegram)


@pytest.fixture
def fakes(servers: Fakes) -> Iterator[Fakes]:
    servers.twilio.forget()
    servers.telegram.forget()
    yield servers
    assert servers.twilio.breaches + servers.telegram.breaches == []


@pytest.fixture(params=RIGS)
async def any_channel(request: pytest.FixtureRequest, fakes: Fakes) -> AsyncIterator[Rig]:
    """Each channel in turn."""
    async with RIGS[request.param](fakes) as rig:
        yield rig


@pytest.fixture(params=ON_A_WIRE)
async def wired(request: pytest.FixtureRequest, fakes: Fakes) -> AsyncIterator[Rig]:
    """Each channel with a provider that can fail."""
    async with RIGS[request.param](fakes) as rig:
        yield rig


@pytest.fixture
async def sms_rig(fakes: Fakes) -> AsyncIterator[Rig]:
    async with sms(fakes) as rig:
        yield rig


@pytest.fixture
async def telegram_rig(fakes: Fakes) -> AsyncIterator[Rig]:
    async with telegram_webhook(fakes) as rig:
        yield rig


@pytest.fixture
async def polling_rig(fakes: Fakes) -> AsyncIterator[Rig]:
    async with telegram_polling(fakes) as rig:
        yield rig


@pytest.fixture
async def phone_rig(fakes: Fakes) -> AsyncIterator[Rig]:
    async with simulator(fakes) as rig:
        yield rig
