"""What authors have at hand: the editor's schema, drawings, translations, what an edit means for people."""

from collections.abc import Iterator
from datetime import UTC, datetime
from textwrap import dedent
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from jsonschema import Draft7Validator

from flows.diff import diff
from flows.diff import report as differences
from flows.engine import advance
from flows.events import TextReceived
from flows.fields import AFTER_KEYS
from flows.graph import mermaid, svg
from flows.library import SHIPPED, load, read_sources, shipped
from flows.parse import HEADER
from flows.parse_steps import COMMON, KEYS, OPTION_KEYS
from flows.progress import Progress, new_progress, progress_to_json
from flows.schema import schema, written
from flows.sidecar import ORPHANS, STALE, Unreadable, update
from tests.flows.stage import flows_of

NOW = datetime(2027, 2, 23, 17, 48, tzinfo=UTC)
FLOW_FILES = sorted(path for path in SHIPPED.glob("*.yaml") if not path.name.endswith(".es.yaml"))


# --- the schema -------------------------------------------------------------------------------------------


def documents() -> Iterator[Any]:
    for path in FLOW_FILES:
        yield from yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def test_the_committed_schema_is_fresh() -> None:
    assert (SHIPPED / "flow.schema.json").read_text(encoding="utf-8") == written()


def test_every_flow_file_names_the_schema() -> None:
    line = "# yaml-language-server: $schema=flow.schema.json"
    missing = [p.name for p in FLOW_FILES if p.read_text(encoding="utf-8").splitlines()[0] != line]
    assert missing == []


def test_the_schema_takes_every_shipped_flow() -> None:
    Draft7Validator.check_schema(schema())
    validator = Draft7Validator(schema())
    assert [error.message for document in documents() for error in validator.iter_errors(document)] == []


def test_the_schema_knows_every_key_the_parser_reads_and_no_other() -> None:
    definitions = schema()["definitions"]
    assert set(schema()["properties"]) == set(HEADER)
    for verb, keys in KEYS.items():
        assert set(definitions[f"step_{verb}"]["properties"]) == {verb} | keys | COMMON
    assert set(definitions["option"]["anyOf"][1]["properties"]) == OPTION_KEYS
    assert set(definitions["after"]["anyOf"][1]["properties"]) == AFTER_KEYS


@pytest.mark.parametrize(
    "step",
    [
        "{say: Hi., sya: Hi.}",
        "{ask: x, as: colour, text: What}",
        "{ask: x, text: What}",
        "{do: fly_away}",
        "{wait_for: ride.booked, up_to: soon, if_late: Late.}",
        "{wait_for: ride.booked, up_to: 5 minutes}",
        "{when: x}",
    ],
)
def test_the_schema_refuses(step: str) -> None:
    document = yaml.load(f"{{flow: a, steps: [{step}]}}", Loader=yaml.BaseLoader)
    assert not Draft7Validator(schema()).is_valid(document)


# --- drawings ---------------------------------------------------------------------------------------------


def test_a_drawing_shows_every_step_and_every_run() -> None:
    flow = shipped().flows["home"]
    picture, text = svg(flow), mermaid(flow)
    ElementTree.fromstring(picture)
    for step in flow.steps:
        assert f" {step.id}" in picture
        assert f" {step.id}" in text
    assert "f_intake" in text
    assert "when what_you_need.wants == &quot;ride&quot;" in picture or 'wants == "ride"' in picture


def test_every_shipped_flow_can_be_drawn_and_is_drawn_the_same_again() -> None:
    for flow in shipped().flows.values():
        assert svg(flow) == svg(flow)
        ElementTree.fromstring(svg(flow))
        assert mermaid(flow).startswith("flowchart TD\n")


# --- translations -----------------------------------------------------------------------------------------

SOURCE = dedent(
    """\
    flow: home
    title: Home
    start_words: [GO, GO ON]
    steps:
      - ask: adult
        as: yes_no
        text: Are you 18?
      - id: bye
        say: {all: "Thanks, {adult}.", discreet: Thanks.}
    """
)
SPANISH = dedent(
    """\
    # The Spanish, by Ana.
    home.start_words:
      en: [GO, GO ON]
      es: [VAMOS]
    home.adult.text:
      en: "Are you 18?"
      es: "Tiene 18?"
    home.bye.text:
      en:
        all: "Thanks, {adult}."
        discreet: "Thanks."
      es:
        all: "Gracias, {adult}."
        discreet: "Gracias."
    """
)


def test_translations_with_nothing_to_do_are_left_to_the_letter() -> None:
    assert update("home.yaml", SOURCE, SPANISH).text == SPANISH
    sources, _ = read_sources(SHIPPED)
    for path in FLOW_FILES:
        beside = sources[path.name.replace(".yaml", ".es.yaml")]
        assert update(path.name, sources[path.name], beside).text == beside


