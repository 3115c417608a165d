"""Walk a talk from where it stands until it has to wait: for the person, an event, an action's result, or a
caseworker.

The rule: the position is derived. Each round looks for the first step not done whose `when` holds; doing a
step either finishes it or opens it and stops. Nothing here reads what a person typed.
"""

from collections.abc import Mapping
from dataclasses import fields as fields_of
from typing import Any

from flows.actions import ACTIONS, MUST, Action
from flows.afters import HANDED, apply_after, hand_off, handed_over
from flows.conditions import look_up
from flows.effects import CallHuman
from flows.effects import Do as DoEffect
from flows.frames import end_frame, late_token, start_sub, value_of
from flows.listening import use_rest
from flows.model import (
    Ask,
    Do,
    Finish,
    Handoff,
    Remember,
    Review,
    Run,
    Say,
    Step,
    WaitFor,
)
from flows.progress import LARGEST, MOST_ROOTS, Frame, Happened, Progress, innermost, size_of
from flows.speaking import fresh_page, items_of, pose
from flows.turn import (
    Turn,
    applies,
    fill,
    find_step,
    flow_of,
    next_number,
    say,
    scope_of,
    set_timer,
)

LACKS = "missing"  # why an action was not asked for: a live edit took one of its inputs away
MOST_ITEMS = 12  # of a list that an action gives or an event brings
_MOST_STEPS = 400  # in one turn: far above any flow, so that even a faulty one ends


def open_root(
    turn: Turn, frame: Frame, *, cause: str | None = None, loud: bool = False, rest: str = ""
) -> None:
    """Put a talk on top and begin it; `rest` is what was said beside the words that began it."""
    progress = turn.progress
    frame.cause, frame.loud = cause, loud
    progress.rest = rest
    progress.stack.append(frame)
    _keep_small(progress)
    walk(turn, frame)


def _keep_small(progress: Progress) -> None:
    """Drop the oldest talks, parked ones first, where there are too many or they have grown too large."""
    while len(progress.stack) > MOST_ROOTS or (len(progress.stack) > 2 and size_of(progress) > LARGEST):
        spare = next((root for root in progress.stack[:-1] if root.parked), progress.stack[0])
        progress.stack.remove(spare)


# --- walking --------------------------------------------------------------------------------------------


def next_step(turn: Turn, frame: Frame) -> Step | None:
    """Derive where a run stands: its first step not done whose `when` holds; an `ask` whose name is known is
    passed."""
    scope: dict[str, Any] | None = None
    done, known = frame.done, frame.known
    for step in flow_of(turn, frame).steps:
        if step.id in done:
            continue
        if step.when is not None:
            scope = scope_of(turn, frame) if scope is None else scope
            if not applies(frame, step, scope):
                continue
        if isinstance(step, Ask) and known.get(step.id) is not None and step.id != frame.open:
            continue
        return step
    return None


def walk(turn: Turn, root: Frame) -> None:
    """Go on until this talk has to wait or has ended."""
    for _ in range(_MOST_STEPS):
        if not any(each is root for each in turn.progress.stack):
            return
        if turn.progress.stopped:
            return
        if turn.progress.paused and not root.loud and not turn.progress.outside:
            return
        frame = innermost(root)
        step = next_step(turn, frame)
        if step is None:
            end_frame(turn, root, frame, "done")
        elif not _do_step(turn, root, frame, step):
            return
    turn.effects.append(CallHuman("a talk goes round in circles", f"{root.flow}"))


def _do_step(turn: Turn, root: Frame, frame: Frame, step: Step) -> bool:
    """Do one step; True when the walk goes on."""
    match step:
        case Say():
            say(turn, fill(turn, step.text, scope_of(turn, frame)), step=f"{frame.flow}.{step.id}")
            frame.done.append(step.id)
            return True
        case Ask() | Review():
            return _ask(turn, root, frame, step)
        case Do():
            _begin(frame, step)
            action = _action(turn, frame, step)
            if any(getattr(action, name) is None for name in MUST[step.action]):
                action_failed(turn, root, frame, LACKS)
                return False
            frame.call = next_number(turn)
            turn.effects.append(DoEffect(frame.call, action))
            return False
        case WaitFor():
            return _wait(turn, frame, step)
        case Run():
            _begin(frame, step)
            start_sub(turn, frame, step.flow, step.with_)
            return True
        case Remember():
            frame.answers[step.id] = value_of(turn, frame, step.is_)
            frame.done.append(step.id)
            return True
        case Handoff():
            _begin(frame, step)
            hand_off(turn, frame, step.kind, HANDED)
            return False
        case Finish():
            if step.text is not None:
                say(turn, fill(turn, step.text, scope_of(turn, frame)), step=f"{frame.flow}.{step.id}")
            frame.done.append(step.id)
            end_frame(turn, root, frame, step.outcome)
            return True


def _begin(frame: Frame, step: Step) -> None:
    fresh_page(frame)
    frame.open = step.id


def _is_empty(turn: Turn, frame: Frame, step: Ask) -> bool:
    return step.from_ is not None and not items_of(scope_of(turn, frame), step.from_)


