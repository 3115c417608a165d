"""A list of things that happened, decided and written in one transaction.

The rule: all of a list is kept or nothing is. Conversations are locked in id order, each event is decided
by the pure engine, what it wants done is done in the same transaction, and a Turn row says what came and
where the person stood before and after. An event whose decision raises is taken again as a *failed turn*:
its message is kept, a human is put on it and the person is told so. Only that event is lost to the bug,
never what others said.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot import hearing
from bot.acting import due_for
from bot.actions import WORK, Acting, CarryOut, Done, Failed, Worker, carry_out
from bot.channels.base import Inbound, drawn_as
from bot.hearing import Heard, Unreadable
from bot.rides.zips import zone_of
from bot.settings import Settings
from flows.actions import GiveConsent
from flows.codec import event_to_json
from flows.effects import CallHuman, Do, Effect, Keep, OptIn, OptOut, Say, SetLanguage, SetTimer, Silent
from flows.engine import advance
from flows.events import (
    ActionDone,
    ActionFailed,
    Event,
    OptedIn,
    OptedOut,
    StaffHandedBack,
    StaffTookOver,
)
from flows.flowset import FlowSet
from flows.progress import Progress, innermost, new_progress, progress_from_json, progress_to_json
from storage import messages, people, points
from storage.apply import Decided, apply, record
from storage.apply import Stamp as Origin
from storage.conversations import Loaded, Saved, TurnRow, conversation_of, load_conversations, save

__all__ = ["Happening", "Item", "Make", "Origin", "Settle", "Spoiled", "Taken", "Worker", "World", "take"]

Make: TypeAlias = Callable[[sa.Connection, datetime], Event | None]
"""Build the event from rows, in the turn's transaction; the moment is aware, in the person's zone. None:
there is nothing to decide."""

Settle: TypeAlias = Callable[[sa.Connection], bool]
"""Mark the worker's own row in the turn's transaction, before the event is built; False: another was faster,
drop it all."""

MOST_STEPS: Final = 60
"""Events within one turn, actions' answers included; a flow that needs more goes round in a circle."""

TROUBLE: Final = "person.trouble"
NOT_HANDLED: Final = "a text could not be handled"
WENT_WRONG: Final = "something went wrong on our side"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened to a person and is not their own text: a timer, ride news, a place found,
    staff.

    `event` is the event itself (its `at` is set to the turn's moment in the person's zone) or what builds it.
    `settle` and `event` may run more than once (a deadlock is run again), so they touch nothing but the
    database. `origin` is what the messages carry. `contact_point_id` names the address an OptedOut is about.
    """

    person_id: int
    event: Event | Make
    origin: Origin = field(default_factory=Origin)
    settle: Settle | None = None
    contact_point_id: int | None = None


Item: TypeAlias = Inbound | Happening


@dataclass(frozen=True, slots=True)
class World:
    """What every turn of a list shares."""

    flows: FlowSet
    settings: Settings
    now: datetime
    carry_out: CarryOut = carry_out


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a list: which items were decided, and which workers have something to do."""

    decided: list[bool]
    work: frozenset[Worker]


class Spoiled(Exception):
    """The item at `index` cannot be decided: it is taken again as a failed turn. `where` is for the log."""

    def __init__(self, index: int, error: Exception, where: Mapping[str, Any]) -> None:
        super().__init__(f"item {index}")
        self.index, self.error, self.where = index, error, dict(where)


@dataclass(slots=True)
class _Talk:
    """A conversation while its turns are taken; thrown away with the transaction when one fails."""

    loaded: Loaded
    progress: Progress
    seq: int
    turns: list[TurnRow] = field(default_factory=list)
    work: set[Worker] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Failed:
    """Something came that could not be decided."""

    at: datetime


@dataclass(slots=True)
class _Turn:
    """One event under way: what it led to."""

    effects: list[Effect] = field(default_factory=list)
    answers: list[ActionDone | ActionFailed] = field(default_factory=list)


