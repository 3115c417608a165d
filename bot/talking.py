"""One written talk through the real conversations: a real database, a stopped clock, a simulated phone.

The rule: the same lines as flows/script.py runs, word for word, but nothing between the phone and the row is
pretended: texts are kept, turns are committed, the outbox is sent by the real worker. The world outside
(maps, cars, plans that ring) is made true as rows where the talk says so (bot/pretending.py), and time
passes only where it says `wait`. Nothing we say may be left unexpected.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any, Final, assert_never
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot import pretending
from bot.actions import Acting, Answer, Done, Failed, carry_out
from bot.app import key_ring, open_rides
from bot.channels.base import Inbound, PhotoRef, read_token
from bot.channels.simulator import NAME, Simulator
from bot.clock import MovableClock
from bot.conversation import Conversations, Happening, Origin
from bot.planning import PLAN
from bot.pretending import Cast
from bot.rides.geocoding import NoGeocoder
from bot.settings import Settings
from bot.worker import deliver
from bot.worker.workshop import Workshop
from flows.actions import Action
from flows.actions import yaml_name as action_name
from flows.effects import Button, Say
from flows.events import OUTSIDE, TimerRang
from flows.flowset import FlowSet
from flows.listening import HOLD
from flows.progress import innermost, progress_from_json
from flows.talk_file import Line, Outer, Pin, Quiet, Staff, Talk, Tap, Them, Us, Wait
from flows.talk_lines import Mismatch, expect_end, expect_quiet, expect_us, unexpected, until
from flows.turn import asking
from flows.walk_watch import watch
from storage import conversations as talks_rows
from storage.database import open_database
from storage.tables import AttentionItem, Conversation, Timer, Turn, table

PHONES: Final = {"sms": "sms:+15555550142", "telegram": "telegram:9001"}
MOST: Final = 400
"""Steps that one line of a talk may set off."""

CONVERSATION, TIMER, TURN = table(Conversation), table(Timer), table(Turn)
ITEM = table(AttentionItem)


@dataclass(slots=True)
class Stage:
    """A talk under way."""

    talk: Talk
    channel: str
    cast: Cast
    workshop: Workshop
    clock: MovableClock
    simulator: Simulator
    did: list[str]
    reached: set[str]
    brought: list[str] = field(default_factory=list)  # events of the talk that its own actions brought
    read: int = 0  # texts of the phone already taken in
    turns: int = 0  # turns already looked at
    said: list[Say] = field(default_factory=list)  # not yet expected
    silent: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)  # of the prompts that had options, newest last
    ids: Any = field(default_factory=lambda: count(1))

    @property
    def at(self) -> datetime:
        """The present, on the talk's wall clock."""
        return self.clock.now().astimezone(self.talk.now.tzinfo)


async def play(
    flows: FlowSet, talk: Talk, channel: str, database_url: str, reached: set[str] | None = None
) -> list[Mismatch]:
    """Talk it on a fresh database; an empty list means that it went as written.

    `reached` gathers the steps it comes to, as "flow.step".
    """
    reached = set() if reached is None else reached
    flows = watch(flows, reached)
    settings = Settings(env="test", programme_zone=ZoneInfo(str(talk.now.tzinfo)))
    clock, did = MovableClock(talk.now), list[str]()
    database = open_database(database_url, key_ring(settings))
    acts = partial(_act, talk, did, {})
    shell = Conversations(database, flows, settings, clock, lambda name: None, carry_out=acts)
    simulator, company = Simulator(now=clock.now), open_rides(settings, database, clock)
    workshop = Workshop(
        database=database,
        conversations=shell,
        clock=clock,
        settings=settings,
        channels={NAME: simulator},
        rides=company,
        geocoder=NoGeocoder(),
    )
    try:
        cast = await database.run(partial(pretending.set_up, talk, PHONES[channel], channel))
        return await _walk(Stage(talk, channel, cast, workshop, clock, simulator, did, reached))
    finally:
        await shell.close()
        await simulator.close()
        await company.close()
        await database.close()


