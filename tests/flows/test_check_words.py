"""The linter on what people may type: options, start words, and words that belong to others."""

from pathlib import Path

import pytest

from tests.flows.clean import planted

# Each: what is replaced, by what; the rule that must fire, where (a part of the line).
PLANTED = [
    ("kitchen: {label", "1: {label", "digit-key", "ask: work", "is a number"),
    ("words: [cook]", "words: [cook, '2']", "digit-key", "ask: work", '"2" of the option'),
    ("words: [cook]", "words: [cook, two]", "digit-key", "ask: work", '"two" of the option'),
    ("words: [cook]", "words: [cook, second]", "digit-key", "ask: work", '"second" of the option'),
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
]


@pytest.mark.parametrize("old,new,rule,line,words", PLANTED)
def test_a_planted_fault_is_found(
    tmp_path: Path, old: str, new: str, rule: str, line: str, words: str
) -> None:
    planted(tmp_path, old, new, rule, line, words)
