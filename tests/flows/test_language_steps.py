"""The language, sentence by sentence: lists, menus, tries, what stands behind a BACK, and time itself."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from flows.effects import CallHuman, Say
from flows.engine import advance
from flows.events import ActionDone, TextReceived, TimerRang
from flows.progress import new_progress
from flows.stepping import MOST_ITEMS
from tests.flows.folder import problems
from tests.flows.lives import Person
from tests.flows.stage import flows_of, play
from tests.flows.test_language import texted

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
