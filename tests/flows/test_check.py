"""The linter: each rule with a planted fault, its line, and a clean folder that says nothing."""

import re
import time
from pathlib import Path

import pytest

from flows.arriving import arriving
from flows.check import check
from flows.fix import write_ids
from flows.library import SHIPPED, load, shipped
from flows.scope import Scopes
from tests.flows.folder import loaded, problems, write

CLEAN = """
    flow: visit
    title: A visit
    start_words: [VISIT]
    knows: [interview]
    keeps: [zip]
    gives: [license]
    steps:
      - ask: zip
        as: zip
        text: What ZIP code are you in?
      - ask: work
        as: choices
        text: What work can you do?
        options:
          kitchen: {label: kitchen, words: [cook]}
          driving: driving
          any: anything
        alone: [any]
      - ask: plan
        as: choice
        text: Is it still on?
        options:
          go: {label: coming, words: [on my way]}
          cant: can't go
      - ask: license
        as: yes_no
        when: work has "driving"
        text: Is your license valid now?
      - run: spot
        with: {what: {text: "Where should the car stop?"}}
      - id: tell
        do: tell_caseworker
        with: {kind: '"a visit"', text: {text: "Wants to go to {spot.words}."}}
        save: told
      - id: thanks
        say: "Thanks. {told.who} texts you {told.when | when}."
      - id: person
        when: plan == "cant"
        handoff: "{who} texts you {when | when}."
    ---
    flow: spot
    title: A spot
    needs: [what]
    gives: [words]
    steps:
      - ask: words
        as: address
        text: "{what}"
"""
CLEAN_ES = """
    visit.start_words: {en: [VISIT], es: [VISITA]}
    visit.zip.text: {en: What ZIP code are you in?, es: En que codigo postal vive?}
    visit.work.text: {en: What work can you do?, es: En que puede trabajar?}
    visit.work.options.kitchen: {en: kitchen, es: cocina}
    visit.work.options.kitchen.words: {en: [cook], es: [cocinero]}
    visit.work.options.driving: {en: driving, es: manejar}
    visit.work.options.any: {en: anything, es: lo que sea}
    visit.plan.text: {en: Is it still on?, es: Sigue en pie?}
    visit.plan.options.go: {en: coming, es: voy}
    visit.plan.options.go.words: {en: [on my way], es: [en camino]}
    visit.plan.options.cant: {en: can't go, es: no puedo}
    visit.license.text: {en: Is your license valid now?, es: Su licencia es valida ahora?}
    visit.spot.with.what: {en: Where should the car stop?, es: Donde para el carro?}
    visit.thanks.text:
      en: "Thanks. {told.who} texts you {told.when | when}."
      es: "Gracias. {told.who} le escribe {told.when | when}."
    visit.person.text: {en: "{who} texts you {when | when}.", es: "{who} le escribe {when | when}."}
    spot.words.text: {en: "{what}", es: "{what}"}
"""


def test_a_clean_folder_says_nothing(tmp_path: Path) -> None:
    assert [str(each) for each in problems(tmp_path, visit=CLEAN, visit__es=CLEAN_ES)] == []


def _line(source: str, part: str) -> int:
    """Find the line a planted fault stands on."""
    lines = source.lstrip("\n").split("\n")
    return next(at for at, line in enumerate(lines, 1) if part in line)


TELL = """do: tell_caseworker
        with: {kind: '"a visit"', text: {text: "Wants to go to {spot.words}."}}"""

