"""A clean folder, and how a fault is planted in it: the linter's tests are tables of small edits.

The rule: a planted fault is found by its own rule, at its own line, with a way out.
"""

from pathlib import Path

from tests.flows.folder import problems

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


def planted(folder: Path, old: str, new: str, rule: str, line: str, words: str) -> None:
    """Replace `old` by `new` in the clean flow; the rule must fire where `line` (a part of it) stands."""
    assert old in CLEAN
    source = CLEAN.replace(old, new, 1)
    found = problems(folder, visit=source, visit__es=CLEAN_ES)
    hits = [each for each in found if each.rule == rule and words in str(each)]
    assert hits, [str(each) for each in found]
    assert hits[0].file == "visit.yaml"
    assert hits[0].line == line_of(source, line)
    assert hits[0].fix


def line_of(source: str, part: str) -> int:
    """Find the line a planted fault stands on."""
    lines = source.lstrip("\n").split("\n")
    return next(at for at, line in enumerate(lines, 1) if part in line)
