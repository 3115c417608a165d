"""One turn under way: what the engine's parts share while they decide one event.

A Turn lives for one call of `advance`. The rule: what an answer's question no longer asks for is *masked*
here, in `scope`, the one place from which conditions and texts read; so a masked answer is never used
anywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from flows.effects import Button, ClearTimer, Effect, Kind, Say, SetTimer, Silent, SilentReason
from flows.flowset import FlowSet
from flows.model import Ask, Flow, Option, Step
from flows.progress import Frame, Progress, chain, innermost
from flows.texts import Text


@dataclass(slots=True)
class Turn:
    """`at` is the event's moment in UTC, so that no clock change shortens a wait; `now` is its wall clock."""

    flows: FlowSet
    progress: Progress
    at: datetime
    now: datetime
    effects: list[Effect] = field(default_factory=list)


def next_number(turn: Turn) -> int:
    """Give the next number of a frame, a call or a kept event."""
    turn.progress.seq += 1
    return turn.progress.seq


# --- flows and steps ----------------------------------------------------------------------------------------


def flow_of(turn: Turn, frame: Frame) -> Flow:
    """Give the flow a frame runs."""
    return turn.flows.flows[frame.flow]


def find_step(flow: Flow, step_id: str | None) -> Step | None:
    """Find a step by its id (or its former one), None where the flow has none of that name."""
    if step_id is None:
        return None
    if (position := flow.index.get(step_id)) is not None:
        return flow.steps[position]
    return next((step for step in flow.steps if step.id == step_id), None)


def option_of(step: Ask, key: str) -> Option | None:
    """Find a question's option by its key."""
    return next((each for each in step.options if each.key == key), None)


def open_step(turn: Turn, frame: Frame) -> Step | None:
    """Give the step a frame waits in."""
    return find_step(flow_of(turn, frame), frame.open)


def asking(frame: Frame) -> bool:
    """Tell whether a frame waits for the person's answer."""
    return frame.open is not None and frame.prompt is not None and frame.sub is None


def asking_root(progress: Progress, *, parked: bool = False) -> Frame | None:
    """Give the topmost root with an open question; parked ones only on request."""
    for root in reversed(progress.stack):
        if root.parked == parked and asking(innermost(root)):
            return root
    return None


def acting(progress: Progress) -> bool:
    """Tell whether an action's result is still awaited in this transaction."""
    if progress.undoing is not None and progress.undoing.call is not None:
        return True
    return any(frame.call is not None for root in progress.stack for frame in chain(root))


# --- what texts and conditions read -------------------------------------------------------------------------


def scope_of(turn: Turn, frame: Frame) -> dict[str, Any]:
    """Gather what a frame may read: what it knows, its answers but for masked ones, what its sub-flows give,
    `now`."""
    flow = flow_of(turn, frame)
    answers = frame.answers
    scope = {**frame.known, **answers, "now": turn.now}
    for step_id, runs in frame.subs.items():
        if runs and step_id not in answers:  # a menu's name is what was picked, while it is
            scope[step_id] = given(turn, runs[-1])
    if answers:
        for step in flow.steps:
            asked = step.when is not None and step.id in answers and isinstance(step, Ask)
            if asked and not applies(frame, step, scope):
                _mask(scope, frame, step.id)
    return scope


def applies(frame: Frame, step: Step, scope: Mapping[str, Any]) -> bool:
    """Tell whether a step's `when` holds, read from the top: what only steps below it fill is not there."""
    if step.when is None:
        return True
    if step.ahead:
        above = dict(scope)
        for name in step.ahead:
            _mask(above, frame, name)
        scope = above
    return step.when.holds(scope)


def _mask(scope: dict[str, Any], frame: Frame, name: str) -> None:
    scope.pop(name, None)
    if name in frame.known:
        scope[name] = frame.known[name]


def given(turn: Turn, run: Frame) -> dict[str, Any]:
    """Give what a caller may read of a finished run: what its flow `gives`, and the outcome."""
    if run.gave is None:
        inside = scope_of(turn, run)
        run.gave = {name: inside.get(name) for name in flow_of(turn, run).gives} | {"outcome": run.outcome}
    return run.gave


def fill(turn: Turn, text: Text, scope: Mapping[str, Any]) -> str:
    """Write a text out for this person."""
    progress = turn.progress
    return text.fill(scope, lang=progress.lang, channel=progress.channel, discreet=progress.discreet)


# --- effects ------------------------------------------------------------------------------------------------


def say(
    turn: Turn,
    words: str,
    *,
    step: str = "",
    kind: Kind | None = None,
    options: tuple[Button, ...] = (),
    prompt: int | None = None,
    spot: bool = False,
    photo: bool = False,
    again: str = "",
) -> None:
    """Say one message; an empty one is not said, nor any to a person who said stop."""
    progress = turn.progress
    if progress.stopped or not (words or options):
        return
    if kind is None:
        kind = "consent" if progress.opted_in is False else progress.kind
    asks_for: Literal["spot", "photo"] | None = "spot" if spot else "photo" if photo else None
    turn.effects.append(Say(words, kind, options, prompt, asks_for, step, again))
    progress.owed = False


def stay_silent(turn: Turn, why: SilentReason) -> None:
    """Say nothing, on purpose."""
    turn.effects.append(Silent(why))
    turn.progress.owed = False


def sentence(turn: Turn, key: str, blanks: Mapping[str, Any] | None = None) -> str:
    """Write out one of the engine's own sentences (content/words/engine.yaml)."""
    text = turn.flows.sentences[key]
    if not text.names:
        return fill(turn, text, {})
    return fill(turn, text, {**turn.progress.facts, **(blanks or {}), "now": turn.now})


def set_timer(turn: Turn, token: str, after: timedelta, *, nudge: bool = False) -> None:
    """Ask to be rung; one timer a token."""
    due = turn.at + after
    turn.progress.timers[token] = due
    turn.effects.append(SetTimer(token, due, nudge))


def clear_timer(turn: Turn, token: str) -> None:
    """Call a timer off, if it is set."""
    if turn.progress.timers.pop(token, None) is not None:
        turn.effects.append(ClearTimer(token))
