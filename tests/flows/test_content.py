"""The shipped conversations: they load, they talk, the road is short, and each text fits a cheap phone.

The talks in flows/content/talks are the product's own words; here they run through the engine, drawn for both
channels.
"""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from flows.check import check
from flows.library import SHIPPED, load, shipped
from flows.model import Ask, Run
from flows.progress import Row
from flows.reading_grade import english_grade, spanish_ease
from flows.script import Talk, parse_talks, run_talk
from flows.sms_parts import not_gsm7, parts
from flows.speaking import in_line
from flows.talk_file import Them, Us
from flows.texts import Text

NOON = datetime(2027, 11, 24, 12, 30)
TOMORROW = datetime(
    2027, 11, 25, 12, 45
)  # the longest way to say a moment: "tomorrow, Thu Nov 25, at 12:45 pm"

# The longest a blank is in real life; a new name in a text needs a line here.
LONGEST: dict[str, Any] = {
    "first_name": "Maximiliano",
    "who": "Concepcion",
    "number": "215-555-0199",
    "code": "D7Q4K2",
    "known_as": "Concepcion",
    "when": TOMORROW,
    "at": TOMORROW,
    "pickup_at": TOMORROW,
    "back_at": TOMORROW,
    "arrive_at": TOMORROW,
    "home_at": TOMORROW,
    "busy_from": TOMORROW,
    "busy_to": TOMORROW,
    "last_day": TOMORROW,
    "day": TOMORROW,
    "starts": TOMORROW,
    "first": TOMORROW,
    "time": TOMORROW,
    "ask_when": "What day and time do you want to be there? Pick one when they are open.",
    "then": "Massachusetts Bay Laundry",
    "after": "Massachusetts Bay Laundry",
    "trips": 12,
    "kind": "documents",
    "their_door": "side door, on Commonwealth Ave",
    "waits_for_ok": "112.50",
    "employer": "Massachusetts Bay Laundry",
    "place": "Massachusetts Bay Laundry, 1234 Commonwealth Ave",
    "pickup": "Saint Francis House, side door, on Commonwealth Ave",
    "label": "Saint Francis House",
    "line": "Massachusetts Bay Laundry, 1234 Commonwealth Ave",
    "car": "white Chevrolet Silverado",
    "plate": "8KLM204",
    "driver": "Maximiliano",
    "minutes": 12,
    "taxi": "Taxi: 215-555-0188.",
    "bus": "Bus: 28 from Nubian Station, 6:45 am.",
    "wrong": "he drove too fast and was on the phone",
    "spot": "by the big gas station on route 1",
    "car_short": "Carro 12:45 pm.",
    "what_for": "su entrevista 12:45 pm",
    "reason": "over_budget",
    "said": "the big brick house by the water behind the station",
    "leg": "home",
    "outcome": "hired_if_check",
    "zip": "02128",
    "work": ["warehouse", "kitchen", "cleaning", "building", "care"],
    "home_by": NOON,
    "question": "Should the car stop at Saint Francis House again?",
    "options": "",
}
LANGS = ("en", "es")
SEEN = ("ask_caseworker.thanks.text", "interview_morning.seen.text")  # the hour was said one text before
DONE = ("taxi_instead.comes.text",)  # what a person has done already, with the hour it comes


def each_text() -> list[tuple[str, Text]]:
    flows = shipped().flows
    return [(written.text.key, written.text) for written in load(SHIPPED).texts if written.flow in flows]


def forms(text: Text, short: str = "") -> list[tuple[str, str, str]]:
    """Fill a text in every way it can go out: language, form, words; blanks at their longest, or short."""
    scope: dict[str, Any] = {"now": NOON}
    for name in text.names:
        root, _, last = name.partition(".")
        filled = short or longest(name)
        if last:
            scope.setdefault(root, {})[last] = filled
        else:
            scope[root] = filled
    found = []
    for lang in LANGS:
        for form in text.forms.get(lang, {}):
            channel = form if form in ("sms", "telegram") else "sms"
            found.append(
                (lang, form, text.fill(scope, lang=lang, channel=channel, discreet=form == "discreet"))
            )
    return found


