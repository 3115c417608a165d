"""The linter on what people read: length, letters, words, promises, and the Spanish beside."""

from pathlib import Path

import pytest

from flows.arriving import arriving
from flows.check import check
from flows.library import SHIPPED, load
from flows.scope import Scopes
from tests.flows.clean import CLEAN, CLEAN_ES, planted
from tests.flows.folder import loaded, problems, write

# Each: what is replaced, by what; the rule that must fire, where (a part of the line).
PLANTED = [
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
    planted(tmp_path, old, new, rule, line, words)


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
