"""What happens next where something did not go the usual way: if_fails, if_late, if_stuck, if_empty,
no_reply.

The rule: one shape for all of them. Say it, then stay, go on, ask something again, finish, park, or hand
over to a caseworker; a promise of a human is said only after the hand-over is written down, with who and
when.
"""

from collections.abc import Mapping
from typing import Any

from flows.actions import HandOff
from flows.effects import Do as DoEffect
from flows.frames import end_frame, reopen
from flows.model import (
    After,
    Ask,
    Do,
    Handoff,
    Review,
    Step,
    WaitFor,
)
from flows.progress import Frame
from flows.speaking import SILENCE, fresh_page, pose, question_words
from flows.texts import Text
from flows.turn import (
    Turn,
    clear_timer,
    fill,
    flow_of,
    next_number,
    say,
    scope_of,
)

HANDED = "handoff"


def hand_off(turn: Turn, frame: Frame, kind: str, then: str) -> None:
    """Ask for the hand-over; `then` says whose words follow when it is done."""
    frame.call, frame.then = next_number(turn), then
    turn.effects.append(DoEffect(frame.call, HandOff(kind=kind, text=turn.progress.last_words or None)))


def handed_over(
    turn: Turn, root: Frame, frame: Frame, step: Step, then: str, result: Mapping[str, Any]
) -> None:
    words = step.text if isinstance(step, Handoff) else None
    if then != HANDED:
        after = find_after(turn, frame, step, then)
        words = after.say if after else None
    if words is not None:
        say(turn, fill(turn, words, {**scope_of(turn, frame), **result}), step=f"{frame.flow}.{step.id}")
    if then == HANDED:
        frame.open = None
        frame.done.append(step.id)
    else:
        end_frame(turn, root, frame, HANDED)
    turn.progress.paused = "staff"


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
    """Do what a row says; True when the walk goes on. `outcome` is the word where it finishes without its
    own."""
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
