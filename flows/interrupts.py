"""The order of things for what a person sends: what may come before, or in place of, the answer of the open
question.

The rule: the carrier's words, danger, a caseworker who is talking, what is no answer, a live ride
(flows/riding.py), words that work anywhere, the open question, start words, and at last the front door. An
interrupt returns to the open question, once.
"""

import re
from datetime import datetime, timedelta

from flows.afters import apply_after
from flows.answers import read
from flows.answers.not_an_answer import Reason, reason
from flows.answers.plain import fold, words_in
from flows.answers.reading import Asked, Understood
from flows.asked import asks_back, wants_another
from flows.back import FIRST, answer_undo, go_back
from flows.effects import CallHuman, SetLanguage
from flows.events import OptionTapped, SpotShared, TextReceived
from flows.frames import reads_first
from flows.front import (
    COME_BACK,
    WELCOME,
    flow_started_by,
    hear_language,
    menu,
    nothing_open,
    open_flow,
    open_question,
    start_word,
    starts_inside,
    starts_with_a_moment,
)
from flows.guard import STILL_YOU, ask_who, doubts, guarded, may_be_another, not_them
from flows.hearing import hear, take, tapped
from flows.keywords import Anywhere
from flows.listening import asked_of, hold, let_go
from flows.model import Ask, Review
from flows.progress import Frame, chain, innermost
from flows.riding import hear_paused, hear_ride, hear_unsafe
from flows.safety import back_in, carrier_help, checked, danger, may_want_out, stop
from flows.speaking import Question, pose
from flows.stepping import walk
from flows.turn import (
    Turn,
    open_step,
    say,
    sentence,
    stay_silent,
)

PERSON = "ask_caseworker"
_SAID_YES_OR_NO = re.compile(r"^\W*(?:yes|yeah|yep|yup|y|no|nope|nah|n|si)\b")
_LAST_WORDS = 500
PHOTO = "(photo)"  # what a photo without words reads as
NO = 2  # the second option of a yes or no
_SAME_SITTING = timedelta(hours=1)
_OF_A_STRANGER = ("person", "wrong_number", "cost", "language")
_OF_THE_QUESTION = ("back", "again", "skip")


def text_came(turn: Turn, event: TextReceived) -> None:
    """Take a text in, in the order of things."""
    progress = turn.progress
    before = progress.heard_at
    _here(turn, event.channel, event.opted_in)
    text = event.text.strip()
    progress.last_words = text[:_LAST_WORDS]
    match turn.flows.keywords.carrier(text):
        case "stop":
            stop(turn, text, carrier_answers=event.carrier_answers)
            return
        case "start" if progress.stopped:
            was_in = progress.opted_in if event.was_in is None else event.was_in
            progress.opted_in = event.opted_in or was_in
            back_in(turn, text, carrier_answers=event.carrier_answers)
            return
        case "help" if not progress.stopped:
            carrier_help(turn, carrier_answers=event.carrier_answers)
            return
        case "unsure" if not progress.stopped and not progress.paused:
            may_want_out(turn, text)
            return
        case _:
            pass
    if hear_unsafe(turn, text) or danger(turn, text):
        return
    if progress.stopped:
        stay_silent(turn, "opted_out")
    elif progress.paused:
        if not (_answers_loud(turn, text) or hear_paused(turn, text)):
            stay_silent(turn, "staff_talking")
    else:
        _talk(turn, event, text, before)


def _here(turn: Turn, channel: str, opted_in: bool) -> None:
    """Note that the person is here and how their phone draws us."""
    progress = turn.progress
    progress.kind, progress.owed = "reply", True
    if progress.heard_at is None or turn.at - progress.heard_at > _SAME_SITTING:
        progress.rest = ""  # "tomorrow" was another day by then
    progress.channel, progress.heard_at = channel, turn.at
    if not progress.stopped:
        progress.opted_in = opted_in


# --- the talk -------------------------------------------------------------------------------------------


