"""Whatever happens, in whatever order: the engine answers, says the same twice, and never loses a place.

Random texts, taps, timers, outside events, caseworkers and failing actions run over the shipped flows: about
5,000 events a test in `make test`, and as many as `make fuzz` says (FUZZ_EVENTS, for at most FUZZ_MINUTES).
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.actions import GiveConsent
from flows.effects import Do, Effect, OptIn, OptOut, Say, Silent
from flows.engine import advance
from flows.events import (
    OUTSIDE,
    ActionDone,
    ActionFailed,
    Event,
    OptedIn,
    OptedOut,
    OptionTapped,
    SpotShared,
    StaffHandedBack,
    StaffTookOver,
    TextReceived,
    TimerRang,
)
from flows.fakes import World, fake, make_event
from flows.flowset import FlowSet
from flows.library import shipped
from flows.model import Ask, Review, Step, WaitFor
from flows.model import Say as SayStep
from flows.progress import Progress, chain, innermost, new_progress, progress_from_json, progress_to_json
from flows.turn import Turn, asking_root, find_step, scope_of
from tests.flows.stage import flows_of
from tests.flows.test_engine_lists import ROUNDS

EVENTS = int(os.environ.get("FUZZ_EVENTS", "5000"))
UNTIL = monotonic() + 60 * float(os.environ.get("FUZZ_MINUTES", "20"))
SHORTEST, USUAL = 20, 45  # random events in one life
MET: Counter[str] = Counter()
BEGAN = datetime(2027, 2, 23, 12, 0, tzinfo=ZoneInfo("America/New_York"))
LARGEST = 16_000
WORDS = [
    "yes", "no", "1", "2", "3", "9", "y", "ok", "k", "thanks", "hi", "👍", "", "   ", "ray", "02128", "1998",
    "1 its tomoro", "tomorrow at 8 am", "at 8", "mar 8 6am", "done", "menu", "back", "person", "again",
    "espanol", "english", "about me", "help", "start", "stop", "ride", "interview", "it moved", "cant go",
    "wheres my ride", "hope house on 5th",
    "77 dale st boston", "i dont want to be here anymore", "ride7", "i see him",
    "two things",
]  # fmt: skip
INTERVIEW: dict[str, Any] = {
    "id": 1,
    "version": 1,
    "employer": "FedEx Ground",
    "at": datetime(2027, 2, 25, 8),
    "place": "FedEx Ground",
}
texts = st.sampled_from(WORDS) | st.text(max_size=40)


@dataclass
class Person:
    """A person, the little world around them, and what was said."""

    progress: Progress = field(default_factory=new_progress)
    world: World = field(default_factory=World)
    at: datetime = BEGAN
    opted_in: bool = False
    channel: str = "sms"
    flows: FlowSet = field(default_factory=shipped)

    def meet(self, event: Event, *, fails: bool = False) -> list[Effect]:
        """Let one event happen, with the actions it asks for; every turn is checked."""
        events: list[Event] = [event]
        effects: list[Effect] = []
        before = self.progress.seq
        while events:
            decided = self.turn(events.pop(0))
            effects += decided
            for each in decided:
                if isinstance(each, Do):
                    events.append(self.carry_out(each, fails=fails))
                elif isinstance(each, OptIn | OptOut):
                    self.opted_in = isinstance(each, OptIn)
            assert len(effects) < 200, "a turn goes round in circles"
        assert all(count == 1 for count in begun_since(before, self.progress).values())
        return effects

    def turn(self, event: Event) -> list[Effect]:
        before = json.dumps(progress_to_json(self.progress))
        assert progress_from_json(json.loads(before)) == self.progress
        other = progress_from_json(json.loads(before))
        self.progress, effects = advance(self.flows, self.progress, event)
        other, same = advance(self.flows, other, event)
        assert effects == same
        assert progress_to_json(other) == progress_to_json(self.progress)
        assert len(json.dumps(progress_to_json(self.progress))) <= LARGEST
        return effects

    def carry_out(self, do: Do, *, fails: bool) -> Event:
        reasons = (*do.action.fails, "a reason nobody declared")
        if fails and not isinstance(do.action, GiveConsent):
            return ActionFailed(at=self.at, call=do.call, reason=reasons[do.call % len(reasons)])
        result = fake(self.world, do.action, self.at.replace(tzinfo=None))
        if isinstance(result, str):
            return ActionFailed(at=self.at, call=do.call, reason=result)
        if isinstance(do.action, GiveConsent):
            self.opted_in = True
        return ActionDone(at=self.at, call=do.call, result=result)

    def text(self, words: str, **more: Any) -> TextReceived:
        return TextReceived(at=self.at, text=words, channel=self.channel, opted_in=self.opted_in, **more)


events = st.one_of(
    st.tuples(st.just("text"), texts),
    st.tuples(st.just("text"), texts),
    st.tuples(st.just("seen"), texts),
    st.tuples(st.just("tap"), st.tuples(st.integers(0, 3), st.integers(1, 4))),
    st.tuples(st.just("spot"), st.none()),
    st.tuples(st.just("photo"), st.none()),
    st.tuples(st.just("timer"), st.none()),
    st.tuples(st.just("stale"), st.sampled_from(["silence", "hold", "late:3", "turn", "nonsense"])),
    st.tuples(st.just("outside"), st.sampled_from(sorted(OUTSIDE))),
    st.tuples(st.just("staff"), st.booleans()),
    st.tuples(st.just("carrier"), st.booleans()),
)
steps = st.lists(st.tuples(events, st.integers(0, 7200), st.booleans()), min_size=SHORTEST, max_size=60)


def lives(share: float) -> settings:
    """Say how many lives make up this share of the random events; STOP and the like come on top."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(
        max_examples=max(1, int(EVENTS * share / USUAL)), deadline=None, suppress_health_check=slow
    )


