"""`onward jobs why`: a job's score for a person, line by line, or why it is not offered.

The rule: it says what the ranking says now, and what the person said to it; it decides nothing. What the law
says of a record and a job is never judged: a caseworker is.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.plain import plainly, stop

if TYPE_CHECKING:
    import sqlalchemy as sa

    from bot.jobs.ranking import Match
    from bot.settings import Settings

REFUSALS = {
    "gone": "it cannot be had any more",
    "home_by": "its hours, with the way home, end after the hour they have to be home by",
    "fixed_hours": "it takes more than a quarter of the week's hours that are taken",
    "too_far": "it is farther than they want to go, even by car",
    "too_early": "it begins before they can",
    "pay": "it pays less than they can take",
    "under_18": "they are not 18 yet",
}


def jobs_why(
    person: Annotated[int, typer.Argument(help="The person's number, as staff pages show it.")],
    job: Annotated[int, typer.Argument(help="The job's number, as `onward jobs list` shows it.")],
) -> None:
    """Say why a job is or is not offered to a person, line by line."""
    import asyncio
    from functools import partial

    with plainly():
        from bot.app import key_ring
        from bot.settings import load
        from storage.database import BESIDE_A_SERVER, open_database

        async def read() -> list[str]:
            settings = load()
            database = open_database(settings.database_url, key_ring(settings), patience=BESIDE_A_SERVER)
            try:
                return await database.read(partial(explain, settings, person, job))
            finally:
                await database.close()

        try:
            for line in asyncio.run(read()):
                typer.echo(line)
        except LookupError as error:
            stop(error.args[0])


def explain(settings: "Settings", person: int, job: int, connection: "sa.Connection") -> list[str]:
    """Explain one pair; LookupError where one of them is not there."""
    from bot.clock import SystemClock
    from bot.jobs.ranking import Match, learned_from, why
    from bot.worker.matching import open_catalogue, seeks, weights
    from storage import job_matches, jobs, people

    now = SystemClock().now()
    row = jobs.job(connection, job, now)
    if people.person(connection, person) is None:
        raise LookupError(f"There is no person {person}.")
    if row is None:
        raise LookupError(f"There is no job {job}.")
    wishes, today = seeks(connection, person, now)
    _, among = open_catalogue(connection, now)
    learned = learned_from(job_matches.answers_of(connection, person))
    found = why(wishes, row, today, among.median_cents, weights(settings), learned)
    said = job_matches.match(connection, person, job)
    title = f"Job {job}: {row.title}, {row.employer}"
    state = [] if said is None else [f"They have it as: {said.state.replace('_', ' ')}"]
    if isinstance(found, Match):
        return [title, *_lines(found), *state]
    return [title, "Not offered:", *(f"  {_reason(each)}" for each in found.reasons), *state]


def _lines(found: "Match") -> Iterator[str]:
    for line in found.lines:
        yield f"  {line.name:<8} {line.points:5.1f} of {line.of:4.1f}  {line.why}"
    yield f"  {'score':<8} {found.score:5.1f} of {sum(line.of for line in found.lines):4.1f}"
    yield f"Reasons: {', '.join(found.reasons)}"
    if any(each.startswith("ask:background") for each in found.reasons):
        yield "They look at records here. What that means for this person is the caseworker's to find out."


def _reason(code: str) -> str:
    kind, _, what = code.partition(":")
    match kind:
        case "avoid":
            return f"they avoid {what}"
        case "needs":
            return f"it needs {what.replace('_', ' ')}, which they do not have or cannot do"
        case _:
            return REFUSALS[kind]
