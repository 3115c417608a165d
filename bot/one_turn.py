"""One event, decided and written: the part of a list of turns that is one person's.

The rule: the engine decides, `carry_out` does what it asks for and answers, until nothing is asked any more;
then the effects become rows, those of a whole list at once. What the provider itself decided (a block)
counts without being asked for.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot import hearing, restraint
from bot.acting import due_for
from bot.actions import WORK, Acting, Done, Failed, Worker
from bot.channels.base import Inbound, drawn_as
from bot.happening import Happening, Item, Make, Origin, Planned, World
from bot.hearing import Heard, Unreadable
from bot.reminders.hours import Hours, next_allowed
from bot.rides.zips import other_zones_of, zone_of
from bot.views import interview_view, running_ride
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
    TextReceived,
)
from flows.flowset import FlowSet
from flows.progress import Progress, innermost
from flows.views import InterviewView
from storage import messages, people, points, safe_contacts
from storage.apply import Decided, record
from storage.conversations import Loaded, TurnRow, load_conversations

MOST_STEPS: Final = 60
"""Events within one turn, actions' answers included; a flow that needs more goes round in a circle."""

TROUBLE: Final = "person.trouble"
NOT_HANDLED: Final = "a text could not be handled"
WENT_WRONG: Final = "something went wrong on our side"


@dataclass(slots=True)
class Talk:
    """A conversation while its turns are taken; thrown away with the transaction when one fails.

    `decided` is what its turns led to and is not written yet; `views` are interviews, as they were before its
    first turn.
    """

    loaded: Loaded
    progress: Progress
    seq: int
    turns: list[TurnRow] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)
    work: set[Worker] = field(default_factory=set)
    views: Mapping[int, InterviewView] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Failed:
    """Something came that could not be decided."""

    at: datetime


@dataclass(slots=True)
class _Turn:
    """One event under way: what it led to."""

    effects: list[Effect] = field(default_factory=list)
    answers: list[ActionDone | ActionFailed] = field(default_factory=list)


def take_one(
    connection: sa.Connection,
    talk: Talk,
    item: Item,
    heard: Heard | None,
    world: World,
    *,
    failed: bool,
) -> bool:
    """Decide one item; what follows is left in `talk` to be written. False: there was nothing to decide."""
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
    _hold_back(connection, talk, turn, moved=before != _stands(talk.progress), now=world.now)
    talk.seq += 1
    talk.decided.append(_decided(connection, talk, turn, item, heard, world))
    talk.turns.append(_row(talk, turn, event, before, world))
    return True


def _hold_back(connection: sa.Connection, talk: Talk, turn: _Turn, *, moved: bool, now: datetime) -> None:
    """Leave out what was said before a yes already, and answers to a machine: it never gets anywhere."""
    turn.effects = restraint.once(connection, talk.loaded, turn.effects, now)
    if not moved and talk.seq >= restraint.MOST_REPLIES:
        turn.effects = restraint.no_loop(connection, talk.loaded, turn.effects, now)


def _failed(connection: sa.Connection, item: Item, world: World) -> _Failed | None:
    """Take an event that nothing can decide: only what the worker holds is settled."""
    if isinstance(item, Happening) and item.settle is not None and not item.settle(connection):
        return None
    return _Failed(world.now)


def _moved_to(talk: Talk, heard: Heard) -> None:
    """Answer on the address they wrote from."""
    _answer_on(talk, heard.point)


def _answer_on(talk: Talk, point: points.Point) -> None:
    if talk.loaded.contact_point_id != point.id:
        talk.loaded = replace(
            talk.loaded,
            contact_point_id=point.id,
            channel=point.channel,
            address=point.address,
            consent=point.consent,
            discreet=point.discreet,
        )
        as_this_phone(talk.progress, point.discreet)


def as_this_phone(progress: Progress, discreet: bool) -> None:
    """Speak as this phone needs it: whether names may be said belongs to the phone, not to the person."""
    if progress.discreet != discreet:
        progress.facts["discreet"] = discreet


