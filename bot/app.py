"""Put a running Onward together, by hand, from its settings: the only place that knows the real vendors.

The rule: what is wrong is said before anything is served, all of it at once: settings, faults in the flows, a
database that does not answer. Vendors' libraries are imported where they are needed, so that the simulator
starts without them. Stopping goes backwards: nothing new is taken, what came is committed, what is being sent
is finished, and the doors are closed; within ten seconds.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.channels.base import Channel
from bot.clock import Clock, MovableClock, SystemClock
from bot.conversation import Conversations
from bot.rides.base import RideProvider
from bot.rides.geocoding import Geocoder, NoGeocoder
from bot.settings import Settings
from bot.web import console, health, phone, ride_webhook, start
from bot.worker import reconcile
from bot.worker.schedule import Workers
from bot.worker.workshop import Workshop
from flows.flowset import FlowSet
from flows.library import SHIPPED, load
from storage.crypto import KeyRing
from storage.database import Database, open_database

LARGEST_BODY: Final = 1024 * 1024
"""Bytes of one request; the phone page's photos have a limit of their own."""

PATIENCE: Final = timedelta(seconds=4)
"""How long sends under way may take when we stop; the rest comes back by its lease."""

MoveRides: TypeAlias = Callable[[datetime], Awaitable[None]]
"""Bring the pretend ride company's clock to this moment."""

log = logging.getLogger(__name__)


