"""The linter on what is surely there: an answer or a field that may be missing where it is printed."""

from pathlib import Path

import pytest

from tests.flows.folder import problems

SURE = [
    # what makes an answer surely there, and what does not
    ("", "{a}", True),
    ("        when: zip == '02118'\n", "{a}", False),
    ("        no_reply: {after: 1 day, then: skip}\n", "{a}", False),
    ("        if_stuck: {then: skip}\n", "{a}", False),
    ("        if_stuck: {then: handoff}\n", "{a}", True),
]
WHENS = [
    ("known(a)", True),
    ("a == 'x'", True),
    ("a != 'x'", False),
    ("not known(a)", False),
    ("not (a != 'x')", True),
    ("a == 'x' or a == 'y'", True),
    ("a == 'x' or zip == '02119'", False),
    ("zip == '02118'", True),
    ("b == 'x'", True),
    ("not (zip != '02118' or known(b))", True),
    ("not not known(a)", True),
    ("known(a) and known(a)", True),
    ("first_of(a, b) == 'x'", False),
    ("hours_until(a) > 2", True),
    ("zip < '3' < b", True),
    ("count(a) > 2", True),
]


@pytest.mark.parametrize("how,text,sure", SURE)
def test_an_answer_that_may_be_missing(tmp_path: Path, how: str, text: str, sure: bool) -> None:
    assert _maybe_empty(tmp_path, how, f"      - id: s\n        say: {text!r}\n") is not sure


@pytest.mark.parametrize("when,sure", WHENS)
def test_a_condition_that_makes_an_answer_sure(tmp_path: Path, when: str, sure: bool) -> None:
    how = "        when: zip == '02118'\n"
    other = "      - ask: b\n        as: text\n        when: known(a)\n        text: What?\n"
    step = f'      - id: s\n        when: {when}\n        say: "{{a}}"\n'
    assert _maybe_empty(tmp_path, how, other + step) is not sure


def test_an_earlier_end_makes_an_answer_sure(tmp_path: Path) -> None:
    how = "        when: zip == '02118'\n"
    end = "      - {finish: none, id: e, when: not known(a)}\n"
    assert not _maybe_empty(tmp_path, how, end + '      - id: s\n        say: "{a}"\n')


def test_two_ways_that_cover_everything(tmp_path: Path) -> None:
    how = "        when: zip == '02118'\n"
    other = (
        "      - remember: c\n        when: known(a)\n        is: a\n      - remember: c2\n        is: zip\n"
    )
    both = "      - id: x\n        do: look_up_place\n        with: {text: zip}\n        save: d\n"
    fails = "        when: known(a)\n        if_fails: {say: Text PERSON., finish: gone}\n"
    again = both.replace("id: x", "id: y") + fails.replace("known(a)", "not known(a)")
    assert not _maybe_empty(
        tmp_path, how, other + both + fails + again + '      - id: s\n        say: "{d.id}"\n'
    )


def _maybe_empty(tmp_path: Path, how: str, steps: str) -> bool:
    start = "flow: home\ntitle: Home\nneeds: [zip]\nsteps:\n"
    ask = f"      - ask: a\n        as: text\n        text: What?\n{how}"
    found = problems(tmp_path, home=start + ask + steps)
    assert all(each.rule in ("untranslated", "maybe-empty", "unused-answer") for each in found), [
        str(each) for each in found
    ]
    return any(each.rule == "maybe-empty" for each in found)


def test_what_an_action_gives_is_not_sure_where_its_failure_goes_on(tmp_path: Path) -> None:
    look = "      - id: l\n        do: look_up_place\n        with: {text: zip}\n"
    look += "        save: d\n        if_fails: "
    say = '      - id: s\n        say: "{d.id}"\n'
    assert _maybe_empty(tmp_path / "a", "", f"{look}{{then: continue}}\n{say}")
    assert not _maybe_empty(tmp_path / "b", "", f"{look}{{say: Text PERSON., finish: gone}}\n{say}")


def test_what_a_person_adds_is_never_sure(tmp_path: Path) -> None:
    assert _maybe_empty(tmp_path, "        anything_else: more\n", '      - id: s\n        say: "{more}"\n')


def test_a_piece_of_a_sentence_may_be_left_out(tmp_path: Path) -> None:
    piece = '      - remember: p\n        when: known(a)\n        is: {text: "Hi."}\n'
    how = "        when: zip == '02118'\n"
    assert not _maybe_empty(tmp_path, how, piece + '      - id: s\n        say: "{p} Go."\n')


