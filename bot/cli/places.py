"""`onward places`: the places everybody may name, from the command line.

The rule: good rows are taken, the others are named by line and end it with exit code 1.
"""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.plain import plainly, stop

places_app = typer.Typer(
    help="Places everybody may name: employers, shelters, agencies.", no_args_is_help=True
)


@places_app.command("import")
def places_import(
    file: Annotated[
        Path, typer.Argument(help="CSV: name, kind, street, city, zip, lat, lon, doors (parted by |).")
    ],
) -> None:
    """Load places from a CSV file; one that is there already is brought up to date."""
    import asyncio

    with plainly():
        from bot.rides.sites import read_file
        from bot.settings import load
        from bot.sites import load_sites

        try:
            good, bad = read_file(file.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError) as error:
            stop(error)
        loaded = asyncio.run(load_sites(load(), good))
        typer.echo(f"{loaded.new} new places, {loaded.changed} brought up to date.")
        for one in bad:
            typer.echo(f"line {one.line} {one.why}.", err=True)
        if bad:
            raise typer.Exit(1)