def take(
    connection: sa.Connection, items: Sequence[Item], world: World, failed: AbstractSet[int] = frozenset()
) -> Taken:
    """Take a list in one transaction; items named in `failed` become failed turns. Raises Spoiled."""
    inbound = {place: item for place, item in enumerate(items) if isinstance(item, Inbound)}
    heard = hearing.keep(connection, inbound, world.settings, world.now)
    talks, whose = _load(connection, items, heard)
    decided = []
    for place, item in enumerate(items):
        talk = talks.get(whose.get(place, 0))
        if talk is None:  # a second copy of a message, or a person who is gone
            decided.append(False)
            continue
        try:
            decided.append(_turn(connection, talk, item, heard.get(place), world, failed=place in failed))
        except sa.exc.OperationalError:
            raise  # the database's trouble, not this event's
        except Exception as error:
            raise Spoiled(place, error, _where(talk, item)) from error
    _save(connection, list(talks.values()), world.now)
    work = {name for talk in talks.values() for name in talk.work}
    if any(one.inbound.photos for one in heard.values()):
        work.add("photos")
    return Taken(decided, frozenset(work))


def _load(
    connection: sa.Connection, items: Sequence[Item], heard: Mapping[int, Heard]
) -> tuple[dict[int, _Talk], dict[int, int]]:
    """Lock the conversations of a list; the second mapping says which is each item's."""
    whose: dict[int, int] = {}
    for place, item in enumerate(items):
        if isinstance(item, Happening):
            found = conversation_of(connection, item.person_id)
        else:
            found = heard[place].point.conversation_id if place in heard else None
        if found is not None:
            whose[place] = found
    rows = load_conversations(connection, list(whose.values())) if whose else []
    return {row.id: _talk(connection, row) for row in rows}, whose


def _talk(connection: sa.Connection, row: Loaded) -> _Talk:
    """Take up a conversation; a new one begins with what the person's record knows."""
    if row.progress is not None:
        return _Talk(row, progress_from_json(row.progress), row.seq)
    progress = new_progress(row.lang)
    person = people.person(connection, row.person_id)
    if person is not None:
        progress.facts.update(person.facts)
    return _Talk(row, progress, row.seq)


def _save(connection: sa.Connection, talks: Sequence[_Talk], now: datetime) -> None:
    changed = [talk for talk in talks if talk.turns]
    rows = [
        Saved(talk.loaded.id, progress_to_json(talk.progress), talk.seq, talk.loaded.contact_point_id, now)
        for talk in changed
    ]
    save(connection, rows, [turn for talk in changed for turn in talk.turns])


def _where(talk: _Talk, item: Item) -> dict[str, Any]:
    """Name a failed item for the log: ids and kinds, never words."""
    what = "text" if isinstance(item, Inbound) else type(item.event).__name__
    return {"conversation": talk.loaded.id, "turn": talk.seq + 1, "event": what}


# --- one turn -------------------------------------------------------------------------------------


def _turn(
    connection: sa.Connection,
    talk: _Talk,
    item: Item,
    heard: Heard | None,
    world: World,
    *,
    failed: bool,
) -> bool:
    """Decide one item and write what follows; False where there was nothing to decide."""
    if heard is not None:
        _moved_to(talk, heard)
    event = _failed(connection, item, world) if failed else _event(connection, talk, item, heard, world)
    if event is None:
        return False
    before, turn = _stands(talk.progress), _Turn()
    if isinstance(event, _Failed):
        turn.effects += _trouble(talk, world.flows, item)
    elif isinstance(event, Unreadable):
        turn.effects.append(_unreadable(talk, world.flows))
    else:
        _decide(connection, talk, turn, event, heard, world)
    talk.seq += 1
    _write(connection, talk, turn, item, heard, world)
    talk.turns.append(_row(talk, turn, event, before, world))
    return True


def _failed(connection: sa.Connection, item: Item, world: World) -> _Failed | None:
    """Take an event that nothing can decide: only what the worker holds is settled."""
    if isinstance(item, Happening) and item.settle is not None and not item.settle(connection):
        return None
    return _Failed(world.now)


def _moved_to(talk: _Talk, heard: Heard) -> None:
    """Answer on the address they wrote from."""
    point = heard.point
    if talk.loaded.contact_point_id != point.id:
        talk.loaded = replace(
            talk.loaded,
            contact_point_id=point.id,
            channel=point.channel,
            address=point.address,
            consent=point.consent,
        )


