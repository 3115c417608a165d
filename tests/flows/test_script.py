"""Talks are tests: they must fail where the talk goes otherwise, and say so readably."""

from dataclasses import fields
from datetime import date, datetime, time, timedelta
from textwrap import dedent
from typing import Any

import pytest

from flows.actions import ACTIONS
from flows.fakes import World, fake, in_charge, make_event, place
from flows.script import BadTalk, Mismatch, parse_talks, run_talk
from flows.talk_file import Outer, Pin, Quiet, Staff, Tap, Them, Us, Wait, value_of
from tests.flows.stage import flows_of

FLOWS = """
    flow: form
    title: Form
    start_words: [FORM]
    keeps: [zip]
    steps:
      - ask: zip
        as: zip
        text: ZIP?
      - ask: door
        as: choice
        text: Door?
        options: {front: front, back: back}
      - id: end
        say: Done.
    """


def mismatches(lines: str, head: str = "") -> list[Mismatch]:
    text = f"test: one\nnow: 2027-02-23 17:48\nchannel: sms\n{dedent(head)}\ntalk:\n{dedent(lines)}"
    (talk,) = parse_talks(text)
    return run_talk(flows_of(FLOWS), talk, "sms")


GOOD = """
  - them: form
  - us: ZIP?
  - them: "02128"
  - us: {has: [Door, front]}
  - them: thanks
  - silent: thanks
  - tap: 1
  - us: Done.
"""


def test_a_talk_that_goes_as_written_has_no_mismatch() -> None:
    head = "expect: {form.outcome: done, facts: {zip: '02128'}, open: none, paused: no, humans: [], did: []}"
    assert mismatches(GOOD, head) == []


@pytest.mark.parametrize(
    "lines, expected, got",
    [
        ("  - them: form\n  - us: ZIP code?", "ZIP code?", "ZIP?"),
        ("  - them: form\n  - us: {has: [street]}", "words with street", "ZIP?"),
        ("  - them: form", "nothing more before this line", "ZIP?"),
        ("  - them: form\n  - silent: thanks", "silence (thanks)", "ZIP?"),
        ("  - them: form\n  - us: ZIP?\n  - silent: thanks", "silence (thanks)", "no word why not"),
        ("  - them: form\n  - us: ZIP?\n  - us: More", "More", "nothing"),
        ("  - them: thanks\n  - us: More", "More", "nothing (thanks)"),
        ("  - them: thanks\n  - silent: fragment", "silence (fragment)", "thanks"),
        ("  - event: ride.flew", "an outside event", "ride.flew"),
    ],
)
def test_where_it_goes_otherwise_the_mismatch_says_so(lines: str, expected: str, got: str) -> None:
    wrong = mismatches(lines)[0]
    assert (wrong.expected, wrong.got) == (expected, got)
    assert str(wrong) == f"line {wrong.line}\n  expected: {expected}\n  got:      {got}"


@pytest.mark.parametrize(
    "expect, got",
    [
        ("{form.outcome: stopped}", "done"),
        ("{facts: {zip: '99999'}}", "{'zip': '02128'}"),
        ("{open: form.zip}", "None"),
        ("{humans: [crisis]}", "[]"),
        ("{did: [save_interview]}", "[]"),
        ("{paused: yes}", "False"),
    ],
)
def test_what_is_expected_at_the_end_is_compared(expect: str, got: str) -> None:
    assert [wrong.got for wrong in mismatches(GOOD, f"expect: {expect}")] == [got]


def test_it_gives_up_after_three() -> None:
    lines = "\n".join("  - us: Never." for _ in range(9))
    assert len(mismatches(lines)) == 3


@pytest.mark.parametrize(
    "text, words",
    [
        ("just words", "A talk has `test`"),
        ("test: x\nnow: 2027-02-23 17:48\ntalk: none", "`talk` is a list"),
        ("test: x\ntalk: []", "A talk has `now`"),
        ("test: x\nnow: 2027-02-23 17:48\nchannel: fax\ntalk: []", "The channels are sms and telegram"),
        ("test: x\nnow: 2027-02-23 17:48\nshout: yes\ntalk: []", 'A talk has no "shout"'),
        ("test: x\nnow: 2027-02-23 17:48\ntalk: [them]", "A line is one of"),
        ("test: x\nnow: 2027-02-23 17:48\ntalk: [{shout: hi}]", 'does not begin with "shout"'),
        ("test: x\nnow: 2027-02-23 17:48\ntalk: [{wait: a while}]", "`wait` cannot be read"),
        ("test: x\nnow: 2027-02-23 17:48\ntalk: [{staff: left}]", "`staff` cannot be read"),
        ("test: x\nnow: 2027-02-23 17:48\ntalk: [{pin: [1]}]", "`pin` cannot be read"),
        ("test: x\nnow: 2027-02-23 17:48\ntalk: [{them: [a]}]", "`them` cannot be read"),
        ("test: x\nnow: 2027-02-23 17:48\ntalk: [{us: [[a]]}]", "`us` cannot be read"),
        ("test: &a x", "talk:1"),
    ],
)
def test_a_talk_that_cannot_be_read_names_the_line(text: str, words: str) -> None:
    with pytest.raises(BadTalk) as failed:
        parse_talks(text)
    assert words in str(failed.value)