def _event(
    connection: sa.Connection, talk: Talk, item: Item, heard: Heard | None, world: World
) -> Event | Unreadable | None:
    zone = talk.loaded.zone
    if isinstance(item, Inbound):
        assert heard is not None, "a text without its row has no conversation"
        consent = talk.loaded.consent or "none"
        said = hearing.read(connection, heard, consent, world.settings, zone, world.now)
        if isinstance(said, TextReceived):
            word = world.flows.keywords.carrier(said.text)
            if word == "stop":
                safe_contacts.stop(connection, item.address)
            if hearing.outlived(connection, heard, word) or (heard.helper and word is None):
                return None
        return said
    if item.settle is not None and not item.settle(connection):
        return None
    if item.speak_on is not None:
        _reached_on(connection, talk, item.speak_on)
    at = world.now.astimezone(ZoneInfo(zone))
    event = _happened(connection, talk, item.event, at)
    if isinstance(event, StaffTookOver | StaffHandedBack):
        _look_again(connection, talk)
    if isinstance(event, OptedOut) and item.contact_point_id not in (None, talk.loaded.contact_point_id):
        assert item.contact_point_id is not None
        _withdraw(connection, item.contact_point_id, world.now)  # they still read us elsewhere
        return None
    return event


def _happened(
    connection: sa.Connection, talk: Talk, event: Event | Make | Planned, at: datetime
) -> Event | None:
    """Build the event, of its interview as it stands now: what was looked up for the list is right until this
    person's own first turn."""
    match event:
        case Planned(interview_id, build):
            view = interview_view(connection, interview_id) if talk.turns else talk.views.get(interview_id)
            return None if view is None else build(view, at)
        case _ if callable(event):
            return event(connection, at)
        case _:
            return replace(event, at=at)


def _reached_on(connection: sa.Connection, talk: Talk, point_id: int) -> None:
    """Go on at another address, where they have agreed to our texts."""
    point = points.point(connection, point_id)
    assert point is not None, "the happening was settled, so the address is theirs"
    _answer_on(talk, point)
    talk.progress.stopped, talk.progress.opted_in = False, True


def _reached_elsewhere(connection: sa.Connection, talk: Talk) -> None:
    """One of their numbers is somebody else's: they have not stopped us, where they have another one."""
    others = points.points_of(connection, talk.loaded.person_id)
    here = talk.loaded.contact_point_id
    if any(one.id != here and one.consent == "given" and one.state == "active" for one in others):
        talk.progress.stopped = False


def _look_again(connection: sa.Connection, talk: Talk) -> None:
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
    talk: Talk,
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
            if isinstance(effect, OptIn) and talk.loaded.consent != "withdrawn":
                continue  # START from an address that never stopped us: it says yes for no other
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


def _provider_says(connection: sa.Connection, talk: Talk, event: Event, now: datetime) -> None:
    """Write down what the provider itself decided: nobody asks the engine whether a block counts."""
    point = talk.loaded.contact_point_id
    if point is None:
        return
    if isinstance(event, OptedOut):
        _withdraw(connection, point, now)
        talk.loaded = replace(talk.loaded, consent="withdrawn")
    elif (
        isinstance(event, OptedIn)
        and talk.loaded.consent == "withdrawn"
        and points.has_said_yes(connection, point)
    ):
        points.set_consent(connection, point, "given", wording="unblocked", method="provider", now=now)
        talk.loaded = replace(talk.loaded, consent="given")


def _withdraw(connection: sa.Connection, point_id: int, now: datetime) -> None:
    points.set_consent(connection, point_id, "withdrawn", wording="blocked", method="provider", now=now)
    messages.drop_for_stop(connection, point_id, now)


