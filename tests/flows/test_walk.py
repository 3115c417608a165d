"""Walk every way: the shipped flows are proved, and what is planted is found, with file and line."""

from collections.abc import Callable

import pytest

from flows.flowset import FlowSet
from flows.library import shipped
from flows.model import Ask
from flows.transcripts import CHANNELS, signing_off, transcripts
from flows.walk import walk
from flows.walk_found import Walk, report
from tests.flows.stage import flows_of

Planted = Callable[[], FlowSet]


@pytest.fixture(scope="module")
def walked() -> Walk:
    return walk(shipped())


def test_every_shipped_step_is_reached_and_every_way_ends(walked: Walk) -> None:
    assert not walked.problems, report(walked)
    every = {f"{flow.id}.{step.id}" for flow in shipped().flows.values() for step in flow.steps}
    assert walked.reached >= every
    assert walked.steps == len(every)
    assert report(walked).endswith("Every step is reached, every way ends, every text is answered.")


def test_a_walk_of_all_shipped_flows_stays_small(walked: Walk) -> None:
    # About 0.3 ms a turn: some seconds for all flows. Time itself is measured elsewhere.
    assert walked.turns < 26_000
    assert walked.places < 3_500
    assert walked.most <= 4


def test_every_word_a_flow_can_end_with_is_an_ending(walked: Walk) -> None:
    ended = {(each.flow, each.outcome) for each in walked.endings}
    for word in (
        ("welcome", "declined"),
        ("book_ride", "no_stop"),
        ("book_ride", "under_18"),
        ("find_place", "no_map"),
        ("interview", "place_unknown"),
        ("what_you_need", "no_reply"),
        ("how_it_went", "hired"),
        ("day_answer", "cant_go"),
        ("book_ride", "interview.cancelled"),
    ):
        assert word in ended


def test_every_ending_is_told_again_for_every_phone(walked: Walk) -> None:
    told = list(transcripts(shipped(), walked, flow="book_ride"))
    endings = [each for each in walked.endings if each.flow == "book_ride"]
    assert len(told) == len(endings) * 2 * len(CHANNELS) * 2
    assert [str(each) for each in told if not each.ended] == []


def test_a_transcript_reads_as_the_phone_shows_it(walked: Walk) -> None:
    declined = [each for each in transcripts(shipped(), walked, flow="welcome") if "declined" in str(each)]
    by_phone = {(each.lang, each.channel, each.discreet): each.lines for each in declined}
    assert by_phone["en", "sms", False][1].startswith("us:   Hi, this is Onward")
    assert "[1 yes]" in by_phone["en", "telegram", False][1]
    assert by_phone["es", "sms", False][0] == "them: hola"
    assert "(es, sms, a shared phone)" in signing_off(iter(declined))


def _rules(found: Walk) -> list[str]:
    return [f"{each.rule} {each.file}:{each.line}" for each in found.problems]


FINE = """\
flow: home
title: Home
start_words: [GO]
steps:
  - ask: adult
    as: yes_no
    text: Are you 18?
  - finish: too_young
    id: young
    when: not adult
    text: Come back later.
  - id: bye
    say: Thanks.
"""


def test_a_small_flow_is_walked_to_each_of_its_ends() -> None:
    found = walk(flows_of(FINE))
    assert _rules(found) == []
    assert {(each.flow, each.outcome, each.said) for each in found.endings} == {
        ("home", "too_young", "home.young"),
        ("home", "done", "home.bye"),
    }


def test_a_step_no_answer_leads_to_is_found() -> None:
    planted = FINE.replace("when: not adult", "when: adult and not adult")
    assert _rules(walk(flows_of(planted))) == ["walk-unreached test.yaml:8"]


def test_a_step_behind_a_value_no_option_has_is_found() -> None:
    planted = """\
    flow: home
    title: Home
    steps:
      - ask: work
        as: choice
        text: What work?
        options: {kitchen: kitchen, care: care}
      - id: never
        when: work == "driving"
        say: A driver!
      - id: bye
        say: Thanks.
    """
    assert _rules(walk(flows_of(planted))) == ["walk-unreached test.yaml:8"]


def test_an_action_tried_again_without_waiting_for_the_person_is_found() -> None:
    planted = """\
    flow: home
    title: Home
    steps:
      - id: round
        run: look
      - ask: more
        as: yes_no
        text: More?
    ---
    flow: look
    title: Look
    steps:
      - id: find
        do: look_at_ride
        save: ride
        if_fails: {ask_again: again}
      - id: again
        run: nothing
    ---
    flow: nothing
    title: Nothing
    steps:
      - remember: x
        is: yes
    """
    assert any(each.startswith("walk-circle test.yaml") for each in _rules(walk(flows_of(planted))))


def test_a_flow_that_says_nothing_at_the_end_is_still_answered() -> None:
    found = walk(flows_of(FINE.replace("    text: Come back later.\n", "")))
    assert "walk-silent" not in "".join(_rules(found))  # the front door speaks


def test_a_promise_without_a_name_is_found() -> None:
    planted = """\
    flow: home
    title: Home
    steps:
      - ask: need
        as: yes_no
        text: Need help?
      - id: tell
        when: need
        do: tell_caseworker
        with: {kind: '"asked for a person"'}
        save: told
      - id: soon
        say: "{told.who} texts you by {told.when | time}."
    """
    assert _rules(walk(flows_of(planted))) == ["walk-promise test.yaml:12"]


def test_every_result_of_an_action_is_tried(walked: Walk) -> None:
    reasons = {each.outcome for each in walked.endings if each.flow == "book_ride"}
    assert {"gone", "already", "no_ride", "no_stop"} <= reasons


def test_every_kind_of_question_has_a_valid_answer() -> None:
    kinds = "text name zip number date time datetime phone address pin yes_no".split()
    for kind in kinds:
        asked = f"  - ask: it\n    as: {kind}\n    text: It?\n"
        flows = flows_of(f"flow: home\ntitle: Home\nsteps:\n{asked}  - id: bye\n    say: Bye.\n")
        assert any(isinstance(step, Ask) for step in flows.flows["home"].steps)
        assert _rules(walk(flows)) == [], kind
