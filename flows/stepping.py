"""Walk a talk from where it stands until it has to wait: for the person, an event, an action's result, or a caseworker.

The rule: the position is derived. Each round looks for the first step not done whose `when` holds; doing a step either
finishes it or opens it and stops. Nothing here reads what a person typed.
"""

from collections.abc import Mapping
from dataclasses import fields as fields_of
from typing import Any

from flows.actions import ACTIONS, Action, HandOff
from flows.conditions import Expression, look_up
from flows.effects import CallHuman, FlowEnded, Keep
from flows.effects import Do as DoEffect
from flows.listening import use_rest
from flows.model import (
    After,
    Ask,
    Do,
    Finish,
    Handoff,
    Menu,
    Remember,
    Review,
    Run,
    Say,
    Step,
    WaitFor,
)
from flows.progress import MOST_ROOTS, MOST_ROUNDS, Frame, Happened, innermost
from flows.speaking import SILENCE, fresh_page, items_of, pose, question_words
from flows.texts import Text
from flows.turn import (
    Turn,
    asking,
    clear_timer,
    fill,
    find_step,
    flow_of,
    next_number,
    say,
    scope_of,
    set_timer,
)

_MOST_STEPS = 400  # in one turn: far above any flow, so that even a faulty one ends
_HANDED = "handoff"


# --- opening and closing ------------------------------------------------------------------------------------------------


