"""The order of things for what a person sends: what may come before, or in place of, the answer of the open question.

The rule: the carrier's words, danger, a caseworker who is talking, what is no answer, a live ride, words that work anywhere,
the open question, start words, and at last the front door. An interrupt returns to the open question, once.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from flows.answers import read
from flows.answers.crisis import tier
from flows.answers.not_an_answer import Reason, reason
from flows.answers.plain import fold, words
from flows.answers.reading import AskBack, Asked, Understood
from flows.back import FIRST, go_back
from flows.effects import Button, CallHuman, OptIn, OptOut, SetLanguage, Silent, SilentReason
from flows.events import OptionTapped, SpotShared, TextReceived
from flows.hearing import hear, take, tapped
from flows.keywords import Anywhere
from flows.listening import asked_of, hold, let_go
from flows.model import Ask, Review, WaitFor
from flows.progress import Frame, chain, innermost
from flows.speaking import SILENCE, Question, pose, yes_no_rows
from flows.stepping import lacking, new_frame, open_root, reads_first, walk
from flows.turn import (
    Turn,
    asking_root,
    clear_timer,
    fill,
    open_step,
    say,
    scope_of,
    sentence,
)

WELCOME, HOME, PERSON = "welcome", "home", "ask_caseworker"
_SAID_YES_OR_NO = re.compile(r"^\W*(?:yes|yeah|yep|yup|y|no|nope|nah|n|si)\b")
_RIDE_NEAR = timedelta(hours=12)
_A_MOMENT = timedelta(minutes=1)
_LAST_WORDS = 500
_NOTHING: Mapping[str, Any] = {}


def text_came(turn: Turn, event: TextReceived) -> None:
    """Take a text in, in the order of things."""
    progress = turn.progress
    _here(turn, event.channel, event.opted_in)
    text = event.text.strip()
    progress.last_words = text[:_LAST_WORDS]
    match turn.flows.keywords.carrier(text):
        case "stop":
            stop(turn, text, carrier_answers=event.carrier_answers)
            return
        case "start" if progress.stopped:
            back_in(turn, text, carrier_answers=event.carrier_answers)
            return
        case "help" if not progress.stopped:
            _help(turn, carrier_answers=event.carrier_answers)
            return
        case _:
            pass
    if _danger(turn, text):
        return
    if progress.stopped:
        _silent(turn, "opted_out")
    elif progress.paused:
        if not _answers_loud(turn, text):
            _silent(turn, "staff_talking")
    else:
        _talk(turn, event, text)


def _here(turn: Turn, channel: str, opted_in: bool) -> None:
    """Note that the person is here and how their phone draws us."""
    progress = turn.progress
    progress.kind, progress.owed, progress.rest = "reply", True, ""
    progress.channel, progress.heard_at = channel, turn.at
    if not progress.stopped:
        progress.opted_in = opted_in


def _silent(turn: Turn, why: SilentReason) -> None:
    turn.effects.append(Silent(why))
    turn.progress.owed = False


# --- the carrier's words -----------------------------------------------------------------------------------------------


def stop(turn: Turn, typed: str | None = None, *, carrier_answers: bool = False) -> None:
    """Stop writing to this person at once; their place is kept. `typed` is None where the provider said so."""
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
        turn.effects.append(OptOut(typed))
        if _ride_is_live(turn):
            turn.effects.append(CallHuman("stopped with a ride ahead", ""))
    if progress.stopped:
        _silent(turn, "opted_out")
    elif carrier_answers:
        _silent(turn, "carrier_answers")
    else:
        say(turn, sentence(turn, "stop.done"), kind="consent")
    progress.stopped = True


def back_in(turn: Turn, typed: str | None = None, *, carrier_answers: bool = False) -> None:
    """Write to this person again, and ask what was open."""
    progress = turn.progress
    if not progress.stopped:
        return
    progress.stopped = False
    if typed is not None:
        turn.effects.append(OptIn(typed))
        progress.opted_in = True
        if not carrier_answers:
            say(turn, sentence(turn, "start.done"))
    _take_up(turn)
    for root in list(progress.stack):
        if innermost(root).open is None:
            walk(turn, root)
    progress.back_to = typed is not None
    if carrier_answers and asking_root(progress) is None:
        _silent(turn, "carrier_answers")


def _take_up(turn: Turn) -> Frame | None:
    """Take up the topmost talk that silence had parked; others that wait for events go on as well."""
    taken = None
    for root in reversed(turn.progress.stack):
        waits = isinstance(open_step(turn, innermost(root)), WaitFor)
        if root.parked and (waits or taken is None):
            root.parked = False
            taken = taken if waits else root
    return taken


def _help(turn: Turn, *, carrier_answers: bool) -> None:
    if not carrier_answers:
        say(turn, sentence(turn, "help.text"), kind="consent")
    if (asked := _open_question(turn)) is not None:
        _, frame, step = asked
        pose(turn, frame, step)
    elif carrier_answers:
        _silent(turn, "carrier_answers")


# --- danger ------------------------------------------------------------------------------------------------------------


def _danger(turn: Turn, text: str) -> bool:
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
                _checked(turn, yes=yes)
            case AskBack(sentence="unsure.yes_no"):
                _checked(turn, yes=True)
            case _:
                return False
        return True
    grade, rule = found
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


def _checked(turn: Turn, *, yes: bool) -> None:
    """Answer the reply to the check question."""
    if yes:
        _crisis(turn, "said yes when asked")
        return
    say(turn, sentence(turn, "crisis.check_no"))
    turn.progress.back_to = not turn.progress.paused


# --- the talk ------------------------------------------------------------------------------------------------------------


def _open_question(turn: Turn, seen: int | None = None) -> tuple[Frame, Frame, Question] | None:
    """Find the open question: the topmost, or the topmost that had left when the person wrote."""
    for root in reversed(turn.progress.stack):
        frame = innermost(root)
        if root.parked or frame.prompt is None or frame.open is None:
            continue
        step = open_step(turn, frame)
        if not isinstance(step, Ask | Review):
            continue
        if seen is None or frame.first is None or frame.first <= seen:
            return root, frame, step
    return None


def _talk(turn: Turn, event: TextReceived, text: str) -> None:
    """Take a text of someone we may talk with."""
    if event.photos and not text:
        text = "(photo)"
    asked = _open_question(turn, event.seen)
    if asked is None and _open_question(turn) is not None:
        if not _early(turn, text):
            _silent(turn, "fragment")
        return
    why = reason(text, turn.progress.lang)
    if why is not None and not _answers_anyway(turn, asked, text, why):
        _no_answer(turn, asked, why, event.card)
        return
    if _live_ride(turn, text):
        return
    said = turn.flows.keywords.anywhere(text, turn.progress.lang)
    if said is not None:
        _anywhere(turn, asked, said)
    elif asked is not None:
        _answer(turn, *asked, text)
    else:
        _nothing_open(turn, text, event.card)


def _answers_loud(turn: Turn, text: str) -> bool:
    """Take the plain answer of a question that was asked although a caseworker is talking ("1" to the morning text)."""
    asked = _open_question(turn) if turn.progress.paused == "staff" else None
    if asked is None or not asked[0].loud or reason(text, turn.progress.lang) is not None:
        return False
    return hear(turn, *asked, text) is None


def _early(turn: Turn, text: str) -> bool:
    """Take a text written before its question left, where it can only mean that: a day or a time."""
    asked = _open_question(turn)
    if asked is None:
        return False
    root, frame, step = asked
    if not isinstance(step, Ask) or step.as_ not in ("datetime", "date", "time") or frame.confirm is not None:
        return False
    return hear(turn, root, frame, step, text) is None


def _answer(turn: Turn, root: Frame, frame: Frame, step: Question, text: str) -> None:
    back = hear(turn, root, frame, step, text)
    if back is None:
        return
    if not back.draft and _start_word(turn, text):
        return
    if isinstance(step, Ask) and step.anything_else is not None and frame.confirm is None:
        _anything_else(turn, root, frame, step, text)
        return
    hold(turn, frame, text, back)


def _anything_else(turn: Turn, root: Frame, frame: Frame, step: Ask, text: str) -> None:
    """Keep a text that is none of the rows as the answer of another name, and go on from where that is read."""
    assert step.anything_else is not None
    let_go(turn)
    reads_first(turn, frame, step.anything_else, text)
    walk(turn, root)


def _answers_anyway(
    turn: Turn, asked: tuple[Frame, Frame, Question] | None, text: str, why: Reason
) -> bool:
    """Tell whether a text that looks like no answer is one: "no thanks" to a yes or no, "ok" where the author takes it."""
    if asked is None:
        return False
    _, frame, step = asked
    if why == "on_my_way" and isinstance(step, Ask) and step.confirm_by_ok:
        return isinstance(read(text, asked_of(turn, frame, step)), Understood)
    chooses = frame.confirm is not None or isinstance(step, Review) or step.as_ in ("yes_no", "choice")
    return why == "thanks" and chooses and _SAID_YES_OR_NO.match(fold(text)) is not None


def _no_answer(
    turn: Turn, asked: tuple[Frame, Frame, Question] | None, why: Reason, card: str | None
) -> None:
    """Meet a text that answers nothing: never a try, at most a word."""
    if why == "ok" and asked is not None and _confirm_by_ok(turn, *asked):
        return
    if turn.progress.opted_in is False and asked is None:
        _nothing_open(turn, "", card)
    elif why in ("greeting", "ok") and asked is not None:
        let_go(turn)
        pose(turn, asked[1], asked[2])
    elif why == "greeting":
        _nothing_open(turn, "")
    else:
        _silent(turn, "on_my_way" if why == "on_my_way" else "thanks")


def _confirm_by_ok(turn: Turn, root: Frame, frame: Frame, step: Question) -> bool:
    if not isinstance(step, Ask) or not step.confirm_by_ok or frame.confirm is not None:
        return False
    if not frame.shown.rows:
        return False
    return frame.prompt is not None and tapped(turn, root, frame, step, frame.prompt, frame.shown.rows[0].n)


# --- words that work anywhere --------------------------------------------------------------------------------------------


def _anywhere(turn: Turn, asked: tuple[Frame, Frame, Question] | None, said: Anywhere) -> None:
    let_go(turn)
    stranger = turn.progress.opted_in is False
    match said.name:
        case "language":
            _switch(turn, said.lang or ("en" if turn.progress.lang == "es" else "es"))
            turn.progress.back_to = True
            if stranger and asked is None:
                _nothing_open(turn, "")
        case "person":
            _person(turn, stranger=stranger)
        case _ if stranger:
            _again(turn, asked)
        case "back":
            _back(turn, asked)
        case "menu":
            _front(turn)
        case "again":
            _again(turn, asked)
        case "about_me":
            say(turn, sentence(turn, "about_me"))
            turn.progress.back_to = True


def _switch(turn: Turn, lang: str) -> None:
    turn.progress.lang = lang
    turn.effects.append(SetLanguage(lang))
    say(turn, sentence(turn, "language.switched"))


def _person(turn: Turn, *, stranger: bool) -> None:
    if stranger or PERSON not in turn.flows.flows:
        turn.effects.append(CallHuman("asked for a person", turn.progress.last_words))
        say(turn, sentence(turn, "person.will_read"))
        turn.progress.back_to = True
    else:
        _open(turn, PERSON)


def _back(turn: Turn, asked: tuple[Frame, Frame, Question] | None) -> None:
    progress = turn.progress
    root = asked[0] if asked else next(reversed(progress.stack), None)
    if root is None:
        say(turn, sentence(turn, FIRST))
    else:
        root.parked = False
        go_back(turn, root)


def _again(turn: Turn, asked: tuple[Frame, Frame, Question] | None) -> None:
    if asked is not None:
        pose(turn, asked[1], asked[2])
    else:
        _nothing_open(turn, "")


# --- a live ride ---------------------------------------------------------------------------------------------------------


def _ride_is_live(turn: Turn) -> bool:
    """Tell whether a ride of the known interview is near: booked, within half a day of its pick-up or way back."""
    interview = turn.progress.facts.get("interview")
    if not isinstance(interview, dict):
        return False
    moments = [interview.get(name) for name in ("pickup_at", "back_at")]
    known = [each for each in moments if isinstance(each, datetime)]
    return any(abs(each - turn.now) <= _RIDE_NEAR for each in known)


def _live_ride(turn: Turn, text: str) -> bool:
    """Start the flow for what someone says about the car they wait for, where there is one."""
    if turn.progress.opted_in is False or not _ride_is_live(turn):
        return False
    meaning = turn.flows.keywords.live_ride(text, turn.progress.lang)
    if meaning is None:
        return False
    flow = _flow_started_by(turn, meaning)
    flow_id = flow if flow is not None else f"ride_{meaning}"
    return flow_id in turn.flows.flows and _open(turn, flow_id)


# --- nothing open ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _flat(text: str) -> str:
    return " ".join(words(fold(text)))


def _flow_started_by(turn: Turn, text: str) -> str | None:
    said = _flat(text[:80])
    for flow in turn.flows.flows.values():
        for each in flow.start_words.values():
            if any(_flat(word) == said for word in each):
                return flow.id
    return None


def _start_word(turn: Turn, text: str) -> bool:
    if turn.progress.opted_in is False:
        return False
    flow_id = _flow_started_by(turn, text)
    return flow_id is not None and _open(turn, flow_id)


def _open(turn: Turn, flow_id: str, given: Mapping[str, Any] = _NOTHING) -> bool:
    """Bring a flow to the person: the open run of it, or a new one on top; False where it lacks what it needs."""
    let_go(turn)
    progress = turn.progress
    for root in reversed(progress.stack):
        running = next((frame for frame in chain(root) if frame.flow == flow_id), None)
        if running is not None:
            progress.stack.remove(root)
            progress.stack.append(root)
            root.parked = False
            _go_on(turn, root)
            return True
    frame = new_frame(turn, flow_id, given)
    if lacking(turn, frame):
        return False
    open_root(turn, frame)
    return True


def _go_on(turn: Turn, root: Frame) -> None:
    """Say where a talk stands: its question, what it waits for, or its next step."""
    frame = innermost(root)
    match open_step(turn, frame):
        case (Ask() | Review()) as step if frame.prompt is not None:
            pose(turn, frame, step)
        case WaitFor(meanwhile=meanwhile) as step:
            scope = scope_of(turn, frame)
            words_now = sentence(turn, "meanwhile") if meanwhile is None else fill(turn, meanwhile, scope)
            say(turn, words_now, step=f"{frame.flow}.{step.id}")
        case _:
            walk(turn, root)


def _front(turn: Turn) -> None:
    """Open the main menu anew."""
    for root in list(turn.progress.stack):
        if root.flow == HOME:
            turn.progress.stack.remove(root)
    if HOME in turn.flows.flows and _open(turn, HOME):
        return
    say(turn, sentence(turn, "home.nothing_open"))


def _nothing_open(turn: Turn, text: str, card: str | None = None) -> None:
    """Meet a text no question is open for: a start word, a talk to take up, one that waits, or the front door."""
    progress = turn.progress
    if progress.opted_in is False:
        welcome = next((root for root in progress.stack if root.flow == WELCOME), None)
        if welcome is not None or WELCOME in turn.flows.flows:
            _open(turn, WELCOME, {"card": card})
        return
    if text and _start_word(turn, text):
        return
    taken = _take_up(turn)
    if taken is not None:
        _resume(turn, taken, text)
        return
    waiting = next((root for root in reversed(progress.stack) if _waits(turn, root)), None)
    if waiting is not None and text:
        _go_on(turn, waiting)
    else:
        _front(turn)


def _resume(turn: Turn, root: Frame, text: str) -> None:
    """Go on with a parked talk: the text may be the answer that was missing."""
    frame = innermost(root)
    step = open_step(turn, frame)
    free = isinstance(step, Ask) and step.as_ in ("text", "name", "address")
    if text and isinstance(step, Ask | Review) and not free and frame.prompt is not None:
        if hear(turn, root, frame, step, text) is None:
            return
    _go_on(turn, root)


def _waits(turn: Turn, root: Frame) -> bool:
    return isinstance(open_step(turn, innermost(root)), WaitFor)


def _waits_shortly(turn: Turn, root: Frame) -> bool:
    """Tell whether the answer comes by itself in a moment: the map's, say."""
    step = open_step(turn, innermost(root))
    return isinstance(step, WaitFor) and step.up_to <= _A_MOMENT