def _ask(turn: Turn, root: Frame, frame: Frame, step: Ask | Review) -> bool:
    _begin(frame, step)
    if isinstance(step, Ask) and step.if_empty is not None and _is_empty(turn, frame, step):
        return apply_after(turn, root, frame, step, step.if_empty, "if_empty")
    if isinstance(step, Review):
        say(turn, fill(turn, step.text, scope_of(turn, frame)), step=f"{frame.flow}.{step.id}")
    frame.prompt = frame.first = 0  # open; not asked yet
    if (turn.progress.paused and not root.loud) or use_rest(turn, frame, step):
        return False
    pose(turn, frame, step)
    return False


# --- actions --------------------------------------------------------------------------------------------


def _action(turn: Turn, frame: Frame, step: Do) -> Action:
    cls: type[Any] = ACTIONS[step.action]
    values = {name: value_of(turn, frame, each) for name, each in step.with_.items()}
    inputs = {each.name: values.get(each.name) for each in fields_of(cls)}
    action: Action = cls(**inputs)
    return action


def action_done(turn: Turn, root: Frame, frame: Frame, result: Mapping[str, Any]) -> None:
    """Go on after an action that was carried out."""
    step, then = find_step(flow_of(turn, frame), frame.open), frame.then
    frame.call = frame.then = None
    if step is None:
        frame.open = None
    elif then is not None:
        handed_over(turn, root, frame, step, then, result)
    elif isinstance(step, Do):
        if step.save:
            frame.answers[step.save] = _few(result)
        if step.action == "give_consent":
            turn.progress.opted_in = True
        _note_cause(turn, root, step, result, frame)
        frame.open = None
        frame.done.append(step.id)
    walk(turn, root)


def action_failed(turn: Turn, root: Frame, frame: Frame, reason: str) -> None:
    """Go on after an action that could not be done: by the author's row for the reason, else their `else`."""
    step, then = find_step(flow_of(turn, frame), frame.open), frame.then
    frame.call = frame.then = None
    if isinstance(step, Do) and then is None:
        row = step.if_fails.get(reason) or step.if_fails.get("else")
        if row is not None:
            key = reason if reason in step.if_fails else "else"
            if apply_after(turn, root, frame, step, row, f"if_fails:{key}", outcome=reason):
                walk(turn, root)
            return
    turn.effects.append(CallHuman("an action failed", f"{frame.flow}.{frame.open}: {reason}"))
    end_frame(turn, root, frame, "failed")
    walk(turn, root)


_CAUSES = {"move_interview": "interview.moved", "cancel_interview": "interview.cancelled"}
_MOST_CAUSES = 8


def _note_cause(turn: Turn, root: Frame, step: Do, result: Mapping[str, Any], frame: Frame) -> None:
    """Remember the event this action will bring back, so that it does not end the run that caused it."""
    event = _CAUSES.get(step.action)
    if event is None:
        return
    subject = result if result.get("id") is not None else _given(turn, frame, step, "interview")
    if isinstance(subject, Mapping):
        turn.progress.caused.append(f"{event}#{subject.get('id')}@{root.n}")
        del turn.progress.caused[:-_MOST_CAUSES]


def _given(turn: Turn, frame: Frame, step: Do, name: str) -> Any:
    source = step.with_.get(name)
    return None if source is None else value_of(turn, frame, source)


# --- waiting for the outside ----------------------------------------------------------------------------


def _wait(turn: Turn, frame: Frame, step: WaitFor) -> bool:
    scope = scope_of(turn, frame)
    root_began = _root_of(turn, frame).n
    for early in turn.progress.inbox:
        if early.n > root_began and early.name in step.events and is_about(step.about, scope, early.fields):
            turn.progress.inbox.remove(early)
            came(frame, step, early)
            return True
    _begin(frame, step)
    set_timer(turn, late_token(frame), step.up_to)
    return False


def _root_of(turn: Turn, frame: Frame) -> Frame:
    return next((root for root in turn.progress.stack if innermost(root) is frame), frame)


def came(frame: Frame, step: WaitFor, event: Happened) -> None:
    """Finish a `wait_for` with the event it waited for."""
    if step.save:
        frame.answers[step.save] = _few(as_seen(event))
    frame.open = None
    frame.done.append(step.id)


def _few(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the first of a long list: nobody is shown more on a phone."""
    return {name: each[:MOST_ITEMS] if isinstance(each, list) else each for name, each in fields.items()}


def as_seen(event: Happened) -> dict[str, Any]:
    """Give an event as authors read it: its fields, and its name under `event`."""
    return event.fields | {"event": event.name}


def is_about(about: str | None, scope: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Tell whether an event concerns what a run is about; what neither names is taken to match."""
    if about is None:
        return True
    ours, theirs = look_up(scope, about), event.get(about.rpartition(".")[2])
    if ours is None or theirs is None:
        return True
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return bool(ours.get("id") == theirs.get("id"))
    if isinstance(ours, Mapping):
        ours = ours.get(about.rpartition(".")[2], ours.get("id"))
    return bool(ours == theirs)