async def _walk(stage: Stage) -> list[Mismatch]:
    wrong: list[Mismatch] = []
    for line in stage.talk.talk:
        match line:
            case Us():
                wrong += await _us(stage, line)
            case Quiet():
                wrong += expect_quiet(stage, line)
            case _:
                wrong += unexpected(stage, line.line)
                wrong += await _play(stage, line)
        if len(wrong) > 2:
            return wrong
    last = stage.talk.talk[-1].line if stage.talk.talk else stage.talk.line
    return wrong + unexpected(stage, last) + await _expect(stage, last)


# --- what actions do ------------------------------------------------------------------------------


def _act(
    talk: Talk, did: list[str], turns: dict[str, int], connection: sa.Connection, action: Action, who: Acting
) -> Answer:
    """Carry an action out, or pretend where the talk says how it ends."""
    name = action_name(type(action))
    did.append(name)
    pretended = talk.pretend.get(name)
    if pretended is None:
        return carry_out(connection, action, who)
    turn = turns.get(name, 0)
    turns[name] = turn + 1
    says = pretended[min(turn, len(pretended) - 1)]
    if isinstance(says, str):
        return Failed(says)
    real = carry_out(connection, action, who)
    result = {**(real.result if isinstance(real, Done) else {}), **(says or {})}
    return Done({name: value for name, value in result.items() if value is not None})


# --- lines that make something happen -------------------------------------------------------------


async def _play(stage: Stage, line: Line) -> list[Mismatch]:
    match line:
        case Them(text=text, photos=photos):
            pictures = tuple(PhotoRef(f"photo-{next(stage.ids)}", "image/jpeg") for _ in range(photos))
            await _in(stage, text, photos=pictures)
        case Outer(name=name) if name not in OUTSIDE:
            return [Mismatch(line.line, "an outside event", name)]
        case Outer(name=name) if _came_already(stage, name):
            pass
        case Outer(name=name, fields=fields):
            await _happens(stage, name, fields)
        case Staff(took_over=True):
            await stage.workshop.conversations.take_over(stage.cast.maria_id, stage.cast.person_id)
        case Staff():
            await stage.workshop.conversations.hand_back(stage.cast.person_id, stage.cast.maria_id)
        case Tap(n=n, back=back):
            await _tap(stage, n, back)
        case Pin(lat=lat, lon=lon):
            await _in(stage, "", pin=(lat, lon))
        case Wait():
            await _wait(stage, until(line, stage.at))
        case Us() | Quiet():
            pass
        case _:
            assert_never(line)
    await _take_in(stage)
    return []


def _came_already(stage: Stage, name: str) -> bool:
    """Say whether an action of the talk has brought this event itself: the shell does not wait."""
    action = {"interview.moved": "move_interview", "interview.cancelled": "cancel_interview"}.get(name)
    if action is None or stage.did.count(action) <= stage.brought.count(name):
        return False
    stage.brought.append(name)
    return True


async def _in(stage: Stage, text: str, **more: Any) -> None:
    number = next(stage.ids)
    phone = PHONES[stage.channel]
    said = Inbound(
        NAME, phone, f"talk-{number}", text, stage.clock.now(), language_hint=stage.talk.lang, **more
    )
    await stage.workshop.conversations.received([said])


async def _tap(stage: Stage, n: int, back: int) -> None:
    if stage.channel == "sms" or len(stage.tokens) <= back:
        await _in(stage, str(n))
        return
    prompt = stage.tokens[-1 - back].partition(":")[0]
    await _in(stage, "", tap=read_token(f"{prompt}:{n}"))


async def _happens(stage: Stage, name: str, fields: Any) -> None:
    """Make an outside event true and let the conversation hear of it."""
    plan = stage.workshop.conversations.flows.plans.get(PLAN, ())
    reminds = any(row.event == name and row.kind != "ride_day" for row in plan)
    event = partial(_outside, stage.cast, name, fields)
    origin = Origin(kind="reminder" if reminds else "ride", sender="schedule")
    await stage.workshop.conversations.happen(
        Happening(person_id=stage.cast.person_id, event=event, origin=origin)
    )


def _outside(cast: Cast, name: str, fields: Any, connection: sa.Connection, at: datetime) -> Any:
    return pretending.happen(cast, name, fields, connection, at)


