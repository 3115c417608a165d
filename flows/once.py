"""What is not said twice to somebody who has not said yes.

The rule: they hear the request once; again only in the other language, or when they come back after a no or a
stop, and twice a day at most. In its place comes the answer to what they asked, or else the question in a few
words; and what is the last text on their phone already is not said again, it stands there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from flows.effects import Effect, Say, Silent
from flows.front import WELCOME
from flows.safety import STOPPED

A_DAY: Final = timedelta(days=1)
MOST_REQUESTS: Final = 2
_ENDS: Final = (WELCOME, STOPPED)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One text of ours that they have: its words as drawn, its step, and whether it asks a question."""

    body: str
    step: str = ""
    asks: bool = False


def once(effects: Sequence[Effect], said: Sequence[Spoken], body: Callable[[Say], str]) -> list[Effect]:
    """Put in place of each effect what is said instead, one for one: itself, the short words, or a silence.

    `said` is what they heard of us in a day, the oldest first; `body` draws a message for their phone.
    """
    heard, kept, answered = list(said), list[Effect](), False
    for effect in effects:
        if isinstance(effect, Say) and _before_a_yes(effect):
            effect = _in_place(effect, heard, body, answered=answered)
        if isinstance(effect, Say):
            heard.append(Spoken(body(effect), effect.step, effect.prompt is not None))
            answered = True
        kept.append(effect)
    return kept


def _before_a_yes(say: Say) -> bool:
    """Tell the request for a yes, and what the engine says around it, from what is said each time.

    Those are the words that end it (HELP, STOP) and what another talk with a stranger says.
    """
    return say.kind == "consent" and (not say.step or say.step.partition(".")[0] == WELCOME)


def _in_place(say: Say, heard: Sequence[Spoken], body: Callable[[Say], str], *, answered: bool) -> Effect:
    if say.again and not _asks_too_often(body(say), heard):
        return say
    words = replace(say, text=say.again, again="") if say.again else say
    stands = bool(heard) and heard[-1].body == body(words)
    return Silent("asked_already") if stands or (say.again and answered) else words


def _asks_too_often(request: str, heard: Sequence[Spoken]) -> bool:
    """Say whether they heard this request; after the words that ended a talk it may come once more."""
    times = sum(one.body == request for one in heard)
    last = heard[-1] if heard else None
    ended = last is not None and not last.asks and last.step.partition(".")[0] in _ENDS
    return times > 0 and not (ended and times < MOST_REQUESTS)
