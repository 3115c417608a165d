"""Commands for those who write the conversations: `onward flows ...`.

The rule: a fault is a line with file, place, what is wrong and what to do; exit code 1 tells that there was
one.
"""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.plain import stop

app = typer.Typer(help="The conversations.", no_args_is_help=True)


@app.command("check")
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
        stop(f"{len(problems)} faults.")
    typer.echo("The flows have no faults.")


@app.command("talks")
def flows_talks(
    files: Annotated[list[Path] | None, typer.Argument(help="Talk files; all of ours without one.")] = None,
) -> None:
    """Talk every written conversation through the real database, and show where it went otherwise."""
    from bot.rehearsal import rehearse

    raise typer.Exit(rehearse(files or [], typer.echo))