def _talk(turn: Turn, event: TextReceived, text: str, before: datetime | None) -> None:
    """Take a text of someone we may talk with."""
    if turn.progress.undoing is not None and _answers_undo(turn, text):
        return
    if turn.progress.opted_in is False and (not turn.progress.stack or _says_si(turn, text)):
        hear_language(turn, text)
    if event.photos and not text:
        text = PHOTO
    if event.known_card and _comes_back(turn, event.card):
        return
    if (event.unsure or doubts(turn.progress)) and STILL_YOU in turn.flows.flows and guarded(turn, text):
        return
    asked = open_question(turn, event.seen)
    if event.card and _brings_card(turn, event.card):
        return
    if asked is None and open_question(turn) is not None and not _asks_for_something(turn, text):
        if not (hear_ride(turn, text, open_question(turn), first=True) or _early(turn, text)):
            stay_silent(turn, "fragment")  # the question is on its way
        return
    why = reason(text, turn.progress.lang)
    if why is not None and not _answers_anyway(turn, asked, text, why):
        _no_answer(turn, asked, why, event.card)
        return
    if hear_ride(turn, text, asked, first=True):
        return
    said = turn.flows.keywords.anywhere(text, turn.progress.lang)
    if said is not None and said.name == "who" and may_be_another(turn, before):
        ask_who(turn)
    elif said is not None and not _names_an_option(turn, asked, text, said):
        _anywhere(turn, asked, said)
    elif asked is not None:
        _answer(turn, *asked, text)
    else:
        nothing_open(turn, text, event.card)


def _says_si(turn: Turn, text: str) -> bool:
    """Tell whether the consent is answered in Spanish; YES after ES is no wish for English."""
    return turn.flows.keywords.language(text) == "es"


def _brings_card(turn: Turn, card: str) -> bool:
    """Take a card's code sent after the hello: who met them is known now, and the question stands."""
    asked = open_question(turn)
    if turn.progress.opted_in is not False or asked is None or asked[0].flow != WELCOME:
        return False
    root, frame, step = asked
    root.known["card"] = card
    let_go(turn)
    pose(turn, frame, step)
    return True


def _comes_back(turn: Turn, card: str | None) -> bool:
    """Ask who names the card of somebody we know for that person's four numbers; without such a talk a human
    looks."""
    if COME_BACK in turn.flows.flows:
        return open_flow(turn, COME_BACK, {"card": card})
    turn.effects.append(CallHuman("known card, new number", ""))
    return False


def _answers_undo(turn: Turn, text: str) -> bool:
    """Take the reply to "shall I undo it"; any other text drops the question."""
    meant = read(text, Asked("yes_no", turn.progress.lang, turn.now, exact=True))
    if isinstance(meant, Understood):
        answer_undo(turn, yes=meant.value is True)
        return True
    turn.progress.undoing = None
    return False


def _answers_loud(turn: Turn, text: str) -> bool:
    """Take the plain answer of a question that was asked although a caseworker is talking ("1" to the morning
    text)."""
    asked = open_question(turn) if turn.progress.paused == "staff" else None
    if asked is None or not asked[0].loud or reason(text, turn.progress.lang) is not None:
        return False
    return hear(turn, *asked, text) is None


def _asks_for_something(turn: Turn, text: str) -> bool:
    """Tell whether a text that came before the open question had left means something without it: a person, a
    language, another talk. A stranger is about to read who we are."""
    said = turn.flows.keywords.anywhere(text, turn.progress.lang)
    if turn.progress.opted_in is False:
        return said is not None and said.name in _OF_A_STRANGER
    if said is not None:
        return said.name not in _OF_THE_QUESTION
    wanted = flow_started_by(turn, text)
    return wanted is not None and all(frame.flow != wanted for frame in chain(turn.progress.stack[-1]))


def _names_an_option(
    turn: Turn, asked: tuple[Frame, Frame, Question] | None, text: str, said: Anywhere
) -> bool:
    """Tell whether a word of the question ("back") is how one of its options begins: "back, on Alley Ln"."""
    if asked is None or said.name not in _OF_THE_QUESTION:
        return False
    _, frame, step = asked
    typed = words_in(text)
    options = asked_of(turn, frame, step).options
    return bool(typed) and any(words_in(each.label)[: len(typed)] == typed for each in options)


