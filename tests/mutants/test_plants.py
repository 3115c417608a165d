"""The planted bugs fit the code as it is, and a plant is judged by how its checks went.

Planting and running them takes minutes: that is `make mutants`.
"""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutants.bench import ROOT, Line, stale, verdict
from tests.mutants.plant import Edit, Plant
from tests.mutants.plants import PLANTS

PLANT = Plant("a bug", "breaks it", 1, (Edit("bot/lane.py", "class Lane", "class Line"),), ("t.py::a",))


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_a_plant_fits(plant: Plant) -> None:
    assert list(stale(plant)) == []
    sources = {edit.file: (ROOT / edit.file).read_text() for edit in plant.edits}
    for edit in plant.edits:
        sources[edit.file] = sources[edit.file].replace(edit.old, edit.new)
    for source in sources.values():
        ast.parse(source)  # a plant that cannot be imported proves nothing


def test_there_are_enough_and_each_has_its_name() -> None:
    assert len(PLANTS) >= 18
    assert len({plant.name for plant in PLANTS}) == len(PLANTS)
    assert all(plant.caught_by for plant in PLANTS)


def test_what_is_stale_is_said(tmp_path: Path) -> None:
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot/lane.py").write_text("class Road: ...")
    (tmp_path / "t.py").write_text("def test_b() -> None: ...")
    assert list(stale(PLANT, tmp_path)) == [
        "stale: a bug: its old text is 0 times in bot/lane.py",
        "stale: a bug: there is no t.py::a",
    ]
    (tmp_path / "bot/lane.py").write_text("class Lane: ...\nclass Lane2: ...")
    (tmp_path / "t.py").write_text("async def a() -> None: ...")
    assert list(stale(PLANT, tmp_path)) == ["stale: a bug: its old text is 2 times in bot/lane.py"]


def line(test: str, outcome: str, error: str | None = None, phase: str = "call") -> Line:
    noticed = outcome == "failed" and phase == "call" and error == "AssertionError"
    found = {"test": test, "outcome": outcome, "error": error, "phase": phase, "noticed": noticed}
    return {**found, "words": "assert 1 == 2"}


@pytest.mark.parametrize(
    ("lines", "judged"),
    [
        ([line("t.py::a", "failed", "AssertionError")], "caught"),
        ([line("t.py::a[x]", "passed"), line("t.py::a[y]", "failed", "AssertionError")], "caught"),
        ([line("t.py::a", "passed")], "survived"),
        ([line("t.py::a", "failed", "ImportError", "setup")], "broken"),
        ([line("t.py::a", "failed", "TypeError")], "broken"),
        ([line("t.py::a", "skipped", "Skipped", "setup")], "broken"),
        ([line("t.py::another", "failed", "AssertionError")], "broken"),
        ([], "broken"),
    ],
    ids=["noticed", "one case", "nothing", "setup", "of another kind", "skipped", "another", "did not run"],
)
def test_a_plant_is_judged_by_its_checks(lines: list[Line], judged: str) -> None:
    assert verdict(PLANT, lines)[0] == judged
    of_another_kind = replace(PLANT, symptom="TypeError")
    assert verdict(of_another_kind, [line("t.py::a", "failed", "TypeError")])[0] == "caught"
    assert verdict(of_another_kind, [line("t.py::a", "failed", "TypeError", "setup")])[0] == "broken"
    both = replace(PLANT, caught_by=("t.py::a", "t.py::b"))
    assert verdict(both, [*lines, line("t.py::b", "passed")])[0] == "survived"
