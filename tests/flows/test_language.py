"""The language, sentence by sentence: what no other test would miss if it were not so."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from flows.effects import CallHuman, Keep, Say, Silent
from flows.engine import advance
from flows.events import ActionDone, TextReceived, TimerRang
from flows.progress import new_progress
from flows.stepping import MOST_ITEMS
from tests.flows.folder import problems
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


# --- any other words, searched for again ------------------------------------------------------------------

SEARCH = """
    flow: find
    title: Find
    start_words: [FIND]
    steps:
      - id: look
        do: look_up_place
        with: {text: "first_of(other, 'near me')"}
        save: lookup
        if_fails: {say: Text PERSON., finish: no_map}
      - id: came
        wait_for: place.found
        about: lookup
        up_to: 1 minute
        if_late: {say: Text PERSON., finish: no_map}
        save: map
      - ask: pick
        as: choice
        from: map.found
        each: "{pick.line}"
        text: Which?
        if_empty: {say: Text PERSON., finish: none_found}
        anything_else: other
      - id: end
        say: "{pick.label}."
"""


def test_an_answer_nobody_asked_for_may_be_read_above(tmp_path: Path) -> None:
    found = problems(tmp_path, find=SEARCH)
    assert [each.rule for each in found if each.rule in ("too-early", "unknown-answer")] == []


# --- lists, menus, tries ----------------------------------------------------------------------------------

LIST = """
    flow: find
    title: Find
    start_words: [FIND]
    steps:
      - id: came
        wait_for: place.found
        up_to: 1 hour
        if_late: {finish: late}
        save: map
      - menu: pick
        from: map.found
        each: "{pick.label}"
        show: 2
        more: "{n} more"
        text: Which?
        text_again: Another?
        run: shown
        with: {place: pick}
        options: {enough: that's all}
      - id: bye
        say: Bye.
    ---
    flow: shown
    title: Shown
    needs: [place]
    steps: [{id: it, say: "{place.address}."}]
"""


def place(number: int) -> str:
    return f"{{id: {10 + number}, label: P{number}, address: A{number}, line: x, doors: []}}"


def test_the_rows_of_a_list_run_a_flow_each_time_and_ids_are_no_words() -> None:
    play(
        LIST,
        f"""
        talk:
          - them: find
          - us: One moment. I am on it and text you.
          - event: {{place.found: {{found: [{place(1)}, {place(2)}, {place(3)}]}}}}
          - us: Which? 1 P1 2 P2 1 more that's all
          - them: "2"
          - us: [A2., "Another? 1 P1 2 P2 1 more that's all"]
          - them: "13"
          - wait: 25 seconds
          - us: {{has: Please reply with one number}}
          - them: more
          - us: {{has: 3 P3}}
          - them: "3"
          - us: {{has: A3.}}
          - us: {{has: Another?}}
          - them: that's all
          - us: Bye.
        """,
    )


def test_a_list_of_the_world_is_kept_short() -> None:
    flows = flows_of(SEARCH)
    person = Person(opted_in=True, flows=flows)
    many = [{"id": n, "label": f"P{n}", "address": "x", "line": f"P{n}", "doors": []} for n in range(40)]
    person.progress, _ = advance(flows, person.progress, person.text("find"))
    call = person.progress.stack[0].call
    assert call is not None
    done = ActionDone(at=person.at, call=call, result={"id": 1, "found": many})
    person.progress, _ = advance(flows, person.progress, done)
    assert len(person.progress.stack[0].answers["lookup"]["found"]) == MOST_ITEMS


@pytest.mark.parametrize(
    ("header", "own", "asked"), [("", "", 3), ("tries: 1", "", 1), ("tries: 1", "tries: 2", 2)]
)
def test_the_flow_says_how_many_tries_and_a_question_may_say_otherwise(
    header: str, own: str, asked: int
) -> None:
    flow = f"""
        flow: form
        title: Form
        start_words: [FORM]
        {header}
        steps:
          - ask: zip
            as: zip
            {own}
            text: ZIP?
    """
    person = Person(opted_in=True, flows=flows_of(flow))
    assert texted(person, "form") == ["ZIP?"]
    said = []
    for _ in range(asked):
        assert texted(person, "dunno really") == ["fragment"]
        person.at += timedelta(seconds=26)
        effects = person.meet(TimerRang(at=person.at, token="hold"))
        said.append([type(each) for each in effects if isinstance(each, CallHuman)])
    assert said == [[]] * (asked - 1) + [[CallHuman]]


# --- back, and what stands behind -------------------------------------------------------------------------


def test_after_back_what_was_awaited_is_awaited_again() -> None:
    play(
        """
        flow: find
        title: Find
        start_words: [FIND]
        steps:
          - ask: words
            as: address
            text: Where?
          - id: look
            do: look_up_place
            with: {text: words.text}
            save: lookup
            if_fails: {finish: no_map}
          - id: came
            wait_for: place.found
            about: lookup
            up_to: 1 minute
            if_late: {say: Not found., finish: no_map}
            save: map
          - ask: right
            as: yes_no
            text: "{map.only.label}?"
        """.replace("{map.only.label}", "Right"),
        """
        talk:
          - them: find
          - us: Where?
          - them: hope house
          - us: Right? 1 yes 2 no
          - them: back
          - us: Where?
          - them: dale street
          - us: Right? 1 yes 2 no
        expect: {did: [look_up_place, look_up_place]}
        """,
    )


# --- talks ------------------------------------------------------------------------------------------------


def test_a_talk_may_be_of_a_shared_phone() -> None:
    play(
        """
        flow: hello
        title: Hello
        start_words: [GO AHEAD]
        steps:
          - id: a
            say: {all: At FedEx., discreet: Soon.}
        """,
        "variant: discreet\ntalk: [{them: go ahead}, {us: Soon.}]",
    )


# --- time comes in with the event -------------------------------------------------------------------------


def test_the_same_event_at_another_time_is_another_decision_and_at_the_same_time_the_same() -> None:
    flows = flows_of("flow: hi\ntitle: Hi\nstart_words: [GO]\nsteps:\n  - {id: a, say: '{now | when}.'}\n")
    zone = ZoneInfo("America/New_York")

    def said(hour: int) -> str:
        event = TextReceived(
            at=datetime(2027, 2, 23, hour, tzinfo=zone), text="go", channel="sms", opted_in=True
        )
        return next(each.text for each in advance(flows, new_progress(), event)[1] if isinstance(each, Say))

    assert (said(9), said(15), said(9)) == ("Today at 9:00 am.", "Today at 3:00 pm.", "Today at 9:00 am.")


MENU = """
    flow: desk
    title: Desk
    start_words: [DESK]
    steps:
      - menu: wants
        text: What?
        text_again: What else?
        options: {tea: {label: tea, run: pour, with: {what: wants}}, done: done, leave: leave}
        again_while: wants == "tea"
      - id: bye
        when: wants == "done"
        say: Bye.
    ---
    flow: pour
    title: Pour
    needs: [what]
    gives: [what]
    steps: [{id: it, say: "Here is {what}."}]
"""


def test_a_menus_name_is_what_was_picked_however_often_it_ran() -> None:
    play(
        MENU,
        """
        talk:
          - them: desk
          - us: What? 1 tea 2 done 3 leave
          - them: "1"
          - us: [Here is tea., What else? 1 tea 2 done 3 leave]
          - them: "1"
          - us: [Here is tea., What else? 1 tea 2 done 3 leave]
          - them: done
          - us: Bye.
        """,
    )
