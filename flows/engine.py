"""One event in, a decision out: `advance` is the whole engine seen from outside.

The rule: pure and total. The same flows, progress and event always give the same answer; no text of a
person makes it raise; and a person who wrote hears something, or a `Silent` says why not.

Under it lie, each in its module: interrupts (the order of things for a text), hearing (text to answer),
stepping (walking the steps), speaking (questions), outside (events of the world), back (BACK).
"""

from datetime import UTC, datetime, timedelta

from flows.afters import apply_after
from flows.back import undone
from flows.edits import adopt
from flows.effects import Effect
from flows.events import (
    ActionDone,
    ActionFailed,
    Event,
    OptedIn,
    OptedOut,
    OptionTapped,
    SpotShared,
    StaffHandedBack,
    StaffTookOver,
    TextReceived,
    TimerRang,
)
from flows.flowset import FlowSet
from flows.frames import late_token
from flows.front import front_door
from flows.hearing import ask_held
from flows.interrupts import spot_came, tap_came, text_came
from flows.listening import HOLD, let_go
from flows.model import Ask, Review, WaitFor
from flows.outside import happened, return_to_question, start_waiting
from flows.progress import Frame, Progress, chain, innermost
from flows.safety import back_in, stop
from flows.speaking import SILENCE, no_reply_rows, watch_silence
from flows.stepping import action_done, action_failed, walk
from flows.turn import Turn, acting, asking_root, clear_timer, open_step, say, sentence, stay_silent

_HERE = timedelta(minutes=30)  # the person wrote so lately that what we say is a reply


def advance(flows: FlowSet, progress: Progress, event: Event) -> tuple[Progress, list[Effect]]:
    """Decide one event: the new progress (the same value, changed in place) and what to do, in order.

    Each `Do` among the effects is carried out by the caller and answered with ActionDone or ActionFailed
    before any other event. Never raises, whatever a person typed.
    """
    turn = Turn(flows, progress, event.at.astimezone(UTC), event.at.replace(tzinfo=None))
    if progress.flows != flows.hash:
        adopt(turn)
    if not isinstance(event, ActionDone | ActionFailed):
        progress.outside = False
    match event:
        case TextReceived():
            text_came(turn, event)
        case OptionTapped():
            tap_came(turn, event)
        case SpotShared():
            spot_came(turn, event)
        case TimerRang(token=token):
            _rang(turn, token)
        case ActionDone(call=call) | ActionFailed(call=call) if _undoes(progress, call):
            undone(turn, done=isinstance(event, ActionDone))
        case ActionDone(call=call, result=result):
            if found := _calling(progress, call):
                action_done(turn, *found, result)
        case ActionFailed(call=call, reason=reason):
            if found := _calling(progress, call):
                action_failed(turn, *found, reason)
        case StaffTookOver():
            let_go(turn)
            clear_timer(turn, SILENCE)
            progress.paused = progress.paused or "staff"
        case StaffHandedBack():
            _handed_back(turn)
        case OptedOut():
            stop(turn)
        case OptedIn():
            back_in(turn)
        case _:
            happened(turn, event)
    _settle(turn)
    return progress, turn.effects


def _undoes(progress: Progress, call: int) -> bool:
    return progress.undoing is not None and progress.undoing.call == call


def _calling(progress: Progress, call: int) -> tuple[Frame, Frame] | None:
    for root in progress.stack:
        for frame in chain(root):
            if frame.call == call:
                return root, frame
    return None


# --- timers -------------------------------------------------------------------------------------------------


def _rang(turn: Turn, token: str) -> None:
    """Take a timer that is due; one that was called off or set anew since is stale."""
    progress = turn.progress
    due = progress.timers.get(token)
    if due is None or turn.at < due - timedelta(seconds=1) or progress.stopped:
        return
    del progress.timers[token]
    progress.kind = "reply" if token == HOLD or _here(progress.heard_at, turn.at) else "nudge"
    match token.partition(":")[0]:
        case "hold":
            ask_held(turn)
        case "silence":
            progress.kind = "nudge"
            _silence(turn)
        case "late":
            _late(turn, token)
        case _:  # flows that wait for their turn: _settle looks
            progress.kind = "news"


def _here(heard_at: datetime | None, at: datetime) -> bool:
    return heard_at is not None and at - heard_at <= _HERE


def _silence(turn: Turn) -> None:
    root = asking_root(turn.progress)
    if root is None or turn.progress.paused:
        return
    frame = innermost(root)
    step = open_step(turn, frame)
    if not isinstance(step, Ask | Review):
        return
    rows = no_reply_rows(turn, frame, step)
    if frame.nudges >= len(rows):
        return
    row, at = rows[frame.nudges], frame.nudges
    frame.nudges += 1
    last = frame.nudges == len(rows)
    parks = last and row.then == "stay" and not row.finish and not row.ask_again
    if apply_after(turn, root, frame, step, row, f"no_reply:{at}"):
        walk(turn, root)
    elif parks:
        root.parked = True
    elif frame.open == step.id and not root.parked and frame.call is None:
        watch_silence(turn, frame, step)


def _late(turn: Turn, token: str) -> None:
    for root in turn.progress.stack:
        frame = innermost(root)
        step = open_step(turn, frame)
        if late_token(frame) == token and isinstance(step, WaitFor):
            if apply_after(turn, root, frame, step, step.if_late, "if_late", outcome="late"):
                walk(turn, root)
            return


# --- a caseworker is done -----------------------------------------------------------------------------------


def _handed_back(turn: Turn) -> None:
    progress = turn.progress
    was, progress.paused = progress.paused, None
    progress.kind = "nudge"
    if progress.stopped:
        return
    if was == "crisis":
        # No question on the heels of that: what was open is taken up when the person writes.
        for root in progress.stack:
            root.parked = True
        say(turn, sentence(turn, "crisis.resume"))
        return
    progress.back_to = True
    for root in list(progress.stack):
        if innermost(root).open is None:
            walk(turn, root)
    if progress.back_to:
        return_to_question(turn, always=True)


# --- the end of a turn --------------------------------------------------------------------------------------


def _settle(turn: Turn) -> None:
    """Return to the question below, start what waited its turn, and make sure that who wrote is answered."""
    progress = turn.progress
    if acting(progress):
        return
    if not progress.paused and not progress.stopped:
        if progress.back_to:
            return_to_question(turn)
        if progress.waiting:
            start_waiting(turn)
        if progress.owed and not acting(progress):
            front_door(turn)
    if not acting(progress):
        if progress.owed and progress.paused:
            stay_silent(turn, "staff_talking")  # their plain answer was taken; what it asks next waits
        progress.owed = False
