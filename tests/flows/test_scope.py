"""What the linter knows of names: where they come from and what they stand for."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.assemble import assemble
from flows.check import check
from flows.library import SHIPPED, read_sources
from flows.longest import longest
from flows.scope import Scopes, outcomes
from flows.shapes import ANY, TEXT, Shape, action_result, event_fields, merge, shape_of
from tests.flows.folder import loaded

FLOWS = """
    flow: home
    title: Home
    knows: [interview, zip, card, mood]
    keeps: [color, place]
    start_on: ride.car
    steps:
      - ask: color
        as: choice
        text: Which?
        options: {red: red, blue: blue}
      - ask: at
        as: datetime
        text: When?
        anything_else: extra
      - ask: place
        as: address
        text: Where?
      - id: look
        do: look_up_place
        with: {text: place}
        save: lookup
        if_fails: {finish: no_map}
      - id: pin
        do: set_pin
        with: {pin: zip}
        save: nothing
      - id: wait
        wait_for: [place.found, ride.booked]
        up_to: 1 hour
        if_late: {finish: late}
        save: news
      - ask: pick
        as: choice
        from: news.found
        each: "{pick.line}"
        if_empty: {finish: none}
        text: Which place?
      - ask: pick_or_other
        as: choice
        from: news.found
        each: "{pick_or_other.line}"
        if_empty: {finish: none}
        options: {other: other}
        text: Which one?
      - remember: words
        is: {text: "At {at | time}"}
      - remember: first
        is: first_of(interview.at, at)
      - remember: mixed
        is: first_of(at, color)
      - remember: known_at
        is: known(at)
      - remember: days
        is: days_until(at)
      - remember: word
        is: '"inner"'
      - run: inner
        with: {color: color, word: '"x"', note: {text: "Hm"}, moment: at}
      - id: again
        run: inner
        with: {color: '"green"', word: '"y"', note: color, moment: at}
        again_while: again.outcome == "done"
        list: rounds
      - id: lonely
        run: other
    ---
    flow: inner
    title: Inner
    needs: [color, word, note, moment, place]
    gives: [age, place]
    no_reply: {after: 1 day, finish: tired}
    ends_on: interview.moved
    steps:
      - ask: age
        as: number
        text: How old?
      - finish: over
        id: end
        when: age > 3
    ---
    flow: other
    title: Other
    knows: [ride, color]
    start_on: ride.car
    steps:
      - id: hi
        say: Hi.
    ---
    flow: loop
    title: Loop
    needs: [x]
    start_words: [LOOP]
    steps:
      - run: loop
"""

KINDS = [
    ("home", "color", "choice"),
    ("home", "at", "datetime"),
    ("home", "extra", "text"),
    ("home", "place", "address"),
    ("home", "place.city", "text"),
    ("home", "lookup.id", "number"),
    ("home", "nothing", "view"),
    ("home", "news.event", "choice"),
    ("home", "news.found", "list"),
    ("home", "news.ride", "view"),
    ("home", "pick.line", "text"),
    ("home", "pick_or_other.doors", "list"),
    ("home", "words", "text"),
    ("home", "first", "datetime"),
    ("home", "mixed", "any"),
    ("home", "known_at", "any"),
    ("home", "days", "any"),
    ("home", "word", "choice"),
    ("home", "inner.age", "number"),
    ("home", "inner.outcome", "outcome"),
    ("home", "rounds", "list"),
    ("home", "interview.at", "datetime"),
    ("home", "zip", "zip"),
    ("home", "card", "text"),
    ("home", "mood", "any"),
    ("home", "wait", "any"),
    ("inner", "color", "choice"),
    ("inner", "word", "choice"),
    ("inner", "note", "any"),
    ("inner", "moment", "datetime"),
    ("inner", "place", "address"),
    ("other", "ride.plate", "text"),
    ("other", "color", "choice"),
    ("loop", "x", "any"),
]


@pytest.fixture(scope="module")
def scopes(tmp_path_factory: pytest.TempPathFactory) -> Scopes:
    return Scopes(loaded(tmp_path_factory.mktemp("flows"), home=FLOWS).all_flows)


@pytest.mark.parametrize("flow,name,kind", KINDS)
def test_what_a_name_stands_for(scopes: Scopes, flow: str, name: str, kind: str) -> None:
    assert scopes.dotted(scopes.flows[flow], name).kind == kind


def test_a_choice_knows_all_it_can_be(scopes: Scopes) -> None:
    assert scopes.shape(scopes.flows["home"], "color").keys == {"red", "blue"}
    assert scopes.shape(scopes.flows["inner"], "color").keys == {"red", "blue", "green"}
    assert scopes.shape(scopes.flows["inner"], "word").keys == {"x", "y"}


def test_how_a_flow_can_end(scopes: Scopes) -> None:
    assert outcomes(scopes.flows["inner"]) == {
        "done",
        "no_reply",
        "handoff",
        "over",
        "tired",
        "interview.moved",
    }
    assert {"no_map", "late", "none"} <= outcomes(scopes.flows["home"])


def test_shapes_are_read_from_annotations() -> None:
    assert shape_of(int).kind == "number"
    assert shape_of(list[str]).item == TEXT
    assert shape_of(str | None).kind == "text"
    assert shape_of(str | int) == ANY
    assert shape_of(object) == ANY
    assert action_result("nothing") == ANY
    assert event_fields("nothing") == {}
    assert event_fields("ride.failed")["reason"].kind == "text"


def test_merging_shapes() -> None:
    one, other = Shape("view", {"a": TEXT}), Shape("view", {"b": TEXT})
    assert merge([]) == ANY
    assert merge([TEXT, TEXT]) == TEXT
    assert merge([TEXT, one]) == ANY
    assert set(merge([one, other]).fields) == {"a", "b"}
    assert merge([Shape("choice", keys=frozenset("a")), Shape("choice")]).keys == frozenset()


@pytest.mark.parametrize(
    "kind", "text name zip number phone address pin yes_no datetime date time any choice".split()
)
def test_every_kind_has_a_longest_value(kind: str) -> None:
    assert longest(Shape(kind), "it") is not None


def test_longest_values_of_lists_and_views() -> None:
    assert longest(Shape("choice", keys=frozenset({"a", "abc"})), "x") == "abc"
    assert longest(Shape("choices", keys=frozenset({"a", "b"})), "x") == ["a", "b"]
    assert len(longest(Shape("list", item=TEXT), "who")) == 3
    assert longest(Shape("list"), "x") == []
    assert longest(shape_of(str), "who") == "Christopher"
    assert longest(ANY, "when").year == 2027


_NAMES = ("book_ride.yaml", "intake.yaml", "place.yaml")
_SOURCES = {name: text for name, text in read_sources(SHIPPED)[0].items() if name in _NAMES}
_BITS = st.sampled_from(
    "| |\n|- |{|}|[|]|: |\"|'|,|when: |has |== |known(|{who}|options:|from: |as: choice|steps:|&a |"
    "*a|!x |#|>|no|1|say: ".split("|")
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(_SOURCES)),
    st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 9), _BITS), max_size=4),
)
def test_no_edit_makes_the_linter_fail(name: str, edits: list[tuple[int, int, str]]) -> None:
    source = _SOURCES[name]
    for at, gone, bit in edits:
        at %= len(source)
        source = source[:at] + bit + source[at + gone :]
    found = check(assemble({**_SOURCES, name: source}))
    assert all(each.file and each.line >= 1 and each.words for each in found)