# Each: what is replaced, by what; the rule that must fire, where (a part of the line).
PLANTED = [
    # names
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
    # what people type
    ("kitchen: {label", "1: {label", "digit-key", "ask: work", "is a number"),
    ("words: [cook]", "words: [cook, '2']", "digit-key", "ask: work", '"2" of the option'),
    ("words: [cook]", "words: [driving]", "same-words", "ask: work", 'means both "kitchen" and "driving"'),
    ("words: [cook]", "words: [cook, Stop]", "carrier-word", "ask: work", "word for stop"),
    ("words: [cook]", "words: [menu]", "anywhere-word", "ask: work", "works anywhere as MENU"),
    ("alone: [any]", "alone: [all]", "unknown-option", "ask: work", 'names no option "all"'),
    ("cant: can't go", "", "one-option", "ask: plan", "only one option"),
    ("as: zip\n", "as: zip\n        options: {a: b, c: d}\n", "no-options", "ask: zip", "never shown"),
    ("as: zip\n", "as: choice\n", "no-options", "ask: zip", "nothing to choose"),
    ("as: zip\n", "as: choice\n        from: interview\n", "each", "ask: zip", "needs `each`"),
    ("as: zip\n", "as: zip\n        confirm_by_ok: yes\n", "confirm-by-ok", "ask: zip", "only of a reminder"),
    (
        "as: choice\n",
        "as: choice\n        exact: yes\n        confirm_by_ok: yes\n",
        "confirm-by-ok",
        "ask: plan",
        "OK",
    ),
    ("start_words: [VISIT]", "start_words: [VISIT, CANCEL]", "carrier-word", "flow: visit", "start word"),
    (
        "start_words: [VISIT]",
        "start_words: [VISIT, BACK]",
        "anywhere-word",
        "flow: visit",
        "works anywhere as BACK",
    ),
    (
        "needs: [what]",
        "start_words: [visit]\n    needs: [what]",
        "start-words",
        "flow: spot",
        "also starts visit",
    ),
    ("Thanks. {told", "Thanks. {question} {told", "unknown-answer", 'say: "Thanks', 'knows no "question"'),
    (
        "keeps: [zip]",
        "keeps: [zip]\n    no_reply: {after: 1 day, say: '" + "{question} " * 30 + "'}",
        "too-long",
        "no_reply",
        "SMS parts",
    ),
    ("gives: [license]", "gives: []", "unused-answer", "ask: license", 'Nothing uses the answer "license"'),
    # how steps are put together
    ("do: tell_caseworker", "do: give_consent", "consent", "ask: license", "exact: yes"),
    ("kind: '\"a visit\"'", "kind: told2, text: zip", "unknown-answer", "id: tell", 'knows no "told2"'),
    (
        TELL,
        "do: move_interview\n        with: {interview: interview.id, at: zip}\n        if_fails: x",
        "wrong-input",
        "id: tell",
        "takes a whole thing with at, back_at, confirmed as `interview`, not a number",
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
    # what people read
    ("What ZIP code", "STOP is a word. What ZIP code", "carrier-word", "STOP is", "carrier keeps"),
    ("What ZIP code", "Reply CANCEL to end. What ZIP code", "carrier-word", "CANCEL", "carrier keeps"),
    ("What ZIP code", "Were you in prison? What ZIP code", "reveals", "prison", "over a shoulder"),
    ("What ZIP code", "You must say. What ZIP code", "threatens", "You must", "scolds"),
    ("What ZIP code", "How are your kids? What ZIP code", "shows-off", "your kids", "shows off"),
    ("What ZIP code", "“What ZIP code", "letters", "“What", "less than half"),
    (
        "What ZIP code",
        "We ask for one more thing now that you have told us all of the others, here it is. What ZIP code",
        "long-sentence",
        "one more thing",
        "more than 15",
    ),
    ("What ZIP code", "Please answer this. " * 18 + "What ZIP code", "too-long", "Please", "3 SMS parts"),
    (
        "What ZIP code are you in?",
        "Subsequently anticipate administrative municipality identification documentation.",
        "reading-grade",
        "flow: visit",
        "reads at grade",
    ),
    (
        'handoff: "{who} texts you {when | when}."',
        "handoff: Somebody texts you.",
        "promise",
        "handoff:",
        "{who} and {when}",
    ),
    (
        'handoff: "{who} texts you {when | when}."',
        'handoff: "{who} texts."',
        "promise",
        "handoff:",
        "without {when}",
    ),
    (
        "keeps: [zip]",
        "keeps: [zip]\n    no_reply: {after: 1 day, say: Bye., then: handoff}",
        "promise",
        "no_reply",
        "without {who} and {when}",
    ),
    ("- id: thanks\n        say", "- say", "missing-id", '- say: "Thanks', "has no id"),
]


@pytest.mark.parametrize("old,new,rule,line,words", PLANTED)
def test_a_planted_fault_is_found(
    tmp_path: Path, old: str, new: str, rule: str, line: str, words: str
) -> None:
    assert old in CLEAN
    planted = CLEAN.replace(old, new, 1)
    found = problems(tmp_path, visit=planted, visit__es=CLEAN_ES)
    hits = [each for each in found if each.rule == rule and words in str(each)]
    assert hits, [str(each) for each in found]
    assert hits[0].file == "visit.yaml"
    assert hits[0].line == _line(planted, line)
    assert hits[0].fix


TRANSLATED = [
    (
        "    visit.zip.text: {en: What ZIP code are you in?, es: En que codigo postal vive?}\n",
        "",
        "untranslated",
        "visit.yaml",
        "visit.zip.text has no Spanish",
    ),
    (
        "    visit.start_words: {en: [VISIT], es: [VISITA]}\n",
        "",
        "untranslated",
        "visit.yaml",
        "start_words has no Spanish",
    ),
    ("What ZIP code are", "What ZIP are", "stale", "visit.es.yaml", "another English text"),
    ("en: [cook]", "en: [chef]", "stale", "visit.es.yaml", "other English words"),
    ("visit.zip.text", "visit.zpi.text", "orphan", "visit.es.yaml", "did you mean visit.zip.text"),
    (
        "{told.who} le escribe",
        "Ana le escribe",
        "blanks",
        "visit.es.yaml",
        "{told.who} is in one language only",
    ),
    ("es: Sigue en pie?", "es: [Sigue, en pie]", "forms", "visit.es.yaml", "is a text, not a list"),
    ("es: [cocinero]", "es: cocinero", "forms", "visit.es.yaml", "is a list of words"),
    ("es: Sigue en pie?", "es: {all: Sigue?, discreet: Si?}", "forms", "visit.es.yaml", "form discreet"),
    ("es: Sigue en pie?", "es: Sigue en pié o no irá?", "letters", "visit.es.yaml", "á makes every SMS"),
    ("es: Sigue en pie?", "es: Salio de la carcel?", "reveals", "visit.es.yaml", "over a shoulder"),
    ("es: voy", "es: no puedo", "same-words", "visit.yaml", "in Spanish"),
    ("es: [en camino]", "es: [ayuda, alto]", "carrier-word", "visit.yaml", "carrier's word for stop"),
    ("es: [VISITA]", "es: [MENU]", "anywhere-word", "visit.yaml", "works anywhere as MENU"),
    (
        "es: Sigue en pie?",
        "es: Posteriormente anticiparemos administrativamente identificaciones municipales correspondientes.",
        "reading-grade",
        "visit.yaml",
        "in Spanish scores",
    ),
    (
        'es: "{who} le escribe {when | when}."',
        'es: "Alguien le escribe."',
        "promise",
        "visit.yaml",
        "in Spanish",
    ),
]


@pytest.mark.parametrize("old,new,rule,file,words", TRANSLATED)
def test_a_fault_in_the_spanish_is_found(
    tmp_path: Path, old: str, new: str, rule: str, file: str, words: str
) -> None:
    assert old in CLEAN_ES
    found = problems(tmp_path, visit=CLEAN, visit__es=CLEAN_ES.replace(old, new, 1))
    hits = [each for each in found if each.rule == rule and words in str(each)]
    assert hits, [str(each) for each in found]
    assert hits[0].file == file
    assert hits[0].fix


def test_every_text_without_a_sidecar_is_missing(tmp_path: Path) -> None:
    found = problems(tmp_path, visit=CLEAN)
    assert {each.rule for each in found} == {"untranslated"}
    assert len(found) == 16


def test_only_the_consent_text_prints_the_carriers_words(tmp_path: Path) -> None:
    consent = """
        flow: welcome
        title: Welcome
        steps:
          - ask: ok
            as: yes_no
            exact: yes
            text: OK if we text you? STOP to end, HELP for help.
          - id: again
            say: Text HELP now.
    """
    found = [each for each in problems(tmp_path, welcome=consent) if each.rule == "carrier-word"]
    assert [(each.line, "HELP" in each.words) for each in found] == [(9, True)]


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
            if_empty: {finish: none_found}
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
          - run: inner
            with: {plan: plan, ride: interview.at}
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
        (20, "unknown-field", "there is at, back_at, confirmed, door, employer, going_home, id, ok_to_go …"),
        (20, "unknown-field", "write ride."),
    ]


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


