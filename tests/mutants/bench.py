"""A copy of the project in which bugs are planted, tried out and removed again.

The rule: the copy is what git knows of the working tree, and nothing is planted anywhere else. A plant is
caught when each of its checks ran and one of the check's cases failed by an assertion.
"""

import ast
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from tests.mutants.plant import Edit, Plant
from tests.mutants.witness import REPORT

ROOT: Final = Path(__file__).parent.parent.parent
A_START, A_CHECK = 100.0, 20.0
"""Seconds after which a run counts as hanging: for its start, and for each check more."""

Verdict: TypeAlias = Literal["caught", "survived", "broken"]
Line: TypeAlias = dict[str, Any]
"""How one test went, as witness.py writes it."""


class NotGreen(Exception):
    """A check fails, or does not run, without any plant."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one plant; `told` are the words of the checks that noticed, or what is wrong."""

    verdict: Verdict
    told: Sequence[str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Bench:
    """One copy, in a folder that is not there yet."""

    folder: Path
    postgres: str | None

    def make(self) -> None:
        """Copy what git knows of the working tree, and what is new in it."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for name in sorted(set(listed.split("\0")) - {""}):
            if (ROOT / name).is_file():  # else somebody has just deleted it
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, self.folder / name)

    def stale(self, plant: Plant) -> Iterator[str]:
        """Say what no longer fits: an old text that is not there once, a check that is gone."""
        yield from stale(plant, self.folder)

    def green(self, checks: Sequence[str]) -> None:
        """Run these checks as the code is; raises NotGreen where not every one of them passes."""
        if not checks:
            return
        lines, output = self._run(checks)
        red = [
            f"{one['test']}: {one['outcome']} {one['words']}" for one in lines if one["outcome"] != "passed"
        ]
        red += [f"{check} did not run" for check in checks if not any(_is_of(one, check) for one in lines)]
        if red:
            raise NotGreen("\n".join([*red, output[-3000:]]))

    def try_out(self, plant: Plant) -> Outcome:
        """Plant it, run its checks, take it out again."""
        began = time.monotonic()
        with self._planted(plant.edits):
            lines, output = self._run(plant.caught_by)
        judged, told = verdict(plant, lines)
        more = output.splitlines()[-5:] if judged == "broken" else []
        return Outcome(judged, [*told, *more], time.monotonic() - began)

    @contextmanager
    def _planted(self, edits: Sequence[Edit]) -> Iterator[None]:
        before = {self.folder / edit.file: (self.folder / edit.file).read_text() for edit in edits}
        try:
            for edit in edits:
                file = self.folder / edit.file
                file.write_text(file.read_text().replace(edit.old, edit.new))
            yield
        finally:
            for file, text in before.items():
                file.write_text(text)

    def _run(self, checks: Sequence[str]) -> tuple[list[Line], str]:
        """Run tests in the copy, in a process that finds the copy before anything installed."""
        report = self.folder / "witness.jsonl"
        report.unlink(missing_ok=True)
        environ = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        environ[REPORT] = str(report)
        if self.postgres is not None:
            environ["TEST_DATABASE_URL"] = self.postgres
        options = ["-p", "tests.mutants.witness", "-p", "no:randomly", "-p", "no:cacheprovider", "-q"]
        command = [sys.executable, "-m", "pytest", *options, "--tb=line", *checks]
        patience = A_START + A_CHECK * len(checks)
        try:
            ran = subprocess.run(
                command, cwd=self.folder, env=environ, capture_output=True, text=True, timeout=patience
            )
            output = ran.stdout + ran.stderr
        except subprocess.TimeoutExpired:
            output = f"it hangs: no end after {patience:.0f} seconds"
        lines = report.read_text().splitlines() if report.exists() else []
        return [json.loads(line) for line in lines], output


def verdict(plant: Plant, lines: Sequence[Line]) -> tuple[Verdict, list[str]]:
    """Judge by what the checks did: all noticed, one saw nothing, or one failed of something else."""
    told: list[str] = []
    judged: Verdict = "caught"
    for check in plant.caught_by:
        mine = [one for one in lines if _is_of(one, check)]
        noticed = [one for one in mine if one["noticed"] or _shows(one, plant.symptom)]
        if noticed:
            told.append(f"{noticed[0]['test']}: {noticed[0]['words'] or noticed[0]['error']}"[:200])
        elif mine and all(one["outcome"] == "passed" for one in mine):
            told.append(f"{check} saw nothing")
            judged = "survived"
        else:
            why = [f"{one['outcome']} in {one['phase']}, {one['error']}: {one['words']}" for one in mine]
            told += [f"{check}: {each}"[:300] for each in why or ["did not run"]]
            judged = "broken" if judged == "caught" else judged
    return judged, told


def _shows(line: Line, symptom: str) -> bool:
    """Say whether a test failed by the very error that this bug raises."""
    return bool(symptom and line["phase"] == "call" and line["error"] == symptom)


def _is_of(line: Line, check: str) -> bool:
    """Say whether a test is this check, or a case of it."""
    return bool(line["test"] == check or line["test"].startswith(f"{check}["))


def stale(plant: Plant, root: Path = ROOT) -> Iterator[str]:
    """Say what of a plant no longer fits the code."""
    for edit in plant.edits:
        file = root / edit.file
        times = file.read_text().count(edit.old) if file.exists() else 0
        if times != 1:
            yield f"stale: {plant.name}: its old text is {times} times in {edit.file}"
        elif edit.old == edit.new:
            yield f"stale: {plant.name} changes nothing"
    for check in plant.caught_by:
        name, _, test = check.partition("::")
        if not (root / name).exists() or test.partition("[")[0] not in _tests(root / name):
            yield f"stale: {plant.name}: there is no {check}"


def _tests(file: Path) -> set[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {one.name for one in ast.parse(file.read_text()).body if isinstance(one, functions)}
