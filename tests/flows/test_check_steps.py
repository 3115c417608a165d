"""The linter on how steps are put together, and on the ways through a flow."""

from pathlib import Path

import pytest

from tests.flows.clean import planted
from tests.flows.folder import problems

TELL = """do: tell_caseworker
        with: {kind: '"a visit"', text: {text: "Wants to go to {spot.words}."}}"""

# Each: what is replaced, by what; the rule that must fire, where (a part of the line).
PLANTED = [
    ("do: tell_caseworker", "do: give_consent", "consent", "ask: license", "exact: yes"),
    ("kind: '\"a visit\"'", "kind: told2, text: zip", "unknown-answer", "id: tell", 'knows no "told2"'),
    (
        TELL,
        "do: move_interview\n        with: {interview: interview.id, at: zip}\n        if_fails: x",
        "wrong-input",
        "id: tell",
        "takes a whole thing with after, at, back_at as `interview`, not a number",
    ),
    (
        TELL,
        "do: move_interview\n        with: {interview: interview, at: zip}\n        if_fails: x",
        "wrong-input",
        "id: tell",
        "takes a datetime as `at`, not a zip",
    ),
    (
        "kind: '\"a visit\"'",
        "kind: license",
        "wrong-input",
        "id: tell",
        "takes a text as `kind`, not a yes or no",
    ),
    ("cant: can't go", "cant: {label: no, run: spot}", "option-run", "ask: plan", "only a menu's rows"),
    (
        "{told.who} texts you {told",
        "{plan} {told.who} texts you {told",
        "key-printed",
        'say: "Thanks',
        'like "cant"',
    ),
    (
        "{told.who} texts you {told",
        "{work} {told.who} texts you {told",
        "key-printed",
        'say: "Thanks',
        'like "any"',
    ),
    (
        "{told.who} texts you {told",
        "{license} {told.who} {told",
        "maybe-empty",
        'say: "Thanks',
        "does not always happen",
    ),
    (
        'plan == "cant"',
        'plan == "cant" and not (plan == "cant")',
        "contradiction",
        "id: person",
        "cannot both hold",
    ),
    ('plan == "cant"', 'plan == "cant" and plan == "go"', "contradiction", "id: person", "cannot be both"),
    ('plan == "cant"', "known(spot) and not known(spot)", "contradiction", "id: person", "never happens"),
    (
        "as: choice\n",
        "as: choice\n        confirm_by_ok: yes\n"
        "      - {id: c, do: give_consent, with: {wording: zip}}\n      - ask: x\n        as: choice\n",
        "confirm-by-ok",
        "ask: plan",
        "give_consent follows",
    ),
    (
        "text: Is it still on?",
        "text: Is it on? Can you go?",
        "two-questions",
        "Can you go",
        "asks 2 questions",
    ),
    ("Thanks. {told", "{interview.place}. {told", "no-discreet", "interview.place", "add a `discreet:` form"),
    (
        'say: "Thanks. {told.who} texts you {told.when | when}."',
        'say: {all: "Hi.", discreet: "At {interview.place}."}',
        "no-discreet",
        "interview.place",
        "the discreet form of visit.thanks.text prints",
    ),
    ("text: Is it", "text: '{n} {options}'\n        note: Is it", "unknown-answer", "{n}", 'knows no "n"'),
    ("Thanks. {told.who}", "A caseworker", "promise", "A caseworker", "without {who}"),
    ("save: told", "save: told\n        undo: untell", "unknown-action", "id: tell", 'no action "untell"'),
    (
        "as: zip\n",
        "as: choice\n        from: plan\n        each: x\n",
        "too-early",
        "ask: zip",
        "move that step up",
    ),
    (
        "as: zip\n",
        "as: choice\n        from: interview.at\n        each: x\n",
        "not-a-list",
        "ask: zip",
        "is a datetime",
    ),
    ("save: told", "save: zip", "same-name", "id: tell", "also the answer of line 8"),
    (
        "- id: thanks",
        "- {id: w, wait_for: ride.car, about: rid, up_to: 1 day, if_late: x}\n      - id: thanks",
        "unknown-answer",
        "id: w,",
        'knows no "rid"',
    ),
    # paths
    (
        "as: address",
        "as: address\n      - run: visit",
        "recursion",
        "flow: visit",
        "visit runs spot runs visit",
    ),
    (
        "      - id: thanks",
        "      - {id: x, finish: x}\n      - id: thanks",
        "unreachable",
        "id: thanks",
        "always ends",
    ),
    (
        "run: spot",
        "run: spot\n        again_while: known(zip)",
        "endless",
        "run: spot",
        "never looks at spot",
    ),
]