def test_more_than_ten_questions_in_a_row(tmp_path: Path) -> None:
    asks = "".join(f"  - ask: q{at}\n    as: text\n    text: What?\n" for at in range(11))
    found = problems(tmp_path, home=f"flow: home\ntitle: Home\nsteps:\n{asks}")
    assert [each.line for each in found if each.rule == "many-questions"] == [34]


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


def test_a_problem_prints_as_one_line(tmp_path: Path) -> None:
    found = problems(tmp_path, visit=CLEAN, visit__es=CLEAN_ES.replace("[en camino]", "[alto]"))
    assert [str(each) for each in found] == [
        'visit.yaml:19: "alto" of the option "go" is the carrier\'s word for stop. Fix: use another word.'
    ]


def test_the_engines_sentences_are_linted_too(tmp_path: Path) -> None:
    words = {
        f"words/{name}": (SHIPPED / "words" / name).read_text() for name in ("keywords.yaml", "crisis.yaml")
    }
    engine = 'thanks: {en: "Thanks, {who}.", es: Gracias por salir de la carcel.}\n'
    disclosure = "reveals: {es: [carcel*]}\n"
    files = {"visit.yaml": CLEAN, "visit.es.yaml": CLEAN_ES, "words/engine.yaml": engine, **words}
    found = check(load(write(tmp_path, {**files, "words/disclosure.yaml": disclosure})))
    assert {(each.file, each.line, each.rule) for each in found} == {
        ("words/engine.yaml", 1, "reveals"),
        ("words/engine.yaml", 1, "blanks"),
    }