def new_frame(turn: Turn, flow_id: str, *sources: Mapping[str, Any]) -> Frame:
    """Make a run of a flow; what it needs or knows comes from the first source that has it, last the person's record.

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


def open_root(turn: Turn, frame: Frame, *, cause: str | None = None, loud: bool = False) -> None:
    """Put a talk on top and begin it."""
    progress = turn.progress
    frame.cause, frame.loud = cause, loud
    progress.stack.append(frame)
    while len(progress.stack) > MOST_ROOTS:
        spare = next((root for root in progress.stack[:-1] if root.parked), progress.stack[0])
        progress.stack.remove(spare)
    walk(turn, frame)


def end_frame(turn: Turn, root: Frame, frame: Frame, outcome: str) -> None:
    """Close a run with its outcome: keep what it keeps, give it back to its caller, or take the root off the stack."""
    flow = flow_of(turn, frame)
    if flow.keeps:
        scope = scope_of(turn, frame)
        kept = {name: scope[name] for name in flow.keeps if scope.get(name) is not None}
        kept = {name: value for name, value in kept.items() if not _older(value, turn.progress.facts.get(name))}
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
        turn.progress.back_to = True
        return
    parent = _parent(root, frame)
    _came_back(turn, parent, frame)


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


# --- walking -----------------------------------------------------------------------------------------------------------


def next_step(turn: Turn, frame: Frame) -> Step | None:
    """Derive where a run stands: its first step not done whose `when` holds; an `ask` whose name is known is passed."""
    scope: dict[str, Any] | None = None
    done, known = frame.done, frame.known
    for step in flow_of(turn, frame).steps:
        if step.id in done:
            continue
        if step.when is not None:
            scope = scope_of(turn, frame) if scope is None else scope
            if not step.when.holds(scope):
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
            frame.call = next_number(turn)
            turn.effects.append(DoEffect(frame.call, _action(turn, frame, step)))
            return False
        case WaitFor():
            return _wait(turn, frame, step)
        case Run():
            _begin(frame, step)
            start_sub(turn, frame, step.flow, step.with_)
            return True
        case Remember():
            frame.answers[step.id] = _value(turn, frame, step.is_)
            frame.done.append(step.id)
            return True
        case Handoff():
            _begin(frame, step)
            hand_off(turn, frame, step.kind, _HANDED)
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


def _ask(turn: Turn, root: Frame, frame: Frame, step: Ask | Review) -> bool:
    if isinstance(step, Ask) and step.from_ is not None and step.if_empty is not None:
        if not items_of(scope_of(turn, frame), step.from_):
            _begin(frame, step)
            return apply_after(turn, root, frame, step, step.if_empty, "if_empty")
    _begin(frame, step)
    if isinstance(step, Review):
        say(turn, fill(turn, step.text, scope_of(turn, frame)), step=f"{frame.flow}.{step.id}")
    frame.prompt = frame.first = 0  # open; not asked yet
    if (turn.progress.paused and not root.loud) or use_rest(turn, frame, step):
        return False
    pose(turn, frame, step)
    return False


def start_sub(turn: Turn, frame: Frame, flow_id: str, given: Mapping[str, Expression | Text]) -> None:
    """Begin a sub-flow in the open step of `frame`."""
    values = {name: _value(turn, frame, each) for name, each in given.items()}
    frame.sub = new_frame(turn, flow_id, values, scope_of(turn, frame))


def _value(turn: Turn, frame: Frame, source: Expression | Text) -> Any:
    scope = scope_of(turn, frame)
    return source.value(scope) if isinstance(source, Expression) else fill(turn, source, scope)


# --- actions -----------------------------------------------------------------------------------------------------------


def _action(turn: Turn, frame: Frame, step: Do) -> Action:
    cls: type[Any] = ACTIONS[step.action]
    values = {name: _value(turn, frame, each) for name, each in step.with_.items()}
    inputs = {each.name: values.get(each.name) for each in fields_of(cls)}
    action: Action = cls(**inputs)
    return action


def hand_off(turn: Turn, frame: Frame, kind: str, then: str) -> None:
    """Ask for the hand-over; `then` says whose words follow when it is done."""
    frame.call, frame.then = next_number(turn), then
    turn.effects.append(DoEffect(frame.call, HandOff(kind=kind, text=turn.progress.last_words or None)))


def action_done(turn: Turn, root: Frame, frame: Frame, result: Mapping[str, Any]) -> None:
    """Go on after an action that was carried out."""
    step, then = find_step(flow_of(turn, frame), frame.open), frame.then
    frame.call = frame.then = None
    if step is None:
        frame.open = None
    elif then is not None:
        _handed_over(turn, root, frame, step, then, result)
    elif isinstance(step, Do):
        if step.save:
            frame.answers[step.save] = dict(result)
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
    subject = result if result.get("id") is not None else _value_of(turn, frame, step, "interview")
    if isinstance(subject, Mapping):
        turn.progress.caused.append(f"{event}#{subject.get('id')}@{root.n}")
        del turn.progress.caused[:-_MOST_CAUSES]


def _value_of(turn: Turn, frame: Frame, step: Do, name: str) -> Any:
    source = step.with_.get(name)
    return None if source is None else _value(turn, frame, source)


def _handed_over(
    turn: Turn, root: Frame, frame: Frame, step: Step, then: str, result: Mapping[str, Any]
) -> None:
    words = step.text if isinstance(step, Handoff) else None
    if then != _HANDED:
        after = find_after(turn, frame, step, then)
        words = after.say if after else None
    if words is not None:
        say(
            turn, fill(turn, words, {**scope_of(turn, frame), **result}), step=f"{frame.flow}.{step.id}"
        )
    if then == _HANDED:
        frame.open = None
        frame.done.append(step.id)
    else:
        end_frame(turn, root, frame, _HANDED)
    turn.progress.paused = "staff"


# --- what happens next where something did not go the usual way ---------------------------------------------------------


def find_after(turn: Turn, frame: Frame, step: Step, path: str) -> After | None:
    """Find the row `path` names: "if_late", "if_fails:too_late", "no_reply:1" …"""
    name, _, which = path.partition(":")
    match name, step:
        case "if_late", WaitFor():
            return step.if_late
        case "if_fails", Do():
            return step.if_fails.get(which)
        case "if_stuck", Ask():
            return step.if_stuck
        case "if_empty", Ask():
            return step.if_empty
        case "no_reply", _:
            own = step.no_reply if isinstance(step, Ask) else None
            rows = flow_of(turn, frame).no_reply if own is None else own
            return rows[int(which)] if int(which) < len(rows) else None
        case _:
            return None


def apply_after(
    turn: Turn, root: Frame, frame: Frame, step: Step, after: After, path: str, *, outcome: str | None = None
) -> bool:
    """Do what a row says; True when the walk goes on. `outcome` is the word where it finishes without its own."""
    if after.then == "handoff":
        hand_off(turn, frame, f"{frame.flow}: {path}", path)
        return False
    ends = after.finish or (outcome or path.partition(":")[0] if after.then == "finish" else None)
    stays = not ends and not after.ask_again and after.then == "stay"
    if after.say is not None:
        _say_after(turn, frame, step, after.say, asks=stays)
    if ends:
        end_frame(turn, root, frame, ends)
        return True
    if after.ask_again:
        reopen(turn, frame, after.ask_again)
        return True
    match after.then:
        case "park":
            root.parked = True
            clear_timer(turn, SILENCE)
            return False
        case "stay":
            return False
        case _:
            if isinstance(step, Ask):
                frame.answers[step.id] = None
            clear_timer(turn, SILENCE)
            fresh_page(frame)
            frame.done.append(step.id)
            return True


def _say_after(turn: Turn, frame: Frame, step: Step, text: Text, *, asks: bool) -> None:
    scope = scope_of(turn, frame)
    if isinstance(step, Ask | Review):
        scope["question"] = question_words(turn, frame, step, scope)
    words = fill(turn, text, scope)
    if asks and isinstance(step, Ask | Review):
        pose(turn, frame, step, words, nudge=True)
    else:
        say(turn, words, step=f"{frame.flow}.{step.id}")


def reopen(turn: Turn, frame: Frame, name: str) -> None:
    """Un-finish one question, or one sub-flow, so that it is asked again; everything else stays done."""
    clear_timer(turn, SILENCE)
    fresh_page(frame)
    frame.known.pop(name, None)
    frame.answers.pop(name, None)
    frame.subs.pop(name, None)
    if name in frame.done:
        frame.done.remove(name)


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


# --- waiting for the outside --------------------------------------------------------------------------------------------


def late_token(frame: Frame) -> str:
    """Name the time-out of a frame's `wait_for`."""
    return f"late:{frame.n}"


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
        frame.answers[step.save] = as_seen(event)
    frame.open = None
    frame.done.append(step.id)


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
