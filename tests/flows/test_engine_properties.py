"""Whatever happens, in whatever order: the engine answers, says the same twice, and never loses a place.

Random texts, taps, timers, outside events, caseworkers and failing actions run over the shipped flows: about
5,000 events here, drawn and shrunk by hypothesis. `make fuzz` draws many more (tests/flows/fuzz.py).
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.events import OUTSIDE
from flows.library import shipped
from flows.progress import new_progress
from tests.flows import fuzz
from tests.flows.lives import (
    CHANGES,
    Person,
    edit_keeps_all,
    edited,
    happen,
    is_heard,
    no_masked_answer_is_used,
    person_keeps_the_place,
    stop_stops,
)
from tests.flows.stage import flows_of
from tests.flows.test_engine_lists import ROUNDS

EVENTS = 5000
SHORTEST, USUAL = 20, 45  # random events in one life
texts = st.sampled_from(fuzz.WORDS) | st.text(max_size=40)
events = st.one_of(
    st.tuples(st.just("text"), texts),
    st.tuples(st.just("text"), texts),
    st.tuples(st.just("seen"), texts),
    st.tuples(st.just("tap"), st.tuples(st.integers(0, 3), st.integers(1, 4))),
    st.tuples(st.just("spot"), st.none()),
    st.tuples(st.just("photo"), st.none()),
    st.tuples(st.just("timer"), st.none()),
    st.tuples(st.just("stale"), st.sampled_from(fuzz.TOKENS)),
    st.tuples(st.just("outside"), st.sampled_from(sorted(OUTSIDE))),
    st.tuples(st.just("staff"), st.booleans()),
    st.tuples(st.just("carrier"), st.booleans()),
)
steps = st.lists(st.tuples(events, st.integers(0, 7200), st.booleans()), min_size=SHORTEST, max_size=60)


def lives(share: float) -> settings:
    """Say how many lives make up this share of the random events; STOP and the like come on top."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(max_examples=int(EVENTS * share / USUAL), deadline=None, suppress_health_check=slow)


def live(person: Person, life: list[tuple[tuple[str, Any], int, bool]]) -> None:
    for (kind, value), later, fails in life:
        person.at += timedelta(seconds=later)
        happen(person, kind, value, fails=fails)
        no_masked_answer_is_used(person)


@lives(0.6)
@given(steps, st.booleans(), st.sampled_from(["sms", "telegram"]), st.sampled_from(["en", "es"]))
def test_any_life_is_met(
    life: list[tuple[tuple[str, Any], int, bool]], opted_in: bool, channel: str, lang: str
) -> None:
    person = Person(opted_in=opted_in, channel=channel, progress=new_progress(lang))
    live(person, life)
    person_keeps_the_place(person)
    stop_stops(person)


@lives(0.3)
@given(steps, steps, st.dictionaries(st.integers(0, 300), st.sampled_from(CHANGES), max_size=60))
def test_no_edit_strands_anyone(before: Any, after: Any, changes: dict[int, str]) -> None:
    person = Person(opted_in=True)
    live(person, before)
    edit_keeps_all(person, edited(shipped(), changes))
    live(person, after)
    is_heard(person)
    stop_stops(person)


@lives(0.1)
@given(steps, st.lists(st.sampled_from(["go", "1", "2", "yes", "no", "back", "menu"]), max_size=40))
def test_a_new_round_waits_for_the_person(life: Any, said: list[str]) -> None:
    person = Person(opted_in=True, flows=flows_of(ROUNDS))
    for words in said:
        person.at += timedelta(minutes=1)
        person.meet(person.text(words))
    live(person, life)


# --- the long run itself ------------------------------------------------------------------------------


def test_the_long_run_does_what_it_is_told_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["--events", "400", "--seed", "7"]) == 0
    said = capsys.readouterr().out
    for each in ("of seed 7", "0 findings", "STOP always stops", "an edit ends no talk"):
        assert each in said


def test_one_life_can_be_lived_again() -> None:
    once, again = fuzz.live_one(shipped(), 7, 3), fuzz.live_one(shipped(), 7, 3)
    assert once.wrong is None
    assert once.story == again.story


def test_a_finding_is_told_with_the_life_that_found_it(capsys: pytest.CaptureFixture[str]) -> None:
    mute = replace(shipped(), sentences={})
    assert fuzz.fuzz(mute, events=300, seed=1, minutes=1) == 1
    said = capsys.readouterr().out
    assert "KeyError" in said
    assert "make fuzz SEED=1 LIFE=" in said


def test_a_run_that_is_cut_short_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.fuzz(shipped(), events=10_000, seed=1, minutes=0) == 1
    assert "before 10000 events" in capsys.readouterr().out
