"""From what a person typed, tapped or shared to an answer of the open question.

The rule: numbers mean the rows that were shown; an answer is used when it is sure, read back when it is
ours, and asked for again when it is neither. What is not understood waits 25 seconds for the rest of the
thought before anything is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from flows.afters import apply_after
from flows.answers import read
from flows.answers.reading import AskBack, Asked, Confirm, Reading, Understood, Value
from flows.effects import CallHuman
from flows.frames import reopen, start_sub
from flows.listening import asked_of, check, is_half, let_go, rest_of
from flows.model import After, Ask, Menu, Review
from flows.progress import LONGEST_TEXT, Frame, Held, ReadBack, innermost
from flows.speaking import (
    CHOOSING,
    MORE,
    PROPOSED_DAY,
    SILENCE,
    YES,
    Question,
    fresh_page,
    item_key,
    items_of,
    pose,
)
from flows.stepping import walk
from flows.turn import Turn, clear_timer, fill, flow_of, open_step, option_of, say, scope_of, sentence


@dataclass(frozen=True, slots=True)
class Rejected:
    """The person said no to what was read back, and nothing instead."""


def hear(turn: Turn, root: Frame, frame: Frame, step: Question, text: str) -> AskBack | Confirm | None:
    """Take a text as the answer of an open question; gives back what to ask where it is none, or half of
    one."""
    held = turn.progress.held
    earlier = held.text if held is not None and held.frame == frame.n else ""
    text = text[:LONGEST_TEXT]
    if frame.confirm is not None:
        reading = _after_read_back(turn, frame, step, text)
        if isinstance(reading, Rejected):
            let_go(turn)
            _ask_anew(turn, frame, step)
            return None
    else:
        reading = _read_joined(turn, frame, step, text, earlier)
    if isinstance(reading, AskBack) or is_half(reading):
        return reading
    let_go(turn)
    take(turn, root, frame, step, reading, text)
    return None


def _read_joined(turn: Turn, frame: Frame, step: Question, text: str, earlier: str) -> Reading:
    """Read a text, with the draft of an earlier one; failing that, together with it."""
    if isinstance(step, Review) and not any(each.isdigit() for each in text):
        meant = read(text, Asked("yes_no", turn.progress.lang, turn.now))
        if isinstance(meant, Understood):
            return Understood(f"@{YES}") if meant.value is True else AskBack("review.which")
    reading = read(text, asked_of(turn, frame, step, frame.draft))
    if earlier and isinstance(reading, AskBack):
        together = read(f"{earlier} {text}", asked_of(turn, frame, step))
        if not isinstance(together, AskBack) or (reading.draft is None and together.draft is not None):
            return together
    return reading


def _after_read_back(turn: Turn, frame: Frame, step: Question, text: str) -> Reading | Rejected:
    """Read the reply to a read-back: yes takes the value, no asks anew, another full answer replaces it."""
    confirm = frame.confirm
    assert confirm is not None
    meant = read(text, Asked("yes_no", turn.progress.lang, turn.now))
    if isinstance(meant, Understood) and meant.value is True:
        return Understood(confirm.value)
    instead = read(text, asked_of(turn, frame, step, _halves(confirm.value)))
    if isinstance(instead, AskBack):
        return Rejected() if isinstance(meant, Understood) else meant
    same = isinstance(instead, Confirm) and instead.value == confirm.value
    if same and not isinstance(meant, Understood) and _surely(instead):
        return Understood(confirm.value)  # "am", "10:30 am": what was read back, said once more
    return instead


def _surely(reading: Reading) -> bool:
    """Tell whether a day or time was all written, none of it ours."""
    return isinstance(reading, Confirm) and reading.sentence.startswith("read_back.")


def _halves(value: Any) -> Value:
    """Give the halves of what is read back: "no, friday" keeps its time, "9 am" its day, "pm" its hour."""
    if isinstance(value, datetime):
        return {"date": value.date(), "time": value.time(), "sure": True}
    return {"time": value, "sure": True} if isinstance(value, time) else None


def _ask_anew(turn: Turn, frame: Frame, step: Question) -> None:
    """Ask again after a no; of a time whose day we proposed, only the day."""
    proposed = frame.confirm is not None and frame.confirm.sentence == PROPOSED_DAY
    kept = frame.draft.get("time") if proposed and isinstance(frame.draft, dict) else None
    frame.confirm = None
    if isinstance(kept, time):
        pose(turn, frame, step, sentence(turn, "ask.date", {"at": kept}))
    else:
        frame.draft = None
        pose(turn, frame, step)


# --- taking an answer ---------------------------------------------------------------------------------------


def take(
    turn: Turn, root: Frame, frame: Frame, step: Question, reading: Understood | Confirm, text: str = ""
) -> None:
    """Use an answer, or read it back first; then walk on."""
    value = reading.value
    if isinstance(step, Ask):
        value = _chosen(turn, frame, step, value)
        if value is None:  # a row that is gone since it was shown
            refused(turn, root, frame, step, sentence(turn, "unclear.choice"))
            return
        if (complaint := check(turn, frame, step, value)) is not None:
            frame.confirm = frame.draft = None
            refused(turn, root, frame, step, complaint)
            return
        frame.draft = None
        if isinstance(reading, Confirm) and step.read_back:
            frame.confirm = ReadBack(value, reading.sentence, dict(reading.blanks))
            pose(turn, frame, step)
            return
    clear_timer(turn, SILENCE)
    root.parked = False
    turn.progress.rest = rest_of(step, text) or turn.progress.rest
    _store(turn, root, frame, step, value)


def _store(turn: Turn, root: Frame, frame: Frame, step: Question, value: Any) -> None:
    match step:
        case Review():
            fresh_page(frame)
            if value == f"@{YES}":
                frame.done.append(step.id)
            else:
                reopen(turn, frame, str(value))
        case Ask() if value == MORE:
            frame.shown.page += 1
            pose(turn, frame, step)
            return
        case Menu():
            _run_row(turn, frame, step, value)
        case Ask():
            fresh_page(frame)
            frame.answers[step.id] = value
            frame.done.append(step.id)
            _say_option(turn, frame, step, value)
    walk(turn, root)


def _run_row(turn: Turn, frame: Frame, step: Menu, value: Any) -> None:
    fresh_page(frame)
    frame.answers[step.id] = value
    option = option_of(step, value) if isinstance(value, str) else None
    flow_id, given = (option.run, option.with_) if option is not None else (step.run, step.with_)
    if flow_id is None:
        frame.done.append(step.id)
        _say_option(turn, frame, step, value)
        return
    frame.open = step.id
    start_sub(turn, frame, flow_id, given)


def _say_option(turn: Turn, frame: Frame, step: Ask, value: Any) -> None:
    option = option_of(step, value) if isinstance(value, str) else None
    if option is not None and option.say is not None:
        say(turn, fill(turn, option.say, scope_of(turn, frame)), step=f"{frame.flow}.{step.id}")


def _chosen(turn: Turn, frame: Frame, step: Ask, value: Any) -> Any:
    """Turn a list row's key into its item; None where the list, or the question, no longer has it."""
    if step.as_ in CHOOSING and step.from_ is None:
        keys = value if isinstance(value, list) else [value]
        return value if all(option_of(step, key) is not None for key in keys) else None
    if step.from_ is None or not isinstance(value, str) or not value.startswith("@") or value == MORE:
        return value
    items = items_of(scope_of(turn, frame), step.from_)
    return next((item for at, item in enumerate(items) if item_key(item, at) == value), None)


