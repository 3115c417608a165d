"""The linter on trouble: paths that never reach a person, what nothing keeps, what has no fake."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from flows.actions import ACTIONS, Nothing
from flows.events import OUTSIDE
from tests.flows.clean import planted
from tests.flows.folder import problems

WAIT = "- {id: w, wait_for: ride.car, up_to: 1 day, if_late: {finish: none}}\n      - id: thanks"
STUCK = "as: zip\n        if_stuck: {finish: stuck}\n"
LIST = "as: choice\n        from: places\n        each: x\n        if_empty: {finish: none}\n"
OFF = """do: set_ok_to_go
        with: {interview: interview, ok: plan}
        if_fails: {say: It is off., finish: off}"""
PERSON = "flow: ask_caseworker\n    title: P\n    steps: [{id: a, say: Hi.}]\n    ---\n    flow: visit"
TELL = """do: tell_caseworker
        with: {kind: '"a visit"', text: {text: "Wants to go to {spot.words}."}}"""
PLANTED = [
    ("- id: thanks", WAIT, "no-person", "id: w,", "When ride.car does not come, this path ends"),
    ("as: zip\n", STUCK, "no-person", "ask: zip", "When nothing typed answers zip"),
    ("as: zip\n", LIST, "no-person", "ask: zip", "When zip has nothing to choose from"),
    (TELL, OFF, "no-person", "id: tell", 'When set_ok_to_go fails with "else"'),
    ("flow: visit", PERSON, "no-person", "flow: ask_caseworker", "which calls nobody"),
    ("    keeps: [zip]\n", "", "not-kept", "ask: zip", "`zip` is personal, and nothing keeps it"),
    ("to go to {spot.words}", "to go", "not-kept", "ask: words", "write `keeps: [words]`"),
]  # fmt: skip


@pytest.mark.parametrize("old,new,rule,line,words", PLANTED)
def test_a_planted_fault_is_found(
    tmp_path: Path, old: str, new: str, rule: str, line: str, words: str
) -> None:
    planted(tmp_path, old, new, rule, line, words)


# --- what counts as a way to a person -----------------------------------------------------------------

ENDS = [
    # what is said where it ends, in English and Spanish; whether it shows a way
    ("It is off.", "Ya no va.", False),
    ("It is off. Text PERSON.", "Ya no va. Escriba PERSONA.", True),
    ("It is off. Text PERSON.", "Ya no va.", False),
    ("It is off. Text MENU any time.", "Ya no va. Escriba MENU.", True),
    ("It is off. A new one? Text VISIT.", "Ya no va. Escriba VISITA.", True),
    ("It is off. Text WHATEVER.", "Ya no va. Escriba LOQUESEA.", False),
    ("It is off. {who} texts you by {when | when}.", "{who} le escribe {when | when}.", True),
]


@pytest.mark.parametrize("en,es,shown", ENDS)
def test_the_last_words_show_the_way(tmp_path: Path, en: str, es: str, shown: bool) -> None:
    flow = f"""
        flow: visit
        title: A visit
        start_words: [VISIT]
        knows: [interview]
        steps:
          - id: note
            when: known(interview)
            do: confirm_interview
            with: {{interview: interview}}
            if_fails: {{say: "{en}", finish: off}}
    """
    spanish = f"""
        visit.start_words: {{en: [VISIT], es: [VISITA]}}
        visit.note.if_fails.else: {{en: "{en}", es: "{es}"}}
    """
    assert ("no-person" in _rules(tmp_path, flow, spanish)) is not shown


AROUND = [
    # what follows in the flow around; whether a person who failed inside still gets on
    ("- {ask: more, as: text, text: What is it?}", True),
    ("- {id: end, say: Bye.}", False),
    ("- {id: end, say: Text PERSON.}", True),
    ("- {id: end, do: tell_caseworker, with: {kind: '\"help\"'}}", True),
    ("- {id: end, say: Text PERSON., when: not wants}", False),  # not where the inner flow ran
    ("- {id: end, say: Text PERSON., when: known(zip)}", True),
    ("- {run: other}", True),
]


@pytest.mark.parametrize("after,reached", AROUND)
def test_the_flow_around_may_go_on(tmp_path: Path, after: str, reached: bool) -> None:
    flow = f"""
        flow: visit
        title: A visit
        start_words: [VISIT]
        knows: [zip]
        steps:
          - {{ask: wants, as: yes_no, text: Sure?}}
          - {{run: inner, when: wants}}
          {after}
        ---
        flow: inner
        title: Inner
        steps:
          - {{id: l, do: look_up_place, with: {{text: '"x"'}}, if_fails: {{finish: no_map}}}}
        ---
        flow: other
        title: Other
        steps: [{{id: s, say: Hi.}}]
    """
    spanish = "visit.end.text: {en: Text PERSON., es: Escriba PERSONA.}\n"
    assert ("no-person" in _rules(tmp_path, flow, spanish)) is not reached


def _rules(folder: Path, flow: str, spanish: str) -> set[str]:
    return {each.rule for each in problems(folder, visit=flow, visit__es=spanish)}


# --- what keeps a personal answer ---------------------------------------------------------------------

KEPT = [
    ("- {id: k, do: set_pin, with: {pin: phone}}", True),
    ("- {id: k, say: 'Your number is {phone}.'}", False),
    ("- {remember: number, is: phone}", False),
    ("- {remember: number, is: phone}\n          - {id: k, do: set_pin, with: {pin: number}}", True),
    ("- {run: inner, with: {given: phone}}", True),
    ("- {run: inner, with: {given: zip}}", False),
]


@pytest.mark.parametrize("then,kept", KEPT)
def test_a_personal_answer_is_kept_where_it_goes(tmp_path: Path, then: str, kept: bool) -> None:
    flow = f"""
        flow: visit
        title: A visit
        start_words: [VISIT]
        knows: [zip]
        steps:
          - {{ask: phone, as: phone, text: What is your number?}}
          {then}
        ---
        flow: inner
        title: Inner
        needs: [given]
        keeps: [given]
        steps: [{{id: s, say: Hi.}}]
    """
    assert ("not-kept" in _rules(tmp_path, flow, "")) is not kept


def test_what_a_flow_gives_is_kept_by_its_caller(tmp_path: Path) -> None:
    flow = """
        flow: visit
        title: A visit
        start_words: [VISIT]
        keeps: [number]
        steps:
          - run: inner
          - remember: number
            is: inner.phone
        ---
        flow: inner
        title: Inner
        gives: [phone]
        steps:
          - {ask: phone, as: phone, text: What is your number?}
    """
    assert "not-kept" not in _rules(tmp_path / "a", flow, "")
    assert "not-kept" in _rules(tmp_path / "b", flow.replace("keeps: [number]", "keeps: []"), "")


# --- what talks can pretend ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """An action and, with its time, an event that nobody wrote a fake for."""

    acts: ClassVar[bool] = True
    fails: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[type] = Nothing
    at: datetime
    hand: str


def test_an_action_and_an_event_without_a_fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cast(MutableMapping[str, Any], ACTIONS), "wave", Wave)
    monkeypatch.setitem(cast(MutableMapping[str, Any], OUTSIDE), "ride.waved", Wave)
    flow = """
        flow: visit
        title: A visit
        start_on: ride.waved
        steps:
          - id: w
            do: wave
            with: {at: now, hand: '"left"'}
    """
    found = [each for each in problems(tmp_path, visit=flow) if each.rule == "no-fake"]
    assert [(each.line, each.words) for each in found] == [
        (1, "No talk can pretend ride.waved: the fakes do not know what it brings."),
        (5, "No talk can pretend wave: it has no fake."),
    ]
