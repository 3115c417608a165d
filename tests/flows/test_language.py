"""The language, sentence by sentence: the order of things, silence, scope and extra facts."""

from datetime import datetime, timedelta

import pytest

from flows.effects import Keep, Say, Silent
from tests.flows.lives import Person
from tests.flows.stage import flows_of, play

# --- the order of things for a text ---------------------------------------------------------------------

ORDER = """
    flow: form
    title: Form
    start_words: [FORM]
    knows: [interview]
    steps:
      - ask: what
        as: text
        text: What is it?
      - id: end
        say: "You wrote: {what}"
    ---
    flow: ride_where
    title: Where
    steps: [{id: near, say: It is near.}]
    ---
    flow: home
    title: Menu
    steps:
      - ask: wants
        as: choice
        text: What do you need?
        options: {job: a job, ride: a ride}
    ---
    flow: other
    title: Other
    start_words: [OTHER THING]
    steps: [{id: hi, say: Other.}]
"""
RIDE = {"id": 1, "version": 1, "pickup_at": datetime(2027, 2, 23, 12, 20)}


def texted(person: Person, words: str) -> list[str]:
    """Say what came of a text: the words, or the reason of the silence."""
    person.at += timedelta(minutes=1)
    effects = person.meet(person.text(words))
    return [
        each.text if isinstance(each, Say) else each.reason
        for each in effects
        if isinstance(each, Say | Silent)
    ]


def someone(*, asked: bool = False, paused: bool = False, riding: bool = False) -> Person:
    person = Person(opted_in=True, flows=flows_of(ORDER))
    if riding:
        person.progress.facts["interview"] = dict(RIDE)
    if asked:
        assert texted(person, "form") == ["What is it?"]
    person.progress.paused = "staff" if paused else None
    return person


# Each: who they are, what they write, and what comes first. The open question would take any words.
FIRST = [
    ({"asked": True, "paused": True}, "STOP", "You are out. No more texts from us."),
    (
        {"asked": True, "riding": True},
        "stop texting me where is my car",
        "You are out. No more texts from us.",
    ),
    ({"asked": True, "paused": True}, "i want to kill myself", "I am a computer and can't help with this"),
    ({"asked": True, "riding": True}, "where is my car i want to kill myself", "I am a computer"),
    ({"asked": True, "paused": True}, "thanks", "staff_talking"),
    ({"asked": True, "paused": True}, "menu", "staff_talking"),
    ({"asked": True}, "thanks", "thanks"),
    ({"asked": True, "riding": True}, "ok thanks", "thanks"),
    ({"asked": True}, 'Liked "where is my car"', "thanks"),
    ({"asked": True, "riding": True}, "where is my car", "It is near."),
    ({"asked": True}, "where is my car", "You wrote: where is my car"),
    ({"asked": True}, "menu", "What do you need?"),
    ({"asked": True}, "other thing", "You wrote: other thing"),  # the open question before start words
    ({}, "other thing", "Other."),
    ({}, "hello", "What do you need?"),  # a greeting with nothing open runs `home`
    ({}, "thanks", "thanks"),
]


@pytest.mark.parametrize("who,words,first", FIRST)
def test_what_comes_before_what(who: dict[str, bool], words: str, first: str) -> None:
    assert texted(someone(**who), words)[0].startswith(first)


def test_an_interrupt_returns_to_the_open_question_once() -> None:
    person = someone(asked=True, riding=True)
    assert texted(person, "where is my car") == ["It is near.", "What is it?"]
    assert texted(person, "a bus card") == ["You wrote: a bus card"]


# --- silence has a reason -------------------------------------------------------------------------------

REASONS = [
    ({"asked": True}, "thank you", "thanks"),
    ({"riding": True}, "i see him", "on_my_way"),
    ({"paused": True}, "hello maria", "staff_talking"),
]


@pytest.mark.parametrize("who,words,reason", REASONS)
def test_a_turn_that_says_nothing_says_why(who: dict[str, bool], words: str, reason: str) -> None:
    assert texted(someone(**who), words) == [reason]


# --- what a person typed is never a template --------------------------------------------------------------


