"""Live edits: the file changes under an open talk, and nobody is stranded."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flows.edits import _possible
from flows.effects import CallHuman, Do, Say
from flows.engine import advance
from flows.events import OptionTapped, TextReceived
from flows.model import Ask, Option, Where
from flows.progress import Progress, new_progress
from flows.texts import plain
from tests.flows.lives import Person
from tests.flows.stage import flows_of

AT = datetime(2027, 2, 23, 17, 48, tzinfo=ZoneInfo("America/New_York"))
OLD = """
    flow: form
    title: Form
    start_words: [FORM]
    steps:
      - ask: zip
        as: zip
        text: ZIP?
      - ask: work
        as: choice
        text: Work?
        options: {kitchen: kitchen, driving: driving}
      - run: name
      - ask: door
        as: choice
        text: Door?
        options: {front: front, back: back}
      - id: end
        say: "{zip} {work} {door}"
    ---
    flow: name
    title: Name
    start_words: [NAME]
    gives: [first]
    steps:
      - ask: first
        as: name
        text: Name?
    """


def says(progress: Progress, text: str, flows: str) -> list[str]:
    event = TextReceived(at=AT, text=text, channel="sms", opted_in=True)
    return [each.text for each in advance(flows_of(flows), progress, event)[1] if isinstance(each, Say)]


def standing(*texts: str) -> Progress:
    progress = new_progress()
    for text in ("form", *texts):
        says(progress, text, OLD)
    return progress


def test_the_same_id_goes_on_in_new_words() -> None:
    new = OLD.replace("Work?", "What can you do?")
    assert says(standing("02128"), "hello", new) == ["What can you do?"]


def test_was_renames_what_was_answered_and_what_is_open() -> None:
    new = OLD.replace("ask: zip\n", "ask: near\n        was: zip\n").replace("{zip}", "{near}")
    new = new.replace("ask: work\n", "ask: job\n        was: work\n").replace("{work}", "{job}")
    progress = standing("02128")
    assert says(progress, "driving", new) == ["Name?"]
    assert says(progress, "ray", new) == ["Door?"]
    assert says(progress, "2", new) == ["02128 driving back"]


def test_a_step_that_is_gone_is_left_and_the_next_is_asked() -> None:
    new = OLD.replace("      - ask: work\n        as: choice\n        text: Work?\n", "").replace(
        "        options: {kitchen: kitchen, driving: driving}\n", ""
    )
    assert says(standing("02128"), "driving", new.replace(" {work}", "")) == ["Name?"]


def test_an_answer_that_is_no_longer_possible_is_asked_again() -> None:
    new = OLD.replace("driving: driving", "cleaning: cleaning")
    progress = standing("02128", "driving")
    assert says(progress, "ray", new) == ["Work?"]
    assert says(progress, "cleaning", new) == ["Door?"]


def test_a_number_means_what_was_on_the_phone() -> None:
    new = OLD.replace(
        "{kitchen: kitchen, driving: driving}", "{office: office, driving: driving, kitchen: kitchen}"
    )
    progress = standing("02128")
    assert says(progress, "1", new) == ["Name?"]
    assert progress.stack[0].answers["work"] == "kitchen"


def test_an_option_that_is_gone_is_asked_again() -> None:
    new = OLD.replace("{kitchen: kitchen, driving: driving}", "{driving: driving}")
    progress = standing("02128")
    tap = OptionTapped(at=AT, channel="telegram", opted_in=True, prompt=progress.prompts, n=1)
    (again,) = advance(flows_of(new), progress, tap)[1]
    assert isinstance(again, Say)
    assert [button.label for button in again.options] == ["driving"]


def test_a_sub_flow_that_is_gone_is_left() -> None:
    new = OLD[: OLD.index("    ---")].replace("      - run: name\n", "")
    assert says(standing("02128", "driving"), "ray", new) == ["Door?"]


@pytest.mark.parametrize(
    "kind, value, possible",
    [
        ("choice", "front", True),
        ("choice", "side", False),
        ("choices", ["front"], True),
        ("choices", ["side"], False),
        ("choices", "front", False),
        ("number", 3, True),
        ("number", True, False),
        ("yes_no", True, True),
        ("yes_no", "yes", False),
        ("datetime", AT, True),
        ("datetime", "tomorrow", False),
        ("address", {"text": "5 Oak St"}, True),
        ("zip", None, True),
    ],
)
def test_what_can_still_be_an_answer(kind: Any, value: Any, possible: bool) -> None:
    options = (Option(key="front", label=plain("front")),)
    step = Ask(id="x", where=Where("f", 1), as_=kind, text=plain("?"), options=options)
    assert _possible(step, value) is possible


def test_an_action_that_lacks_what_it_must_have_is_not_asked_for() -> None:
    """The question of an input is gone: a human is called, and the person is answered."""
    flow = """
        flow: intake
        title: Intake
        start_words: [GO]
        steps:
          - id: keep
            do: set_pin
            with: {pin: pin}
          - id: end
            say: Kept.
        """
    person = Person(opted_in=True, flows=flows_of(flow))
    effects = person.meet(person.text("go"))
    assert [each.kind for each in effects if isinstance(each, CallHuman)] == ["an action failed"]
    assert not [each for each in effects if isinstance(each, Do)]
    assert [each.text for each in effects if isinstance(each, Say)] == ["Hi. Text MENU to see what I can do."]
