"""The linter on names: what a flow knows, when, and what it may be compared with or written as."""

from pathlib import Path

import pytest

from tests.flows.clean import CLEAN, CLEAN_ES, planted
from tests.flows.folder import problems

# Each: what is replaced, by what; the rule that must fire, where (a part of the line).
TELL = """do: tell_caseworker
        with: {kind: '"a visit"', text: {text: "Wants to go to {spot.words}."}}"""
PLANTED = [
    # what leads nowhere: such a folder does not load
    ("run: spot", "run: sopt", "unknown-flow", "run: sopt", "did you mean spot"),
    (
        "start_words:",
        "ends_on: interview.tody\n    start_words:",
        "unknown-event",
        "flow: visit",
        "interview.today",
    ),
    (
        "do: tell_caseworker",
        "do: tell_casewrker",
        "unknown-action",
        "id: tell",
        "did you mean tell_caseworker",
    ),
    ("kind: '", "kynd: '", "unknown-input", "id: tell", "takes no `kynd`. Fix: did you mean kind"),
    ("kind: '", "kynd: '", "missing-input", "id: tell", "needs `kind`"),
    (
        "save: told",
        "save: told\n        if_fails: {gone: x}",
        "unknown-reason",
        "id: tell",
        "never fails with",
    ),
    (
        TELL,
        "do: confirm_interview\n        with: {interview: interview}",
        "if-fails",
        "id: tell",
        "with gone",
    ),
    (
        "as: zip\n",
        "as: zip\n        if_stuck: {ask_again: zpi}\n",
        "unknown-step",
        "ask: zip",
        "did you mean zip",
    ),
    # names that are not there, not yet, or of another kind
    (
        "when: work has",
        "when: wrok has",
        "unknown-answer",
        "ask: license",
        'knows no "wrok". Fix: did you mean work?',
    ),
    (
        "when: work has",
        "when: license == yes and work has",
        "own-answer",
        "ask: license",
        'its own answer "license"',
    ),
    ("work has", "person == yes and work has", "too-early", "ask: license", "before the step that fills it"),
    ('work has "driving"', 'work has "drivin"', "unknown-key-value", "ask: license", "did you mean driving"),
    ('work has "driving"', 'work == "driving"', "condition", "ask: license", "holds several"),
    ('plan == "cant"', 'plan has "cant"', "condition", "id: person", "holds one thing"),
    ('plan == "cant"', 'plan == "cannot"', "unknown-key-value", "id: person", 'can never be "cannot"'),
    ('plan == "cant"', 'license == "yes"', "condition", "id: person", "compare it with yes or no"),
    ('plan == "cant"', "plan.label == 1", "unknown-field", "id: person", 'has no field "label"'),
    ('plan == "cant"', "work.first == 1", "unknown-field", "id: person", 'has no field "first"'),
    ('plan == "cant"', "zip.town == 1", "unknown-field", "id: person", "is a zip"),
    ('plan == "cant"', "told.whom == 1", "unknown-field", "id: person", "did you mean who"),
    ('plan == "cant"', "spot.wods == 1", "unknown-field", "id: person", "did you mean words"),
    ('plan == "cant"', 'spot.outcome == "lost"', "unknown-key-value", "id: person", 'can never be "lost"'),
    ("{told.who} texts", "{told.whom} texts", "unknown-field", 'say: "Thanks', "did you mean who"),
    ("Thanks. {told.who}", "Thanks, {nobody}. {told.who}", "unknown-answer", 'say: "Thanks', 'no "nobody"'),
    ("text: What work", "text: In {plan}, what work", "too-early", "In {plan}", "move that step up"),
    ("{told.when | when}", "{told.who | time}", "format", 'say: "Thanks', "no time of day"),
    ("{told.when | when}", "{told.who | date}", "format", 'say: "Thanks', "has no date"),
    ("{told.when | when}", "{told.who | money}", "format", 'say: "Thanks', "not a number"),
    ("{told.when | when}", "{told}", "format", 'say: "Thanks', "name a field of it"),
    ("keeps: [zip]", "keeps: [zpi]", "unknown-answer", "flow: visit", "which no step fills"),
    ("gives: [words]", "gives: [wordz]", "unknown-answer", "flow: spot", "did you mean words"),
    ("keeps: [zip]", "keeps: [zip]\n    about: ride", "unknown-answer", "flow: visit", "about: ride"),
    ("with: {what:", "with: {waht:", "needs", "run: spot", "nobody gives it"),
    ("with: {what:", "with: {whom: zip, what:", "needs", "run: spot", "does not take `whom`"),
    (
        "start_words: [VISIT]",
        "start_words: [VISIT]\n    needs: [job]",
        "needs",
        "flow: visit",
        "start words do not bring",
    ),
    (
        "start_words: [VISIT]",
        "start_on: {event: interview.today, when: known(car)}",
        "unknown-answer",
        "flow: visit",
        "does not bring `car`",
    ),
    (
        "start_words: [VISIT]",
        "start_on: interview.today\n    needs: [job]",
        "needs",
        "flow: visit",
        "does not bring it",
    ),
    ("    start_words: [VISIT]\n", "", "never-run", "flow: visit", "Nothing starts visit"),
]


