"""A ride that is near: what a person says about it, in any state of the talk.

The rule: from an hour before the pick-up until the way home is done, words of a ride come before the open
question, which stands again afterwards; they are answered while a caseworker is talking too. A ride that is
not safe comes before all but the carrier's words and explicit danger to oneself, and calls a human at once.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from flows.answers.crisis import tier
from flows.answers.plain import words_in
from flows.answers.riding import RideSaid
from flows.effects import CallHuman
from flows.front import flow_started_by, open_flow, open_question
from flows.listening import asked_of
from flows.model import Ask
from flows.progress import Frame
from flows.speaking import Question
from flows.turn import Turn, stay_silent

Open: TypeAlias = tuple[Frame, Frame, Question]

UNSAFE = "ride safety"
"""Why a human is called where a ride is not safe and nothing may be said."""

_BEGINS = timedelta(minutes=60)  # before the pick-up
_DRIVE = timedelta(hours=2)  # before the appointment, where the pick-up is not known any more
_LONGEST = timedelta(hours=16)  # after the appointment a way home nobody asked for is over
_NEAR = timedelta(hours=12)
_IN_ANY_WORDS = ("where", "cant_find", "driver_left", "done")
"""What is heard although the open question takes any words."""
_TO_STAFF = ("cant_go", "cost", "sees_car")
"""What is left to the caseworker who is talking."""


def ride_day(turn: Turn) -> Literal["now", "near"] | None:
    """Tell whether a ride of the known interview is under way, or within half a day."""
    interview = turn.progress.facts.get("interview")
    if not isinstance(interview, Mapping):
        return None
    at, pickup, back = (interview.get(name) for name in ("at", "pickup_at", "back_at"))
    if not interview.get("home") and (begins := _begins(interview)) is not None:
        ends = (at if isinstance(at, datetime) else begins) + _LONGEST
        if begins <= turn.now <= ends:
            return "now"
    known = [each for each in (pickup, back) if isinstance(each, datetime)]
    return "near" if any(abs(each - turn.now) <= _NEAR for each in known) else None


def _begins(interview: Mapping[str, Any]) -> datetime | None:
    """Give the moment from which the person may stand at the curb; a car that was lost still counts."""
    at, pickup = interview.get("at"), interview.get("pickup_at")
    if isinstance(pickup, datetime):
        return pickup - _BEGINS
    return at - _DRIVE - _BEGINS if isinstance(at, datetime) and "stop" in interview else None


def hear_ride(turn: Turn, text: str, asked: Open | None, *, first: bool) -> bool:
    """Answer what is said about a ride: `first`, before the open question, only while it is under way; else
    where the question did not understand. What stands word for word among its options is its answer."""
    said = _said(turn, text) or _old_answer(turn, text, asked)
    early = ride_day(turn) != "now" and said is not None and said.meaning != "where" and not said.always
    if said is None or (first and asked is not None and early):
        return False
    if first and asked is not None and _is_answer(turn, asked, text, said):
        return False
    return _answer(turn, said)


def hear_paused(turn: Turn, text: str) -> bool:
    """Answer what is said about a ride under way although a caseworker is talking."""
    said = _said(turn, text)
    if said is None or said.meaning in _TO_STAFF or ride_day(turn) != "now":
        return False
    return _answer(turn, said)


def hear_unsafe(turn: Turn, text: str) -> bool:
    """Answer words of a ride that is not safe; where nothing may be said a human is called."""
    said = _said(turn, text)
    if said is None or said.unsafe is None or (ride_day(turn) != "now" and not said.always):
        return False
    if (grave := tier(text, turn.flows.crisis)) is not None and grave[0] == 1:
        return False
    if turn.progress.stopped:
        turn.effects.append(CallHuman(UNSAFE, said.unsafe))
        return False
    return _answer(turn, said)


def _said(turn: Turn, text: str) -> RideSaid | None:
    if turn.progress.opted_in is False:
        return None
    day = ride_day(turn)
    said = turn.flows.keywords.live_ride(text)
    return None if said is None or (day is None and not said.always) else said


def _old_answer(turn: Turn, text: str, asked: Open | None) -> RideSaid | None:
    """Take a bare number with nothing to answer for one to a reminder the car has overtaken: it says how the
    ride stands, and no menu opens at the curb."""
    late = asked is None and open_question(turn) is None and turn.progress.opted_in is not False
    return RideSaid("where") if late and text.strip() in ("1", "2") and ride_day(turn) == "now" else None


def _is_answer(turn: Turn, asked: Open, text: str, said: RideSaid) -> bool:
    """Tell whether a text answers the open question all the same: its own words ("listo" to "ready?"), or
    nearly any words where it asks for those."""
    _, frame, step = asked
    if not isinstance(step, Ask):
        return False
    if step.as_ == "text":
        return said.meaning not in _IN_ANY_WORDS
    if step.as_ not in ("choice", "choices"):
        return False
    typed = words_in(text)
    own = (word for row in asked_of(turn, frame, step).options for word in (row.label, *row.words))
    return any(words_in(word) == typed for word in own)


def _answer(turn: Turn, said: RideSaid) -> bool:
    """Start the flow for it, aloud where somebody else is talking."""
    flow_id: str | None = f"ride_{said.meaning}"
    if flow_id not in turn.flows.flows:
        flow_id = flow_started_by(turn, said.meaning.replace("_", " "))
    if flow_id is None:
        if said.meaning == "sees_car":
            stay_silent(turn, "on_my_way")
        return said.meaning == "sees_car"
    if turn.progress.paused:
        turn.progress.kind = "news"
    given = {"what": said.unsafe} if said.unsafe else {}
    return open_flow(turn, flow_id, given, loud=turn.progress.paused is not None)
