"""When two standings of a walk are the same place: by what the steps still ahead can read, and nothing else.

The rule: predicate abstraction. A value counts only while a condition, an input of a sub-flow or a list still
ahead may read it, and then by what such conditions can tell apart: missing or known, which literal, how many,
before or after which hour. What is only printed tells nothing apart.
"""

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Mapping, Set
from datetime import UTC, date, datetime, time
from typing import Any

from flows.conditions import look_up
from flows.model import Ask, Flow, Menu, Step, WaitFor
from flows.progress import Frame, chain
from flows.references import afters
from flows.turn import Turn, find_step, scope_of
from flows.walk_atlas import Atlas, Literals, joined
from flows.walk_moves import Standing

_MANY = 3


def place_of(atlas: Atlas, standing: Standing, under: Frame | None = None) -> Hashable:
    """Name the place where a walk stands; two standings with the same name go on alike.

    With `under` only that run counts, and what it runs: the same name in another talk goes on alike until
    it gives back.
    """
    progress = standing.progress
    turn = Turn(atlas.flows, progress, standing.at.astimezone(UTC), standing.at.replace(tzinfo=None))
    facts: set[str] = set()
    stack = progress.stack if under is None else [under]
    roots = tuple((root.parked, root.loud, tuple(_frames(atlas, turn, root, facts))) for root in stack)
    literals = joined([atlas.literals[root.flow] for root in stack])
    return (
        roots,
        progress.paused,
        progress.stopped,
        progress.opted_in,
        progress.undoing is not None,
        tuple(sorted({each.name for each in progress.inbox if _waited_for(atlas, stack, each.name)})),
        tuple(sorted(each.flow or "" for each in progress.waiting)) if under is None else (),
        tuple((name, kind_of(progress.facts.get(name), turn.now, literals)) for name in sorted(facts)),
    )


def _waited_for(atlas: Atlas, stack: list[Frame], event: str) -> bool:
    flows = atlas.flows.flows
    below = {name for root in stack for name in atlas.below[root.flow]}
    return any(
        event in step.events for name in below for step in flows[name].steps if isinstance(step, WaitFor)
    )


def _frames(atlas: Atlas, turn: Turn, root: Frame, facts: set[str]) -> Iterator[Hashable]:
    """Name a run and the open ones below it; `facts` gathers what they may read of the record."""
    for frame in chain(root):
        flow = turn.flows.flows[frame.flow]
        scope = scope_of(turn, frame)
        ahead = _ahead(atlas, flow, frame, scope)
        live, filled_first = _live(atlas, flow, ahead, set(frame.done))
        for at in ahead:
            facts |= atlas.later[flow.id][at]
        literals = atlas.literals[flow.id]
        kept = given_kinds(atlas, turn, flow, scope, filled_first)
        own = tuple(
            (name, _read(look_up(scope, name), name in atlas.moved[flow.id], turn.now, literals))
            for name in sorted(live)
        )
        confirmed = kind_of(frame.confirm.value, turn.now, literals) if frame.confirm else None
        orders = _orders(flow, ahead, scope)
        yield flow.id, frame.open, tuple(ahead), _waiting(flow, frame), own, kept, confirmed, orders


def _read(value: Any, moved: bool, now: datetime, literals: Literals) -> Hashable:
    """Tell what may still be read of one name; of a view that is not handed on, only that it is there."""
    return True if isinstance(value, Mapping) and not moved else kind_of(value, now, literals)


def _orders(flow: Flow, ahead: list[int], scope: Mapping[str, Any]) -> Hashable:
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
    return tuple((name, kind_of(scope.get(name), turn.now, atlas.all_literals)) for name in names)


def gives_of(atlas: Atlas, standing: Standing, run: Frame) -> Hashable:
    """Tell what callers can tell of what a finished run gave and kept."""
    turn = Turn(atlas.flows, standing.progress, standing.at.astimezone(UTC), standing.at.replace(tzinfo=None))
    flow = atlas.flows.flows[run.flow]
    return given_kinds(atlas, turn, flow, scope_of(turn, run))


def _ahead(atlas: Atlas, flow: Flow, frame: Frame, scope: Mapping[str, Any]) -> list[int]:
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
    return [at for at in left if at >= here or not _passed(steps[at], scope, fillable)]


def _live(atlas: Atlas, flow: Flow, ahead: list[int], done: set[str]) -> tuple[set[str], set[str]]:
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


def _passed(step: Step, scope: Mapping[str, Any], fillable: set[str]) -> bool:
    """Tell whether a step behind will never be done: its `when` is false, and nothing it reads can change."""
    if step.when is None or step.when.holds(scope) or "now" in step.when.source:
        return False
    return not {name.partition(".")[0] for name in step.when.names} & fillable


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


def kind_of(value: Any, now: datetime, literals: Literals) -> Hashable:
    """Tell what the conditions ahead can tell of a value."""
    match value:
        case None | bool():
            return value
        case str():
            return value if not value or value in literals.texts else "…"
        case int() | float():
            return (bisect_right(literals.numbers, value), value in literals.numbers)
        case datetime():
            return ("at", bisect_right(literals.hours, (value - now).total_seconds() / 3600))
        case date():
            return ("on", bisect_right(literals.hours, (value - now.date()).days * 24.0))
        case time():
            return "time"
        case Mapping():
            return tuple(
                (name, kind_of(value[name], now, literals))
                for name in sorted(literals.fields)
                if value.get(name) is not None
            )
        case list():
            words = tuple(
                sorted(literals.texts.intersection(each for each in value if isinstance(each, str)))
            )
            first = kind_of(value[0], now, literals) if value and isinstance(value[0], Mapping) else None
            return (min(len(value), _MANY), words, first)
        case _:
            return type(value).__name__
