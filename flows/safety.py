"""The carrier's words and words of danger: what comes before every talk.

The rule: STOP stops at once, whatever is open, and keeps the place; only START brings a person back. Danger
is answered before all but the carrier's words: 988 first, then a human is called, and the talk pauses.
"""

from flows.answers import read
from flows.answers.crisis import tier
from flows.answers.reading import AskBack, Asked, Understood
from flows.effects import Button, CallHuman, OptIn, OptOut
from flows.front import hear_language, nothing_open, open_question, take_up
from flows.listening import let_go
from flows.model import WaitFor
from flows.progress import innermost
from flows.riding import ride_day
from flows.speaking import SILENCE, pose, yes_no_rows
from flows.stepping import walk
from flows.turn import (
    Turn,
    asking_root,
    clear_timer,
    open_step,
    say,
    sentence,
    stay_silent,
)

# --- the carrier ----------------------------------------------------------------------------------------

STOPPED, HELPED = "stop", "help"
"""The steps that the record of our last words names."""


def stop(
    turn: Turn, typed: str | None = None, *, carrier_answers: bool = False, wrong_number: bool = False
) -> None:
    """Stop writing to this person; their place is kept. `typed` is None where the provider told us.

    With `wrong_number` somebody else has this phone now, so that a human looks for the person.
    """
    progress = turn.progress
    let_go(turn)
    for token in list(progress.timers):
        clear_timer(turn, token)
    for root in progress.stack:
        root.parked = True
    progress.waiting.clear()
    if typed is None:
        progress.stopped = True
        return
    if not progress.stopped:
        turn.effects.append(OptOut(typed, not_theirs=wrong_number and progress.opted_in is not False))
        if wrong_number and progress.opted_in:
            turn.effects.append(CallHuman("wrong number", ""))
        elif ride_day(turn) is not None:
            turn.effects.append(CallHuman("stopped with a ride ahead", ""))
    if progress.stopped:
        stay_silent(turn, "opted_out")
    elif carrier_answers:
        stay_silent(turn, "carrier_answers")
    else:
        done = sentence(turn, "wrong_number") if wrong_number else sentence(turn, "stop.done")
        say(turn, done, kind="consent", step=STOPPED)
    progress.stopped = True


def may_want_out(turn: Turn, text: str) -> None:
    """Pause on words that may mean stop, and have a human ask; to a stranger nothing is said at all."""
    let_go(turn)
    turn.effects.append(CallHuman("may want us to stop", text))
    if turn.progress.opted_in is False:
        stay_silent(turn, "may_want_out")
        return
    clear_timer(turn, SILENCE)
    say(turn, sentence(turn, "stop.unsure"))
    turn.progress.paused = "staff"


def back_in(turn: Turn, typed: str | None = None, *, carrier_answers: bool = False) -> None:
    """Write to this person again, and ask what was open.

    Who never said yes is where they were before: START takes back a stop, and stands for no yes.
    """
    progress = turn.progress
    if not progress.stopped:
        return
    progress.stopped = False
    if typed is not None and progress.opted_in is False:
        take_up(turn)
        nothing_open(turn, "")
        return
    if typed is not None:
        turn.effects.append(OptIn(typed))
        progress.opted_in = True
        if not carrier_answers:
            say(turn, sentence(turn, "start.done"))
    take_up(turn)
    for root in list(progress.stack):
        here = innermost(root)
        if here.open is None or isinstance(open_step(turn, here), WaitFor):
            walk(turn, root)  # what it waits for may have come meanwhile
    progress.back_to = typed is not None
    if carrier_answers and asking_root(progress) is None:
        stay_silent(turn, "carrier_answers")


def carrier_help(turn: Turn, *, carrier_answers: bool) -> None:
    if not carrier_answers:
        say(turn, sentence(turn, "help.text"), kind="consent", step=HELPED)
    if (asked := open_question(turn)) is not None:
        _, frame, step = asked
        pose(turn, frame, step)
    elif carrier_answers:
        stay_silent(turn, "carrier_answers")


# --- danger ---------------------------------------------------------------------------------------------


def danger(turn: Turn, text: str) -> bool:
    """Look for words of danger; True when they were answered."""
    progress = turn.progress
    found = tier(text, turn.flows.crisis)
    checking, progress.checking = progress.checking, 0
    if found is None:
        if not checking or progress.stopped:
            return False
        meant = read(text, Asked("yes_no", progress.lang, turn.now))
        match meant:
            case Understood(value=bool(yes)):
                checked(turn, yes=yes)
            case AskBack(sentence="unsure.yes_no"):
                checked(turn, yes=True)
            case _:
                return False
        return True
    grade, rule = found
    hear_language(turn, text)  # in danger they write as they speak
    if progress.stopped:
        turn.effects.append(CallHuman("crisis", rule))
        return False
    if grade == 1:
        _crisis(turn, rule)
    else:
        turn.effects.append(CallHuman("check in", rule))
        progress.prompts += 1
        progress.checking = progress.prompts
        rows = tuple(Button(row.n, row.label) for row in yes_no_rows(turn))
        say(turn, sentence(turn, "crisis.check"), kind="crisis", options=rows, prompt=progress.checking)
    return True


def _crisis(turn: Turn, rule: str) -> None:
    let_go(turn)
    clear_timer(turn, SILENCE)
    say(turn, sentence(turn, "crisis.now"), kind="crisis")
    turn.effects.append(CallHuman("crisis", rule))
    turn.progress.paused = "crisis"


def checked(turn: Turn, *, yes: bool) -> None:
    """Answer the reply to the check question."""
    if yes:
        _crisis(turn, "said yes when asked")
        return
    say(turn, sentence(turn, "crisis.check_no"))
    turn.progress.back_to = not turn.progress.paused
