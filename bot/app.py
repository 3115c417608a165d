"""Put a running Onward together, by hand, from its settings: the only place that knows the real vendors.

The rule: what is wrong is said before anything is served, all of it at once: settings, faults in the flows, a
database that does not answer. Vendors' libraries are imported where they are needed, so that the simulator
starts without them. What is put together runs in bot/running.py, and is served by bot/serving.py.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeAlias

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.channels.base import Channel
from bot.clock import Clock, MovableClock, SystemClock
from bot.conversation import Conversations
from bot.funding import fares
from bot.reload import LOOK_EVERY, Reload, signature
from bot.rides.base import RideProvider
from bot.rides.caps import caps_of
from bot.rides.fleet import Fleet
from bot.rides.geocoding import Geocoder, NoGeocoder
from bot.running import Part, Process, running
from bot.settings import BadSettings, Settings
from bot.web import console, health, one_ride, phone, ride_webhook, start
from bot.worker.schedule import Workers
from bot.worker.workshop import Workshop
from flows.flowset import FlowSet
from flows.library import SHIPPED, load
from storage.alone import alone
from storage.bell import Bell
from storage.beside import address_of
from storage.crypto import KeyRing
from storage.database import Database, open_database, sqlite_file

LARGEST_BODY: Final = 1024 * 1024
"""Bytes of one request; the phone page's photos have a limit of their own."""

MoveRides: TypeAlias = Callable[[datetime], Awaitable[None]]
"""Bring the pretend ride company's clock to this moment."""


class BadFlows(Exception):
    """The flows have faults: each is a line of the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One process's parts, and the server they are reached through."""

    asgi: Starlette
    port: int
    settings: Settings
    flows: FlowSet
    database: Database
    conversations: Conversations
    workers: Workers
    reload: Reload
    channels: Mapping[str, Channel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What only a demo has: a caseworker signed in at a click, the ride company's clock and its page."""

    one_click: str | None = None
    move_rides: MoveRides | None = None
    ride_page: str | None = None


def build(
    settings: Settings, clock: Clock | None = None, demo: Demo | None = None, *, part: Part = "all"
) -> App:
    """Put everything together; nothing runs yet.

    Raises BadFlows, BadSettings for a part that needs PostgreSQL, and the database's own errors.
    """
    clock, demo, address = clock or _clock(settings), demo or Demo(), address_of(settings.database_url)
    if part != "all" and address is None:
        raise BadSettings(
            {"DATABASE_URL": "must be PostgreSQL: on SQLite one process does all, onward serve"}
        )
    folder = settings.flows_dir or SHIPPED
    state, flows = signature(folder), load_flows(settings)
    database = open_database(settings.database_url, key_ring(settings))
    channels = open_channels(settings, clock, lambda: conversations.flows, part)
    bell = Bell(address) if address is not None else None

    def wake(name: str) -> None:
        workers.wake(name)
        if bell is not None:
            bell.ring(name)

    conversations = Conversations(database, flows, settings, clock, wake, lanes=database.lists_at_once)
    workshop = Workshop(
        database=database,
        conversations=conversations,
        clock=clock,
        settings=settings,
        channels=channels,
        rides=open_rides(settings, database, clock),
        geocoder=open_geocoder(settings),
    )
    workers = Workers(workshop, hears=lambda: bell is not None and bell.hears, hold=partial(alone, address))
    may_change = settings.flows_dir is not None or settings.env != "production"
    reload = Reload(conversations, folder, state, LOOK_EVERY if may_change else None)
    process = Process(
        part=part,
        workshop=workshop,
        workers=workers,
        reload=reload,
        bell=bell,
        address=address,
        fetched=frozenset({"telegram"} if settings.telegram_mode == "polling" else ()),
    )
    asgi = Starlette(
        routes=_routes(process, wake, demo),
        max_body_size=LARGEST_BODY,
        exception_handlers={ClientDisconnect: _gone},
        lifespan=lambda _: running(process),
    )
    return App(
        asgi=asgi,
        port=settings.worker_port if part == "worker" else settings.port,
        settings=settings,
        flows=flows,
        database=database,
        conversations=conversations,
        workers=workers,
        reload=reload,
        channels=channels,
    )


async def _gone(_request: Request, _error: Exception) -> Response:
    """Answer who hung up before they had said it all: nothing was kept, and nobody reads this."""
    return Response(status_code=400)


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


def open_channels(
    settings: Settings, clock: Clock, flows: Callable[[], FlowSet], part: Part = "all"
) -> dict[str, Channel]:
    """Open every channel that is set up. Simulated phones live in the one process that does all."""
    channels: list[Channel] = []
    if settings.simulator and settings.env != "production" and part == "all":
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
                voice=lambda: _voice(settings, flows()),
                api_base=settings.twilio_api_base,
            )
        )
    return {channel.name: channel for channel in channels}


