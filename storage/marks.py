"""Marks: how far a sweep has come, and whose turn it is, so that a restart knows what it missed.

The rule: a mark of progress only moves forward, and a turn is taken by one statement, so that of many
processes one sweeps.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from storage.tables import Mark, table

MARK = table(Mark)


def marked(connection: sa.Connection, name: str) -> datetime | None:
    """Say how far something has come; None before its first time."""
    found: datetime | None = connection.execute(
        sa.select(MARK.c.at).where(MARK.c.name == name)
    ).scalar_one_or_none()
    return found


def move_mark(connection: sa.Connection, name: str, at: datetime) -> None:
    """Note how far something has come; one that is further already stays."""
    statement = insert(MARK).values(name=name, at=at, value=0)
    further = statement.excluded.at > MARK.c.at
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"at": at}, where=further)
    )


def take_turn(connection: sa.Connection, name: str, now: datetime, until: datetime) -> bool:
    """Take the turn `name` until then; False while it is another's, or none is due yet."""
    statement = insert(MARK).values(name=name, at=until, value=0)
    statement = statement.on_conflict_do_update(
        index_elements=["name"], set_={"at": until}, where=MARK.c.at <= now
    )
    return connection.execute(statement.returning(MARK.c.name)).first() is not None


def next_turn(connection: sa.Connection, name: str, at: datetime) -> None:
    """Let the next turn `name` be at this moment, whoever has it now."""
    statement = insert(MARK).values(name=name, at=at, value=0)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"at": at}))
