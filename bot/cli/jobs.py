"""`onward jobs`: bring jobs in, look at them, type an order, say what is known of an employer.

The rule: a source that cannot be used changes nothing and says why; a job that cannot is named by its line.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from bot.cli.plain import plainly, stop

if TYPE_CHECKING:
    from bot.jobs.importing import Progress
    from storage.jobs import JobRow
    from storage.tables.jobs import FeedFormat, JobState, Policy

jobs_app = typer.Typer(help="Jobs, where they come from, and who hires.", no_args_is_help=True)

FORMATS = ("csv", "json_ld", "xml")
STATES = ("open", "paused", "expired", "filled", "all")
POLICIES = ("unknown", "says_fair_chance", "told_us_hires", "has_hired_ours")


@jobs_app.command("import")
def jobs_import(
    where: Annotated[str, typer.Argument(metavar="FILE|URL", help="CSV, JSON-LD, a web page, or XML.")],
    source: Annotated[
        str | None, typer.Option(help="What to know it by next time; else the file's or host's name.")
    ] = None,
    format_: Annotated[str | None, typer.Option("--format", help=", ".join(FORMATS))] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and judge all of it, write nothing.")
    ] = False,
    part: Annotated[
        bool, typer.Option("--part", help="This is not all of the source: pause nothing it does not name.")
    ] = False,
    every: Annotated[
        int | None, typer.Option(min=1, help="Fetch this address again every so many hours.")
    ] = None,
) -> None:
    """Bring jobs in from a file or an address: new ones, changed ones, and those that are gone."""
    import asyncio

    with plainly():
        from bot import catalogue
        from bot.jobs.raw import BadSource
        from bot.settings import load

        wanted = catalogue.Wanted(
            where=where, source=source, format=cast("FeedFormat | None", _one_of(format_, FORMATS)),
            dry_run=dry_run, part=part, every_hours=every,
        )  # fmt: skip
        try:
            with _bars(where) as (reading, writing):
                done = asyncio.run(catalogue.import_jobs(load(), wanted, reading, writing))
        except BadSource as error:
            stop(f"{where}: {error}. Nothing was written.")
        if done.outcome is None:
            typer.echo(f"{done.rows} read: {done.good} good, {done.rejected} rejected. Nothing was written.")
        else:
            typer.echo(f"{done.outcome}.")
        for one in done.shown:
            typer.echo(f"line {one.line} {one.why}.", err=True)
        if done.rejected > len(done.shown):
            typer.echo(f"… and {done.rejected - len(done.shown)} more.", err=True)
        if done.rejected:
            raise typer.Exit(1)


@contextmanager
def _bars(where: str) -> "Iterator[tuple[Progress, Progress]]":
    """Show how far reading and writing are, on a terminal; what is fetched has no length."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        size = Path(where).stat().st_size if Path(where).is_file() else None
        read, written = bars.add_task("bytes read", total=size), bars.add_task("jobs written", total=None)
        yield (
            lambda so_far: bars.update(read, completed=so_far),
            lambda so_far: bars.update(written, completed=so_far),
        )