def test_every_kind_of_line() -> None:
    (talk,) = parse_talks(
        """
- test: lines
  now: 2027-02-23 17:48:30
  lang: es
  zone: America/Chicago
  opted_in: no
  knows: {zip: "02128", adult: yes, since: 2027-02-01, pay: 17.5, n: 3, nothing: none, code: 02128}
  card: 1234
  pretend: {save_interview: past, book_rides: [{id: 1}, too_far]}
  talk:
    - them: hi
    - us: [one, {sms: two, telegram: dos, has: [o]}]
    - silent: thanks
    - event: ride.booked
    - event: {ride.car: {ride: {minutes: 3}}}
    - wait: 25 minutes
    - wait: until 16:00
    - wait: until 2027-03-01 06:10
    - staff: took_over
    - tap: 2
    - tap: {n: 1, back: 1}
    - pin: [42.3, -71.0]
    - photo: 2
"""
    )
    assert talk.now == datetime.fromisoformat("2027-02-23T17:48:30-06:00")
    assert talk.knows == {
        "zip": "02128",
        "adult": True,
        "since": date(2027, 2, 1),
        "pay": 17.5,
        "n": 3,
        "nothing": None,
        "code": "02128",
    }
    assert (talk.lang, talk.opted_in, talk.card) == ("es", False, "1234")
    assert talk.pretend == {"save_interview": ["past"], "book_rides": [{"id": 1}, "too_far"]}
    kinds = [type(line) for line in talk.talk]
    assert kinds == [Them, Us, Us, Quiet, Outer, Outer, Wait, Wait, Wait, Staff, Tap, Tap, Pin, Them]
    assert talk.talk[2].whole == {"sms": "two", "telegram": "dos"}  # type: ignore[union-attr]
    assert talk.talk[6].length == timedelta(minutes=25)  # type: ignore[union-attr]
    assert talk.talk[8].day == date(2027, 3, 1)  # type: ignore[union-attr]
    assert talk.talk[7].clock == time(16, 0)  # type: ignore[union-attr]


def test_a_value_of_a_node_is_typed_only_unquoted() -> None:
    (talk,) = parse_talks("test: x\nnow: 2027-02-23 17:48\nknows: {a: 'yes', b: [1, '1']}\ntalk: []")
    assert talk.knows == {"a": "yes", "b": [1, "1"]}
    assert callable(value_of)


# --- the fake world -----------------------------------------------------------------------------------------

NOW = datetime(2027, 2, 23, 17, 48)
INTERVIEW: dict[str, Any] = {
    "id": 1,
    "version": 1,
    "employer": "FedEx",
    "at": datetime(2027, 2, 24, 8),
    "place": "x",
}


def action(name: str, /, **inputs: Any) -> Any:
    return ACTIONS[name](**inputs)


def test_every_action_has_a_fake() -> None:
    for name, cls in ACTIONS.items():
        inputs: dict[str, Any] = dict.fromkeys(each.name for each in fields(cls))
        if "at" in inputs:
            inputs["at"] = datetime(2027, 3, 1, 10)
        for world in (World(), World(interview=dict(INTERVIEW))):
            assert isinstance(fake(world, action(name, **inputs), NOW), dict | str)


def test_the_little_world_remembers() -> None:
    world = World()
    hope = {"id": 3, "label": "Hope House", "doors": [{"key": "back", "label": "back, on Alley Ln"}]}
    assert fake(world, action("save_interview", place=place("FedEx", 1), at=NOW), NOW) == "past"
    saved = fake(world, action("save_interview", place=place("FedEx", 1), at=datetime(2027, 2, 24, 8)), NOW)
    assert isinstance(saved, dict)
    assert fake(world, action("look_at_ride"), NOW) == "no_ride"
    booked = fake(world, action("book_rides", interview=saved, pickup=hope, door="back", rider="Ray"), NOW)
    assert isinstance(booked, dict)
    assert booked["pickup"] == "Hope House, back, on Alley Ln"
    ride = fake(world, action("look_at_ride"), NOW)
    assert isinstance(ride, dict)
    assert ride["pickup_at"] == datetime(2027, 2, 24, 7, 10)
    moved = fake(world, action("move_interview", interview=saved, at=datetime(2027, 3, 1, 10)), NOW)
    assert isinstance(moved, dict)
    assert (moved["version"], "pickup_at" in moved) == (2, False)
    fake(world, action("set_ok_to_go", interview=moved, ok="have"), NOW)
    fake(world, action("save_outcome", interview=moved, outcome="hired"), NOW)
    assert world.interview is not None
    assert (world.interview["ok_to_go"], world.interview["outcome"]) == ("have", "hired")
    assert fake(world, action("cancel_rides", interview=moved), NOW) == {}
    assert fake(world, action("cancel_interview", interview=moved), NOW) == {}
    assert fake(world, action("cancel_interview", interview=moved), NOW) == "gone"


@pytest.mark.parametrize(
    "now, when",
    [
        ("2027-02-23 10:15", "2027-02-23 12:00"),
        ("2027-02-23 17:48", "2027-02-24 11:00"),
        ("2027-02-23 05:00", "2027-02-23 11:00"),
        ("2027-02-26 18:00", "2027-03-01 11:00"),
        ("2027-02-27 12:00", "2027-03-01 11:00"),
    ],
)
def test_the_human_answers_in_office_time(now: str, when: str) -> None:
    assert in_charge(datetime.fromisoformat(now))["when"] == datetime.fromisoformat(when)


def test_an_event_takes_from_the_world_what_is_left_out() -> None:
    world = World(interview=dict(INTERVIEW))
    event = make_event(world, "ride.booked", {"ride": {"plate": "X1"}}, NOW)
    assert event.interview["employer"] == "FedEx"  # type: ignore[union-attr]
    assert event.ride["plate"] == "X1"  # type: ignore[union-attr]
    make_event(world, "interview.cancelled", {}, NOW)
    assert world.interview is None