def _note(connection: sa.Connection, talk: Talk, effect: Effect) -> None:
    """Keep what later turns of this list must know; the rows are written by storage.apply."""
    match effect:
        case OptOut(not_theirs=not_theirs):
            talk.loaded = replace(talk.loaded, consent="withdrawn")
            if not_theirs:
                _reached_elsewhere(connection, talk)
        case OptIn():
            talk.loaded = replace(talk.loaded, consent="given")
        case SetLanguage(lang):
            talk.loaded = replace(talk.loaded, lang=lang)
        case Keep(facts):
            _keep_zone(connection, talk, facts.get("zip"))
            if "discreet" in facts and talk.loaded.contact_point_id is not None:
                points.set_discreet(connection, talk.loaded.contact_point_id, bool(facts["discreet"]))
                talk.loaded = replace(talk.loaded, discreet=bool(facts["discreet"]))
        case Say():
            talk.work.add("deliver")
        case SetTimer():
            talk.work.add("timers")
        case _:
            pass


def _keep_zone(connection: sa.Connection, talk: Talk, code: object) -> None:
    """Take a person's wall clock from their ZIP, and the other one it may be where two zones meet."""
    zone = zone_of(code) if isinstance(code, str) else None
    if zone is not None and isinstance(code, str):
        others = " ".join(other_zones_of(code)) or None
        people.change_person(connection, talk.loaded.person_id, zone=zone, other_zones=others)
        talk.loaded = replace(talk.loaded, zone=zone)


def _acting(talk: Talk, heard: Heard | None, world: World) -> Acting:
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
        desk=world.desk,
    )


# --- what is written ------------------------------------------------------------------------------


def _decided(
    connection: sa.Connection,
    talk: Talk,
    turn: _Turn,
    item: Item,
    heard: Heard | None,
    world: World,
) -> Decided:
    due = partial(due_for, connection, world.settings, talk.loaded.person_id, now=world.now)
    if any(isinstance(effect, Say) for effect in turn.effects):
        talk.work.add("deliver")
    return Decided(
        conversation=talk.loaded,
        effects=turn.effects,
        drawn=drawn_as(talk.loaded.channel or "", talk.loaded.address or ""),
        now=world.now,
        due=due,
        stamp=item.origin if isinstance(item, Happening) else Origin(),
        message_id=heard.message_id if heard is not None else None,
        said_at=item.at if isinstance(item, Inbound) and hearing.late(item, world.now) else None,
        look_since=item.at if isinstance(item, Inbound) and hearing.late(item, world.now) else None,
        hold_until=_morning(connection, talk, item, world),
    )


def _morning(connection: sa.Connection, talk: Talk, item: Item, world: World) -> datetime | None:
    """Say until when the answer to a late text waits: nobody sits up for it, but for who waits for a car."""
    if not isinstance(item, Inbound) or not hearing.late(item, world.now):
        return None
    settings = world.settings
    hours = Hours(opens=settings.quiet_to, closes=settings.quiet_from)
    if running_ride(connection, talk.loaded.person_id, world.now) is not None:
        return None
    return next_allowed(world.now, talk.loaded.zone, hours)


def _row(
    talk: Talk, turn: _Turn, event: Event | Unreadable | _Failed, before: str | None, world: World
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


def _unreadable(talk: Talk, flows: FlowSet) -> Effect:
    if talk.progress.paused is not None:
        return Silent("staff_talking")
    return Say(_sentence(talk, flows, hearing.UNREADABLE))


def _trouble(talk: Talk, flows: FlowSet, item: Item) -> list[Effect]:
    """Tell the person that a human will read their text, and put one on it; their place stays as it was."""
    if not isinstance(item, Inbound):
        return [CallHuman(WENT_WRONG, type(item.event).__name__)]
    kind: Literal["reply", "consent"] = "reply" if talk.loaded.consent == "given" else "consent"
    help_comes = CallHuman(NOT_HANDLED, item.text[:200] or NOT_HANDLED)
    if talk.loaded.consent == "withdrawn":
        return [help_comes, Silent("opted_out")]
    return [help_comes, Say(_sentence(talk, flows, TROUBLE), kind=kind)]


def _sentence(talk: Talk, flows: FlowSet, key: str) -> str:
    row = talk.loaded
    drawn = drawn_as(row.channel or "", row.address or "")
    return flows.sentences[key].fill({}, lang=row.lang, channel=drawn, discreet=row.discreet)