@pytest.mark.parametrize("old,new,rule,line,words", PLANTED)
def test_a_planted_fault_is_found(
    tmp_path: Path, old: str, new: str, rule: str, line: str, words: str
) -> None:
    planted(tmp_path, old, new, rule, line, words)


def test_a_list_from_an_event_has_the_fields_of_its_items(tmp_path: Path) -> None:
    places = """
        flow: home
        title: Home
        steps:
          - id: map
            wait_for: place.found
            up_to: 1 minute
            if_late: {then: continue}
            save: map
          - ask: pick
            as: choice
            from: map.found
            each: "{pick.line} {pick.shop}"
            text: Is it one of these?
            if_empty: {say: Text PERSON., finish: none_found}
          - ask: door
            as: choice
            from: pick.doors
            each: "{door.label}"
            when: count(pick.doors) > 1
            text: "{pick.label}. Which door?"
          - id: end
            say: "{map.found}"
            when: map.event == "ride.booked"
    """
    found = [each for each in problems(tmp_path, home=places) if each.rule != "untranslated"]
    assert [(each.line, each.rule) for each in found] == [(12, "unknown-field"), (21, "unknown-key-value")]


def test_a_need_takes_its_shape_from_who_gives_it(tmp_path: Path) -> None:
    flows = """
        flow: home
        title: Home
        knows: [interview]
        steps:
          - ask: plan
            as: choice
            text: Still on?
            options: {go: coming, cant: no}
          - {run: inner, when: known(interview),
             with: {plan: plan, ride: interview.at}}
        ---
        flow: inner
        title: Inner
        needs: [plan, ride, interview]
        steps:
          - id: a
            say: "{ride | time} {interview.id}"
            when: plan == "went"
          - id: b
            say: "{ride.leg} {interview.boss}"
    """
    found = [each for each in problems(tmp_path, home=flows) if each.rule != "untranslated"]
    assert [(each.line, each.rule, each.fix) for each in found] == [
        (16, "unknown-key-value", "there is cant, go."),
        (
            20,
            "unknown-field",
            "there is after, at, back_at, confirm_by_reply, confirmed, door, employer, first_shift …",
        ),
        (20, "unknown-field", "write ride."),
    ]


def test_a_plan_knows_its_event(tmp_path: Path) -> None:
    plan = """
        - {event: interview.today, when: home, unless: interview.confirmd}
        - {event: interview.today, when: home, unless: ride.leg == "out"}
        - {event: interview.ended, when: home}
    """
    flow = CLEAN.replace("start_words: [VISIT]", "start_words: [VISIT]\n    start_on: interview.today")
    found = problems(tmp_path, visit=flow, visit__es=CLEAN_ES, plans__interview=plan)
    assert [(each.file, each.line, each.rule) for each in found] == [
        ("plans/interview.yaml", 1, "unknown-field"),
        ("plans/interview.yaml", 2, "unknown-answer"),
        ("plans/interview.yaml", 3, "unheard-event"),
    ]


def test_words_for_a_caseworker_are_used_by_being_read(tmp_path: Path) -> None:
    ask = "flow: home\ntitle: Home\nsteps:\n  - ask: words\n    as: text\n    text: What is it?\n"
    rows = "  - ask: mood\n    as: choice\n    text: How?\n    options: {a: {label: x, say: Oh.}, b: y}\n"
    tell = "  - {id: t, do: tell_caseworker, with: {kind: '\"help\"'}}\n"
    assert "unused-answer" in {each.rule for each in problems(tmp_path / "a", home=ask)}
    assert "unused-answer" not in {each.rule for each in problems(tmp_path / "b", home=ask + rows + tell)}


def test_flows_of_a_live_ride_are_started_by_what_people_say(tmp_path: Path) -> None:
    flow = "flow: ride_where\ntitle: Where\nsteps:\n  - id: a\n    say: Near.\n"
    assert {each.rule for each in problems(tmp_path, ride=flow)} == {"untranslated"}