def test_a_new_text_is_added_with_nothing_in_it() -> None:
    made = update("home.yaml", SOURCE, None)
    assert made.added == ("home.start_words", "home.adult.text", "home.bye.text")
    assert 'home.adult.text:\n  en: "Are you 18?"\n  es: ""\n' in made.text
    assert update("home.yaml", SOURCE, made.text).text == made.text


def test_a_changed_text_keeps_its_old_translation_and_is_marked() -> None:
    made = update("home.yaml", SOURCE.replace("Are you 18?", "Are you 18 or older?"), SPANISH)
    assert made.stale == ("home.adult.text",)
    assert (
        f'{STALE} "Are you 18 or older?"\nhome.adult.text:\n  en: "Are you 18?"\n  es: "Tiene 18?"'
        in made.text
    )
    assert made.text.startswith("# The Spanish, by Ana.\n")
    again = update("home.yaml", SOURCE.replace("Are you 18?", "Are you 18 or older?"), made.text)
    assert again.text == made.text


def test_a_text_that_is_gone_becomes_a_comment_and_stays_one() -> None:
    made = update("home.yaml", SOURCE.replace("ask: adult", "ask: old").replace(", {adult}", ""), SPANISH)
    assert made.orphans == ("home.adult.text",)
    tail = made.text.partition(ORPHANS)[2]
    assert '# home.adult.text:\n#   en: "Are you 18?"\n#   es: "Tiene 18?"\n' in tail
    back = update("home.yaml", SOURCE, made.text)
    assert "Tiene 18?" in back.text.partition(ORPHANS)[2]


def test_a_file_that_cannot_be_read_is_said() -> None:
    with pytest.raises(Unreadable, match=r"home\.yaml:\d"):
        update("home.yaml", "flow: [", SPANISH)


# --- what an edit means for people --------------------------------------------------------------------------

OLD = """\
flow: home
title: Home
start_words: [GO]
steps:
  - ask: shifts
    as: choice
    text: Which shifts?
    options: {day: day, night: night}
  - ask: adult
    as: yes_no
    text: Are you 18?
  - ask: zip
    as: zip
    text: ZIP?
"""


def people(*texts: tuple[str, ...]) -> list[Progress]:
    """Talk people into the old flow, each with their own words."""
    flows = flows_of(OLD)
    found = []
    for said in texts:
        progress = new_progress()
        progress.opted_in = True
        for text in ("GO", *said):
            event = TextReceived(at=NOW, text=text, channel="sms", opted_in=True)
            progress, _ = advance(flows, progress, event)
        found.append(progress)
    return found


def said(new: str, *texts: tuple[str, ...]) -> str:
    return differences(diff(flows_of(OLD), flows_of(new), people(*texts), NOW))


def test_the_same_flows_touch_nobody() -> None:
    assert said(OLD, ("1",)) == "The flows are the same."


def test_an_answer_that_is_no_longer_possible_is_asked_again() -> None:
    new = OLD.replace("night: night", "evening: evening")
    assert said(new, ("1",), ("2",), ("2", "yes"), ()).splitlines() == [
        "home: 4 people are in this flow: 2 continue, 2 are asked `shifts` again, 0 lost",
        "  changed: shifts",
    ]


def test_a_step_that_is_gone_is_left_for_the_next() -> None:
    new = OLD.replace("  - ask: adult\n    as: yes_no\n    text: Are you 18?\n", "")
    assert said(new, ("1",), ()).splitlines() == [
        "home: 2 people are in this flow: 1 continues, 1 goes on at `zip`, 0 lost",
        "  gone: adult",
    ]


def test_a_renamed_step_is_the_same_step() -> None:
    new = OLD.replace("ask: adult", "ask: grown_up\n    was: adult")
    assert said(new, ("1",), ("1", "yes")).splitlines() == [
        "home: 2 people are in this flow: 2 continue, 0 lost",
        "  renamed: adult is now grown_up",
    ]


def test_a_flow_that_is_gone_loses_its_people() -> None:
    assert said(OLD.replace("flow: home", "flow: house"), ("1",)).splitlines()[:2] == [
        "home: 1 person is in this flow: 0 continue, 1 lost",
        "  the flow is gone",
    ]


def test_comparing_changes_nobody() -> None:
    before = people(("1",), ("2",))
    written_down = [progress_to_json(each) for each in before]
    diff(flows_of(OLD), flows_of(OLD.replace("night: night", "late: late")), before, NOW)
    assert [progress_to_json(each) for each in before] == written_down


def test_the_shipped_folder_still_loads_beside_its_schema() -> None:
    assert load(SHIPPED).problems == []
