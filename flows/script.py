"""Try a talk through the real engine, with a fake world and a fake clock; nothing is left unexpected.

The rule: each message of ours must be written in the talk, in order, as SMS draws it. Times pass only where
the talk says `wait`; one thing comes by itself when the talk expects our words: a held re-ask (25 seconds),
or the map's answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from flows.actions import Action, GiveConsent
from flows.actions import yaml_name as action_name
from flows.drawing import draw
from flows.effects import CallHuman, Do, Effect, FlowEnded, OptIn, OptOut, Say, Silent
from flows.engine import advance
from flows.events import (
    ActionDone,
    ActionFailed,
    Event,
    OptionTapped,
    SpotShared,
    StaffHandedBack,
    StaffTookOver,
    TextReceived,
    TimerRang,
)
from flows.fakes import INTERVIEW, Result, World, fake, make_event
from flows.flowset import FlowSet
from flows.listening import HOLD
from flows.model import WaitFor
from flows.once import A_DAY, Spoken, once
from flows.progress import Progress, innermost, new_progress
from flows.talk_file import (
    BadTalk,
    Line,
    Outer,
    Pin,
    Quiet,
    Staff,
    Talk,
    Tap,
    Them,
    Us,
    Wait,
    parse_talks,
)
from flows.talk_lines import Mismatch, expect_end, expect_quiet, expect_us, unexpected, until
from flows.turn import asking

__all__ = ["BadTalk", "Mismatch", "Talk", "parse_talks", "run_talk"]

_MOST_EVENTS = 400  # one line may set off; a talk that goes round fails


@dataclass(slots=True)
class Stage:
    """A talk under way."""

    flows: FlowSet
    talk: Talk
    channel: str
    at: datetime
    progress: Progress
    world: World
    opted_in: bool
    said: list[Say] = field(default_factory=list)  # not yet expected
    silent: list[str] = field(default_factory=list)
    prompts: list[int] = field(default_factory=list)
    ended: dict[str, str] = field(default_factory=dict)
    humans: list[str] = field(default_factory=list)
    did: list[str] = field(default_factory=list)
    heard: list[tuple[datetime, Spoken]] = field(default_factory=list)  # all that was said, and when
    freed: bool = False  # the number is somebody else's now
    looked: int = 0  # lookups the map has answered
    pretended: dict[str, int] = field(default_factory=dict)


def run_talk(flows: FlowSet, talk: Talk, channel: str) -> list[Mismatch]:
    """Try one talk on one channel; an empty list means that it went as written."""
    stage = _begin(flows, talk, channel)
    wrong: list[Mismatch] = []
    for line in talk.talk:
        match line:
            case Us():
                wrong += _us(stage, line)
            case Quiet():
                wrong += expect_quiet(stage, line)
            case Them() | Outer() | Wait() | Staff() | Tap() | Pin():
                wrong += unexpected(stage, line.line)
                wrong += _play(stage, line)
        if len(wrong) > 2:
            return wrong
    last = talk.talk[-1].line if talk.talk else talk.line
    return wrong + unexpected(stage, last) + expect_end(talk.expect, _state(stage), last)


def _begin(flows: FlowSet, talk: Talk, channel: str) -> Stage:
    progress = new_progress(talk.lang)
    progress.channel, progress.opted_in = channel, talk.opted_in
    progress.facts.update(talk.knows)
    interview = talk.knows.get("interview")
    world = World()
    if isinstance(interview, Mapping):
        world.interview = {**INTERVIEW, **interview}
        label, line = world.interview["employer"], world.interview["place"]
        spot = {"id": 9, "label": label, "address": line, "line": line, "doors": []}
        world.interview.setdefault("spot", spot)
        progress.facts["interview"] = dict(world.interview)
    return Stage(flows, talk, channel, talk.now, progress, world, talk.opted_in)


# --- lines that make something happen --------------------------------------------------------------------


def _play(stage: Stage, line: Line) -> list[Mismatch]:
    match line:
        case Them(text=text, photos=photos):
            _text(stage, text, photos)
        case Outer(name=name, fields=fields):
            try:
                event = make_event(stage.world, name, fields, stage.at)
            except KeyError:
                return [Mismatch(line.line, "an outside event", name)]
            stage.looked = stage.world.lookups
            _feed(stage, event)
        case Staff(took_over=took_over):
            took = StaffTookOver(at=stage.at, who="Maria")
            _feed(stage, took if took_over else StaffHandedBack(at=stage.at))
        case Tap(n=n, back=back):
            _tap(stage, n, back)
        case Pin(lat=lat, lon=lon):
            _feed(
                stage,
                SpotShared(at=stage.at, channel=stage.channel, opted_in=stage.opted_in, lat=lat, lon=lon),
            )
        case Wait():
            _wait(stage, until(line, stage.at))
        case Us() | Quiet():
            pass
    return []


def _text(stage: Stage, text: str, photos: int = 0) -> None:
    if stage.freed:  # whoever writes from here now is a stranger
        stage.progress, stage.freed, stage.heard = new_progress(stage.talk.lang), False, []
    card = stage.talk.card
    typed = card if card is not None and card.lower() in text.lower() else None
    _feed(
        stage,
        TextReceived(
            at=stage.at,
            text=text,
            channel=stage.channel,
            opted_in=stage.opted_in,
            card=typed,
            known_card=typed is not None and stage.talk.known_card,
            photos=photos,
        ),
    )


def _tap(stage: Stage, n: int, back: int) -> None:
    if stage.channel == "sms" or len(stage.prompts) <= back:
        _text(stage, str(n))
        return
    prompt = stage.prompts[-1 - back]
    _feed(
        stage,
        OptionTapped(at=stage.at, channel=stage.channel, opted_in=stage.opted_in, prompt=prompt, n=n),
    )


def _wait(stage: Stage, until: datetime) -> None:
    """Let time pass; timers ring when they are due, in order."""
    for _ in range(_MOST_EVENTS):
        due = [(at, token) for token, at in stage.progress.timers.items() if at <= until]
        if not due:
            break
        at, token = min(due)
        stage.at = max(stage.at, at.astimezone(stage.at.tzinfo))
        _feed(stage, TimerRang(at=stage.at, token=token))
    stage.at = max(stage.at, until)


# --- the engine and the fake world ------------------------------------------------------------------------


def _feed(stage: Stage, event: Event) -> None:
    events: list[Event] = [event]
    for _ in range(_MOST_EVENTS):
        if not events:
            return
        stage.progress, effects = advance(stage.flows, stage.progress, events.pop(0))
        for effect in effects if stage.opted_in else _once(stage, effects):
            if answer := _note(stage, effect):
                events.append(answer)
    raise RuntimeError("the talk goes round in circles")


def _once(stage: Stage, effects: Sequence[Effect]) -> list[Effect]:
    """Leave out what a person who has not said yes has heard already."""
    lately = [spoken for at, spoken in stage.heard if at > stage.at - A_DAY]
    return once(effects, lately, partial(_drawn, stage))


def _drawn(stage: Stage, say: Say) -> str:
    return draw(say, stage.channel, stage.progress.lang).body


def _note(stage: Stage, effect: Effect) -> Event | None:
    match effect:
        case Say():
            stage.said.append(effect)
            spoken = Spoken(_drawn(stage, effect), effect.step, effect.prompt is not None)
            stage.heard.append((stage.at, spoken))
            if effect.prompt is not None:
                stage.prompts.append(effect.prompt)
        case Silent(reason=reason):
            stage.silent.append(reason)
        case FlowEnded(flow=flow, outcome=outcome):
            stage.ended[flow] = outcome
        case CallHuman(kind=kind):
            stage.humans.append(kind)
        case OptOut() | OptIn():
            stage.opted_in = isinstance(effect, OptIn)
            stage.freed = isinstance(effect, OptOut) and effect.not_theirs
        case Do(call=call, action=action):
            return _answer(stage, call, action)
        case _:
            pass
    return None


def _answer(stage: Stage, call: int, action: Action) -> Event:
    name = action_name(type(action))
    stage.did.append(name)
    result = _result(stage, name, action)
    if isinstance(result, str):
        return ActionFailed(at=stage.at, call=call, reason=result)
    if isinstance(action, GiveConsent):
        stage.opted_in = True
    return ActionDone(at=stage.at, call=call, result=result)


def _result(stage: Stage, name: str, action: Action) -> Result:
    answers = stage.talk.pretend.get(name)
    if answers is None:
        return fake(stage.world, action, stage.at.replace(tzinfo=None))
    turn = stage.pretended.get(name, 0)
    stage.pretended[name] = turn + 1
    pretended = answers[min(turn, len(answers) - 1)]
    if isinstance(pretended, str):
        return pretended
    usual = fake(stage.world, action, stage.at.replace(tzinfo=None))
    return {**(usual if isinstance(usual, dict) else {}), **(pretended or {})}


# --- lines that say what must have been said ---------------------------------------------------------------


def _us(stage: Stage, line: Us) -> list[Mismatch]:
    if not stage.said:
        _let_come(stage)
    return expect_us(stage, line)


def _let_come(stage: Stage) -> None:
    """Let come by itself what the talk waits for: a held re-ask, or what the map found."""
    if HOLD in stage.progress.timers:
        _wait(stage, stage.progress.timers[HOLD].astimezone(stage.at.tzinfo))
    elif stage.looked < stage.world.lookups and _map_is_awaited(stage):
        stage.looked = stage.world.lookups
        _feed(stage, make_event(stage.world, "place.found", {}, stage.at))


def _map_is_awaited(stage: Stage) -> bool:
    for root in stage.progress.stack:
        frame = innermost(root)
        steps = stage.flows.flows[frame.flow].steps
        step = next((each for each in steps if each.id == frame.open), None)
        if isinstance(step, WaitFor) and "place.found" in step.events:
            return True
    return False


def _state(stage: Stage) -> Mapping[str, Any]:
    frames = [innermost(root) for root in reversed(stage.progress.stack)]
    return {
        **stage.ended,
        "facts": stage.progress.facts,
        "open": next((f"{frame.flow}.{frame.open}" for frame in frames if asking(frame)), None),
        "humans": stage.humans,
        "did": stage.did,
        "paused": stage.progress.paused is not None,
    }
