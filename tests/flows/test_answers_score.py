"""The measuring of the readers: what counts as what. Labelled rows beside the project are measured too."""

import json
from itertools import count
from pathlib import Path
from time import perf_counter

import pytest

from flows.answers.crisis import make_rules
from flows.answers.score import SUITES, Report, Suite, lines, score
from tests.flows import words

INPUTS = Path(__file__).parents[3] / "shared" / "inputs"
RULES = make_rules(words.load("crisis"))


def when(text: str, kind: str, expected: str, **more: object) -> dict[str, object]:
    row = {
        "text": text,
        "kind": kind,
        "expected": expected,
        "alts": [],
        "lang": "en",
        "source": "own",
        "core": True,
    }
    return row | {"ref": "2027-02-23T09:00:00", "ambiguous": None} | more


def measured(suite: Suite, *rows: dict[str, object]) -> Report:
    ticks = count()
    return score(suite, rows, lambda: next(ticks) / 1000, RULES)


def outcome(suite: Suite, row: dict[str, object]) -> str:
    return measured(suite, row).rows[0].outcome


@pytest.mark.parametrize(
    "row, expected",
    [
        (when("tomorrow 8am", "datetime", "2027-02-24T08:00"), "right"),
        (when("tomorrow", "date", "2027-02-24"), "right"),
        (when("8pm", "time", "20:00"), "right"),
        (when("at 8", "time", "20:00", alts=["08:00"], ambiguous="ampm"), "right"),
        (when("8pm", "datetime", "2027-02-23T20:00"), "proposed"),
        (when("8pm", "datetime", "2027-02-24T20:00"), "wrong"),
        (when("noon", "date", "2027-02-23"), "proposed"),
        (when("8am", "datetime", "2027-02-24T08:00"), "half"),
        (when("monday", "datetime", "2027-03-01T09:00"), "half"),
        (when("monday", "datetime", "2027-03-08T09:00"), "asked"),
        (when("monday or friday", "date", "2027-03-01"), "asked"),
        (when("whenever", "date", "2027-03-01"), "none"),
        (when("tomorrow", "date", "2027-03-01"), "wrong"),
    ],
)
def test_when(row: dict[str, object], expected: str) -> None:
    assert outcome("when", row) == expected


def test_past_and_none_rows() -> None:
    past = when("yesterday at 9am", "past", "2027-02-22T09:00")
    moved = when("february 2 9am", "past", "2027-02-02T09:00", ref="2027-06-23T09:00:00")
    assert outcome("when-past", past) == "asked"
    assert outcome("when-past", moved) == "moved"
    assert outcome("when-none", when("hello", "none", "")) == "none"
    assert outcome("when-none", when("tomorrow 9am", "none", "")) == "accepted"


def label(text: str, meant: str) -> dict[str, object]:
    return {"text": text, "label": meant, "lang": "en", "source": "own"}


def test_yes_no_counts_swaps_apart() -> None:
    report = measured(
        "yes_no", label("yes", "yes"), label("no", "yes"), label("hm", "yes"), label("idk", "unsure")
    )
    assert [row.outcome for row in report.rows] == ["right", "wrong", "asked", "right"]
    assert report.rates["yes and no swapped"] == (1, 4)
    assert report.share("all", "right") == 0.5
    assert report.share("nobody", "right") == 0.0


def test_crisis_counts_recall_and_false_alarms() -> None:
    report = measured(
        "crisis",
        label("i want to die", "crisis"),
        label("lovely day", "crisis"),
        label("i want to die", "benign"),
        label("i give up", "benign"),
        label("my battery died", "benign"),
    )
    assert report.rates == {"recall": (1, 2), "tier 1 on benign": (1, 3), "tier 2 on benign": (1, 3)}


def test_a_row_that_raises_is_reported() -> None:
    report = measured("when", when("tomorrow", "date", "2027-02-24"), {"id": "x7", "text": "no kind"})
    assert report.raised == ("x7: KeyError('kind')",)
    assert any(line.startswith("raised on x7") for line in lines(report))
    assert score("crisis", [label("a", "benign")], perf_counter).raised


def test_lines_name_every_group_and_rate() -> None:
    report = measured(
        "when", when("at 8", "time", "08:00", ambiguous="ampm"), when("mon 9am", "date", "2027-03-01")
    )
    written = "\n".join(lines(report))
    assert "core without sgd" in written
    assert "core am/pm open and asked: 1 of 1 (100.0 %)" in written
    assert "ms a text: p50 1.000, p99 1.000" in written


LIMITS: dict[Suite, dict[str, tuple[float, float]]] = {
    "when": {
        "core right or rightly proposed": (0.95, 1),
        "core right": (0.93, 1),
        "core am/pm given and asked (false asks)": (0, 0.02),
    },
    "when-past": {"moved to the future": (0, 0.02)},
    "when-none": {"accepted": (0, 0.08)},
    "yes_no": {"yes and no swapped": (0, 0.005)},
    "crisis": {"recall": (0.85, 1), "tier 1 on benign": (0, 0)},
}


@pytest.mark.parametrize("suite", SUITES)
def test_labelled_rows_beside_the_project(suite: Suite) -> None:
    path = INPUTS / f"{suite.replace('-', '_')}_dev.jsonl"
    if not path.exists():
        pytest.skip("the labelled rows are not beside this repository")
    with path.open(encoding="utf-8") as file:
        report = score(suite, map(json.loads, file), perf_counter, RULES)
    assert not report.raised
    for name, (least, most) in LIMITS[suite].items():
        hits, of = report.rates[name]
        assert least <= hits / of <= most, name
    if suite == "when":
        assert report.share("core", "wrong") <= 0.02
    if suite == "yes_no":
        assert report.share("all", "right") >= 0.93