@pytest.fixture(scope="module", autouse=True)
def told() -> Iterator[None]:
    """Print how much happened, for `make fuzz`."""
    yield
    print(f"\n{MET.total()} random events met: " + ", ".join(f"{n} {name}" for name, n in MET.most_common()))


def begun_since(seq: int, progress: Progress) -> Counter[tuple[int, str]]:
    """Count the rounds of each step that began since: a second one must have waited for the person."""
    begun: Counter[tuple[int, str]] = Counter()
    for root in progress.stack:
        for frame in chain(root):
            runs = [(step, run) for step, each in frame.subs.items() for run in each]
            runs += [(frame.open or "", frame.sub)] if frame.sub else []
            begun.update((frame.n, step) for step, run in runs if run.n > seq)
    return begun


def happen(person: Person, kind: str, value: Any, *, fails: bool) -> list[Effect]:
    at, progress = person.at, person.progress
    MET[kind] += 1
    match kind:
        case "text" | "seen":
            seen = progress.prompts - 1 if kind == "seen" else None
            effects = person.meet(person.text(value, seen=seen), fails=fails)
        case "photo":
            effects = person.meet(person.text("", photos=1), fails=fails)
        case "tap":
            back, n = value
            tap = OptionTapped(
                at=at, channel="telegram", opted_in=person.opted_in, prompt=progress.prompts - back, n=n
            )
            effects = person.meet(tap, fails=fails)
        case "spot":
            spot = SpotShared(at=at, channel="telegram", opted_in=person.opted_in, lat=42.3, lon=-71.0)
            effects = person.meet(spot, fails=fails)
        case "timer":
            if progress.timers:
                due, token = min((due, token) for token, due in progress.timers.items())
                person.at = max(at, due.astimezone(at.tzinfo))
                person.meet(TimerRang(at=person.at, token=token), fails=fails)
            return []
        case "stale":
            return person.meet(TimerRang(at=at, token=value), fails=fails)
        case "outside":
            if person.world.interview is None:
                person.world.interview = dict(INTERVIEW)
            return person.meet(make_event(person.world, value, {}, at), fails=fails)
        case "staff":
            return person.meet(
                StaffTookOver(at=at, who="Maria") if value else StaffHandedBack(at=at), fails=fails
            )
        case _:
            person.opted_in = person.opted_in and not value
            return person.meet(OptedOut(at=at) if value else OptedIn(at=at), fails=fails)
    answered = [each for each in effects if isinstance(each, Say | Silent)]
    assert answered, f"{kind} {value!r} was met with nothing"
    return effects


def no_masked_answer_is_used(person: Person) -> None:
    """What a question that no longer applies once gave is not in any scope."""
    flows = person.flows
    turn = Turn(flows, person.progress, person.at, person.at.replace(tzinfo=None))
    for root in person.progress.stack:
        for frame in chain(root):
            scope = scope_of(turn, frame)
            for step in flows.flows[frame.flow].steps:
                if isinstance(step, Ask) and step.when is not None and not step.when.holds(scope):
                    assert scope.get(step.id) == frame.known.get(step.id)


def place_of(progress: Progress) -> tuple[int, str] | None:
    root = asking_root(progress)
    if root is None:
        return None
    frame = innermost(root)
    step = find_step(shipped().flows[frame.flow], frame.open)
    return (frame.n, frame.open or "") if isinstance(step, Ask | Review) else None