@jobs_app.command("list")
def jobs_list(
    words: Annotated[list[str] | None, typer.Argument(help="In the title, employer, town or ZIP.")] = None,
    state: Annotated[str, typer.Option(help=", ".join(STATES))] = "open",
    source: Annotated[str | None, typer.Option(help="Only of this source.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """Show jobs, the newest first."""
    import asyncio

    with plainly():
        from bot.catalogue import listed
        from bot.settings import load

        chosen = None if _one_of(state, STATES) == "all" else cast("JobState", state)
        rows = asyncio.run(listed(load(), " ".join(words or []), chosen, source, limit))
        for row in rows:
            typer.echo(_line(row))
        if not rows:
            typer.echo("No such job.")


def _line(row: "JobRow") -> str:
    from bot.jobs.orders import in_words

    policy = "" if row.policy == "unknown" else f" ({row.policy.replace('_', ' ')})"
    known = [f"{row.id}", f"{row.title} at {row.employer}{policy}", in_words(row)]
    state = "" if row.state == "open" else f" [{row.state}]"
    return "  ".join(part for part in known if part) + state + (" sample" if row.sample else "")


@jobs_app.command("feeds")
def jobs_feeds(
    drop: Annotated[str | None, typer.Option(help="Fetch the feed of this name no more.")] = None,
) -> None:
    """Show what is fetched by itself, and how the last imports went."""
    import asyncio

    with plainly():
        from bot import catalogue
        from bot.settings import load

        if drop is not None and not asyncio.run(catalogue.drop_feed(load(), drop)):
            stop(f"No feed is called {drop}.")
        feeds, imports = asyncio.run(catalogue.sources(load()))
        for feed in feeds:
            typer.echo(
                f"{feed.name}: {feed.url} every {feed.every_hours} h. {feed.last_result or 'Not yet.'}"
            )
        for one in imports:
            counts = (
                f"{one.rows} read, {one.added} new, {one.changed} changed, {one.paused} paused, "
                f"{one.rejected} rejected"
            )
            typer.echo(
                f"{one.at:%Y-%m-%d %H:%M} {one.source}: {counts if one.result == 'done' else one.result}"
            )


@jobs_app.command("order")
def jobs_order(
    text: Annotated[str, typer.Argument(help='How many and when: "5 for Thursday 6 am".')],
    employer: Annotated[str, typer.Option(help="Whose order it is.")],
    place: Annotated[str, typer.Option(help="A place of ours by name, or an address with its ZIP.")],
    title: Annotated[str | None, typer.Option(help="What work; else as the text says.")] = None,
    note: Annotated[str, typer.Option(help="What else the employer said.")] = "",
) -> None:
    """Write a job order down as the employer says it: "4 pickers for Thursday 6 am to 2 pm, $19"."""
    import asyncio

    with plainly():
        from bot.catalogue import order
        from bot.jobs.orders import BadOrder
        from bot.settings import load

        try:
            row = asyncio.run(order(load(), text, employer=employer, place=place, title=title, note=note))
        except BadOrder as error:
            stop(error)
        typer.echo(f"Order {row.id}: {row.openings} × {_line(row).partition('  ')[2]}")


@jobs_app.command("reach")
def jobs_reach(
    number: Annotated[int, typer.Argument(help="The job's number.")],
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
) -> None:
    """Say who could take a job, the best first: of those who told us what they want."""
    import asyncio

    with plainly():
        from bot.catalogue import reach
        from bot.settings import load

        found = asyncio.run(reach(load(), number))
        if found is None:
            stop(f"There is no job {number}.")
        fit, others = found
        for person_id, match in fit[:limit]:
            typer.echo(f"person {person_id}  {match.score:5.1f}  {', '.join(match.reasons)}")
        typer.echo(f"{len(fit)} could take it, {others} could not (`onward jobs why PERSON {number}`).")


@jobs_app.command("mark")
def jobs_mark(
    number: Annotated[int, typer.Argument(help="The job's number.")],
    how: Annotated[str, typer.Argument(help="pause, reopen or fill.")],
) -> None:
    """Pause a job, open it again, or say that it is filled; an import does not change that."""
    import asyncio

    with plainly():
        from bot.catalogue import mark
        from bot.settings import load

        match how:
            case "pause" | "reopen" | "fill":
                done = asyncio.run(mark(load(), number, how))
            case _:
                stop(f"{how} is none of pause, reopen, fill.")
        if not done:
            stop(f"Job {number} does not stand so that one could {how} it.")
        typer.echo(f"Job {number}: {how}.")


@jobs_app.command("evidence")
def jobs_evidence(
    employer: str,
    policy: Annotated[str, typer.Argument(help=", ".join(POLICIES))],
    source: Annotated[str, typer.Option(help='Where from: "phone, hiring manager".')],
    who: Annotated[str, typer.Option(help="Who of us learned it.")],
) -> None:
    """Write down what was learned of an employer's hiring; it counts for eighteen months."""
    import asyncio

    with plainly():
        from bot.catalogue import evidence
        from bot.settings import load

        _one_of(policy, POLICIES)
        known = asyncio.run(evidence(load(), employer, cast("Policy", policy), source=source, who=who))
        if known is None:
            stop(f"No employer is called {employer}.")
        for one in known:
            typer.echo(f"{one.at:%Y-%m-%d} {one.policy.replace('_', ' ')}: {one.source} ({one.who})")


@jobs_app.command("sample")
def jobs_sample(
    count: Annotated[int, typer.Option(min=1, help="How many.")] = 3000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same jobs.")] = 1,
    near: Annotated[str, typer.Option(help="Around this ZIP; all: over the country.")] = "02119",
) -> None:
    """Fill the catalogue with made-up jobs, marked as sample."""
    import asyncio

    with plainly():
        from bot.catalogue import load_sample
        from bot.jobs.raw import BadSource
        from bot.settings import load

        settings = load()
        if settings.env == "production":
            stop("Made-up jobs have no place in production.")
        try:
            made = asyncio.run(
                load_sample(settings, count, seed, None if near == "all" else near, lambda _: None)
            )
        except BadSource as error:
            stop(error)
        typer.echo(f"{made.added} new sample jobs, {made.changed + made.same} as they were.")


def _one_of(word: str | None, words: tuple[str, ...]) -> str | None:
    if word is not None and word not in words:
        stop(f"{word} is none of {', '.join(words)}.")
    return word