# --- not understood -----------------------------------------------------------------------------------------


def ask_held(turn: Turn) -> None:
    """Say what a held text needs: nothing came to complete it."""
    held, turn.progress.held = turn.progress.held, None
    if held is None:
        return
    for root in turn.progress.stack:
        frame = innermost(root)
        step = open_step(turn, frame)
        if frame.n == held.frame and isinstance(step, Ask | Review):
            if held.proposal is not None:
                _propose(turn, root, frame, step, held)
                return
            half = frame.draft is not None and frame.confirm is None
            words = _words_back(turn, frame, step, held.sentence, held.blanks, half=half)
            if half:
                pose(turn, frame, step, words)
            else:
                refused(turn, root, frame, step, None if _lost_the_question(frame, step) else words)
            return


def _propose(turn: Turn, root: Frame, frame: Frame, step: Question, held: Held) -> None:
    """Ask whether the half we added is right, unless the author's check already says it is not."""
    if isinstance(step, Ask) and (complaint := check(turn, frame, step, held.proposal)) is not None:
        frame.draft = None
        refused(turn, root, frame, step, complaint)
        return
    frame.confirm = ReadBack(held.proposal, held.sentence, dict(held.blanks))
    pose(turn, frame, step)


def _words_back(
    turn: Turn, frame: Frame, step: Question, key: str, blanks: Mapping[str, Any], *, half: bool
) -> str:
    if isinstance(step, Ask) and step.if_unclear is not None and frame.confirm is None and not half:
        return fill(turn, step.if_unclear, scope_of(turn, frame))
    return sentence(turn, key, blanks)


def _lost_the_question(frame: Frame, step: Question) -> bool:
    """Tell whether a hint has not helped with a pick: numbers alone say too little."""
    picks = isinstance(step, Ask) and step.as_ in ("yes_no", *CHOOSING) and step.if_unclear is None
    return picks and frame.tries > 0


def refused(turn: Turn, root: Frame, frame: Frame, step: Question, words: str | None) -> None:
    """Count an unclear try and ask again; after too many, do what the author says or offer a person. Without
    `words` the question itself is asked again.
    """
    frame.tries += 1
    limit = step.tries if isinstance(step, Ask) and step.tries is not None else flow_of(turn, frame).tries
    stuck: After | None = step.if_stuck if isinstance(step, Ask) else None
    if frame.tries < limit or (frame.tries > limit and stuck is None):
        pose(turn, frame, step, words)
    elif stuck is not None:
        if apply_after(turn, root, frame, step, stuck, "if_stuck"):
            walk(turn, root)
    else:
        turn.effects.append(CallHuman(f"stuck in {frame.flow}", f"{frame.flow}.{step.id}"))
        pose(turn, frame, step, sentence(turn, "offer.person"))


# --- taps ---------------------------------------------------------------------------------------------------


def tapped(turn: Turn, root: Frame, frame: Frame, step: Question, prompt: int, n: int) -> bool:
    """Take a tapped button; False where that row was never under the open question."""
    if frame.first is None or frame.prompt is None or not frame.first <= prompt <= frame.prompt:
        return False
    confirm = frame.confirm
    if confirm is not None and prompt >= confirm.first:
        if n not in (1, 2):
            return False
        let_go(turn)
        if n == 1:
            take(turn, root, frame, step, Understood(confirm.value))
        else:
            _ask_anew(turn, frame, step)
        return True
    row = next((row for row in frame.shown.rows if row.n == n), None)
    if row is None:
        return False
    let_go(turn)
    frame.confirm = frame.draft = None
    take(turn, root, frame, step, Understood(_tapped_value(step, row.key)))
    return True


def _tapped_value(step: Question, key: str) -> Value:
    if isinstance(step, Ask) and step.as_ == "yes_no":
        return key == YES
    if isinstance(step, Ask) and step.as_ == "choices" and key != MORE:
        return [key]
    return key
