"""The `onward` command.

The rule: a command imports what it needs when it runs, so that `--help` is there at once; what a person must
put right is said in plain words on stderr, with exit code 1 and no traceback.
"""

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from bot.app import App
    from bot.settings import Settings

app = typer.Typer(
    name="onward",
    help="A guide by text from release to work: rides to interviews, reminders, a person when needed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
db_app = typer.Typer(help="The database.", no_args_is_help=True)
staff_app = typer.Typer(help="Caseworkers.", no_args_is_help=True)
fund_app = typer.Typer(help="Money for rides.", no_args_is_help=True)
card_app = typer.Typer(help="Codes on cards that bring people in.", no_args_is_help=True)
flows_app = typer.Typer(help="The conversations.", no_args_is_help=True)
app.add_typer(db_app, name="db")
app.add_typer(staff_app, name="staff")
app.add_typer(fund_app, name="fund")
app.add_typer(card_app, name="card")
app.add_typer(flows_app, name="flows")

Port = Annotated[int, typer.Option(min=1, max=65535, help="The port of the pages.")]
RidePort = Annotated[int, typer.Option(min=1, max=65535, help="The port of the pretend ride company.")]
Folder = Annotated[Path, typer.Option(help="Where the demo keeps what it remembers.")]


def main() -> None:
    """Run the command line."""
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _stop(words: object) -> NoReturn:
    typer.echo(str(words), err=True)
    raise typer.Exit(1)


@contextmanager
def _plainly() -> Iterator[None]:
    """Say in plain words what a person can put right: settings, flows, a port, a database that is away."""
    from sqlalchemy.exc import OperationalError

    from bot.app import BadFlows, PortTaken
    from bot.settings import BadSettings
    from storage.crypto import BadKeys

    try:
        yield
    except (BadSettings, BadFlows, PortTaken, BadKeys) as error:
        _stop(error)
    except OperationalError as error:
        _stop(f"The database does not answer: {type(error.orig).__name__}. Is DATABASE_URL right?")


# --- serving --------------------------------------------------------------------------------------


@app.command()
def serve() -> None:
    """Serve with the settings of the environment and .env."""
    import asyncio

    with _plainly():
        from bot import log
        from bot.app import build
        from bot.app import serve as serve_app
        from bot.settings import load

        settings = load()
        log.configure(settings.log_level)
        asyncio.run(_in_loop(settings, build, serve_app))


async def _in_loop(
    settings: "Settings", build: Callable[["Settings"], "App"], run: Callable[["App"], Awaitable[None]]
) -> None:
    """Build inside the running loop: what is built belongs to it."""
    await run(build(settings))


@app.command()
def demo(
    port: Port = 8080,
    ride_port: RidePort = 8090,
    folder: Folder = Path("var/demo"),
    check: Annotated[bool, typer.Option("--check", help="Talk the whole road and exit.")] = False,
) -> None:
    """Serve the phone page with sample data, or with --check talk its whole road without a browser."""
    if check:
        from bot.demo_check import check as talk

        raise typer.Exit(talk(typer.echo))
    with _plainly():
        from bot import log
        from bot.demo import CompanyAway, DemoAt, run

        log.configure("WARNING")
        try:
            run(DemoAt(folder, port, ride_port), typer.echo)
        except CompanyAway as error:
            _stop(error)


@app.command()
def chat(
    url: Annotated[str, typer.Option(help="A demo that is running; without it, one is started.")] = "",
    phone: Annotated[str, typer.Option(help="Which phone: sms:+1… or telegram:…")] = "sms:+15555550101",
) -> None:
    """Talk with Onward in this terminal, on a demo."""
    from bot.terminal import chat as talk

    raise typer.Exit(talk(url, phone, typer.echo))


@app.command(name="ride-stub")
def ride_stub(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8090,
    host: str = "127.0.0.1",
    db: Annotated[Path, typer.Option(help="Its SQLite file.")] = Path("ride-stub.sqlite"),
    webhook_url: Annotated[str, typer.Option(help="Where its webhooks go.")] = "",
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Serve the pretend ride company, for demos and tests."""
    from bot import log
    from bot.rides.stub import server

    log.configure("WARNING")
    if with_parent:
        _end_with_parent()
    server.run(host, port, db, webhook_url)


def _end_with_parent() -> None:
    """End when whoever started us does: our standard input closes then, however they ended."""
    import os
    import signal
    from threading import Thread

    def wait() -> None:
        while sys.stdin.buffer.read(1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=wait, name="with-parent", daemon=True).start()


@app.command()
def settings() -> None:
    """Print every setting with its sentence and its default, as a .env file."""
    from bot.settings.__main__ import example

    typer.echo(example(), nl=False)


# --- the database ---------------------------------------------------------------------------------


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Make or bring up to date the tables of DATABASE_URL."""
    with _plainly():
        from bot.settings import load
        from storage.migrations import upgrade

        url = load().database_url
        if url.startswith("sqlite:///"):
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        upgrade(url)
        typer.echo("The database is up to date.")


@staff_app.command("add")
def staff_add(
    name: str,
    email: str,
    role: Annotated[str, typer.Option(help="caseworker, supervisor or admin.")] = "caseworker",
    team: Annotated[str | None, typer.Option()] = None,
    hours: Annotated[str | None, typer.Option(help='When they answer, like "Mon-Fri 9-5".')] = None,
    phone: Annotated[str | None, typer.Option()] = None,
    on_call: Annotated[
        bool, typer.Option("--on-call", help="They answer urgent things at any hour.")
    ] = False,
    password: Annotated[
        str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True, envvar="ONWARD_PASSWORD")
    ] = "",
) -> None:
    """Write a caseworker down, with the password they sign in with."""
    import asyncio

    with _plainly():
        from bot.settings import load
        from bot.staff_accounts import BadAccount, NewAccount, add

        new = NewAccount(name, email, password, role, team, hours, phone, on_call)
        try:
            asyncio.run(add(load(), new))
        except BadAccount as error:
            _stop(error)
        typer.echo(f"{name} can sign in at /staff as {email}.")


@fund_app.command("add")
def fund_add(
    name: str,
    dollars: Annotated[str, typer.Argument(help="How much, like 5000 or 12.50.")],
    grant: Annotated[str | None, typer.Option(help="Only for people of this grant.")] = None,
    ride_limit: Annotated[str | None, typer.Option(help="At most this many dollars for one leg.")] = None,
) -> None:
    """Open a fund that pays for rides."""
    import asyncio

    with _plainly():
        from bot.settings import load
        from bot.supplies import BadSupply, NewFund, add_fund, cents_of

        try:
            limit = cents_of(ride_limit) if ride_limit else None
            asyncio.run(add_fund(load(), NewFund(name, cents_of(dollars), grant, limit)))
        except BadSupply as error:
            _stop(error)
        typer.echo(f"{name} pays for rides from now on.")


@card_app.command("add")
def card_add(
    code: Annotated[str | None, typer.Argument(help="The code; a new one without it.")] = None,
    count: Annotated[int, typer.Option(help="How many new codes.")] = 1,
    uses: Annotated[int, typer.Option(help="How many people a code brings in.")] = 1,
    caseworker: Annotated[str | None, typer.Option(help="Whose people they are, by e-mail.")] = None,
    grant: Annotated[str | None, typer.Option(help="The grant that pays for them.")] = None,
    lang: Annotated[str | None, typer.Option(help="en or es: the first text's language.")] = None,
) -> None:
    """Make codes for cards and print them, one a line."""
    import asyncio

    with _plainly():
        from bot.settings import load
        from bot.supplies import BadSupply, NewCards, add_cards

        try:
            codes = asyncio.run(add_cards(load(), NewCards(code, count, uses, caseworker, grant, lang)))
        except BadSupply as error:
            _stop(error)
        for each in codes:
            typer.echo(each)


# --- the flows ------------------------------------------------------------------------------------


@flows_app.command("check")
def flows_check(
    folder: Annotated[Path | None, typer.Argument(help="A folder of flows; ours without it.")] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Write missing ids into the files.")] = False,
) -> None:
    """Look for faults; each is a line with file, place, what is wrong and what to do."""
    from bot.flow_files import checked, fixed
    from flows.library import SHIPPED

    where = folder or SHIPPED
    if fix:
        for name in fixed(where):
            typer.echo(f"ids written into {name}")
    problems = checked(where)
    for problem in problems:
        typer.echo(str(problem))
    if problems:
        _stop(f"{len(problems)} faults.")
    typer.echo("The flows have no faults.")


@flows_app.command("talks")
def flows_talks(
    files: Annotated[list[Path] | None, typer.Argument(help="Talk files; all of ours without one.")] = None,
) -> None:
    """Talk every written conversation through the real database, and show where it went otherwise."""
    from bot.rehearsal import rehearse

    raise typer.Exit(rehearse(files or [], typer.echo))


# --- the readers ----------------------------------------------------------------------------------


@app.command(name="eval")
def measure(
    suite: Annotated[str, typer.Argument(help="when, when-past, when-none, yes_no or crisis.")],
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="Labelled rows, one JSON a line.")
    ],
    show: Annotated[str, typer.Option(help="List the rows that came out like this: wrong, asked, …")] = "",
) -> None:
    """Measure how people's words are read on labelled rows; times are the processor's, a text."""
    from time import thread_time

    from flows.answers.score import SUITES, lines, score
    from flows.library import shipped

    chosen = next((each for each in SUITES if each == suite), None)
    if chosen is None:
        _stop(f"There is nothing to measure called {suite}: it is one of {', '.join(SUITES)}.")
    report = score(chosen, _labelled(file), thread_time, shipped().crisis)
    for row in (row for row in report.rows if row.outcome == show):
        typer.echo(f"{row.outcome}: {row.text!r} means {row.expected}, was read as {row.got}")
    for line in lines(report):
        typer.echo(line)
    if report.raised:
        _stop(f"Rows that raised: {len(report.raised)}.")


def _labelled(file: Path) -> list[dict[str, Any]]:
    """Read a file of rows; a line that is not one ends the command with its number."""
    import json

    rows: list[dict[str, Any]] = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError as error:  # not JSON, or not UTF-8
            _stop(f"{file}:{number}: this is not JSON: {error}")
        if not isinstance(row, dict):
            _stop(f"{file}:{number}: a row is a JSON object.")
        rows.append(row)
    return rows


if __name__ == "__main__":
    main()
