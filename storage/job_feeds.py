"""Where jobs are fetched from every so often, and how each import went.

The rule: a feed is due when it never was fetched, or `every_hours` after it last was, well or badly.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from storage.tables import JobFeed, JobImport, table
from storage.tables.jobs import FeedFormat
from storage.types import as_row

FEED, IMPORT = table(JobFeed), table(JobImport)


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A feed as it stands; its name is its jobs' source."""

    id: int
    name: str
    url: str
    format: FeedFormat | None
    every_hours: int
    last_at: datetime | None
    last_result: str | None


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One import: `result` is "done", "under way", or why nothing was written."""

    source: str
    at: datetime
    rows: int
    added: int
    changed: int
    paused: int
    rejected: int
    result: str


_FEED = sa.select(*(FEED.c[name] for name in FeedRow.__dataclass_fields__))
_IMPORT = sa.select(*(IMPORT.c[name] for name in ImportRow.__dataclass_fields__))


def keep_feed(
    connection: sa.Connection,
    *,
    name: str,
    url: str,
    format: FeedFormat | None,
    every_hours: int,
    now: datetime,
) -> None:
    """Write a feed down, or change the one of this name."""
    values = {"name": name, "url": url, "format": format, "every_hours": every_hours}
    added = insert(FEED).values(**values, created_at=now)
    connection.execute(added.on_conflict_do_update(index_elements=["name"], set_=values))


def drop_feed(connection: sa.Connection, name: str) -> bool:
    """Fetch a feed no more; its jobs stay until their days are over. False where there is none such."""
    return connection.execute(sa.delete(FEED).where(FEED.c.name == name)).rowcount == 1


def all_feeds(connection: sa.Connection) -> list[FeedRow]:
    """List the feeds by name."""
    return [FeedRow(*row) for row in connection.execute(_FEED.order_by(FEED.c.name))]


def feeds_due(connection: sa.Connection, now: datetime) -> list[FeedRow]:
    """List the feeds that are to be fetched now, the one that waits longest first."""
    due = [
        feed
        for feed in all_feeds(connection)
        if feed.last_at is None or feed.last_at + timedelta(hours=feed.every_hours) <= now
    ]
    return sorted(due, key=lambda feed: feed.last_at.timestamp() if feed.last_at else 0.0)


def fetched(connection: sa.Connection, feed_id: int, result: str, now: datetime) -> None:
    """Write down how fetching a feed went."""
    connection.execute(
        sa.update(FEED).where(FEED.c.id == feed_id).values(last_at=now, last_result=result[:300])
    )


def write_import(connection: sa.Connection, row: ImportRow) -> int:
    """Write down how an import went, or that it has begun to write; return its id."""
    return int(
        connection.execute(sa.insert(IMPORT).values(**as_row(row)).returning(IMPORT.c.id)).scalar_one()
    )


def finish_import(connection: sa.Connection, id_: int, row: ImportRow) -> None:
    """Write down how an import that had begun went."""
    connection.execute(sa.update(IMPORT).where(IMPORT.c.id == id_).values(**as_row(row)))


def last_imports(connection: sa.Connection, limit: int = 20) -> list[ImportRow]:
    """List the imports, the newest first."""
    rows = connection.execute(_IMPORT.order_by(IMPORT.c.id.desc()).limit(limit))
    return [ImportRow(*row) for row in rows]
