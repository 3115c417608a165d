"""What every command shares: how it stops, and what it says in plain words instead of a traceback.

The rule: what a person can put right is said on stderr, with exit code 1; anything else is a fault of
ours and may show itself whole.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer


def stop(words: object) -> NoReturn:
    """Say it on stderr and end with exit code 1."""
    typer.echo(str(words), err=True)
    raise typer.Exit(1)


@contextmanager
def plainly() -> Iterator[None]:
    """Say in plain words what a person can put right: settings, flows, a port, a database that is away."""
    from sqlalchemy.exc import OperationalError, ProgrammingError

    from bot.app import BadFlows
    from bot.one_server import Taken
    from bot.serving import PortTaken
    from bot.settings import BadSettings
    from storage.crypto import BadKeys

    try:
        yield
    except (BadSettings, BadFlows, PortTaken, Taken, BadKeys) as error:
        stop(error)
    except (OperationalError, ProgrammingError) as error:
        if "no such table" in str(error.orig) or "UndefinedTable" in type(error.orig).__name__:
            stop("The database has no tables yet: `onward db upgrade` makes them.")
        if isinstance(error, ProgrammingError):
            raise
        if "locked" in str(error.orig):
            stop("Something else has been writing to the database all along. Nothing was changed: try again.")
        stop(f"The database does not answer: {type(error.orig).__name__}. Is DATABASE_URL right?")
