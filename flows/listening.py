"""Read a text against the open question: what the readers must know, the rest of a thought, the rest of a
text.

The rule: what is not understood waits 25 seconds for the rest of the thought before anything is said; and
what a text says beside its answer ("1 its tomoro") is read back when its question comes, never used
unasked.
"""

import re
from datetime import timedelta
from typing import Any, TypeGuard

from flows.answers import read
from flows.answers.reading import AskBack, Asked, Choice, Confirm, Reading, Understood, Value
from flows.effects import Silent
from flows.model import Ask, Review
from flows.progress import LONGEST_TEXT, Frame, Held, ReadBack
from flows.speaking import MORE, YES, Question
from flows.turn import Turn, clear_timer, fill, option_of, scope_of, set_timer

HOLD = "hold"
HOLD_FOR = timedelta(seconds=25)
_EXTRAS = ("datetime", "date", "time", "number", "zip")
_LEAD = re.compile(r"^\W*[\w']+[\W_]+")


def asked_of(turn: Turn, frame: Frame, step: Question, draft: Value = None) -> Asked:
    """Say what the readers must know about an open question."""
    lang = turn.progress.lang
    if isinstance(step, Review):
        return Asked("choice", lang, turn.now, _choices(turn, frame, step))
    choices = _choices(turn, frame, step)
    return Asked(step.as_, lang, turn.now, choices, step.alone, draft, step.exact, step.least, step.evening)


def _choices(turn: Turn, frame: Frame, step: Question) -> tuple[Choice, ...]:
    lang = turn.progress.lang
    choices = []
    for row in frame.shown.rows:
        words: tuple[str, ...] = ()
        if isinstance(step, Review):
            words = ("yes", "si", "ok") if row.key == f"@{YES}" else ()
        elif row.key == MORE:
            words = ("more", "mas", "next")
        elif option := option_of(step, row.key):
            words = option.words.get(lang, ()) + option.words.get("en", ()) * (lang != "en")
        choices.append(Choice(row.key, row.label, words, row.n))
    return tuple(choices)


def check(turn: Turn, frame: Frame, step: Ask, value: Any) -> str | None:
    """Give the author's complaint about a value, None where it passes every check."""
    if not step.check:
        return None
    scope = {**scope_of(turn, frame), step.id: value}
    failed = next((each for each in step.check if not each.is_.holds(scope)), None)
    return None if failed is None else fill(turn, failed.else_, scope)


def rest_of(step: Question, text: str) -> str:
    """Give what else a text said beside "1" or "yes", for a later question to use."""
    chose = isinstance(step, Ask) and step.as_ in ("yes_no", "choice") and step.least is None
    lead = _LEAD.match(text) if chose else None
    return text[lead.end() :].strip() if lead else ""


def hold(turn: Turn, frame: Frame, text: str, back: AskBack | Confirm) -> None:
    """Wait for the rest of the thought before asking again, or before proposing it."""
    if back.draft is not None:
        frame.draft = back.draft
    held = turn.progress.held
    if held is not None and held.frame == frame.n:
        text = f"{held.text} {text}"
    proposal = back.value if isinstance(back, Confirm) else None
    turn.progress.held = Held(frame.n, text[-LONGEST_TEXT:], back.sentence, dict(back.blanks), proposal)
    set_timer(turn, HOLD, HOLD_FOR)
    turn.effects.append(Silent("fragment"))
    turn.progress.owed = False


def is_half(reading: Reading) -> TypeGuard[Confirm]:
    """Tell whether half of an answer was said and the rest is our proposal."""
    return isinstance(reading, Confirm) and reading.draft is not None


def let_go(turn: Turn) -> None:
    """Forget a held text."""
    turn.progress.held = None
    clear_timer(turn, HOLD)


def use_rest(turn: Turn, frame: Frame, step: Question) -> bool:
    """Answer a question that is about to be asked from what the text before it said beside its answer."""
    rest = turn.progress.rest
    if not rest or not isinstance(step, Ask) or step.as_ not in _EXTRAS:
        return False
    reading = read(rest, asked_of(turn, frame, step))
    if isinstance(reading, AskBack) or is_half(reading):
        if reading.draft is None:
            return False
        turn.progress.rest = ""
        hold(turn, frame, rest, reading)
        return True
    if check(turn, frame, step, reading.value) is not None:
        return False
    turn.progress.rest = ""
    frame.confirm = _read_back(step, reading)
    return False


def _read_back(step: Ask, reading: Understood | Confirm) -> ReadBack:
    if isinstance(reading, Confirm):
        return ReadBack(reading.value, reading.sentence, dict(reading.blanks))
    if step.as_ in ("datetime", "date", "time"):
        return ReadBack(reading.value, f"read_back.{step.as_}", {"at": reading.value})
    return ReadBack(reading.value, "read_back.fact", {"what": reading.value})