async def _wait(stage: Stage, until: datetime) -> None:
    """Let time pass; the engine's timers ring when they are due, in order. Plans ring where the talk says."""
    for _ in range(MOST):
        due = await stage.workshop.database.read(partial(_next_timer, stage.cast.conversation_id))
        if due is None or due.due_at > until:
            break
        if due.due_at > stage.clock.now():
            stage.clock.move_to(due.due_at)
        await _ring(stage, due)
    if until > stage.clock.now():
        stage.clock.move_to(until)
    await deliver.step(stage.workshop)


async def _ring(stage: Stage, timer: Any) -> None:
    def settle(connection: sa.Connection) -> bool:
        done = {"state": "done", "due_at": None, "finished_at": stage.clock.now()}
        at = sa.and_(TIMER.c.id == timer.id, TIMER.c.state == "waiting", TIMER.c.due_at == timer.due_at)
        return connection.execute(sa.update(TIMER).where(at).values(**done)).rowcount == 1

    event = TimerRang(at=stage.at, token=timer.name)
    await stage.workshop.conversations.happen(
        Happening(person_id=stage.cast.person_id, event=event, settle=settle)
    )
    await _take_in(stage)


def _next_timer(conversation_id: int, connection: sa.Connection) -> Any:
    mine = sa.and_(
        TIMER.c.conversation_id == conversation_id, TIMER.c.state == "waiting", TIMER.c.kind == "engine"
    )
    return connection.execute(sa.select(TIMER).where(mine).order_by(TIMER.c.due_at, TIMER.c.id)).first()


# --- what came of it ------------------------------------------------------------------------------


async def _take_in(stage: Stage) -> None:
    """Send what waits, and read the phone and the turns."""
    for _ in range(MOST):
        if not await deliver.step(stage.workshop):
            break
    shown = stage.simulator.shown(PHONES[stage.channel])
    for message in shown[stage.read :]:
        taps = [(read_token(button.token), button.label) for button in message.buttons]
        options = tuple(Button(tap.n, label) for tap, label in taps if tap is not None)
        stage.said.append(Say(message.body, options=options))
        if message.buttons:
            stage.tokens.append(message.buttons[0].token)
    stage.read = len(shown)
    rows = await stage.workshop.database.read(partial(_turns, stage.cast.conversation_id))
    stage.silent += [row.silent for row in rows[stage.turns :] if row.silent]
    stage.reached |= {row.after for row in rows[stage.turns :] if row.after}
    stage.turns = len(rows)


def _turns(conversation_id: int, connection: sa.Connection) -> list[Any]:
    return talks_rows.turns_of(connection, conversation_id)


# --- lines that say what must have been said ------------------------------------------------------


async def _us(stage: Stage, line: Us) -> list[Mismatch]:
    if not stage.said:
        await _let_come(stage)
    return expect_us(stage, line)


async def _let_come(stage: Stage) -> None:
    """Let come by itself what the talk waits for: a held re-ask, or what the map found."""
    cast, database = stage.cast, stage.workshop.database
    held = await database.read(partial(_next_timer, cast.conversation_id))
    if held is not None and held.name == HOLD:
        await _wait(stage, held.due_at)
    elif await database.read(partial(pretending.asked_for, cast)) is not None:
        await _happens(stage, "place.found", {})
    await _take_in(stage)


async def _expect(stage: Stage, line: int) -> list[Mismatch]:
    """Compare what must be true at the end."""
    state = await stage.workshop.database.read(partial(_state, stage.cast.conversation_id))
    return expect_end(stage.talk.expect, {**state, "did": stage.did}, line)


def _state(conversation_id: int, connection: sa.Connection) -> dict[str, Any]:
    row = connection.execute(sa.select(CONVERSATION).where(CONVERSATION.c.id == conversation_id)).one()
    progress = progress_from_json(row.progress or {})
    frames = [innermost(root) for root in reversed(progress.stack)]
    open_ = next((f"{frame.flow}.{frame.open}" for frame in frames if asking(frame)), None)
    humans = connection.scalars(sa.select(ITEM.c.kind).where(ITEM.c.person_id == row.person_id))
    ended = [turn.ended.split(" ") for turn in _turns(conversation_id, connection) if turn.ended]
    outcomes = dict(one.partition("=")[::2] for turn in ended for one in turn)
    return {
        **outcomes,
        "facts": progress.facts,
        "open": open_,
        "humans": list(humans),
        "paused": progress.paused is not None,
    }