def open_rides(settings: Settings, database: Database, clock: Clock) -> Fleet:
    """Open the connections to the ride companies, in the settings' order of preference."""
    return Fleet(tuple(_open_company(settings, name, database, clock) for name in settings.ride_providers))


def _open_company(settings: Settings, name: str, database: Database, clock: Clock) -> RideProvider:
    from bot.rides.guest_rides import GuestRides
    from bot.rides.manual import ManualRides

    given = settings
    match name:
        case "guest_rides":
            base, id_, secret = given.ride_api_base, given.ride_client_id, given.ride_client_secret
            hooks = given.ride_webhook_secrets
        case "guest_rides_2":
            base, id_, secret = given.ride2_api_base, given.ride2_client_id, given.ride2_client_secret
            hooks = given.ride2_webhook_secrets
        case "manual":
            within = timedelta(minutes=given.manual_ride_send_minutes)
            return ManualRides(
                database, clock.now, caps=caps_of(given, name), fare=fares(given), send_within=within
            )
        case _:
            raise ValueError(f"no ride company is called {name}")
    return GuestRides(base, id_, secret, hooks, caps=caps_of(given, name), name=name)


def open_geocoder(settings: Settings) -> Geocoder:
    """Open what finds typed places."""
    match settings.geocoder:
        case "none":
            return NoGeocoder()
        case "census":
            from bot.rides.census import CensusGeocoder

            return CensusGeocoder(settings.census_api_base, settings.census_benchmark)
        case "sample":
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


def _routes(process: Process, wake: Callable[[str], None], demo: Demo) -> list[BaseRoute]:
    """List what this process serves: a worker only says how it is."""
    routes: list[BaseRoute] = [*health.routes(process.workshop.database, partial(_standing, process))]
    if process.part != "worker":
        routes += _pages(process.workshop, wake, demo)
    return routes


def _standing(process: Process) -> health.Standing:
    now, settings = process.workshop.clock.now(), process.workshop.settings
    return health.Standing(
        part=process.part,
        workers=health.since(process.workers.ticked, now),
        flows=process.workshop.conversations.flows.hash,
        refused=len(process.reload.faults),
        hears=process.bell.hears if process.bell is not None and process.part != "web" else None,
        file=sqlite_file(settings.database_url),
    )


def _pages(workshop: Workshop, wake: Callable[[str], None], demo: Demo) -> list[BaseRoute]:
    settings, clock, database = workshop.settings, workshop.clock, workshop.database
    conversations = workshop.conversations
    routes: list[BaseRoute] = []
    for channel in workshop.channels.values():
        routes += channel.routes(conversations)
    routes += ride_webhook.routes(database, workshop.rides, clock, lambda: wake("rides"))
    routes += console.routes(
        console.StaffDeps(
            database=database,
            conversations=conversations,
            clock=clock,
            programme=settings.programme_name,
            zone=settings.programme_zone,
            secure=settings.public_url.startswith("https://"),
            one_click=demo.one_click if settings.env != "production" else None,
            by_hand="manual" in settings.ride_providers,
            wake=wake,
        )
    )
    routes += one_ride.routes(one_ride.OneRideDeps(database, conversations, clock, settings, wake))
    has_phone = _phone_routes(workshop, wake, demo, routes)
    routes += start.routes(
        start.StartDeps(
            programme=settings.programme_name,
            phone=has_phone,
            one_click=demo.one_click is not None,
            ride_stub=demo.ride_page,
        )
    )
    return routes


def _phone_routes(
    workshop: Workshop, wake: Callable[[str], None], demo: Demo, routes: list[BaseRoute]
) -> bool:
    from bot.channels.simulator import NAME, Simulator

    simulator = workshop.channels.get(NAME)
    if not isinstance(simulator, Simulator):
        return False
    deps = phone.PhoneDeps(
        database=workshop.database,
        simulator=simulator,
        sink=workshop.conversations,
        clock=workshop.clock,
        move=_mover(workshop.clock, wake, demo.move_rides),
        programme=workshop.settings.programme_name,
        zone=workshop.settings.programme_zone,
    )
    routes += phone.routes(deps)
    return True


def _mover(
    clock: Clock, wake: Callable[[str], None], move_rides: MoveRides | None
) -> Callable[[timedelta], Awaitable[datetime]] | None:
    """Make what moves our clock and then the ride company's; None for a clock that only runs."""
    if not isinstance(clock, MovableClock):
        return None

    async def move(by: timedelta) -> datetime:
        at = clock.move(by)
        if move_rides is not None:
            await move_rides(at)
            wake("rides")
        return at

    return move
