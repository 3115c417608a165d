"""BACK: un-finish the last question, and let the walk find it again.

The rule: nothing that acted on the world is undone in silence. Going back passes what was said, waited for
or only read, and enters finished sub-flows and earlier rounds; it stops at an action that acts, and at a
hand-over.
"""

from flows.actions import ACTIONS
from flows.frames import late_token
from flows.model import Ask, Do, Handoff, Menu, Review, Run
from flows.progress import Frame, chain
from flows.speaking import SILENCE, fresh_page, pose
from flows.stepping import walk
from flows.turn import Turn, asking, clear_timer, find_step, flow_of, open_step, say, sentence

BLOCKED, FIRST = "back.blocked", "back.first"


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
    """Leave a sub-flow; True where it was run from a menu, which is then the last question."""
    clear_timer(turn, late_token(frame))
    for parent in chain(root):
        if parent.sub is frame:
            step = open_step(turn, parent)
            parent.sub = parent.open = None
            if isinstance(step, Menu):
                parent.answers.pop(step.id, None)
            return isinstance(step, Menu)
    return False


def _rewind(turn: Turn, frame: Frame) -> str | None:
    """Un-finish the last question of a run; None when it did, else why not."""
    flow = flow_of(turn, frame)
    for at in range(len(frame.done) - 1, -1, -1):
        step = find_step(flow, frame.done[at])
        match step:
            case Menu():
                if _into(turn, frame, step.id, at):
                    return None
                _reset(frame, at, step.id)
                return None
            case Ask():
                _reset(frame, at, step.id)
                return None
            case Run():
                found = _into_runs(turn, frame, step.id, at)
                if found != FIRST:
                    return found
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


def _into(turn: Turn, frame: Frame, name: str, at: int) -> bool:
    return _into_runs(turn, frame, name, at) is None


def _into_runs(turn: Turn, frame: Frame, name: str, at: int) -> str | None:
    """Enter the last finished run of a step; None when a question was found in it."""
    runs = frame.subs.get(name, [])
    while runs:
        stopped = _rewind(turn, runs[-1])
        if stopped == BLOCKED:
            return BLOCKED
        if stopped is None:
            fresh_page(frame)
            frame.sub = runs.pop()
            frame.sub.outcome = frame.sub.gave = None
            frame.open = name
            del frame.done[at:]
            return None
        runs.pop()
    return FIRST
