"""Commands that serve: the product itself, the demo, a talk in the terminal, the pretend ride company.

The rule: a command runs until it is stopped, and says where it can be reached.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.plain import plainly, stop

if TYPE_CHECKING:
    from bot.running import Part
    from bot.settings import Settings

app = typer.Typer()

Port = Annotated[int, typer.Option(min=1, max=65535, help="The port of the pages.")]
RidePort = Annotated[int, typer.Option(min=1, max=65535, help="The port of the pretend ride company.")]
Folder = Annotated[Path, typer.Option(help="Where the demo keeps what it remembers.")]


@app.command()
def serve() -> None:
    """Serve with the settings of the environment and .env: pages, webhooks and workers in one process."""
    _run("all")


@app.command()
def web() -> None:
    """Serve pages and webhooks only, on PostgreSQL; any number of these, beside at least one worker."""
    _run("web")


@app.command()
def worker() -> None:
    """Only work: send, ring, book, fetch. On PostgreSQL; any number of these."""
    _run("worker")


def _run(part: "Part") -> None:
    import asyncio

    with plainly():
        from bot import log
        from bot.one_server import only_server
        from bot.settings import load

        settings = load()
        with only_server(settings.database_url):
            log.configure(settings.log_level)
            asyncio.run(_in_loop(settings, part))


async def _in_loop(settings: "Settings", part: "Part") -> None:
    """Build inside the running loop: what is built belongs to it."""
    from bot.app import build
    from bot.serving import serve as serve_app
    from storage.schema import is_current

    app = build(settings, part=part)
    if not is_current(settings.database_url):
        stop("The tables are not those of this version: run onward db upgrade first.")
    await serve_app(app)


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
    with plainly():
        from bot import log
        from bot.demo import CompanyAway, DemoAt, run

        log.configure("WARNING")
        try:
            run(DemoAt(folder, port, ride_port), typer.echo)
        except CompanyAway as error:
            stop(error)


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