def longest(name: str) -> Any:
    last = name.rpartition(".")[2]
    if last in ("words", "what"):
        return longest_words(last)
    if name == "car":  # in a reminder: the car's time and stop, as one sentence
        return "Carro 12:45 pm, Saint Francis House, side door, on Commonwealth Ave."
    if name in ("away", "to_go"):  # how far the car is, where somebody knows
        return ", 25 min away"
    return LONGEST[last]


def longest_words(name: str) -> str:
    """The longest question a caller gives to a flow that asks in its caller's words."""
    given = [
        step.with_[name]
        for flow in shipped().flows.values()
        for step in flow.steps
        if isinstance(step, Run) and isinstance(step.with_.get(name), Text)
    ]
    filled = [words for text in given if isinstance(text, Text) for *_, words in forms(text)]
    return max(filled, key=len, default="")


def drawn_rows(step: Ask, lang: str) -> str:
    """The options as SMS writes them, with the longest labels."""
    if step.as_ == "yes_no":
        return {"en": "1 yes 2 no", "es": "1 si 2 no"}[lang]
    rows = []
    if step.from_ is not None and step.each is not None:
        label = next(words for at, _, words in forms(step.each) if at == lang)
        few = 2 if "door" in step.id else step.show
        rows = [Row(n, f"@{n}", label) for n in range(1, few + 1)]
    for option in step.options:
        rows.append(
            Row(len(rows) + 1, option.key, next(words for at, _, words in forms(option.label) if at == lang))
        )
    return in_line(rows)


# --- loading -------------------------------------------------------------------------------------------


def test_what_we_ship_loads_without_a_problem() -> None:
    loaded = load(SHIPPED)
    assert [str(problem) for problem in loaded.problems] == []
    assert [str(note) for note in loaded.notes] == []


@pytest.mark.parametrize("key, text", each_text())
def test_every_text_is_there_in_both_languages_and_the_same_forms(key: str, text: Text) -> None:
    assert set(text.forms) == set(LANGS), f"{key} is not translated"
    assert set(text.forms["en"]) == set(text.forms["es"]), f"{key} has not the same variants"


def test_spanish_was_made_from_the_english_that_is_there_now() -> None:
    loaded = load(SHIPPED)
    now = {written.text.key: dict(written.text.forms["en"]) for written in loaded.texts}
    now_words = {each.key: tuple(each.words["en"]) for each in loaded.lists}
    for sidecar in loaded.sidecars:
        for key, entry in sidecar.entries.items():
            copied = entry.copy if isinstance(entry.copy, tuple) else dict(entry.copy or {})
            assert copied == (now_words.get(key) or now.get(key)), f"{sidecar.file}: {key} is stale"


def test_the_linter_finds_nothing_in_our_flows() -> None:
    assert [str(problem) for problem in check(load(SHIPPED))] == []


# --- talks ---------------------------------------------------------------------------------------------


def each_talk() -> list[tuple[str, Talk, str]]:
    return [
        (path.stem, talk, channel)
        for path in sorted((SHIPPED / "talks").glob("*.yaml"))
        for talk in parse_talks(path.read_text(encoding="utf-8"), path.name)
        for channel in talk.channels
    ]


def name_of(part: object) -> str:
    return part.test if isinstance(part, Talk) else str(part)


@pytest.mark.parametrize("file, talk, channel", each_talk(), ids=name_of)
def test_every_talk_goes_as_written(file: str, talk: Talk, channel: str) -> None:
    wrong = run_talk(shipped(), talk, channel)
    assert wrong == [], f"{file}: {talk.test}\n" + "\n".join(map(str, wrong))


@pytest.mark.parametrize("lang", LANGS)
def test_every_flow_is_talked_through_in_both_languages(lang: str) -> None:
    ended = {flow for _, talk, channel in each_talk() if talk.lang == lang for flow in ends_in(talk, channel)}
    assert sorted(set(shipped().flows) - ended) == []