# --- fields that are not always there -----------------------------------------------------------------

FIELDS = [
    # the `when` of a text that prints a field of an interview the flow may know; whether it is surely there
    ("known(interview.pickup_at)", "{interview.pickup_at | time}", True),
    ("known(interview.pickup_at)", "{interview.pickup}", True),  # they come together
    ("interview.pickup_at > now", "{interview.back_at | time}", True),
    ("known(interview)", "{interview.at | time}", True),
    ("known(interview)", "{interview.pickup_at | time}", False),
    ("not known(interview.pickup_at)", "{interview.pickup_at | time}", False),
    ("interview.ok_to_go == 'have'", "{interview.pickup_at | time}", False),
    ("known(zip)", "{interview.at | time}", False),  # the interview itself may be unknown
    ("car > now", "{interview.pickup}", True),  # `car` is another word for interview.pickup_at
    ("ahead", "{interview.at | time}", True),  # `ahead` is known(interview.pickup_at) and more
    ("ahead", "{interview.back_at | time}", True),
    ("not ahead", "{interview.at | time}", False),
    ("known(ahead)", "{interview.at | time}", False),
    ("known(zip)", "{zip}", True),
]


@pytest.mark.parametrize("when,text,sure", FIELDS)
def test_a_field_that_may_be_missing(tmp_path: Path, when: str, text: str, sure: bool) -> None:
    flow = f"""
        flow: home
        title: Home
        knows: [interview, zip]
        steps:
          - remember: car
            is: interview.pickup_at
          - {{remember: ahead, is: interview.pickup_at > now and not known(zip)}}
          - id: s
            when: {when}
            say: "{text}"
    """
    found = [each for each in problems(tmp_path, home=flow) if each.rule == "maybe-empty"]
    assert [(each.line, each.fix[:16]) for each in found] == ([] if sure else [(10, "add `when: known")])


def test_an_event_and_an_action_say_which_fields_they_always_bring(tmp_path: Path) -> None:
    flow = """
        flow: car
        title: Car
        start_on: ride.car
        needs: [interview, ride]
        steps:
          - id: plate
            say: "{ride.plate}"
          - id: minutes
            say: "{ride.minutes}"
          - id: book
            do: book_rides
            with: {interview: interview, pickup: interview.stop, rider: '"Ray"'}
            save: booking
            if_fails: {say: Text PERSON., finish: gone}
          - id: set
            say: "{booking.pickup_at | time}"
    """
    found = [each for each in problems(tmp_path, home=flow) if each.rule == "maybe-empty"]
    assert [(each.line, each.words) for each in found] == [
        (9, '"ride.minutes" may be empty here: it is not always known.'),
        (10, 'book_rides must have `pickup`, and "interview.stop" may be missing here.'),
    ]


@pytest.mark.parametrize(
    ("when", "sure"), [("known(interview.pickup_at)", True), ("known(interview.stop)", False)]
)
def test_a_run_is_as_sure_as_every_caller_makes_it(tmp_path: Path, when: str, sure: bool) -> None:
    flow = f"""
        flow: home
        title: Home
        start_on: interview.today
        needs: [interview]
        steps:
          - run: inner
            when: {when}
            with: {{interview: interview}}
        ---
        flow: inner
        title: Inner
        needs: [interview]
        steps:
          - id: s
            say: "{{interview.pickup_at | time}}"
    """
    assert ("maybe-empty" in {each.rule for each in problems(tmp_path, home=flow)}) is not sure


HANDED = [("known(interview)", True), ("known(zip)", False), ("interview.at > now", True)]


@pytest.mark.parametrize(("when", "sure"), HANDED)
def test_what_a_flow_needs_is_there_when_it_is_run(tmp_path: Path, when: str, sure: bool) -> None:
    flow = f"""
        flow: home
        title: Home
        start_words: [HOME]
        knows: [interview, zip]
        steps:
          - run: inner
            when: {when}
            with: {{interview: interview}}
        ---
        flow: inner
        title: Inner
        needs: [interview]
        steps: [{{id: s, say: "{{interview.at | time}}"}}]
    """
    found = [each for each in problems(tmp_path, home=flow) if each.rule == "maybe-empty"]
    words = 'inner must have `interview`, and "interview" may be missing here.'
    assert [(each.line, each.words) for each in found] == ([] if sure else [(6, words)])
