"""Loading folders: translations beside, words, a stable hash, and what we ship."""

from pathlib import Path

import pytest

from flows import library
from flows.actions import ACTIONS
from flows.assemble import assemble, hash_of
from flows.events import OUTSIDE, RideBooked, RideDroppedOff, yaml_name
from flows.library import SHIPPED, load, read_sources, shipped
from flows.model import Ask, Say
from tests.flows.folder import loaded, write

HELLO = """
    flow: hello
    title: Hello
    start_words: [HELLO]
    start_on: interview.today
    steps:
      - id: hi
        say: {all: Hi there., sms: Hi.}
      - ask: plan
        as: choice
        text: Still on?
        options:
          go: {label: coming, words: [on my way]}
          cant: can't go
"""
SPANISH = """
    hello.start_words: {en: [HELLO], es: [HOLA]}
    hello.hi.text:
      en: {all: Hi there., sms: Hi.}
      es: {all: Hola a todos., sms: Hola.}
    plan.text: {en: Still on?, es: "Siempre va?"}
    plan.options.go: {en: coming, es: voy}
    plan.options.go.words: {en: [on my way], es: [en camino]}
    plan.options.cant: {en: can't go, es: no puedo}
"""


def test_translations_stand_beside(tmp_path: Path) -> None:
    found = loaded(tmp_path, hello=HELLO, hello__es=SPANISH)
    assert found.problems == []
    assert found.flows is not None
    flow = found.flows.flows["hello"]
    hi, plan = flow.steps
    assert isinstance(hi, Say)
    assert isinstance(plan, Ask)
    assert (hi.text.fill({}, lang="es"), hi.text.fill({}, lang="es", channel="telegram")) == (
        "Hola.",
        "Hola a todos.",
    )
    assert plan.text.fill({}, lang="es") == "Siempre va?"
    assert [option.label.fill({}, lang="es") for option in plan.options] == ["voy", "no puedo"]
    assert plan.options[0].words == {"en": ("on my way",), "es": ("en camino",)}
    assert flow.start_words == {"en": ("HELLO",), "es": ("HOLA",)}


def test_events_find_the_flows_they_start(tmp_path: Path) -> None:
    found = loaded(tmp_path, hello=HELLO)
    assert found.flows is not None
    assert [starter.flow for starter in found.flows.started_by["interview.today"]] == ["hello"]


def test_the_hash_is_over_names_and_texts(tmp_path: Path) -> None:
    first = loaded(tmp_path / "a", hello=HELLO)
    again = loaded(tmp_path / "b", hello=HELLO)
    edited = loaded(tmp_path / "c", hello=HELLO.replace("Hi.", "Hey."))
    assert first.flows is not None
    assert again.flows is not None
    assert edited.flows is not None
    assert first.flows.hash == again.flows.hash != edited.flows.hash
    assert len(first.flows.hash) == 64
    assert hash_of({"a": "bc"}) != hash_of({"ab": "c"})
    assert hash_of({"a": "b", "c": "d"}) == hash_of({"c": "d", "a": "b"})


def test_stored_sources_give_the_same_flows_back(tmp_path: Path) -> None:
    found = loaded(tmp_path, hello=HELLO, hello__es=SPANISH)
    assert found.flows is not None
    again = assemble(found.flows.sources)
    assert again.flows is not None
    assert again.flows.hash == found.flows.hash
    assert again.flows.flows == found.flows.flows


def test_a_folder_without_words_takes_the_shipped_ones(tmp_path: Path) -> None:
    found = loaded(tmp_path, hello=HELLO)
    assert found.flows is not None
    assert found.flows.keywords.carrier("STOP") == "stop"
    assert "unclear.zip" in found.flows.sentences
    assert found.flows.sentences["unclear.zip"].key == "engine.unclear.zip"
    assert found.flows.sentences["unclear.zip"].fill({}, lang="es")