def ends_in(talk: Talk, channel: str) -> set[str]:
    """Name the flows that end in a talk: each is expected with an outcome there is none of."""
    asked = replace(talk, expect={f"{flow}.outcome": "?" for flow in shipped().flows})
    answers = [
        wrong for wrong in run_talk(shipped(), asked, channel) if wrong.expected.endswith(".outcome: ?")
    ]
    return {each.expected.removesuffix(".outcome: ?") for each in answers if each.got != "None"}


@pytest.mark.parametrize("lang", LANGS)
def test_from_the_first_text_to_a_booked_ride_in_14_texts_from_us_and_13_from_them(lang: str) -> None:
    road = next(talk for file, talk, _ in each_talk() if file == "road" and talk.lang == lang)
    first = {"en": ", your car:", "es": ", su carro:"}[lang]
    booked = next(
        at for at, line in enumerate(road.talk) if isinstance(line, Us) and first in str(line.whole)
    )
    to_there = road.talk[: booked + 1]
    assert sum(isinstance(line, Us) for line in to_there) <= 14
    assert sum(isinstance(line, Them) for line in to_there) <= 13


# --- a cheap phone -------------------------------------------------------------------------------------


@pytest.mark.parametrize("key, text", each_text())
def test_every_text_fits_two_parts_of_gsm_7_even_at_its_longest(key: str, text: Text) -> None:
    flow, _, rest = key.partition(".")
    step = next((each for each in shipped().flows[flow].steps if rest == f"{each.id}.text"), None)
    for lang, form, words in forms(text):
        whole = f"{words} {drawn_rows(step, lang)}" if isinstance(step, Ask) else words
        assert not_gsm7(whole) == [], f"{key} {lang} {form}: {whole}"
        assert parts(whole).parts <= 2, f"{key} {lang} {form} is {parts(whole).length} long: {whole}"


@pytest.mark.parametrize("key, text", each_text())
def test_every_text_is_easy_to_read(key: str, text: Text) -> None:
    for lang, _, words in forms(text, short="Ray"):
        if len(words.split()) < 6:
            continue
        if lang == "en":
            assert english_grade(words) <= 6, f"{key}: grade {english_grade(words)}: {words}"
        else:
            assert spanish_ease(words) >= 70, f"{key}: ease {spanish_ease(words)}: {words}"


@pytest.mark.parametrize("key, text", each_text())
def test_one_question_a_text(key: str, text: Text) -> None:
    for lang in LANGS:
        for form, source in text.forms.get(lang, {}).items():
            assert source.count("?") <= 2, f"{key} {lang} {form}: {source}"


@pytest.mark.parametrize("key, text", each_text())
def test_a_promise_of_a_person_says_who_and_by_when(key: str, text: Text) -> None:
    whos = {name.rpartition(".")[0] for name in text.names if name.endswith(".who")}
    whens = {name.rpartition(".")[0] for name in text.names if name.endswith(".when")}
    assert whos == whens or key in SEEN + DONE, f"{key} promises a person without an hour"


@pytest.mark.parametrize("key, text", each_text())
def test_only_the_consent_text_prints_the_carriers_words(key: str, text: Text) -> None:
    if key == "welcome.texts_ok.text":
        return
    for lang in LANGS:
        for source in text.forms.get(lang, {}).values():
            assert not re.search(r"\b(STOP|HELP|START|INFO|CANCEL|END|QUIT)\b", source), f"{key}: {source}"


TOLD = re.compile(r"\{[^}]*(employer|place\b|pickup\b|line\b|dropoff|pay)[^}]*\}")


@pytest.mark.parametrize("key, text", each_text())
def test_a_shared_phone_hears_no_place_no_company_and_no_pay(key: str, text: Text) -> None:
    """What we send unasked has a discreet form where it names one; and no discreet form does."""
    said = not key.endswith((".is", ".each")) and ".with.text" not in key
    flow = shipped().flows[key.partition(".")[0]]
    unasked = bool(flow.start_on) or flow.id.startswith("ride_") or flow.id in ("ok_first", "go_home", "ride")
    for lang in LANGS:
        variants = text.forms[lang]
        assert not TOLD.search(variants.get("discreet", "")), f"{key}: {variants}"
        if unasked and said and any(TOLD.search(source) for source in variants.values()):
            assert "discreet" in variants, f"{key} names a place on a shared phone"
