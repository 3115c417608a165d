"""`onward eval`: labelled rows go in, figures come out, and a row that raises is a failure."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app

RUN = CliRunner()
WHEN = {
    "lang": "en",
    "source": "own",
    "core": True,
    "ref": "2027-02-23T09:00:00",
    "alts": [],
    "ambiguous": None,
}


def when(text: str, kind: str, expected: str, **more: object) -> dict[str, object]:
    return WHEN | {"text": text, "kind": kind, "expected": expected} | more


def label(text: str, meant: str) -> dict[str, object]:
    return {"text": text, "label": meant, "lang": "en", "source": "own"}


def written(folder: Path, *rows: dict[str, object]) -> str:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_when_is_counted_by_language_source_and_subset(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        when("thursday 3pm", "datetime", "2027-02-25T15:00"),
        when("el jueves a las 3 de la tarde", "datetime", "2027-02-25T15:00", lang="es", source="mine"),
        when("3pm", "datetime", "2027-02-23T15:00", core=False),
        when("thursday", "date", "2027-03-04"),
    )
    done = RUN.invoke(app, ["eval", "when", file, "--show", "wrong"])
    assert done.exit_code == 0, done.output
    assert "wrong: 'thursday' means 2027-03-04, was read as read_back.date 2027-02-25" in done.stdout
    for group in ("all", "lang es", "source mine", "core", "other", "core es"):
        assert any(line.startswith(f"{group} ") for line in done.stdout.splitlines()), group
    assert "core right: 2 of 3 (66.7 %)" in done.stdout
    assert "core wrong: 1 of 3 (33.3 %)" in done.stdout
    assert "core es right: 1 of 1 (100.0 %)" in done.stdout
    assert "ms a text: p50 " in done.stdout


@pytest.mark.parametrize(
    ("suite", "row", "line"),
    [
        (
            "when-past",
            when("yesterday 3pm", "past", "2027-02-22T15:00"),
            "moved to the future: 0 of 1 (0.0 %)",
        ),
        ("when-none", when("thursday 3pm", "none", ""), "accepted: 1 of 1 (100.0 %)"),
        ("yes_no", label("yes", "no"), "yes and no swapped: 1 of 1 (100.0 %)"),
        ("crisis", label("i want to die", "crisis"), "recall: 1 of 1 (100.0 %)"),
    ],
)
def test_every_suite_prints_its_rate(tmp_path: Path, suite: str, row: dict[str, object], line: str) -> None:
    done = RUN.invoke(app, ["eval", suite, written(tmp_path, row)])
    assert done.exit_code == 0, done.output
    assert line in done.stdout


def test_a_row_that_raises_fails_the_command(tmp_path: Path) -> None:
    file = written(tmp_path, label("yes", "yes"), {"id": "r2", "text": "yes"})
    done = RUN.invoke(app, ["eval", "yes_no", file])
    assert done.exit_code == 1
    assert "raised on r2" in done.output
    assert "Rows that raised: 1." in done.output


def test_what_cannot_be_measured_is_said_plainly(tmp_path: Path) -> None:
    file = written(tmp_path, label("yes", "yes"))
    assert "it is one of when, when-past" in RUN.invoke(app, ["eval", "moods", file]).output
    Path(file).write_text('{"text": "yes"}\nyes\n')
    broken = RUN.invoke(app, ["eval", "yes_no", file])
    assert broken.exit_code == 1
    assert "rows.jsonl:2: this is not JSON" in broken.output