def test_a_folder_that_does_not_load_is_still_linted(tmp_path: Path) -> None:
    broken = CLEAN.replace("run: spot", "run: sopt")
    found = check(loaded(tmp_path, visit=broken, visit__es=CLEAN_ES))
    assert {"unknown-flow", "never-run"} <= {each.rule for each in found}


SURE = [
    # what makes an answer surely there, and what does not
    ("", "{a}", True),
    ("        when: zip == '02118'\n", "{a}", False),
    ("        no_reply: {after: 1 day, then: skip}\n", "{a}", False),
    ("        if_stuck: {then: skip}\n", "{a}", False),
    ("        if_stuck: {then: handoff}\n", "{a}", True),
]
WHENS = [
    ("known(a)", True),
    ("a == 'x'", True),
    ("a != 'x'", False),
    ("not known(a)", False),
    ("not (a != 'x')", True),
    ("a == 'x' or a == 'y'", True),
    ("a == 'x' or zip == '02119'", False),
    ("zip == '02118'", True),
    ("b == 'x'", True),
    ("not (zip != '02118' or known(b))", True),
    ("not not known(a)", True),
    ("known(a) and known(a)", True),
    ("first_of(a, b) == 'x'", False),
    ("hours_until(a) > 2", True),
    ("zip < '3' < b", True),
    ("count(a) > 2", True),
]


@pytest.mark.parametrize("how,text,sure", SURE)
def test_an_answer_that_may_be_missing(tmp_path: Path, how: str, text: str, sure: bool) -> None:
    assert _maybe_empty(tmp_path, how, f"      - id: s\n        say: {text!r}\n") is not sure


@pytest.mark.parametrize("when,sure", WHENS)
def test_a_condition_that_makes_an_answer_sure(tmp_path: Path, when: str, sure: bool) -> None:
    how = "        when: zip == '02118'\n"
    other = "      - ask: b\n        as: text\n        when: known(a)\n        text: What?\n"
    step = f'      - id: s\n        when: {when}\n        say: "{{a}}"\n'
    assert _maybe_empty(tmp_path, how, other + step) is not sure


def test_an_earlier_end_makes_an_answer_sure(tmp_path: Path) -> None:
    how = "        when: zip == '02118'\n"
    end = "      - {finish: none, id: e, when: not known(a)}\n"
    assert not _maybe_empty(tmp_path, how, end + '      - id: s\n        say: "{a}"\n')


def test_two_ways_that_cover_everything(tmp_path: Path) -> None:
    how = "        when: zip == '02118'\n"
    other = (
        "      - remember: c\n        when: known(a)\n        is: a\n      - remember: c2\n        is: zip\n"
    )
    both = "      - id: x\n        do: look_up_place\n        with: {text: zip}\n        save: d\n"
    fails = "        when: known(a)\n        if_fails: {finish: gone}\n"
    again = both.replace("id: x", "id: y") + fails.replace("known(a)", "not known(a)")
    assert not _maybe_empty(
        tmp_path, how, other + both + fails + again + '      - id: s\n        say: "{d.id}"\n'
    )


def _maybe_empty(tmp_path: Path, how: str, steps: str) -> bool:
    start = "flow: home\ntitle: Home\nneeds: [zip]\nsteps:\n"
    ask = f"      - ask: a\n        as: text\n        text: What?\n{how}"
    found = problems(tmp_path, home=start + ask + steps)
    assert all(each.rule in ("untranslated", "maybe-empty", "unused-answer") for each in found), [
        str(each) for each in found
    ]
    return any(each.rule == "maybe-empty" for each in found)


def test_what_an_action_gives_is_not_sure_where_its_failure_goes_on(tmp_path: Path) -> None:
    look = "      - id: l\n        do: look_up_place\n        with: {text: zip}\n"
    look += "        save: d\n        if_fails: "
    say = '      - id: s\n        say: "{d.id}"\n'
    assert _maybe_empty(tmp_path / "a", "", f"{look}{{then: continue}}\n{say}")
    assert not _maybe_empty(tmp_path / "b", "", f"{look}{{finish: gone}}\n{say}")


