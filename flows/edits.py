"""Live edits: carry a person's place over into the flows as they are now.

The rule: nobody is dropped and nothing is lost. The same id goes on, `was:` renames, a step that is gone is
only left with its answer kept, and an answer that is no longer possible is asked for again. A talk ends
only where its whole flow is gone.
"""

from datetime import date, datetime, time
from typing import Any

from flows.model import Ask, Flow
from flows.progress import Frame, all_frames, chain, innermost
from flows.speaking import fresh_page
from flows.turn import Turn, find_step

_KINDS: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "name": str,
    "zip": str,
    "pin": str,
    "phone": str,
    "yes_no": bool,
    "number": (int, float),
    "date": date,
    "time": time,
    "datetime": datetime,
    "choices": list,
    "week_hours": list,
}


def adopt(turn: Turn) -> None:
    """Bring every run of this person into line with the flows of this turn."""
    progress, known = turn.progress, turn.flows.flows
    first = progress.flows == ""
    progress.flows = turn.flows.hash
    if first:
        return
    for root in list(progress.stack):
        gone = next((frame for frame in chain(root) if frame.flow not in known), None)
        if gone is root:
            progress.stack.remove(root)
            continue
        for frame in chain(root):
            if frame.sub is not None and frame.sub is gone:
                frame.sub = frame.open = None
        for frame in all_frames(root):
            if frame.flow in known:
                _adopt_frame(known[frame.flow], frame)
        here = innermost(root)
        if here.open is not None and find_step(known[here.flow], here.open) is None:
            fresh_page(here)
            here.call = here.then = None
    progress.waiting = [kept for kept in progress.waiting if kept.flow in known]


def _adopt_frame(flow: Flow, frame: Frame) -> None:
    for step in flow.steps:
        if step.was is not None:
            _rename(frame, step.was, step.id)
    asks = {step.id: step for step in flow.steps if isinstance(step, Ask)}
    for name in list(frame.done):
        ask = asks.get(name)
        if ask is not None and name in frame.answers and not _possible(ask, frame.answers[name]):
            frame.done.remove(name)
            del frame.answers[name]


def _rename(frame: Frame, was: str, now: str) -> None:
    frame.done = [now if name == was else name for name in frame.done]
    if frame.open == was:
        frame.open = now
    for held in (frame.answers, frame.known, frame.subs):
        _move(held, was, now)


def _move(held: dict[str, Any], was: str, now: str) -> None:
    if was in held and now not in held:
        held[now] = held.pop(was)


def _possible(step: Ask, value: Any) -> bool:
    """Tell whether an answer could be given to the question as it is now."""
    if value is None or step.from_ is not None:
        return True
    keys = {option.key for option in step.options}
    match step.as_:
        case "choice":
            return isinstance(value, str) and value in keys
        case "choices":
            return isinstance(value, list) and all(each in keys for each in value)
        case "address" | "photo":
            return True
        case kind:
            return isinstance(value, _KINDS[kind]) and (kind != "number" or not isinstance(value, bool))