@lives(0.6)
@given(steps, st.booleans(), st.sampled_from(["sms", "telegram"]), st.sampled_from(["en", "es"]))
def test_any_life_is_met(
    life: list[tuple[tuple[str, Any], int, bool]], opted_in: bool, channel: str, lang: str
) -> None:
    if monotonic() > UNTIL:
        return
    person = Person(opted_in=opted_in, channel=channel, progress=new_progress(lang))
    live(person, life)
    person_keeps_the_place(person)
    stop_stops(person)


def live(person: Person, life: list[tuple[tuple[str, Any], int, bool]]) -> None:
    for (kind, value), later, fails in life:
        person.at += timedelta(seconds=later)
        happen(person, kind, value, fails=fails)
        no_masked_answer_is_used(person)


def person_keeps_the_place(person: Person) -> None:
    place, progress = place_of(person.progress), person.progress
    if place is None or progress.paused or progress.stopped or progress.opted_in is False:
        return
    menus = [root for root in progress.stack if root.flow == "home" and not root.done]
    if any((frame.n, frame.open) == place for root in menus for frame in chain(root)):
        return  # a menu nothing was picked from is no place to come back to
    person.meet(person.text("person"))
    frames = [frame for root in person.progress.stack for frame in chain(root)]
    assert any((frame.n, frame.open) == place for frame in frames)


def stop_stops(person: Person) -> None:
    stopped = person.progress.stopped
    effects = person.meet(person.text("STOP"))
    assert (OptOut("STOP") in effects) is not stopped
    assert all(each.kind == "consent" for each in effects if isinstance(each, Say))
    assert person.progress.timers == {}
    person.at += timedelta(hours=1)
    person.world.interview = person.world.interview or dict(INTERVIEW)
    quiet = [
        *person.meet(person.text("menu")),
        *(each for name in OUTSIDE for each in person.meet(make_event(person.world, name, {}, person.at))),
        *person.meet(TimerRang(at=person.at, token="silence")),
        *person.meet(StaffHandedBack(at=person.at)),
    ]
    assert [each for each in quiet if isinstance(each, Say)] == []


edits = st.dictionaries(
    st.integers(0, 300),
    st.sampled_from(["gone", "new before", "swapped", "fewer options", "as text"]),
    max_size=60,
)


@lives(0.3)
@given(steps, steps, edits)
def test_no_edit_strands_anyone(before: Any, after: Any, changes: dict[int, str]) -> None:
    if monotonic() > UNTIL:
        return
    person = Person(opted_in=True)
    live(person, before)
    person.flows = edited(shipped(), changes)
    live(person, after)
    is_heard(person)
    stop_stops(person)


def is_heard(person: Person) -> None:
    """Who is not with a caseworker and did not say stop gets words for words."""
    if person.progress.paused or person.progress.stopped:
        return
    assert any(isinstance(each, Say) for each in person.meet(person.text("menu"))), "stranded"


def edited(flows: FlowSet, changes: dict[int, str]) -> FlowSet:
    """Edit the flows: steps gone, new or moved, questions with fewer options or of another kind."""
    every, number = {}, 0
    for name, flow in flows.flows.items():
        kept: list[Step] = []
        for step in flow.steps:
            number += 1
            kept = changed(kept, step, changes.get(number), number)
        every[name] = replace(flow, steps=tuple(kept), index={step.id: at for at, step in enumerate(kept)})
    return replace(flows, flows=every, hash=f"edited {sorted(changes.items())}")


def changed(kept: list[Step], step: Step, change: str | None, number: int) -> list[Step]:
    match change, step:
        case "gone", Ask() | SayStep() | WaitFor():
            return kept
        case "new before", Ask():
            return [*kept, replace(step, id=f"new_{number}"), step]
        case "swapped", Ask() | SayStep() if kept:
            return [*kept[:-1], step, kept[-1]]
        case "fewer options", Ask() if len(step.options) > 1:
            return [*kept, replace(step, options=step.options[1:])]
        case "as text", Ask(as_="yes_no" | "zip" | "time" | "datetime"):
            return [*kept, replace(step, as_="text")]
        case _:
            return [*kept, step]


@lives(0.1)
@given(steps, st.lists(st.sampled_from(["go", "1", "2", "yes", "no", "back", "menu"]), max_size=40))
def test_a_new_round_waits_for_the_person(life: Any, said: list[str]) -> None:
    if monotonic() > UNTIL:
        return
    person = Person(opted_in=True, flows=flows_of(ROUNDS))
    for words in said:
        person.at += timedelta(minutes=1)
        person.meet(person.text(words))
    live(person, life)