def test_what_a_person_adds_is_never_sure(tmp_path: Path) -> None:
    assert _maybe_empty(tmp_path, "        anything_else: more\n", '      - id: s\n        say: "{more}"\n')


def test_a_piece_of_a_sentence_may_be_left_out(tmp_path: Path) -> None:
    piece = '      - remember: p\n        when: known(a)\n        is: {text: "Hi."}\n'
    how = "        when: zip == '02118'\n"
    assert not _maybe_empty(tmp_path, how, piece + '      - id: s\n        say: "{p} Go."\n')


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


def test_words_for_a_caseworker_are_used_by_being_read(tmp_path: Path) -> None:
    ask = "flow: home\ntitle: Home\nsteps:\n  - ask: words\n    as: text\n    text: What is it?\n"
    rows = "  - ask: mood\n    as: choice\n    text: How?\n    options: {a: {label: x, say: Oh.}, b: y}\n"
    tell = "  - {id: t, do: tell_caseworker, with: {kind: '\"help\"'}}\n"
    assert "unused-answer" in {each.rule for each in problems(tmp_path / "a", home=ask)}
    assert "unused-answer" not in {each.rule for each in problems(tmp_path / "b", home=ask + rows + tell)}


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


def test_flows_of_a_live_ride_are_started_by_what_people_say(tmp_path: Path) -> None:
    flow = "flow: ride_where\ntitle: Where\nsteps:\n  - id: a\n    say: Near.\n"
    assert {each.rule for each in problems(tmp_path, ride=flow)} == {"untranslated"}


FLAT = """flow: home
steps:
  # keep me
  - say: One.   # and me
    when: yes
  - {say: Two.}
  - id: three
    say: Three.
  - handoff: >
      {who}
      {when}
"""
FIXED = """flow: home
steps:
  # keep me
  - id: say_1
    say: One.   # and me
    when: yes
  - {id: say_2, say: Two.}
  - id: three
    say: Three.
  - id: handoff_4
    handoff: >
      {who}
      {when}
"""


def test_missing_ids_are_written_and_nothing_else(tmp_path: Path) -> None:
    notes = loaded(tmp_path, home=FLAT).notes
    assert [note.rule for note in notes] == ["missing-id"] * 3
    assert write_ids(FLAT, notes) == FIXED
    assert loaded(tmp_path, home=FIXED).notes == ()
    assert write_ids("nothing here", notes[:1]) == "nothing here"
    assert write_ids("a\nb\nc\nd", notes[:1]) == "a\nb\nc\nd"


def test_every_sentence_the_engine_names_is_there() -> None:
    named = re.compile(r'(?:sentence\(turn, |AskBack\(|Confirm\([^")]*?, )"([a-z_.]+)"')
    sources = (Path(__file__).parents[2] / "flows").rglob("*.py")
    missing = {key for path in sources for key in named.findall(path.read_text())} - set(shipped().sentences)
    assert missing == set()


def test_what_we_ship_is_clean_and_quickly_linted() -> None:
    found = load(SHIPPED)
    begun = time.perf_counter()
    assert [str(each) for each in check(found)] == []
    assert time.perf_counter() - begun < 2


def test_a_text_is_drawn_as_the_worst_phone_gets_it(tmp_path: Path) -> None:
    flow = """
        flow: home
        title: Home
        no_reply: {after: 1 day, say: "Still there? {question}"}
        steps:
          - ask: sure
            as: yes_no
            text: Sure?
            check: [{is: known(sure), else: Really.}]
          - id: map
            wait_for: place.found
            up_to: 1 hour
            if_late: {finish: none}
            save: map
          - ask: pick
            as: choice
            from: map.found
            each: "{pick.label}"
            show: 2
            if_empty: {finish: none}
            options: {other: another}
            text: {all: "By {pay | money}. Which?", telegram: "Which? {options}"}
          - id: end
            say: "{pick.label} {told.when | time} {told.who}"
    """
    found = loaded(tmp_path, home=flow)
    scopes = Scopes(found.all_flows)
    drawn = {
        (written.field, each.form): each.drawn
        for written in found.texts
        if written.flow == "home"
        for each in arriving(found, scopes, written)
    }
    hope = "Hope House Family Center"
    assert drawn["text", "all"] == f"{hope} 12:30 pm Christopher"
    assert drawn["check.1", "all"] == "Really. 1 yes 2 no"
    assert drawn["text", "telegram"] == "Which?"
    assert drawn["no_reply.1", "all"] == f"Still there? By $120. Which? 1 {hope} 2 {hope} 3 another"
