"""BACK: un-finish the last question, and let the walk find it again.

The rule: nothing that acted on the world is undone in silence. Going back passes what was said, waited for
or only read, and enters finished sub-flows and earlier rounds; it stops at an action that acts, and at a
hand-over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as fields_of
from typing import Any, TypeAlias

from flows.actions import ACTIONS
from flows.effects import Button
from flows.effects import Do as DoEffect
from flows.frames import late_token, value_of
from flows.model import Ask, Do, Handoff, Menu, Review, Run
from flows.progress import Frame, Undoing, all_frames, chain
from flows.speaking import SILENCE, fresh_page, pose, yes_no_rows
from flows.stepping import walk
from flows.turn import (
    Turn,
    asking,
    clear_timer,
    fill,
    find_step,
    flow_of,
    next_number,
    open_step,
    say,
    scope_of,
    sentence,
)

BLOCKED, FIRST = "back.blocked", "back.first"


@dataclass(frozen=True, slots=True)
class Undoable:
    """An action in the way that its author knows how to undo."""

    frame: Frame
    step: Do


Found: TypeAlias = str | Undoable | None
"""What rewinding met: None is a question, un-finished; a text says why there is none."""


def go_back(turn: Turn, root: Frame) -> None:
    """Take a talk back to its last question, or say why that cannot be; the open question is asked again."""
    frames = list(chain(root))
    clear_timer(turn, SILENCE)
    for frame in reversed(frames):
        stopped = _rewind(turn, frame)
        if stopped is None:
            clear_timer(turn, late_token(frame))
            walk(turn, root)
            return
        if isinstance(stopped, Undoable):
            _ask_to_undo(turn, stopped)
            return
        if stopped == BLOCKED or frame is root:
            _stay(turn, root, stopped)
            return
        # This sub-flow asked nothing before: leave it, and look before it in its caller.
        if _leave(turn, root, frame):
            walk(turn, root)
            return


def _stay(turn: Turn, root: Frame, why: str) -> None:
    say(turn, sentence(turn, why))
    frame = list(chain(root))[-1]
    step = open_step(turn, frame)
    if asking(frame) and isinstance(step, Ask | Review):
        pose(turn, frame, step)
    else:
        walk(turn, root)


def _leave(turn: Turn, root: Frame, frame: Frame) -> bool:
    """Leave a sub-flow; True where a question stands before it: its menu, or an earlier round."""
    clear_timer(turn, late_token(frame))
    for parent in chain(root):
        if parent.sub is frame:
            step = open_step(turn, parent)
            parent.sub = parent.open = None
            if isinstance(step, Menu):
                parent.answers.pop(step.id, None)
                return True
            return isinstance(step, Run) and _into_round(turn, parent, step)
    return False


def _into_round(turn: Turn, frame: Frame, step: Run) -> bool:
    """Enter the round before; what it had given to the list is given again when it ends."""
    rounds = frame.subs.get(step.id, [])
    collected = step.list is not None and rounds and rounds[-1].outcome == "done"
    if not rounds or _into_runs(turn, frame, step.id, len(frame.done)) is not None:
        return False
    if collected and step.list is not None:
        frame.answers[step.list] = frame.answers.get(step.list, [])[:-1]
    return True


def _rewind(turn: Turn, frame: Frame) -> Found:
    """Un-finish the last question of a run; None when it did, else what stands in the way."""
    flow = flow_of(turn, frame)
    for at in range(len(frame.done) - 1, -1, -1):
        step = find_step(flow, frame.done[at])
        match step:
            case Ask():
                _reset(frame, at, step.id)
                return None
            case Run():
                found = _into_runs(turn, frame, step.id, at)
                if found != FIRST:
                    return found
            case Do(undo=str()) if ACTIONS[step.action].acts:
                return Undoable(frame, step)
            case Do() if ACTIONS[step.action].acts:
                return BLOCKED
            case Handoff():
                return BLOCKED
            case _:
                continue
    return FIRST


def _reset(frame: Frame, at: int, name: str) -> None:
    fresh_page(frame)
    del frame.done[at:]
    frame.answers.pop(name, None)
    frame.known.pop(name, None)


def _into_runs(turn: Turn, frame: Frame, name: str, at: int) -> Found:
    """Enter the last finished run of a step; None when a question was found in it."""
    runs = frame.subs.get(name, [])
    while runs:
        stopped = _rewind(turn, runs[-1])
        if isinstance(stopped, Undoable) or stopped == BLOCKED:
            return stopped
        if stopped is None:
            fresh_page(frame)
            frame.sub = runs.pop()
            frame.sub.outcome = frame.sub.gave = None
            frame.open = name
            del frame.done[at:]
            return None
        runs.pop()
    return FIRST


# --- undoing ------------------------------------------------------------------------------------------------


def _ask_to_undo(turn: Turn, found: Undoable) -> None:
    """Ask before an action is undone; its author wrote the question."""
    question = found.step.undo_question
    if question is None:
        words = sentence(turn, "back.undo")
    else:
        words = fill(turn, question, scope_of(turn, found.frame))
    turn.progress.prompts += 1
    turn.progress.undoing = Undoing(found.frame.n, found.step.id, turn.progress.prompts)
    turn.progress.back_to = False
    rows = tuple(Button(row.n, row.label) for row in yes_no_rows(turn))
    step = f"{found.frame.flow}.{found.step.id}"
    say(turn, words, step=step, options=rows, prompt=turn.progress.prompts)


def answer_undo(turn: Turn, *, yes: bool) -> None:
    """Take the reply: undo the action, or ask what was open again."""
    undoing = turn.progress.undoing
    found = None if undoing is None else _find(turn, undoing)
    if undoing is None or found is None or not yes:
        turn.progress.undoing = None
        turn.progress.back_to = True
        return
    _, frame, step = found
    cls: type[Any] = ACTIONS[step.undo or ""]
    given = {name: value_of(turn, frame, each) for name, each in step.with_.items()}
    saved = frame.answers.get(step.save or "")
    more = saved if isinstance(saved, Mapping) else {}
    inputs = {each.name: given.get(each.name, more.get(each.name)) for each in fields_of(cls)}
    undoing.call = next_number(turn)
    turn.effects.append(DoEffect(undoing.call, cls(**inputs)))


def undone(turn: Turn, *, done: bool) -> None:
    """Go on after the undoing: back to the question before it; where it failed, it stays done."""
    undoing, turn.progress.undoing = turn.progress.undoing, None
    found = None if undoing is None else _find(turn, undoing)
    if found is None:
        return
    root, frame, step = found
    if done:
        frame.done.remove(step.id)
        go_back(turn, root)
    else:
        _stay(turn, root, BLOCKED)


def _find(turn: Turn, undoing: Undoing) -> tuple[Frame, Frame, Do] | None:
    for root in turn.progress.stack:
        for frame in all_frames(root):
            step = find_step(flow_of(turn, frame), undoing.step)
            if frame.n == undoing.frame and isinstance(step, Do) and step.id in frame.done:
                return root, frame, step
    return None