def _event(
    connection: sa.Connection, talk: _Talk, item: Item, heard: Heard | None, world: World
) -> Event | Unreadable | None:
    zone = talk.loaded.zone
    if isinstance(item, Inbound):
        assert heard is not None, "a text without its row has no conversation"
        consent = talk.loaded.consent or "none"
        return hearing.read(connection, heard, consent, world.settings, zone, world.now)
    if item.settle is not None and not item.settle(connection):
        return None
    at = world.now.astimezone(ZoneInfo(zone))
    event = item.event(connection, at) if callable(item.event) else replace(item.event, at=at)
    if isinstance(event, StaffTookOver | StaffHandedBack):
        _look_again(connection, talk)
    if isinstance(event, OptedOut) and item.contact_point_id not in (None, talk.loaded.contact_point_id):
        assert item.contact_point_id is not None
        _withdraw(connection, item.contact_point_id, world.now)  # they still read us elsewhere
        return None
    return event


def _look_again(connection: sa.Connection, talk: _Talk) -> None:
    """Read who has the conversation now: the epoch of what is said next."""
    row = load_conversations(connection, [talk.loaded.id])[0]
    talk.loaded = replace(
        talk.loaded,
        epoch=row.epoch,
        taken_over_by=row.taken_over_by,
        taken_over_until=row.taken_over_until,
    )


def _decide(
    connection: sa.Connection,
    talk: _Talk,
    turn: _Turn,
    event: Event,
    heard: Heard | None,
    world: World,
) -> None:
    """Advance until quiet: every `Do` is carried out and answered, then comes what the actions bring."""
    _provider_says(connection, talk, event, world.now)
    coming, brought = deque([event]), deque[Event]()
    for _ in range(MOST_STEPS):
        if not coming and not brought:
            return
        step = coming.popleft() if coming else brought.popleft()
        talk.progress, effects = advance(world.flows, talk.progress, step)
        for effect in effects:
            _note(connection, talk, effect)
            if not isinstance(effect, Do):
                turn.effects.append(effect)
                continue
            who = _acting(talk, heard, world)
            answer = world.carry_out(connection, effect.action, who)
            if (worker := WORK.get(type(effect.action))) is not None:
                talk.work.add(worker)
            if isinstance(effect.action, GiveConsent):
                talk.loaded = replace(talk.loaded, consent="given")
            told = _answered(effect.call, answer, event.at)
            turn.answers.append(told)
            coming.append(told)
            brought.extend(answer.brings if isinstance(answer, Done) else ())
    raise RuntimeError("a flow goes round in a circle")


def _answered(call: int, answer: Done | Failed, at: datetime) -> ActionDone | ActionFailed:
    match answer:
        case Done(result=result):
            return ActionDone(at=at, call=call, result=result)
        case Failed(reason=reason):
            return ActionFailed(at=at, call=call, reason=reason)


def _provider_says(connection: sa.Connection, talk: _Talk, event: Event, now: datetime) -> None:
    """Write down what the provider itself decided: nobody asks the engine whether a block counts."""
    point = talk.loaded.contact_point_id
    if point is None:
        return
    if isinstance(event, OptedOut):
        _withdraw(connection, point, now)
        talk.loaded = replace(talk.loaded, consent="withdrawn")
    elif isinstance(event, OptedIn) and talk.loaded.consent == "withdrawn":
        points.set_consent(connection, point, "given", wording="unblocked", method="provider", now=now)
        talk.loaded = replace(talk.loaded, consent="given")


def _withdraw(connection: sa.Connection, point_id: int, now: datetime) -> None:
    points.set_consent(connection, point_id, "withdrawn", wording="blocked", method="provider", now=now)
    messages.drop_for_stop(connection, point_id, now)


