"""`onward on-call`: who is woken when, from the command line.

The rule: it writes to DATABASE_URL beside a running server, and says what is on the roster then.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

import typer

from bot.cli.plain import plainly, stop

on_call_app = typer.Typer(help="Who is on call, and when.", no_args_is_help=True)
Answer = TypeVar("Answer")


@on_call_app.command("add")
def on_call_add(
    email: str,
    days: Annotated[str, typer.Option(help='"every day", "Mon-Fri", "Sat,Sun", "2027-12-25".')] = "every day",
    starts: Annotated[str, typer.Option("--from", help="Like 17:00, on their own clock.")] = "00:00",
    ends: Annotated[
        str, typer.Option("--to", help="Like 09:00; what does not end later ends the next day.")
    ] = "00:00",
    place: Annotated[int, typer.Option(help="Place in line: 1 is called first.")] = 1,
    phone: Annotated[str, typer.Option(help="The phone that is to ring, if they have none yet.")] = "",
) -> None:
    """Put a caseworker on call."""
    with plainly():
        from bot.rostering import BadShift, NewShift, add
        from bot.settings import load

        settings = load()
        new, zone = NewShift(email, days, starts, ends, str(place), phone), str(settings.programme_zone)
        try:
            who = _run(lambda connection: add(connection, new, "cli", zone, _now()))
        except BadShift as error:
            stop(error)
        typer.echo(f"{who.name} is on call: {days}, {starts} to {ends}, place {place}.")


@on_call_app.command("list")
def on_call_list() -> None:
    """Show the roster, and who is called first right now."""
    with plainly():
        from bot.rostering import listed
        from storage.on_call import line

        for one in _run(listed):
            trouble = f" ({one.trouble})" if one.trouble else ""
            typer.echo(f"{one.id:>4}  {one.place}. {one.name}: {one.when}{trouble}")
        now = [who.name for who in _run(lambda connection: line(connection, _now()))]
        typer.echo(f"On call now: {', '.join(now) if now else 'nobody'}.")


@on_call_app.command("remove")
def on_call_remove(
    shift: Annotated[int, typer.Argument(help="Its number, as `onward on-call list` shows it.")],
) -> None:
    """Take a shift off the roster."""
    with plainly():
        from bot.rostering import remove

        if not _run(lambda connection: remove(connection, shift, "cli", _now())):
            stop(ValueError(f"There is no shift {shift}."))
        typer.echo(f"Shift {shift} is off the roster.")


def _now() -> datetime:
    from bot.clock import SystemClock

    return SystemClock().now()


def _run(do: Callable[[Any], Answer]) -> Answer:
    """Do this in one transaction of the installation's database."""
    import asyncio

    from bot.app import key_ring
    from bot.settings import load
    from storage.database import BESIDE_A_SERVER, open_database

    async def done() -> Answer:
        settings = load()
        database = open_database(settings.database_url, key_ring(settings), patience=BESIDE_A_SERVER)
        try:
            return await database.run(do)
        finally:
            await database.close()

    return asyncio.run(done())
