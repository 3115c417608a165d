"""When two standings of a walk are the same place: by what the steps still ahead can read, and nothing else.

The rule: predicate abstraction. A value counts only while a condition, an input of a sub-flow or a list still
ahead may read it, and then by what such conditions can tell apart: missing or known, which literal, how many,
before or after which hour. What is only printed tells nothing apart.
"""

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Iterator, Mapping, Set
from datetime import UTC, date, datetime, time
from typing import Any

from flows.conditions import Expression, look_up
from flows.model import Ask, Flow, Menu, Remember, Run, Step, WaitFor
from flows.progress import Frame, chain
from flows.references import afters
from flows.turn import Turn, find_step, scope_of
from flows.walk_asked import NOTHING, Asked, joined
from flows.walk_atlas import Atlas
from flows.walk_moves import Standing

_MANY = 3


def place_of(atlas: Atlas, standing: Standing, under: Frame | None = None) -> Hashable:
    """Name the place where a walk stands; two standings with the same name go on alike.

    With `under` only that run counts, and what it runs: the same name in another talk goes on alike until
    it gives back.
    """
    progress = standing.progress
    turn = Turn(atlas.flows, progress, standing.at.astimezone(UTC), standing.at.replace(tzinfo=None))
    facts: dict[str, list[Asked]] = {}
    stack = progress.stack if under is None else [under]
    roots = tuple((root.parked, root.loud, tuple(_frames(atlas, turn, root, facts))) for root in stack)
    return (
        roots,
        progress.paused,
        progress.stopped,
        progress.opted_in,
        progress.undoing is not None,
        tuple(sorted({each.name for each in progress.inbox if _waited_for(atlas, stack, each.name)})),
        tuple(sorted(each.flow or "" for each in progress.waiting)) if under is None else (),
        tuple(
            (name, kind_of(progress.facts.get(name), turn.now, joined(facts[name]))) for name in sorted(facts)
        ),
    )


def _waited_for(atlas: Atlas, stack: list[Frame], event: str) -> bool:
    flows = atlas.flows.flows
    below = {name for root in stack for name in atlas.below[root.flow]}
    return any(
        event in step.events for name in below for step in flows[name].steps if isinstance(step, WaitFor)
    )


def _frames(atlas: Atlas, turn: Turn, root: Frame, facts: dict[str, list[Asked]]) -> Iterator[Hashable]:
    """Name a run and the open ones below it; `facts` gathers what they may read of the record."""
    for frame in chain(root):
        flow = turn.flows.flows[frame.flow]
        scope = scope_of(turn, frame)
        ahead = _ahead(atlas, flow, frame, scope)
        to_read = tuple(at for at in ahead if not _runs_now(flow.steps[at], frame))
        live, filled_first = _live(atlas, flow, to_read, set(frame.done))
        for at in to_read:
            for name, asked in atlas.later_asked[flow.id][at].items():
                facts.setdefault(name, []).append(asked)
        kept = given_kinds(atlas, turn, flow, scope, filled_first)
        own = tuple(
            (name, kind_of(look_up(scope, name), turn.now, atlas.asked.ahead(flow.id, to_read, name)))
            for name in sorted(live)
        )
        to_come = atlas.asked.of(flow.id, frame.open or "")
        confirmed = kind_of(frame.confirm.value, turn.now, to_come) if frame.confirm else None
        orders = _orders(flow, to_read, scope)
        yield flow.id, frame.open, ahead, _waiting(flow, frame), own, kept, confirmed, orders


def _runs_now(step: Step, frame: Frame) -> bool:
    """Tell whether a step runs another flow now, once: what that takes, it has taken."""
    return (
        frame.sub is not None and step.id == frame.open and isinstance(step, Run) and step.again_while is None
    )


def _orders(flow: Flow, ahead: tuple[int, ...], scope: Mapping[str, Any]) -> Hashable:
    """Tell how moments stand to each other where a step ahead compares them ("told.when > at")."""
    found = []
    for at in ahead:
        when = flow.steps[at].when
        if when is not None and len(when.names) > 1:
            moments = [name for name in when.names if isinstance(look_up(scope, name), datetime)]
            if len(moments) > 1:
                found.append((at, when.holds(scope)))
    return tuple(found)


def given_kinds(
    atlas: Atlas, turn: Turn, flow: Flow, scope: Mapping[str, Any], but: Set[str] = frozenset()
) -> Hashable:
    """Tell what callers can tell of what a run gives and keeps, as far as it stands now."""
    names = sorted(atlas.wanted[flow.id] - but)
    asked = atlas.given_asked[flow.id]
    return tuple((name, kind_of(scope.get(name), turn.now, asked.get(name, NOTHING))) for name in names)


def gives_of(atlas: Atlas, standing: Standing, run: Frame) -> Hashable:
    """Tell what callers can tell of what a finished run gave and kept."""
    turn = Turn(atlas.flows, standing.progress, standing.at.astimezone(UTC), standing.at.replace(tzinfo=None))
    flow = atlas.flows.flows[run.flow]
    return given_kinds(atlas, turn, flow, scope_of(turn, run))


