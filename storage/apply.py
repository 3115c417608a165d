"""Effects become rows, in the caller's transaction: one `match` over all that a turn can decide.

The rule: the engine decides, this writes, workers act. Whole lists of turns are applied at once: what
each effect adds is gathered, and messages, timers and facts are written as lists. Stopping comes
first in its turn: what waited for that address is dropped before anything the same turn says is queued.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from flows.drawing import draw
from flows.effects import (
    CallHuman,
    ClearTimer,
    Do,
    Effect,
    FlowEnded,
    Keep,
    OptIn,
    OptOut,
    Say,
    SetLanguage,
    SetTimer,
    Silent,
)
from flows.sms_parts import parts
from storage.attention import need_human
from storage.conversations import Loaded
from storage.messages import NewOutbound, drop_for_stop, queue
from storage.people import change_person, keep_facts
from storage.points import asked_for_consent, retire_point, set_consent
from storage.tables.talk import MessageKind, Sender
from storage.timers import EngineTimer, clear_timers, set_timers

URGENT = frozenset({"crisis", "ride safety"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a turn's messages carry: what its news is, who sends, what it is about, until when it helps."""

    kind: Literal["reminder", "ride", "reply"] = "ride"
    sender: Sender = "bot"
    subject: str | None = None
    version: int | None = None
    useful_until: datetime | None = None
    look_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One turn's effects and what they belong to.

    `drawn` how this person's phone draws us, `due` says by when a human
    should look at something of that kind, `message_id` is the text that caused the turn.
    """

    conversation: Loaded
    effects: Sequence[Effect]
    drawn: Literal["sms", "telegram"]
    now: datetime
    due: Callable[[str], datetime]
    stamp: Stamp = field(default_factory=Stamp)
    message_id: int | None = None
    said_at: datetime | None = None  # when that text was written, where it came late
    look_since: datetime | None = None  # what follows may have been said since then, by a life we forgot
    hold_until: datetime | None = None  # what answers it waits until then, but for a crisis


@dataclass(slots=True)
class _Rows:
    """What is gathered over a list of turns."""

    messages: list[NewOutbound] = field(default_factory=list)
    timers: dict[tuple[int, str], EngineTimer] = field(default_factory=dict)
    cleared: set[tuple[int, str]] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)
    facts: dict[int, dict[str, Any]] = field(default_factory=dict)


def apply(connection: sa.Connection, decided: Sequence[Decided]) -> None:
    """Write what these turns decided, in their order. `Do` has been carried out by the shell already."""
    rows = _Rows()
    for one in decided:
        stops = [effect for effect in one.effects if isinstance(effect, OptOut)]
        if stops and rows.messages:  # what an earlier turn of this list queued for them waits too
            queue(connection, rows.messages)
            rows.messages.clear()
        for effect in (*stops, *(effect for effect in one.effects if effect not in stops)):
            _apply(connection, one, effect, rows)
    keep_facts(connection, rows.facts)
    queue(connection, rows.messages)
    asked_for_consent(connection, sorted(rows.asked))
    _write_timers(connection, rows, decided)


def _write_timers(connection: sa.Connection, rows: _Rows, decided: Sequence[Decided]) -> None:
    if decided:
        clear_timers(connection, sorted(rows.cleared), decided[-1].now)
        set_timers(connection, list(rows.timers.values()), decided[-1].now)


def _apply(connection: sa.Connection, one: Decided, effect: Effect, rows: _Rows) -> None:
    talk = one.conversation
    match effect:
        case Say():
            _say(connection, one, effect, rows)
        case SetTimer(token, at, nudge):
            rows.cleared.discard((talk.id, token))
            rows.timers[talk.id, token] = EngineTimer(
                conversation_id=talk.id, token=token, at=at, nudge=nudge
            )
        case ClearTimer(token):
            rows.timers.pop((talk.id, token), None)
            rows.cleared.add((talk.id, token))
        case Keep(facts):
            rows.facts.setdefault(talk.person_id, {}).update(facts)
        case SetLanguage(lang):
            change_person(connection, talk.person_id, lang=lang)
        case OptOut(not_theirs=not_theirs):
            _consent(connection, one, "withdrawn")
            if not_theirs and one.conversation.contact_point_id is not None:
                retire_point(connection, one.conversation.contact_point_id)
        case OptIn():
            _consent(connection, one, "given")
        case CallHuman(kind, note):
            _call_human(connection, one, kind, note)
        case Silent() | FlowEnded() | Do():
            pass  # kept on the Turn row (`record`); a Do was answered within the turn


def _say(connection: sa.Connection, one: Decided, say: Say, rows: _Rows) -> None:
    talk = one.conversation
    if talk.contact_point_id is None or talk.channel is None:
        _call_human(connection, one, "unreachable", "")
        return
    drawn = draw(say, one.drawn, talk.lang)
    kind: MessageKind = one.stamp.kind if say.kind == "news" else say.kind
    if kind == "consent":
        rows.asked.add(talk.contact_point_id)
    rows.messages.append(
        NewOutbound(
            conversation_id=talk.id,
            contact_point_id=talk.contact_point_id,
            channel=talk.channel,
            sender=one.stamp.sender,
            kind=kind,
            body=drawn.body,
            options=[asdict(button) for button in drawn.buttons] or None,
            extra={"asks_for": say.asks_for} if say.asks_for else None,
            prompt=say.prompt,
            step=say.step or None,
            at=one.now,
            due_at=one.now if kind == "crisis" else one.hold_until or one.now,
            epoch=talk.epoch,
            look_since=one.look_since or one.stamp.look_since,
            subject=one.stamp.subject,
            version=one.stamp.version,
            useful_until=one.stamp.useful_until,
            parts=parts(drawn.body).parts if one.drawn == "sms" else None,
        )
    )


def _consent(connection: sa.Connection, one: Decided, change: Literal["given", "withdrawn"]) -> None:
    point = one.conversation.contact_point_id
    if point is None:
        return
    set_consent(
        connection,
        point,
        change,
        wording="start" if change == "given" else "stop",
        method="text" if one.message_id else "provider",
        now=one.said_at or one.now,
        message_id=one.message_id,
    )
    if change == "withdrawn":
        drop_for_stop(connection, point, one.now)


def _call_human(connection: sa.Connection, one: Decided, kind: str, note: str) -> None:
    due_at = one.due(kind)
    person = one.conversation.person_id
    need_human(connection, person, kind, note or kind, due_at, one.now, urgent=kind in URGENT)


def record(effects: Iterable[Effect]) -> Mapping[str, Any]:
    """Say what of a turn's effects its Turn row keeps: why it was silent, and which flows ended how."""
    effects = list(effects)
    silent = [effect.reason for effect in effects if isinstance(effect, Silent)]
    ended = [f"{effect.flow}={effect.outcome}" for effect in effects if isinstance(effect, FlowEnded)]
    return {"silent": silent[0] if silent else None, "ended": " ".join(ended) or None}
