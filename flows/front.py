"""The front door: what opens when nothing is open, and how a flow is brought to the person.

The rule: a talk that exists is taken up, not begun twice; one that lacks what it needs is not begun at all;
and whoever writes finds something open: a start word, a parked talk, one that waits, `home`, or `welcome`
for who has not agreed yet.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

from flows.answers import read
from flows.answers.plain import fold, words
from flows.answers.reading import AskBack, Asked
from flows.effects import CallHuman, SetLanguage
from flows.frames import lacking, new_frame
from flows.hearing import hear
from flows.listening import let_go
from flows.model import Ask, Review, WaitFor
from flows.progress import Frame, chain, innermost
from flows.speaking import Question, pose
from flows.stepping import open_root, walk
from flows.turn import (
    Turn,
    fill,
    open_step,
    say,
    scope_of,
    sentence,
    stay_silent,
)

WELCOME, HOME, COME_BACK = "welcome", "home", "come_back"

_A_MOMENT = timedelta(minutes=1)
_MOST_OF_A_MOMENT = 5
_NOTHING: Mapping[str, Any] = {}


def open_question(turn: Turn, seen: int | None = None) -> tuple[Frame, Frame, Question] | None:
    """Find the open question: the topmost, or the topmost that had left when the person wrote.

    Where the next question of a talk is still on its way, a text may answer the one before, once more: it is
    never taken for an older question of the talk below.
    """
    ahead = False
    for root in reversed(turn.progress.stack):
        frame = innermost(root)
        if root.parked or frame.prompt is None or frame.open is None:
            continue
        step = open_step(turn, frame)
        if not isinstance(step, Ask | Review):
            continue
        if seen is not None and frame.first is not None and frame.first > seen:
            ahead = True
        elif seen is None or not ahead or frame.prompt >= seen:
            return root, frame, step
    return None


# --- opening --------------------------------------------------------------------------------------------


def open_flow(
    turn: Turn, flow_id: str, given: Mapping[str, Any] = _NOTHING, *, rest: str = "", loud: bool = False
) -> bool:
    """Bring a flow to the person: the open run of it, or a new one on top; False where it lacks what it
    needs. `rest` is what was said beside the words that began it; `loud`: a caseworker is talking."""
    let_go(turn)
    progress = turn.progress
    for root in reversed(progress.stack):
        running = next((frame for frame in chain(root) if frame.flow == flow_id), None)
        if running is not None:
            progress.stack.remove(root)
            progress.stack.append(root)
            root.parked = False
            root.loud = root.loud or loud
            go_on(turn, root)
            return True
    frame = new_frame(turn, flow_id, given)
    if lacking(turn, frame):
        return False
    _close_menu(turn)
    open_root(turn, frame, rest=rest, loud=loud)
    return True


def _close_menu(turn: Turn) -> None:
    """Take the main menu away where nothing was picked from it: what opens now is what they wanted."""
    stack = turn.progress.stack
    stack[:] = [root for root in stack if root.flow != HOME or root.done]


def go_on(turn: Turn, root: Frame) -> None:
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


def take_up(turn: Turn) -> Frame | None:
    """Take up the topmost talk that silence had parked; others that wait for events go on as well."""
    taken = None
    for root in reversed(turn.progress.stack):
        waits = isinstance(open_step(turn, innermost(root)), WaitFor)
        if root.parked and (waits or taken is None):
            root.parked = False
            taken = taken if waits else root
    return taken


# --- start words ----------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _flat(text: str) -> str:
    return " ".join(words(fold(text)))


def flow_started_by(turn: Turn, text: str) -> str | None:
    said = _flat(text[:80])
    for flow in turn.flows.flows.values():
        for each in flow.start_words.values():
            if said in map(_flat, each):
                return flow.id
    return None


def start_word(turn: Turn, text: str) -> bool:
    if turn.progress.opted_in is False:
        return False
    flow_id = flow_started_by(turn, text)
    return flow_id is not None and open_flow(turn, flow_id, rest=_day_of(turn, _flat(text[:80]).split()))


def started_inside(turn: Turn, text: str) -> str | None:
    """Find the longest start phrase said among other words ("i need a ride after all"); not one turned
    around."""
    found = _phrase_inside(turn, text)
    return found[1] if found else None


def _phrase_inside(turn: Turn, text: str) -> tuple[list[str], str] | None:
    """Find the longest start phrase among other words, and its flow. One word alone counts only where it
    comes first and a day or time is all that follows ("orientation mon 8")."""
    said = _flat(text[:160]).split()
    found: tuple[list[str], str] | None = None
    for flow in turn.flows.flows.values():
        for phrase in (_flat(word).split() for each in flow.start_words.values() for word in each):
            at = next((n for n in range(len(said)) if said[n : n + len(phrase)] == phrase), None)
            if not phrase or at is None or turn.flows.keywords.negations & set(said[max(0, at - 3) : at]):
                continue
            if len(phrase) == 1 and (at != 0 or not _is_moment(turn, _without(text, phrase))):
                continue
            if found is None or len(phrase) > len(found[0]):
                found = phrase, flow.id
    return found


def _is_moment(turn: Turn, text: str) -> bool:
    """Tell whether a few words say a day or a time."""
    if not 1 <= len(text.split()) <= _MOST_OF_A_MOMENT:
        return False
    reading = read(text, Asked("datetime", turn.progress.lang, turn.now))
    return not isinstance(reading, AskBack) or reading.draft is not None


def _without(text: str, phrase: Sequence[str]) -> str:
    """Take a start phrase out of a text: what else was said is all that is kept of it."""
    spelled = r"\W+".join("['\u2019]?".join(map(re.escape, word)) for word in phrase)
    return re.sub(rf"\b{spelled}\b", " ", text[:160], count=1, flags=re.IGNORECASE).strip()


def _day_of(turn: Turn, phrase: Sequence[str]) -> str:
    """Give the day with which a start phrase ends ("start mon"): it answers the flow's first question."""
    return phrase[-1] if len(phrase) > 1 and _is_moment(turn, phrase[-1]) else ""


