"""Is it still them? What a number hears that perhaps belongs to somebody else by now: one neutral question.

The rule: while that is open nothing else is asked, told or taken from there, but for what a stranger may have
too: STOP, danger, what this costs, a human. A no is a wrong number. Nothing personal leaves before a yes; the
outbox holds what waits.
"""

from datetime import datetime, timedelta

from flows.answers import read
from flows.answers.reading import Asked, Understood
from flows.effects import CallHuman
from flows.front import open_flow
from flows.hearing import hear
from flows.model import Ask
from flows.progress import Frame, Progress, innermost
from flows.safety import stop
from flows.speaking import pose
from flows.turn import Turn, open_step, say, sentence

STILL_YOU = "still_you"
AWAY = timedelta(hours=12)
"""Who asks who we are after so long a silence may be somebody else."""

_ANYBODYS = frozenset({"wrong_number", "language", "cost", "person"})


def doubts(progress: Progress) -> Frame | None:
    """Give the talk in which we ask whether it is still them."""
    return next((root for root in progress.stack if root.flow == STILL_YOU), None)


def may_be_another(turn: Turn, heard_before: datetime | None) -> bool:
    """Tell whether "who is this" may come from somebody else: a shared phone, or after a silence."""
    if STILL_YOU not in turn.flows.flows or turn.progress.opted_in is False:
        return False
    return turn.progress.discreet or heard_before is None or turn.at - heard_before > AWAY


def ask_who(turn: Turn) -> bool:
    """Ask whether it is still them."""
    return open_flow(turn, STILL_YOU)


def guarded(turn: Turn, text: str) -> bool:
    """Take a text of who may be somebody else; False: it is one that anybody may send."""
    said = turn.flows.keywords.anywhere(text, turn.progress.lang)
    if said is not None and said.name in _ANYBODYS:
        turn.progress.kind = "consent"  # what a stranger may hear is not held back
        if said.name == "person":
            turn.effects.append(CallHuman("asked for a person", turn.progress.last_words))
            say(turn, sentence(turn, "person.will_read"))
        return said.name == "person"
    root = doubts(turn.progress)
    if root is None:
        return ask_who(turn)
    frame = innermost(root)
    step = open_step(turn, frame)
    if not isinstance(step, Ask):
        return False
    match read(text, Asked("yes_no", turn.progress.lang, turn.now)):
        case Understood(False):
            not_them(turn, root)
        case Understood(True):
            root.parked = False
            hear(turn, root, frame, step, text)
        case _:
            root.parked = False
            pose(turn, frame, step)
    return True


def not_them(turn: Turn, root: Frame) -> None:
    """Leave this number alone: it is somebody else's."""
    turn.progress.stack.remove(root)
    stop(turn, turn.progress.last_words, wrong_number=True)