def _early(turn: Turn, text: str) -> bool:
    """Take a text written before its question left, where it can only mean that: a day or a time."""
    asked = open_question(turn)
    if asked is None:
        return False
    root, frame, step = asked
    if not isinstance(step, Ask) or step.as_ not in ("datetime", "date", "time") or frame.confirm is not None:
        return False
    return hear(turn, root, frame, step, text) is None


def _answer(turn: Turn, root: Frame, frame: Frame, step: Question, text: str) -> None:
    if _only_words(turn, step, text):
        return
    if _says_more_than_no(turn, frame, step, text) and start_word(turn, text):
        return
    if _takes_any_words(frame, step) and (
        wants_another(turn, text) or asks_back(turn, text) or starts_with_a_moment(turn, text)
    ):
        return
    back = hear(turn, root, frame, step, text)
    if back is None:
        return
    if not back.draft and hear_ride(turn, text, (root, frame, step), first=False):
        return
    if not back.draft and (start_word(turn, text) or asks_back(turn, text) or starts_inside(turn, text)):
        return
    if isinstance(step, Ask) and step.anything_else is not None and frame.confirm is None:
        _anything_else(turn, root, frame, step, text)
        return
    hold(turn, frame, text, back)


def _says_more_than_no(turn: Turn, frame: Frame, step: Question, text: str) -> bool:
    """Tell whether a no to a yes or no question says what is wanted instead: "can't go" calls it off."""
    asks_yes_or_no = frame.confirm is not None or (isinstance(step, Ask) and step.as_ == "yes_no")
    if not asks_yes_or_no or len(text.split()) < 2 or turn.progress.opted_in is False:
        return False
    return read(text, Asked("yes_no", turn.progress.lang, turn.now)) == Understood(False)


def _only_words(turn: Turn, step: Question, text: str) -> bool:
    """Say that a photo where a place or the like is asked for cannot be read here; it costs no try."""
    if text != PHOTO or (isinstance(step, Ask) and step.as_ in ("photo", "text")):
        return False
    let_go(turn)
    say(turn, sentence(turn, "unclear.voice"))
    turn.progress.back_to = True
    return True


def _takes_any_words(frame: Frame, step: Question) -> bool:
    """Tell whether nearly any text would be taken as the answer, though another was meant: a place."""
    return isinstance(step, Ask) and step.as_ == "address" and frame.confirm is None


def _anything_else(turn: Turn, root: Frame, frame: Frame, step: Ask, text: str) -> None:
    """Keep a text that is none of the rows as another answer, and go on from where that one is read."""
    assert step.anything_else is not None
    let_go(turn)
    reads_first(turn, frame, step.anything_else, text)
    walk(turn, root)


def _answers_anyway(turn: Turn, asked: tuple[Frame, Frame, Question] | None, text: str, why: Reason) -> bool:
    """Tell whether a text that looks like no answer is one: "no thanks" to a yes or no, "ok" where the author
    takes it."""
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
    if why == "empty" and "?" in turn.progress.last_words:
        let_go(turn)
        _again(turn, asked)
        return
    if turn.progress.opted_in is False and asked is None:
        nothing_open(turn, "", card)
    elif why in ("greeting", "ok") and asked is not None:
        let_go(turn)
        pose(turn, asked[1], asked[2])
    elif why == "greeting":
        nothing_open(turn, "")
    else:
        stay_silent(turn, "on_my_way" if why == "on_my_way" else "thanks")


def _confirm_by_ok(turn: Turn, root: Frame, frame: Frame, step: Question) -> bool:
    if not isinstance(step, Ask) or not step.confirm_by_ok or frame.confirm is not None:
        return False
    if not frame.shown.rows:
        return False
    return frame.prompt is not None and tapped(turn, root, frame, step, frame.prompt, frame.shown.rows[0].n)


# --- words that work anywhere ---------------------------------------------------------------------------