def _note(connection: sa.Connection, talk: _Talk, effect: Effect) -> None:
    """Keep what later turns of this list must know; the rows are written by storage.apply."""
    match effect:
        case OptOut():
            talk.loaded = replace(talk.loaded, consent="withdrawn")
        case OptIn():
            talk.loaded = replace(talk.loaded, consent="given")
        case SetLanguage(lang):
            talk.loaded = replace(talk.loaded, lang=lang)
        case Keep(facts):
            _keep_zone(connection, talk, facts.get("zip"))
        case Say():
            talk.work.add("deliver")
        case SetTimer():
            talk.work.add("timers")
        case _:
            pass


def _keep_zone(connection: sa.Connection, talk: _Talk, code: object) -> None:
    """Take a person's wall clock from their ZIP."""
    zone = zone_of(code) if isinstance(code, str) else None
    if zone is not None and zone != talk.loaded.zone:
        people.change_person(connection, talk.loaded.person_id, zone=zone)
        talk.loaded = replace(talk.loaded, zone=zone)


def _acting(talk: _Talk, heard: Heard | None, world: World) -> Acting:
    return Acting(
        person_id=talk.loaded.person_id,
        conversation_id=talk.loaded.id,
        contact_point_id=talk.loaded.contact_point_id,
        message_id=heard.message_id if heard is not None else None,
        last_words=talk.progress.last_words,
        zone=talk.loaded.zone,
        now=world.now,
        flows=world.flows,
        settings=world.settings,
    )


# --- what is written ------------------------------------------------------------------------------


def _write(
    connection: sa.Connection,
    talk: _Talk,
    turn: _Turn,
    item: Item,
    heard: Heard | None,
    world: World,
) -> None:
    due = partial(due_for, connection, world.settings, talk.loaded.person_id, now=world.now)
    if any(isinstance(effect, Say) for effect in turn.effects):
        talk.work.add("deliver")
    decided = Decided(
        conversation=talk.loaded,
        effects=turn.effects,
        drawn=drawn_as(talk.loaded.channel or "", talk.loaded.address or ""),
        now=world.now,
        due=due,
        stamp=item.origin if isinstance(item, Happening) else Origin(),
        message_id=heard.message_id if heard is not None else None,
    )
    apply(connection, [decided])


def _row(
    talk: _Talk, turn: _Turn, event: Event | Unreadable | _Failed, before: str | None, world: World
) -> TurnRow:
    if isinstance(event, Unreadable | _Failed):
        name = "Failed" if isinstance(event, _Failed) else "Unreadable"
        written: dict[str, Any] = {"event": name, "at": event.at.isoformat()}
    else:
        written = event_to_json(event)
    if turn.answers:
        written["then"] = [event_to_json(answer) for answer in turn.answers]
    return TurnRow(
        conversation_id=talk.loaded.id,
        seq=talk.seq,
        event=written,
        before=before,
        after=_stands(talk.progress),
        flows_hash=world.flows.hash,
        at=world.now,
        **record(turn.effects),
    )


def _stands(progress: Progress) -> str | None:
    """Say where a person stands: "interview.at", None with nothing open."""
    if not progress.stack:
        return None
    frame = innermost(progress.stack[-1])
    return f"{frame.flow}.{frame.open}" if frame.open else frame.flow


def _unreadable(talk: _Talk, flows: FlowSet) -> Effect:
    if talk.progress.paused is not None:
        return Silent("staff_talking")
    return Say(_sentence(talk, flows, hearing.UNREADABLE))


def _trouble(talk: _Talk, flows: FlowSet, item: Item) -> list[Effect]:
    """Tell the person that a human will read their text, and put one on it; their place stays as it was."""
    if not isinstance(item, Inbound):
        return [CallHuman(WENT_WRONG, type(item.event).__name__)]
    kind: Literal["reply", "consent"] = "reply" if talk.loaded.consent == "given" else "consent"
    help_comes = CallHuman(NOT_HANDLED, item.text[:200] or NOT_HANDLED)
    if talk.loaded.consent == "withdrawn":
        return [help_comes, Silent("opted_out")]
    return [help_comes, Say(_sentence(talk, flows, TROUBLE), kind=kind)]


def _sentence(talk: _Talk, flows: FlowSet, key: str) -> str:
    row = talk.loaded
    drawn = drawn_as(row.channel or "", row.address or "")
    return flows.sentences[key].fill({}, lang=row.lang, channel=drawn, discreet=row.discreet)