def test_what_a_person_typed_is_printed_and_never_filled() -> None:
    person = someone(asked=True)
    person.progress.facts["secret"] = "nobody's business"
    assert texted(person, "{secret} {now | date} {what}") == ["You wrote: {secret} {now | date} {what}"]


# --- scope: a run owns its answers ------------------------------------------------------------------------

SCOPES = """
    flow: outer
    title: Outer
    start_words: [GO]
    keeps: [number]
    steps:
      - ask: secret
        as: text
        text: Secret?
      - id: inside
        run: inner
      - remember: number
        is: inside.number
      - id: end
        say: "{inside.number} {inside.private} {inside.outcome}."
    ---
    flow: inner
    title: Inner
    gives: [number]
    no_reply: [{after: 1 hour, then: finish}]
    ends_on: [interview.moved]
    steps:
      - ask: private
        as: text
        text: "Private? {secret}"
      - finish: enough
        id: enough
        when: private == "stop here"
      - ask: number
        as: number
        text: How many?
"""


def test_nothing_leaks_into_a_run_and_only_what_it_gives_comes_out() -> None:
    play(
        SCOPES,
        """
        talk:
          - them: go
          - us: Secret?
          - them: a word
          - us: Private?
          - them: mine
          - us: How many?
          - them: "3"
          - us: 3 done.
        expect: {facts: {number: 3}}
        """,
    )


OUTCOMES = [
    ("them: stop here", "enough"),
    ("wait: 1 hour", "no_reply"),
    ("event: interview.moved", "interview.moved"),
]


@pytest.mark.parametrize("line,outcome", OUTCOMES)
def test_an_outcome_is_done_or_the_word_or_what_ended_it(line: str, outcome: str) -> None:
    play(
        SCOPES,
        f"""
        talk:
          - them: go
          - us: Secret?
          - them: a word
          - us: Private?
          - {line}
          - us: {outcome}.
        """,
    )


def test_what_is_kept_goes_on_the_record_when_the_flow_ends_and_not_before() -> None:
    person = Person(opted_in=True, flows=flows_of(SCOPES))
    kept = []
    for words in ("go", "a word", "mine", "3"):
        person.at += timedelta(minutes=1)
        kept.append([each.facts for each in person.meet(person.text(words)) if isinstance(each, Keep)])
    assert kept == [[], [], [], [{"number": 3}]]


# --- extra facts ----------------------------------------------------------------------------------------

FACTS = """
    flow: job
    title: Job
    start_words: [GO]
    steps:
      - ask: hired
        as: yes_no
        text: Did you get it?
      - ask: name
        as: name
        text: Name of the boss?
      - ask: pay
        as: number
        text: Pay an hour?
      - ask: adult
        as: yes_no
        least: 18
        text: 18 or older?
      - ask: zip
        as: zip
        text: ZIP?
      - id: end
        say: "{name} pays {pay}, {zip}."
"""


def test_extra_facts_wait_for_their_question_and_are_read_back() -> None:
    """Two questions later, and whatever was asked between."""
    play(
        FACTS,
        """
        talk:
          - them: go
          - us: Did you get it? 1 yes 2 no
          - them: yes 17.50 hr
          - us: Name of the boss?
          - them: Lou
          - us: 17.50. Right? 1 yes 2 no
          - them: "yes"
          - us: 18 or older? 1 yes 2 no
          - them: yes im 52
          - us: ZIP?
        """.replace("17.50. Right", "17.5. Right"),
    )


def test_an_extra_fact_that_is_wrong_is_asked_for() -> None:
    play(
        FACTS,
        """
        talk:
          - them: go
          - us: Did you get it? 1 yes 2 no
          - them: yes 3 of us
          - us: Name of the boss?
          - them: Lou
          - us: 3. Right? 1 yes 2 no
          - them: "no"
          - us: Pay an hour?
        """,
    )


def test_an_extra_fact_of_another_sitting_is_forgotten() -> None:
    play(
        FACTS,
        """
        talk:
          - them: go
          - us: Did you get it? 1 yes 2 no
          - them: yes 1750 hr
          - us: Name of the boss?
          - wait: 2 hours
          - them: Lou
          - us: Pay an hour?
        """,
    )
