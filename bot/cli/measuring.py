"""Commands that measure: how what people type is read, and how good the ranking of jobs is.

The rule: every row is counted; one that raises, or a gain that may be none, ends it with exit code 1.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.plain import stop

app = typer.Typer()


@app.command(name="eval")
def measure(
    suite: Annotated[str, typer.Argument(help="when, when-past, when-none, yes_no, crisis or jobs.")],
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="Labelled rows, one JSON a line; jobs has its own."),
    ] = None,
    show: Annotated[str, typer.Option(help="List the rows that came out like this: wrong, asked, …")] = "",
) -> None:
    """Measure how people's words are read on labelled rows (times are the processor's, a text), or how good
    the ranking of jobs is on judged pairs."""
    if suite == "jobs":
        return _jobs()
    if file is None:
        stop(f"{suite} is measured on a file of labelled rows: name one.")
    return _words(suite, file, show)


def _jobs() -> None:
    """Rank judged pairs; exit code 1 unless the whole interval of each gain lies above 0."""
    from bot.jobs.judging import evaluate, lines

    found = evaluate()
    for line in lines(found):
        typer.echo(line)
    if not found.holds:
        stop("A gain may be none: an interval does not lie above 0.")


def _words(suite: str, file: Path, show: str) -> None:
    from time import thread_time

    from flows.answers.score import SUITES, lines, score
    from flows.library import shipped

    chosen = next((each for each in SUITES if each == suite), None)
    if chosen is None:
        stop(f"There is nothing to measure called {suite}: it is one of {', '.join(SUITES)}.")
    report = score(chosen, _labelled(file), thread_time, shipped().crisis)
    for row in (row for row in report.rows if row.outcome == show):
        typer.echo(f"{row.outcome}: {row.text!r} means {row.expected}, was read as {row.got}")
    for line in lines(report):
        typer.echo(line)
    if report.raised:
        stop(f"Rows that raised: {len(report.raised)}.")


def _labelled(file: Path) -> list[dict[str, Any]]:
    """Read a file of rows; a line that is not one ends the command with its number."""
    import json

    rows: list[dict[str, Any]] = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError as error:  # not JSON, or not UTF-8
            stop(f"{file}:{number}: this is not JSON: {error}")
        if not isinstance(row, dict):
            stop(f"{file}:{number}: a row is a JSON object.")
        rows.append(row)
    return rows