def _ahead(atlas: Atlas, flow: Flow, frame: Frame, scope: Mapping[str, Any]) -> tuple[int, ...]:
    """Give the steps that may still be done: not done, and not passed for good."""
    steps, done = flow.steps, set(frame.done)
    here = flow.index.get(frame.open or "", 0)
    left = [at for at, step in enumerate(steps) if step.id not in done]
    again = {row.ask_again for at in left if at >= here for row in afters(steps[at]) if row.ask_again}
    if again:  # a question behind may be asked again, and what follows it is done again
        first = min(flow.index[name] for name in again if name in flow.index)
        left = [
            at for at, step in enumerate(steps) if at in left or (at >= first and not isinstance(step, Ask))
        ]
    fillable = again | {name for at in left if at >= here for name in atlas.fills[flow.id][at]}
    parts = atlas.parts[flow.id]
    open_ = [at for at in left if at == here or not _passed(parts[at], scope, fillable)]
    return _without_unread(atlas, flow, open_, here)


def _without_unread(atlas: Atlas, flow: Flow, ahead: list[int], here: int) -> tuple[int, ...]:
    """Leave out what only remembers what no step still ahead reads, and no caller."""
    steps, kept = flow.steps, {*atlas.wanted[flow.id], *flow.keeps}
    while True:
        read = {name.partition(".")[0] for at in ahead for name in atlas.reads[flow.id][at]}
        left = [
            at
            for at in ahead
            if at == here
            or not isinstance(steps[at], Remember)
            or steps[at].id in read
            or steps[at].id in kept
        ]
        if len(left) == len(ahead):
            return tuple(left)
        ahead = left


def _live(atlas: Atlas, flow: Flow, ahead: tuple[int, ...], done: set[str]) -> tuple[set[str], set[str]]:
    """Give the names whose value of now may still be read, and those that are filled anew before that.

    A question not done fills its name before anything behind it reads it, or is masked; what always runs
    fills what it saves.
    """
    live: set[str] = set()
    anew: set[str] = set()
    for at in ahead:
        step = flow.steps[at]
        live |= {name for name in atlas.reads[flow.id][at] if name.partition(".")[0] not in anew}
        if isinstance(step, Ask) and step.id not in done:
            anew.add(step.id)
        elif step.when is None and not any(row.then == "continue" for row in afters(step)):
            anew |= atlas.fills[flow.id][at]
    live |= _masking(flow, live)
    return live, anew


def _passed(parts: Iterable[Expression], scope: Mapping[str, Any], fillable: set[str]) -> bool:
    """Tell whether a step will never be done: a part of its `when` is false for good."""
    return any(
        not part.holds(scope) and not {name.partition(".")[0] for name in part.names} & fillable
        for part in parts
    )


def _masking(flow: Flow, live: set[str]) -> set[str]:
    """Give the names that decide whether a live answer counts at all."""
    roots = {name.partition(".")[0] for name in live}
    return {
        name
        for step in flow.steps
        if isinstance(step, Ask) and step.id in roots and step.when is not None
        for name in step.when.names
    }


def _waiting(flow: Flow, frame: Frame) -> Hashable:
    """Name what the open question has been through: unclear tries, silence, a half answer, a read-back."""
    step = find_step(flow, frame.open)
    own = step.tries if isinstance(step, Ask) else None
    most = (own or flow.tries) + 1
    return (
        frame.prompt is not None,
        min(frame.tries, most),
        frame.nudges,
        frame.draft is not None,
        frame.confirm is not None,
        frame.shown.page,
        tuple(row.key for row in frame.shown.rows if not row.key.startswith("@")),
        isinstance(step, Menu) and bool(frame.subs.get(step.id)),
    )


def kind_of(value: Any, now: datetime, asked: Asked) -> Hashable:
    """Tell what the conditions ahead can tell of a value."""
    match value:
        case None | bool():
            return value
        case str():
            return tuple(sorted(min(each) for each in asked.sets if value in each)) if value else ""
        case int() | float():
            return (bisect_right(asked.numbers, value), value in asked.numbers)
        case datetime():
            return ("at", bisect_right(asked.hours, (value - now).total_seconds() / 3600))
        case date():
            return ("on", bisect_right(asked.hours, (value - now.date()).days * 24.0))
        case time():
            return "time"
        case Mapping():
            known = (name for name in sorted(asked.fields) if value.get(name) is not None)
            return tuple((name, kind_of(value[name], now, asked.fields[name])) for name in known)
        case list():
            words = tuple(sorted(asked.texts.intersection(each for each in value if isinstance(each, str))))
            first = kind_of(value[0], now, asked) if value and isinstance(value[0], Mapping) else None
            return (min(len(value), _MANY), words, first)
        case _:
            return type(value).__name__