class BadFlows(Exception):
    """The flows have faults: each is a line of the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One process's parts, and the server they are reached through."""

    asgi: Starlette
    settings: Settings
    flows: FlowSet
    database: Database
    conversations: Conversations
    workers: Workers
    channels: Mapping[str, Channel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What only a demo has: a caseworker signed in at a click, the ride company's clock and its page."""

    one_click: str | None = None
    move_rides: MoveRides | None = None
    ride_page: str | None = None


def build(settings: Settings, clock: Clock | None = None, demo: Demo | None = None) -> App:
    """Put everything together; nothing runs yet. Raises BadFlows, and the database's own errors."""
    clock, demo = clock or _clock(settings), demo or Demo()
    flows = load_flows(settings)
    database = open_database(settings.database_url, key_ring(settings))
    channels = open_channels(settings, clock, flows)
    provider = open_rides(settings)
    conversations = Conversations(database, flows, settings, clock, lambda name: workers.wake(name))
    workshop = Workshop(
        database=database,
        conversations=conversations,
        clock=clock,
        settings=settings,
        channels=channels,
        rides=provider,
        geocoder=open_geocoder(settings),
    )
    workers = Workers(workshop)
    asgi = Starlette(
        routes=_routes(workshop, workers, demo),
        max_body_size=LARGEST_BODY,
        lifespan=lambda _: _running(workshop, workers),
    )
    return App(
        asgi=asgi,
        settings=settings,
        flows=flows,
        database=database,
        conversations=conversations,
        workers=workers,
        channels=channels,
    )


def _clock(settings: Settings) -> Clock:
    """Take the machine's clock; tests and demos have one that their page can move."""
    return SystemClock() if settings.env == "production" else MovableClock()


# --- the parts ------------------------------------------------------------------------------------


def load_flows(settings: Settings) -> FlowSet:
    """Load the installation's flows; raise BadFlows that lists every fault."""
    loaded = load(settings.flows_dir or SHIPPED)
    if loaded.flows is None:
        raise BadFlows("\n".join(["The flows have faults:", *(f"  {each}" for each in loaded.problems)]))
    return loaded.flows


def key_ring(settings: Settings) -> KeyRing:
    """Make the key ring; the first key of the settings seals."""
    return KeyRing(settings.encryption_keys[0][0], dict(settings.encryption_keys), settings.index_key)


def open_channels(settings: Settings, clock: Clock, flows: FlowSet) -> dict[str, Channel]:
    """Open every channel that is set up."""
    channels: list[Channel] = []
    if settings.simulator and settings.env != "production":
        from bot.channels.simulator import Simulator

        channels.append(Simulator(now=clock.now))
    if settings.telegram_mode != "off":
        from bot.channels.telegram import Telegram

        channels.append(
            Telegram(
                settings.telegram_token,
                mode=settings.telegram_mode,
                now=clock.now,
                webhook_secret=settings.telegram_webhook_secret,
                public_url=settings.public_url,
                api_base=settings.telegram_api_base,
            )
        )
    if settings.has_sms:
        from bot.channels.sms import Sms

        channels.append(
            Sms(
                settings.twilio_account_sid,
                settings.twilio_auth_tokens,
                settings.twilio_from,
                public_url=settings.public_url,
                now=clock.now,
                voice=_voice(settings, flows),
                api_base=settings.twilio_api_base,
            )
        )
    return {channel.name: channel for channel in channels}


def open_rides(settings: Settings) -> RideProvider:
    """Open the connection to the ride company."""
    from bot.rides.guest_rides import GuestRides

    return GuestRides(
        settings.ride_api_base,
        settings.ride_client_id,
        settings.ride_client_secret,
        (settings.ride_webhook_secret,),
    )


def open_geocoder(settings: Settings) -> Geocoder:
    """Open what finds typed places."""
    if settings.geocoder == "none":
        return NoGeocoder()
    from bot.rides.sample_map import LocalGeocoder

    return LocalGeocoder()


def _voice(settings: Settings, flows: FlowSet) -> tuple[tuple[str, str], ...]:
    """Say in both languages what a person who calls our number hears."""
    from bot.channels.forms import spelled

    blanks = {"number": spelled(settings.staff_phone)}
    spoken = flows.sentences["voice.text_us"]
    return tuple(
        (f"{lang}-US", spoken.fill(blanks, lang=lang, channel="sms", discreet=False)) for lang in ("en", "es")
    )


# --- what is served -------------------------------------------------------------------------------


def _routes(workshop: Workshop, workers: Workers, demo: Demo) -> list[BaseRoute]:
    settings, clock, database = workshop.settings, workshop.clock, workshop.database
    conversations = workshop.conversations
    routes: list[BaseRoute] = []
    for channel in workshop.channels.values():
        routes += channel.routes(conversations)
    routes += ride_webhook.routes(database, workshop.rides, clock, lambda: workers.wake("rides"))
    routes += health.routes(
        database, lambda: health.since(workers.ticked, clock.now()), conversations.flows.hash
    )
    routes += console.routes(
        console.StaffDeps(
            database=database,
            conversations=conversations,
            clock=clock,
            programme=settings.programme_name,
            zone=settings.programme_zone,
            secure=settings.public_url.startswith("https://"),
            one_click=demo.one_click if settings.env != "production" else None,
        )
    )
    has_phone = _phone_routes(workshop, workers, demo, routes)
    routes += start.routes(
        start.StartDeps(
            programme=settings.programme_name,
            phone=has_phone,
            one_click=demo.one_click is not None,
            ride_stub=demo.ride_page,
        )
    )
    return routes


def _phone_routes(workshop: Workshop, workers: Workers, demo: Demo, routes: list[BaseRoute]) -> bool:
    from bot.channels.simulator import NAME, Simulator

    simulator = workshop.channels.get(NAME)
    if not isinstance(simulator, Simulator):
        return False
    deps = phone.PhoneDeps(
        database=workshop.database,
        simulator=simulator,
        sink=workshop.conversations,
        clock=workshop.clock,
        move=_mover(workshop.clock, workers, demo.move_rides),
        programme=workshop.settings.programme_name,
        zone=workshop.settings.programme_zone,
    )
    routes += phone.routes(deps)
    return True


def _mover(
    clock: Clock, workers: Workers, move_rides: MoveRides | None
) -> Callable[[timedelta], Awaitable[datetime]] | None:
    """Make what moves our clock and then the ride company's; None for a clock that only runs."""
    if not isinstance(clock, MovableClock):
        return None

    async def move(by: timedelta) -> datetime:
        at = clock.move(by)
        if move_rides is not None:
            await move_rides(at)
            workers.wake("rides")
        return at

    return move


# --- running and stopping -------------------------------------------------------------------------


@asynccontextmanager
async def _running(workshop: Workshop, workers: Workers) -> AsyncIterator[None]:
    """Start the workers and what fetches; stop them in the order in which nothing is lost."""
    await workshop.conversations.keep_flows()
    await reconcile.begin(workshop)
    workers.start()
    fetching = [
        asyncio.create_task(channel.run(workshop.conversations), name=f"fetch-{name}")
        for name, channel in workshop.channels.items()
    ]
    for task in fetching:
        task.add_done_callback(_ended)
    log.info("running", extra={"channels": ",".join(sorted(workshop.channels)) or "none"})
    try:
        yield
    finally:
        await _stop(workshop, workers, fetching)


async def _stop(workshop: Workshop, workers: Workers, fetching: list[asyncio.Task[None]]) -> None:
    for task in fetching:
        task.cancel()
    for task in fetching:
        with suppress(asyncio.CancelledError, Exception):  # a failure was logged when it happened
            await task
    await workers.stop(PATIENCE)
    await workshop.conversations.close()
    for channel in workshop.channels.values():
        await channel.close()
    await workshop.rides.close()
    await workshop.database.close()
    log.info("stopped")


def _ended(task: asyncio.Task[None]) -> None:
    """Say that a channel stopped fetching by itself: nobody would notice otherwise."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("fetching ended", extra={"task": task.get_name()}, exc_info=error)


class PortTaken(Exception):
    """Something else listens there already."""


async def serve(app: App, started: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGINT or SIGTERM; `started` is called once requests are taken. Raises PortTaken."""
    host, port = app.settings.host, app.settings.port
    config = uvicorn.Config(
        app.asgi,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=round(PATIENCE.total_seconds()),
    )
    server = uvicorn.Server(config)
    with _listening(host, port) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        if server.started:
            started()
        await serving


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTaken(f"{host}:{port} cannot be listened on: {error.strerror}") from error
    return listener