def _anywhere(turn: Turn, asked: tuple[Frame, Frame, Question] | None, said: Anywhere) -> None:
    let_go(turn)
    stranger = turn.progress.opted_in is False
    match said.name:
        case "language":
            _switch(turn, said.lang or ("en" if turn.progress.lang == "es" else "es"))
            turn.progress.back_to = True
            if stranger and asked is None:
                nothing_open(turn, "")
        case "person":
            _person(turn, stranger=stranger)
        case "wrong_number":
            stop(turn, turn.progress.last_words, wrong_number=True)
        case "cost":
            _about_us(turn, sentence(turn, "about_us.cost"))
        case "who" if stranger and asked is None:
            nothing_open(turn, "")  # the request says who we are
        case "who":
            _about_us(turn, sentence(turn, "about_us.who"))
        case _ if stranger:
            _again(turn, asked)
        case "upset":
            _about_us(turn, sentence(turn, "upset"))
        case "back":
            _back(turn, asked)
        case "menu":
            menu(turn)
        case "again":
            _again(turn, asked)
        case "skip":
            _skip(turn, asked)
        case "about_me":
            say(turn, sentence(turn, "about_me"))
            turn.progress.back_to = True


def _about_us(turn: Turn, words: str) -> None:
    """Say a word about us and return to the open question; not to it where texts are to be discreet, as
    somebody else may be asking."""
    say(turn, words)
    turn.progress.back_to = not turn.progress.discreet


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
        open_flow(turn, PERSON)


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
        nothing_open(turn, "")


def _skip(turn: Turn, asked: tuple[Frame, Frame, Question] | None) -> None:
    """Pass a question that may stay open (`if_stuck: {then: skip}`); any other is asked again."""
    if asked is not None:
        root, frame, step = asked
        stuck = step.if_stuck if isinstance(step, Ask) else None
        if stuck is not None and stuck.then == "skip":
            if apply_after(turn, root, frame, step, stuck, "if_stuck"):
                walk(turn, root)
            return
    _again(turn, asked)


# --- taps and spots -------------------------------------------------------------------------------------


def tap_came(turn: Turn, event: OptionTapped) -> None:
    """Take a tapped button: of the open question, however often it was asked; else that question is asked
    again."""
    progress = turn.progress
    _here(turn, event.channel, event.opted_in)
    if progress.stopped:
        stay_silent(turn, "opted_out")
        return
    if progress.checking and event.prompt == progress.checking:
        progress.checking = 0
        checked(turn, yes=event.n == 1)
        return
    if progress.paused:
        if not _tapped_loud(turn, event):
            stay_silent(turn, "staff_talking")
        return
    if progress.undoing is not None and event.prompt == progress.undoing.prompt:
        answer_undo(turn, yes=event.n == 1)
        return
    progress.undoing = None
    for root in list(reversed(progress.stack)):
        frame = innermost(root)
        step = open_step(turn, frame)
        if root.flow == STILL_YOU and event.n == NO and frame.prompt == event.prompt:
            not_them(turn, root)
            return
        if isinstance(step, Ask | Review) and tapped(turn, root, frame, step, event.prompt, event.n):
            return
    asked = open_question(turn)
    if asked is None:
        nothing_open(turn, "")
        return
    say(turn, sentence(turn, "tap.old"))
    pose(turn, asked[1], asked[2])


def _tapped_loud(turn: Turn, event: OptionTapped) -> bool:
    asked = open_question(turn) if turn.progress.paused == "staff" else None
    return asked is not None and asked[0].loud and tapped(turn, *asked, event.prompt, event.n)


def spot_came(turn: Turn, event: SpotShared) -> None:
    """Take a shared location as the answer of an open question for a place."""
    progress = turn.progress
    _here(turn, event.channel, event.opted_in)
    if progress.stopped:
        stay_silent(turn, "opted_out")
        return
    if progress.paused:
        stay_silent(turn, "staff_talking")
        return
    asked = open_question(turn)
    if asked is None:
        nothing_open(turn, "")
        return
    root, frame, step = asked
    if isinstance(step, Ask) and step.as_ == "address":
        let_go(turn)
        take(turn, root, frame, step, Understood({"lat": event.lat, "lon": event.lon}))
    else:
        pose(turn, frame, step)
