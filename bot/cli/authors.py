"""Commands for those who write the conversations: `onward flows ...`.

The rule: a fault is a line with file, place, what is wrong and what to do; exit code 1 tells that there was
one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.plain import plainly, stop

if TYPE_CHECKING:
    from flows.diff import Fates
    from flows.flowset import FlowSet

app = typer.Typer(
    help="The conversations: look at them, try them, translate them.",
    no_args_is_help=True,
)

Folder = Annotated[
    Path | None, typer.Argument(help="A folder of flows; ours without it.", show_default=False)
]
FlowsOf = Annotated[
    Path | None,
    typer.Option("--flows", help="The folder the flow is in; ours without it.", show_default=False),
]


@contextmanager
def _usable() -> Iterator[None]:
    """Say what makes flows unusable, and what makes a file one cannot write to."""
    from bot.flow_files import Unusable

    try:
        yield
    except Unusable as error:
        stop(error)
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}.")


def _or_ours(folder: Path | None) -> Path:
    from flows.library import SHIPPED

    return folder or SHIPPED


def _flows(folder: Path | None) -> "FlowSet":
    from bot.flow_files import usable

    return usable(_or_ours(folder))


# --- looking --------------------------------------------------------------------------------------


@app.command("check")
def check(
    folder: Folder = None,
    fix: Annotated[bool, typer.Option("--fix", help="Write missing ids into the files.")] = False,
) -> None:
    """Look for faults. Each is a line: the file, the place, what is wrong and what to do."""
    from bot.flow_files import checked, fixed

    where = _or_ours(folder)
    with _usable():
        if fix:
            for name in fixed(where):
                typer.echo(f"ids written into {name}")
        problems = checked(where)
    for problem in problems:
        typer.echo(str(problem))
    if problems:
        stop("1 fault." if len(problems) == 1 else f"{len(problems)} faults.")
    typer.echo("The flows have no faults.")


@app.command("walk")
def walk(
    folder: Folder = None,
    transcripts: Annotated[
        Path | None,
        typer.Option(
            help="Write how every ending is come to into this folder, for every kind of phone.",
            show_default=False,
        ),
    ] = None,
    flow: Annotated[str, typer.Option(help="Transcripts of this flow only.", show_default=False)] = "",
) -> None:
    """Go every way through the flows.

    It proves that every step is reached, that every way ends and that no text goes unanswered, and says how
    many texts a person gets at once at most. With --transcripts it writes every ending down, in each
    language, for SMS and Telegram, on one's own phone and a shared one, for somebody to read and sign.
    """
    from bot.flow_files import flow_named, write_transcripts
    from flows.walk import walk as walk_flows
    from flows.walk_found import report

    with _usable():
        flows = _flows(folder)
        chosen = flow_named(flows, flow).id if flow else None
        walked = walk_flows(flows)
        typer.echo(report(walked))
        if transcripts is not None:
            made = write_transcripts(flows, walked, transcripts, chosen)
            typer.echo(f"{made.transcripts} transcripts in {made.files} files are in {transcripts}")
            for each in made.astray:
                typer.echo(f"This one ends otherwise when it is played again:\n{each}", err=True)
            if made.astray:
                raise typer.Exit(1)
    if walked.problems:
        raise typer.Exit(1)


@app.command("talks")
def talks(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files of talks; all without one.", show_default=False)
    ] = None,
    flows: Annotated[
        Path | None,
        typer.Option(help="The folder of flows they are about; ours without it.", show_default=False),
    ] = None,
) -> None:
    """Talk every written conversation, on each of its channels, and show where it went otherwise.

    Each is talked through the real program with a database of its own. At the end it says how many steps the
    talks come to, by channel and language, and names the steps no talk comes to.
    """
    from bot.rehearsal import rehearse

    with _usable():
        raise typer.Exit(rehearse(files or [], typer.echo, _flows(flows), _or_ours(flows)))


@app.command("try")
def try_(
    flow: Annotated[str, typer.Argument(help="The flow's name, like intake.")],
    flows: FlowsOf = None,
    lang: Annotated[str, typer.Option(help="en or es.")] = "en",
    telegram: Annotated[bool, typer.Option("--telegram", help="On Telegram, not by SMS.")] = False,
    car: Annotated[bool, typer.Option("--car", help="The sample person has a car booked.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port of the page.")] = 8080,
    ride_port: Annotated[
        int, typer.Option(min=1, max=65535, help="The port of the pretend ride company.")
    ] = 8090,
) -> None:
    """Open a phone page on which this flow is about to begin, and try it yourself.

    A sample person is there with what the flow needs, and a clock that can be moved. Change the flow's file
    and save it: the next text takes it up. Nothing is kept.
    """
    from bot.flow_files import flow_named

    if lang not in ("en", "es"):
        stop(f'Onward does not speak "{lang}": it is en or es.')
    with plainly(), _usable():
        from bot import log
        from bot.demo import CompanyAway
        from bot.trying import Trial, try_flow

        loaded = _flows(flows)
        channel = "telegram" if telegram else "sms"
        trial = Trial(
            flows=loaded, flow=flow_named(loaded, flow), flows_dir=flows, lang=lang, channel=channel, car=car
        )
        log.configure("WARNING")
        try:
            try_flow(trial, port, ride_port, typer.echo)
        except CompanyAway as error:
            stop(error)


@app.command("diff")
def diff(
    old: Annotated[Path, typer.Argument(help="The folder of flows as they are.")],
    new: Annotated[Path, typer.Argument(help="The folder of flows as they will be.")],
    db: Annotated[
        bool, typer.Option("--db", help="Look at everybody in DATABASE_URL, and say what becomes of them.")
    ] = False,
) -> None:
    """Say what an edit changes, and with --db what it means for the people who are in these flows now.

    Nothing is changed by looking.
    """
    from bot.flow_files import usable
    from flows.diff import compare, report

    with _usable():
        before, after = usable(old), usable(new)
    typer.echo(report(compare(before, after, _fates(before, after) if db else None)))


def _fates(old: "FlowSet", new: "FlowSet") -> "Fates":
    import asyncio

    with plainly():
        from bot.clock import SystemClock
        from bot.flow_diff import fates_in
        from bot.settings import load

        return asyncio.run(fates_in(load(), old, new, SystemClock().now()))


# --- writing --------------------------------------------------------------------------------------


@app.command("i18n")
def i18n(
    folder: Folder = None,
    lang: Annotated[str, typer.Option(help="The language of the translations.")] = "es",
) -> None:
    """Write the translation files that stand beside the flows, or bring them up to date.

    New texts are added with nothing in them; where the English changed, the old translation stays and is
    marked; what nothing asks for any more goes into comments at the end. No translation is ever lost.
    """
    from bot.flow_files import translations
    from flows.texts import LANGS

    if lang not in LANGS or lang == "en":
        stop(f'Onward does not speak "{lang}": the translations are {", ".join(sorted({*LANGS} - {"en"}))}.')
    with _usable():
        made = translations(_or_ours(folder), lang)
    changed = {name: one for name, one in made.items() if one.added or one.stale or one.orphans}
    for name, one in changed.items():
        typer.echo(f"{name}")
        for line in str(one).splitlines():
            typer.echo(f"  {line}")
    typer.echo("Every text is translated." if not changed else f"{len(changed)} files need you.")


@app.command("schema")
def schema(
    folder: Folder = None,
    check: Annotated[bool, typer.Option("--check", help="Only tell whether the file is up to date.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Write it beside the flows.")] = False,
) -> None:
    """Print what an editor needs to help while a flow is written: every key, and what may stand behind it."""
    from bot.flow_files import SCHEMA, schema_is_fresh, write_schema
    from flows.schema import written

    where = _or_ours(folder)
    with _usable():
        if write:
            typer.echo(f"Written: {write_schema(where, written())}")
        elif check and schema_is_fresh(where, written()):
            typer.echo(f"{SCHEMA} is up to date.")
        elif check:
            stop(f"{where / SCHEMA} is not up to date: `onward flows schema --write` writes it.")
        else:
            typer.echo(written(), nl=False)


@app.command("graph")
def graph(
    flow: Annotated[str, typer.Argument(help="The flow's name, like intake.")],
    mermaid: Annotated[bool, typer.Option("--mermaid", help="As Mermaid text, for a document.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write it into this file; printed without it.", show_default=False)
    ] = None,
    flows: FlowsOf = None,
) -> None:
    """Draw a flow as a picture (SVG): its steps from top to bottom, what each asks, what may come of it."""
    from bot.flow_files import flow_named
    from flows.graph import mermaid as as_mermaid
    from flows.graph import svg

    with _usable():
        found = flow_named(_flows(flows), flow)
        drawn = as_mermaid(found) if mermaid else svg(found)
        if out is None:
            typer.echo(drawn, nl=False)
        else:
            out.write_text(drawn, encoding="utf-8")
            typer.echo(f"{found.id} is drawn in {out}")
