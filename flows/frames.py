"""Runs of flows as values: begun, given back to their caller, ended, and one question of them opened again.

The rule: a run owns its answers. What it needs or knows comes in when it begins, what it gives and keeps
goes out when it ends, and a run under way never changes under its own feet. Nothing here says a word or
walks a step.
"""

from collections.abc import Mapping
from typing import Any

from flows.conditions import Expression
from flows.effects import FlowEnded, Keep
from flows.model import (
    Ask,
    Do,
    Menu,
    Remember,
    Review,
    Run,
    Step,
)
from flows.progress import MOST_ROUNDS, Frame, innermost
from flows.speaking import SILENCE, fresh_page, items_of
from flows.texts import Text
from flows.turn import (
    Turn,
    asking,
    asking_root,
    clear_timer,
    fill,
    find_step,
    flow_of,
    next_number,
    open_step,
    scope_of,
)


def new_frame(turn: Turn, flow_id: str, *sources: Mapping[str, Any]) -> Frame:
    """Make a run of a flow; what it needs or knows comes from the first source that has it, last the person's
    record.

    The first source is `with:`, whose every name the flow gets.
    """
    flow = turn.flows.flows[flow_id]
    known = {name: value for name, value in sources[0].items() if value is not None} if sources else {}
    for name in (*flow.needs, *flow.knows):
        for source in (*sources, turn.progress.facts):
            if (value := source.get(name)) is not None:
                known[name] = value
                break
    return Frame(n=next_number(turn), flow=flow_id, known=known)


def lacking(turn: Turn, frame: Frame) -> bool:
    """Tell whether a run misses something its flow needs."""
    return any(frame.known.get(name) is None for name in flow_of(turn, frame).needs)


def start_sub(turn: Turn, frame: Frame, flow_id: str, given: Mapping[str, Expression | Text]) -> None:
    """Begin a sub-flow in the open step of `frame`."""
    values = {name: value_of(turn, frame, each) for name, each in given.items()}
    frame.sub = new_frame(turn, flow_id, values, scope_of(turn, frame))


def value_of(turn: Turn, frame: Frame, source: Expression | Text) -> Any:
    """Compute a `with:` or `remember:` value."""
    scope = scope_of(turn, frame)
    return source.value(scope) if isinstance(source, Expression) else fill(turn, source, scope)


def end_frame(turn: Turn, root: Frame, frame: Frame, outcome: str) -> None:
    """Close a run with its outcome: keep what it keeps, give it back to its caller, or take the root off the
    stack."""
    flow = flow_of(turn, frame)
    if flow.keeps:
        scope = scope_of(turn, frame)
        kept = {name: scope[name] for name in flow.keeps if scope.get(name) is not None}
        kept = {
            name: value for name, value in kept.items() if not _older(value, turn.progress.facts.get(name))
        }
        if kept:
            turn.progress.facts.update(kept)
            turn.effects.append(Keep(kept))
    if asking(frame):
        clear_timer(turn, SILENCE)
    clear_timer(turn, late_token(frame))
    fresh_page(frame)
    frame.sub, frame.call, frame.then = None, None, None
    frame.outcome = outcome
    turn.effects.append(FlowEnded(frame.flow, outcome))
    if frame is root:
        if root in turn.progress.stack:
            turn.progress.stack.remove(root)
        turn.progress.back_to = not (root.flow.startswith(("ride_", "go_home")) and _reminder_is_open(turn))
        return
    parent = _parent(root, frame)
    _came_back(turn, parent, frame)


def _reminder_is_open(turn: Turn) -> bool:
    """Tell whether a reminder stands open: who speaks of the car has read it, and at the curb it is no help
    to read it again."""
    root = asking_root(turn.progress)
    step = None if root is None else open_step(turn, innermost(root))
    return isinstance(step, Ask) and step.confirm_by_ok


def _older(view: Any, known: Any) -> bool:
    """Tell whether a view is one the world has brought up to date since."""
    if not isinstance(view, Mapping) or not isinstance(known, Mapping) or "version" not in view:
        return False
    return bool(view.get("id") == known.get("id") and view["version"] <= known.get("version", 0))


def _parent(root: Frame, frame: Frame) -> Frame:
    while root.sub is not None and root.sub is not frame:
        root = root.sub
    return root


def _came_back(turn: Turn, parent: Frame, run: Frame) -> None:
    step = find_step(flow_of(turn, parent), parent.open)
    step_id = parent.open or run.flow
    runs = parent.subs.setdefault(step_id, [])
    runs.append(run)
    del runs[:-MOST_ROUNDS]
    parent.sub, parent.open = None, None
    match step:
        case Menu():
            _menu_again(turn, parent, step)
        case Run(again_while=Expression() as again) if again.holds(scope_of(turn, parent)):
            _collect(turn, parent, step, run)
        case Run():
            _collect(turn, parent, step, run)
            parent.done.append(step_id)
        case _:
            parent.done.append(step_id)


def _menu_again(turn: Turn, frame: Frame, step: Menu) -> None:
    again = step.again_while
    if again is not None and not again.holds(scope_of(turn, frame)):
        frame.done.append(step.id)
    else:
        frame.answers.pop(step.id, None)


def _collect(turn: Turn, parent: Frame, step: Run, run: Frame) -> None:
    if step.list is None or run.outcome != "done":
        return
    inside = scope_of(turn, run)
    row = {name: inside.get(name) for name in flow_of(turn, run).gives}
    parent.answers[step.list] = [*items_of(parent.answers, step.list), row][:MOST_ROUNDS]


def late_token(frame: Frame) -> str:
    """Name the time-out of a frame's `wait_for`."""
    return f"late:{frame.n}"


# --- opened again ---------------------------------------------------------------------------------------


def reopen(turn: Turn, frame: Frame, name: str) -> None:
    """Un-finish one question, or one sub-flow, so that it is asked again.

    What was said, done, waited for and computed behind it is done again; other questions stay answered.
    """
    clear_timer(turn, SILENCE)
    fresh_page(frame)
    frame.known.pop(name, None)
    frame.answers.pop(name, None)
    frame.subs.pop(name, None)
    steps = flow_of(turn, frame).steps
    at = next((at for at, step in enumerate(steps) if step.id == name), len(steps))
    again = {name} | {step.id for step in steps[at:] if not isinstance(step, Ask | Review | Run)}
    frame.done = [step_id for step_id in frame.done if step_id not in again]


def reads_first(turn: Turn, frame: Frame, name: str, value: Any) -> None:
    """Store an answer no question of its own asked for, and un-finish what reads it and all that follows."""
    steps = flow_of(turn, frame).steps
    first = next((at for at, step in enumerate(steps) if name in _names(step)), len(steps))
    again = {step.id for step in steps[first:]}
    clear_timer(turn, SILENCE)
    fresh_page(frame)
    frame.answers[name] = value
    frame.done = [step_id for step_id in frame.done if step_id not in again]


def _names(step: Step) -> frozenset[str]:
    """Give the names a step reads."""
    match step:
        case Do(with_=given) | Run(with_=given):
            read = [each.names for each in given.values()]
        case Remember(is_=source):
            read = [source.names]
        case _:
            read = []
    if step.when is not None:
        read.append(step.when.names)
    return frozenset(name.partition(".")[0] for names in read for name in names)