def front_door(turn: Turn) -> None:
    """Answer someone to whom nothing was said yet: the open question again, or the front door."""
    asked = _open_question(turn)
    waiting = next((root for root in reversed(turn.progress.stack) if _waits(turn, root)), None)
    if asked is not None:
        pose(turn, asked[1], asked[2])
    elif waiting is not None and _waits_shortly(turn, waiting):
        _silent(turn, "fragment")
    elif waiting is not None:
        _go_on(turn, waiting)
    elif turn.progress.opted_in is False:
        say(turn, sentence(turn, "person.will_read"))
        turn.effects.append(CallHuman("wrote, and no welcome is there", turn.progress.last_words))
    else:
        say(turn, sentence(turn, "home.nothing_open"))


# --- taps and spots --------------------------------------------------------------------------------------------------------


def tap_came(turn: Turn, event: OptionTapped) -> None:
    """Take a tapped button: of the open question, however often it was asked; else that question is asked again."""
    progress = turn.progress
    _here(turn, event.channel, event.opted_in)
    if progress.stopped:
        _silent(turn, "opted_out")
        return
    if progress.checking and event.prompt == progress.checking:
        progress.checking = 0
        _checked(turn, yes=event.n == 1)
        return
    if progress.paused:
        _silent(turn, "staff_talking")
        return
    for root in reversed(progress.stack):
        frame = innermost(root)
        step = open_step(turn, frame)
        if isinstance(step, Ask | Review) and tapped(turn, root, frame, step, event.prompt, event.n):
            return
    asked = _open_question(turn)
    if asked is None:
        _nothing_open(turn, "")
        return
    say(turn, sentence(turn, "tap.old"))
    pose(turn, asked[1], asked[2])


def spot_came(turn: Turn, event: SpotShared) -> None:
    """Take a shared location as the answer of an open question for a place."""
    progress = turn.progress
    _here(turn, event.channel, event.opted_in)
    if progress.stopped:
        _silent(turn, "opted_out")
        return
    if progress.paused:
        _silent(turn, "staff_talking")
        return
    asked = _open_question(turn)
    if asked is None:
        _nothing_open(turn, "")
        return
    root, frame, step = asked
    if isinstance(step, Ask) and step.as_ == "address":
        let_go(turn)
        take(turn, root, frame, step, Understood({"lat": event.lat, "lon": event.lon}))
    else:
        pose(turn, frame, step)