@pytest.mark.parametrize("old,new,rule,line,words", PLANTED)
def test_a_planted_fault_is_found(
    tmp_path: Path, old: str, new: str, rule: str, line: str, words: str
) -> None:
    planted(tmp_path, old, new, rule, line, words)


def test_rounds_that_ask_nothing_never_end(tmp_path: Path) -> None:
    flows = """
        flow: home
        title: Home
        steps:
          - run: inner
            again_while: inner.outcome == "done"
            list: rounds
        ---
        flow: inner
        title: Inner
        steps:
          - id: a
            say: Hi.
    """
    found = [each for each in problems(tmp_path, home=flows) if each.rule != "untranslated"]
    assert [(each.line, each.rule) for each in found] == [(4, "endless")]


ELEVEN = [
    # what stands between the fifth question and the sixth; whether they still are eleven in a row
    ("", True),
    ("  - {remember: m, is: now}\n", True),
    ("  - {id: l, do: look_up_place, with: {text: q1}, if_fails: {say: Text PERSON., finish: x}}\n", True),
    ("  - {id: s, say: Half of it is done.}\n", False),
    ("  - {id: p, do: tell_caseworker, with: {kind: q1}}\n", False),
    ("  - {id: w, wait_for: ride.car, up_to: 1 day, if_late: {then: continue}}\n", False),
]


@pytest.mark.parametrize("between,many", ELEVEN)
def test_more_than_ten_questions_in_a_row(tmp_path: Path, between: str, many: bool) -> None:
    asks = [f"  - {{ask: q{at}, as: text, text: What?}}\n" for at in range(11)]
    found = problems(
        tmp_path, home=f"flow: home\ntitle: Home\nsteps:\n{''.join([*asks[:5], between, *asks[5:]])}"
    )
    hits = [each.words[:22] for each in found if each.rule == "many-questions"]
    assert hits == (["11 questions in a row;"] if many else [])


def test_the_questions_of_a_run_count_where_they_are_sure(tmp_path: Path) -> None:
    asks = "".join(f"  - {{ask: q{at}, as: text, text: What?}}\n" for at in range(6))
    maybe = "  - {ask: m, as: text, text: What?, when: known(q1)}\n"
    inner = f"flow: inner\ntitle: In\nsteps:\n{asks}{maybe}"
    flow = f"flow: home\ntitle: Home\nsteps:\n{asks}  - run: inner\n---\n{inner}"
    found = [each for each in problems(tmp_path / "a", home=flow) if each.rule == "many-questions"]
    assert [(each.line, each.words[:12]) for each in found] == [(10, "12 questions")]
    sometimes = flow.replace("- run: inner", "- {run: inner, when: known(q1)}")
    assert "many-questions" not in {each.rule for each in problems(tmp_path / "b", home=sometimes)}


def test_a_list_that_may_be_empty(tmp_path: Path) -> None:
    flow = """
        flow: home
        title: Home
        knows: [places]
        gives: [pick]
        steps:
          - ask: pick
            as: choice
            from: places
            each: "{pick.line}"
            text: Which one?
    """
    found = problems(tmp_path / "a", home=flow)
    assert [(each.line, each.rule) for each in found if each.rule != "untranslated"] == [(6, "if-empty")]
    end = flow.replace(
        "          - ask", "          - {id: e, finish: none, when: count(places) == 0}\n          - ask"
    )
    assert {each.rule for each in problems(tmp_path / "b", home=end)} == {"untranslated"}


def test_a_menu_that_comes_back(tmp_path: Path) -> None:
    flow = """
        flow: home
        title: Home
        steps:
          - menu: wants
            text: What next?
            options: {more: more, done: done}
            again_while: wants != "done"
    """
    found = problems(tmp_path, home=flow)
    assert [(each.line, each.rule) for each in found if each.rule != "untranslated"] == [(4, "text-again")]
