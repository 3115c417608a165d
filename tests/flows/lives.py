"""Random lives over the flows: a person, the little world around them, what may happen, and what must hold.

The rule: every turn of every life is checked as it is taken (`Person.turn`); what holds of a whole life has
its own function. Nothing here draws at random: tests/flows/test_engine_properties.py draws with hypothesis,
which shrinks what it finds; tests/flows/fuzz.py draws from a seed, for as long as it is told.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

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
from flows.parse import looking_up
from flows.progress import (
    Frame,
    Progress,
    all_frames,
    chain,
    innermost,
    new_progress,
    progress_from_json,
    progress_to_json,
)
from flows.turn import Turn, applies, asking_root, find_step, scope_of

BEGAN = datetime(2027, 2, 23, 12, 0, tzinfo=ZoneInfo("America/New_York"))
LARGEST = 16_000  # characters of JSON: what is kept, and what one turn may add
MOST_EFFECTS = 200
INTERVIEW: Mapping[str, Any] = {
    "id": 1,
    "version": 1,
    "employer": "FedEx Ground",
    "at": datetime(2027, 2, 25, 8),
    "place": "FedEx Ground",
}
HELD: Counter[str] = Counter()
"""How often each property was looked at and held, by its name."""


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
            assert len(effects) < MOST_EFFECTS, "a turn goes round in circles"
        rounds = begun_since(before, self.progress)
        assert all(count == 1 for count in rounds.values()), f"a round began unasked: {rounds}"
        HELD["a new round waits for the person"] += 1
        return effects

    def turn(self, event: Event) -> list[Effect]:
        """Decide one event, twice: from the progress as it is, and from what was written down of it."""
        before = json.dumps(progress_to_json(self.progress))
        assert progress_from_json(json.loads(before)) == self.progress, "JSON and back is another progress"
        other = progress_from_json(json.loads(before))
        self.progress, effects = advance(self.flows, self.progress, event)
        HELD["never raises"] += 1
        other, same = advance(self.flows, other, event)
        assert effects == same, "the same turn said something else the second time"
        after = progress_to_json(self.progress)
        assert progress_to_json(other) == after, "the same turn led elsewhere the second time"
        size = len(json.dumps(after))
        assert size <= LARGEST, f"progress has grown to {size} characters"
        for name in ("JSON and back is the same", "a turn run twice is equal", "size is capped"):
            HELD[name] += 1
        return effects

    def carry_out(self, do: Do, *, fails: bool) -> Event:
        """Answer an action as the world would, or with a failure, declared or not."""
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

    def tap(self, prompt: int, n: int) -> OptionTapped:
        return OptionTapped(at=self.at, channel="telegram", opted_in=self.opted_in, prompt=prompt, n=n)

    def spot(self) -> SpotShared:
        return SpotShared(at=self.at, channel="telegram", opted_in=self.opted_in, lat=42.3, lon=-71.0)


def begun_since(seq: int, progress: Progress) -> Counter[tuple[int, str]]:
    """Count the rounds of each step that began since: a second one must have waited for the person."""
    begun: Counter[tuple[int, str]] = Counter()
    for root in progress.stack:
        for frame in chain(root):
            runs = [(step, run) for step, each in frame.subs.items() for run in each]
            runs += [(frame.open or "", frame.sub)] if frame.sub else []
            begun.update((frame.n, step) for step, run in runs if run.n > seq)
    return begun


# --- what happens -------------------------------------------------------------------------------------------


def happen(person: Person, kind: str, value: Any, *, fails: bool) -> None:
    """Let one random thing happen; who wrote, tapped or shared is answered, or the engine says why not."""
    progress = person.progress
    match kind:
        case "text":
            heard(person.meet(person.text(value), fails=fails), value)
        case "seen":
            heard(person.meet(person.text(value, seen=progress.prompts - 1), fails=fails), value)
        case "photo":
            heard(person.meet(person.text("", photos=1), fails=fails), "a photo")
        case "tap":
            back, n = value
            heard(person.meet(person.tap(progress.prompts - back, n), fails=fails), f"a tap on {n}")
        case "spot":
            heard(person.meet(person.spot(), fails=fails), "a spot")
        case "timer":
            if progress.timers:
                due, token = min((due, token) for token, due in progress.timers.items())
                person.at = max(person.at, due.astimezone(person.at.tzinfo))
                person.meet(TimerRang(at=person.at, token=token), fails=fails)
        case "stale":
            person.meet(TimerRang(at=person.at, token=value), fails=fails)
        case "outside":
            if person.world.interview is None:
                person.world.interview = dict(INTERVIEW)
            person.meet(make_event(person.world, value, {}, person.at), fails=fails)
        case "staff":
            staff = StaffTookOver(at=person.at, who="Maria") if value else StaffHandedBack(at=person.at)
            person.meet(staff, fails=fails)
        case _:
            person.opted_in = person.opted_in and not value
            person.meet(OptedOut(at=person.at) if value else OptedIn(at=person.at), fails=fails)


def heard(effects: list[Effect], said: str) -> None:
    assert any(isinstance(each, Say | Silent) for each in effects), f"{said!r} was met with nothing"
    HELD["who writes is answered, or a reason is given"] += 1


# --- what holds ---------------------------------------------------------------------------------------------


def frames_of(progress: Progress) -> Iterator[Frame]:
    return (frame for root in progress.stack for frame in chain(root))


def no_masked_answer_is_used(person: Person) -> None:
    """What a question that no longer applies once gave is not in any scope."""
    flows = person.flows
    turn = Turn(flows, person.progress, person.at, person.at.replace(tzinfo=None))
    for frame in frames_of(person.progress):
        scope = scope_of(turn, frame)
        for step in flows.flows[frame.flow].steps:
            if isinstance(step, Ask) and not applies(frame, step, scope):
                assert scope.get(step.id) == frame.known.get(step.id), f"{step.id} is masked, and used"
                HELD["a masked answer is never used"] += 1


def place_of(flows: FlowSet, progress: Progress) -> tuple[int, str] | None:
    """Give the open question: whose run it is, and the step."""
    root = asking_root(progress)
    if root is None:
        return None
    frame = innermost(root)
    step = find_step(flows.flows[frame.flow], frame.open)
    return (frame.n, frame.open or "") if isinstance(step, Ask | Review) else None


def person_keeps_the_place(person: Person) -> None:
    """PERSON calls a human, and the open question stays open below."""
    place, progress = place_of(person.flows, person.progress), person.progress
    if place is None or progress.paused or progress.stopped or progress.opted_in is False:
        return
    menus = [root for root in progress.stack if root.flow == "home" and not root.done]
    if any((frame.n, frame.open) == place for root in menus for frame in chain(root)):
        return  # a menu nothing was picked from is no place to come back to
    person.meet(person.text("person"))
    there = [(frame.n, frame.open) for frame in frames_of(person.progress)]
    assert place in there, "PERSON lost the place"
    HELD["PERSON never loses the place"] += 1


def stop_stops(person: Person) -> None:
    """After STOP nothing is said, whatever happens, but what confirms it."""
    stopped = person.progress.stopped
    effects = person.meet(person.text("STOP"))
    assert (OptOut("STOP") in effects) is not stopped
    assert all(each.kind == "consent" for each in effects if isinstance(each, Say)), "STOP was talked over"
    assert person.progress.timers == {}, "a timer outlives STOP"
    person.at += timedelta(hours=1)
    person.world.interview = person.world.interview or dict(INTERVIEW)
    quiet = [
        *person.meet(person.text("menu")),
        *(each for name in OUTSIDE for each in person.meet(make_event(person.world, name, {}, person.at))),
        *person.meet(TimerRang(at=person.at, token="silence")),
        *person.meet(StaffHandedBack(at=person.at)),
    ]
    assert [each for each in quiet if isinstance(each, Say)] == [], "something was said after STOP"
    HELD["STOP always stops"] += 1


def is_heard(person: Person) -> None:
    """Who is not with a caseworker and did not say stop gets words for words."""
    if person.progress.paused or person.progress.stopped:
        return
    assert any(isinstance(each, Say) for each in person.meet(person.text("menu"))), "stranded"
    HELD["after an edit words are met with words"] += 1


# --- edits --------------------------------------------------------------------------------------------------


def edit_keeps_all(person: Person, flows: FlowSet) -> None:
    """Put other flows under a person: every talk goes on, with each answer that can still be one."""
    before = {frame.n: dict(frame.answers) for root in person.progress.stack for frame in all_frames(root)}
    roots = [root.n for root in person.progress.stack if root.flow in flows.flows]
    person.flows = flows
    person.meet(TimerRang(at=person.at, token="nothing"))
    assert [root.n for root in person.progress.stack][: len(roots)] == roots, "an edit ended a talk"
    for frame in (each for root in person.progress.stack for each in all_frames(root)):
        steps = flows.flows[frame.flow].steps
        now = {step.was: step.id for step in steps if step.was}
        asks = {step.id for step in steps if isinstance(step, Ask)}
        for name, value in before.get(frame.n, {}).items():
            kept = frame.answers.get(now.get(name, name)) == value
            assert kept or now.get(name, name) in asks, f"an edit lost the answer {name}"
    HELD["an edit ends no talk and loses no answer"] += 1


def edited(flows: FlowSet, changes: Mapping[int, str]) -> FlowSet:
    """Edit the flows: steps gone, new, moved or renamed, questions with fewer options or of another kind."""
    every, number = {}, 0
    for name, flow in flows.flows.items():
        kept: list[Step] = []
        for step in flow.steps:
            number += 1
            kept = _changed(kept, step, changes.get(number), number)
        every[name] = replace(flow, steps=looking_up(tuple(kept)), index=_index(kept))
    return replace(flows, flows=every, hash=f"edited {sorted(changes.items())}")


def _index(steps: list[Step]) -> dict[str, int]:
    was = {step.was: at for at, step in enumerate(steps) if step.was}
    return was | {step.id: at for at, step in enumerate(steps)}


CHANGES = ("gone", "new before", "swapped", "fewer options", "as text", "renamed")


def _changed(kept: list[Step], step: Step, change: str | None, number: int) -> list[Step]:
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
        case "renamed", Ask() | SayStep() | WaitFor():
            return [*kept, replace(step, id=f"{step.id}_{number}", was=step.id)]
        case _:
            return [*kept, step]