@pytest.mark.parametrize(
    "words,file,told",
    [
        ({"words__keywords": "a: b\n"}, "words/keywords.yaml", "carrier is missing or wrong"),
        ({"words__crisis": "- a\n"}, "words/crisis.yaml", "must hold keys"),
        ({"words__crisis": "a: b\na: c\n"}, "words/crisis.yaml", "here twice"),
        ({"words__engine": "thanks: {en: Thanks.}\n"}, "words/engine.yaml", "needs a text in en and es"),
        ({"words__engine": "thanks: Thanks.\n"}, "words/engine.yaml", "needs a text in en and es"),
        ({"words__engine": 'thanks: {en: "{", es: x}\n'}, "words/engine.yaml", "brace is not closed"),
        ({"words__engine": "- thanks\n"}, "words/engine.yaml", "must hold sentences"),
        ({"words__disclosure": "a: b\n"}, "words/engine.yaml", "The file is missing"),
    ],
)
def test_a_fault_in_the_words(tmp_path: Path, words: dict[str, str], file: str, told: str) -> None:
    found = loaded(tmp_path, hello=HELLO, **words)
    assert found.flows is None
    assert any(each.file == file and told in str(each) for each in found.problems)


@pytest.mark.parametrize(
    "source,told",
    [
        ("- a\n", "holds keys like"),
        ("hello.title: Hola\n", "needs en and es"),
        ("hello.title: {en: Hello, fr: Bonjour}\n", 'unknown language "fr"'),
        ("hello.title: {en: Hello, es: {forms: x}}\n", "es is not a text"),
        ('hello.hi.text: {en: Hi., es: "{x"}\n', "hello.es.yaml:1: hello.hi.text: a brace"),
    ],
)
def test_a_fault_in_a_translation(tmp_path: Path, source: str, told: str) -> None:
    found = loaded(tmp_path, hello=HELLO, hello__es=source)
    assert found.flows is None
    assert any(told in str(each) for each in found.problems), found.problems


def test_a_translation_of_nothing(tmp_path: Path) -> None:
    found = loaded(tmp_path, hello=HELLO, other__es="a: {en: b, es: c}\n")
    told = [str(each) for each in found.problems]
    assert told == ["other.es.yaml:1: There is no file this translates. Fix: rename it, or delete it."]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    found = load(tmp_path / "nowhere")
    assert found.flows is None
    assert any("There is no such folder" in str(each) for each in found.problems)


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    write(tmp_path, {"hello.yaml": HELLO})
    (tmp_path / "bad.yaml").write_bytes(b"flow: bad\ntitle: caf\xe9\n")
    found = load(tmp_path)
    assert found.flows is None
    assert [str(each) for each in found.problems] == [
        "bad.yaml:2: The file is not UTF-8. Fix: save it as UTF-8."
    ]


def test_talks_belong_to_no_flow_set(tmp_path: Path) -> None:
    found = loaded(tmp_path, hello=HELLO, talks__hello="not: a flow\n")
    assert found.flows is not None
    assert not [name for name in found.flows.sources if name.startswith("talks/")]


def test_what_we_ship_loads_without_a_problem() -> None:
    found = load(SHIPPED)
    assert [str(each) for each in found.problems] == []
    assert found.flows is not None
    assert shipped().hash == found.flows.hash
    assert shipped() is shipped()
    assert {"welcome", "home", "ask_caseworker"} <= set(shipped().flows)


def test_shipped_lists_every_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "SHIPPED", write(tmp_path, {"a.yaml": "flow: a\n", "b.yaml": "flow: b\n"}))
    with pytest.raises(ValueError, match=r"a\.yaml:1(.|\n)*b\.yaml:1"):
        library.shipped.__wrapped__()


def test_sources_are_named_as_in_the_folder(tmp_path: Path) -> None:
    write(
        tmp_path, {"a.yaml": "x: y\n", "plans/b.yaml": "- a\n", "README.md": "no", "words/c.yaml": "d: e\n"}
    )
    sources, problems = read_sources(tmp_path)
    assert (list(sources), problems) == (["a.yaml", "plans/b.yaml", "words/c.yaml"], [])


def test_names_in_yaml_are_derived_from_the_classes() -> None:
    assert (yaml_name(RideBooked), yaml_name(RideDroppedOff)) == ("ride.booked", "ride.dropped_off")
    assert OUTSIDE["interview.tomorrow_again"].__name__ == "InterviewTomorrowAgain"
    assert ACTIONS["book_rides"].__name__ == "BookRides"