def starts_inside(turn: Turn, text: str) -> bool:
    """Start the flow whose phrase is said among other words; these are kept for its question ("they moved it
    to thursday")."""
    found = None if turn.progress.opted_in is False else _phrase_inside(turn, text)
    if found is None:
        return False
    phrase, flow_id = found
    begins = phrase[:-1] if _day_of(turn, phrase) else phrase
    return open_flow(turn, flow_id, rest=_without(text, begins))


def starts_with_a_moment(turn: Turn, text: str) -> bool:
    """Start the flow of a phrase beside which only a day or time is said: no street is called that."""
    found = None if turn.progress.opted_in is False else _phrase_inside(turn, text)
    if found is None or len(found[0]) == 1:
        return False
    phrase, flow_id = found
    rest = _without(text, phrase[:-1] if _day_of(turn, phrase) else phrase)
    return _is_moment(turn, rest) and open_flow(turn, flow_id, rest=rest)


# --- nothing open ---------------------------------------------------------------------------------------


def menu(turn: Turn) -> None:
    """Open the main menu anew."""
    for root in list(turn.progress.stack):
        if root.flow == HOME:
            turn.progress.stack.remove(root)
    if HOME in turn.flows.flows and open_flow(turn, HOME):
        return
    say(turn, sentence(turn, "home.nothing_open"))


def hear_language(turn: Turn, text: str) -> None:
    """Answer a first text in the language it is written in."""
    lang = turn.flows.keywords.language(text)
    if lang is not None and lang != turn.progress.lang:
        turn.progress.lang = lang
        turn.effects.append(SetLanguage(lang))


def nothing_open(turn: Turn, text: str, card: str | None = None) -> None:
    """Meet a text no question is open for: a start word, a talk to take up, one that waits, or the front
    door."""
    progress = turn.progress
    if progress.opted_in is False:
        welcome = next((root for root in progress.stack if root.flow == WELCOME), None)
        if welcome is not None or WELCOME in turn.flows.flows:
            open_flow(turn, WELCOME, {"card": card})
        return
    if text and start_word(turn, text):
        return
    taken = take_up(turn)
    if taken is None and text and starts_inside(turn, text):
        return
    if taken is not None:
        _resume(turn, taken, text)
        return
    waiting = next((root for root in reversed(progress.stack) if _goes_on(turn, root)), None)
    if waiting is not None and text:
        go_on(turn, waiting)
    else:
        menu(turn)
        progress.rest = text[:160]  # "fri 9am" is read back when they pick what it is about


def _resume(turn: Turn, root: Frame, text: str) -> None:
    """Go on with a parked talk: the text may be the answer that was missing."""
    frame = innermost(root)
    step = open_step(turn, frame)
    tries = text and isinstance(step, Ask | Review) and frame.prompt is not None and _may_answer(step, text)
    if not tries or not isinstance(step, Ask | Review) or hear(turn, root, frame, step, text) is not None:
        go_on(turn, root)


_BEGINS_ANEW = re.compile(
    r"""(?:i|im|ive|we|you|he|she|they|my|can|could|will|would|do|does|did|is|are|what|when|where|who|why|how|
    need|want|help|please|sorry|hi|hello|hey|so|but|and|
    yo|me|mi|quiero|necesito|puedo|puede|que|como|cuando|donde|quien|por|tengo|estoy|soy|ayuda|perdon|hola|pero|y)\b""",
    re.VERBOSE,
)
_MOST_WORDS = {"name": 3, "address": 10}


def _may_answer(step: Ask | Review, text: str) -> bool:
    """Tell whether words that come long after a question may be its answer: a name or a place looks like one;
    what answers a question for any text is asked for again.
    """
    if not isinstance(step, Ask) or step.as_ not in ("text", "name", "address"):
        return True
    if step.as_ == "text" or "?" in text or _BEGINS_ANEW.match(fold(text)):
        return False
    return len(text.split()) <= _MOST_WORDS[step.as_]


def _goes_on(turn: Turn, root: Frame) -> bool:
    """Tell whether a talk waits for an event, or was left between two steps by an edit."""
    return innermost(root).open is None or _waits(turn, root)


def _waits(turn: Turn, root: Frame) -> bool:
    return isinstance(open_step(turn, innermost(root)), WaitFor)


def _waits_shortly(turn: Turn, root: Frame) -> bool:
    """Tell whether the answer comes by itself in a moment: the map's, say."""
    step = open_step(turn, innermost(root))
    return isinstance(step, WaitFor) and step.up_to <= _A_MOMENT


def front_door(turn: Turn) -> None:
    """Answer someone to whom nothing was said yet: the open question again, or the front door."""
    stack = turn.progress.stack
    asked = open_question(turn)
    waiting = next((root for root in reversed(stack) if _waits(turn, root)), None)
    if waiting is not None and _waits_shortly(turn, waiting) and (asked is None or waiting is stack[-1]):
        stay_silent(turn, "fragment")  # the talk on top goes on in a moment
    elif asked is not None:
        pose(turn, asked[1], asked[2])
    elif waiting is not None:
        go_on(turn, waiting)
    elif turn.progress.opted_in is False:
        say(turn, sentence(turn, "person.will_read"))
        turn.effects.append(CallHuman("wrote, and no welcome is there", turn.progress.last_words))
    else:
        say(turn, sentence(turn, "home.nothing_open"))
