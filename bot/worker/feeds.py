"""Jobs that come and go by themselves: feeds are fetched when they are due, jobs past their day are closed.

The rule: one process does it at a time; a feed that fails says why on its line and is fetched again when its
hours have passed, and no feed holds up another.
"""

import asyncio
import logging
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from bot.jobs import importing
from bot.jobs.fetching import fetch
from bot.jobs.raw import BadSource
from bot.worker.workshop import Workshop
from storage import employers, job_feeds, jobs
from storage.job_feeds import FeedRow

log = logging.getLogger(__name__)


async def step(workshop: Workshop) -> int:
    """Close what is over and fetch the feed that waits longest; return how many were fetched (0 or 1)."""
    now = workshop.clock.now()
    due = await workshop.database.run(partial(_look, now))
    if not due:
        return 0
    result = await _refresh(workshop, due[0], now)
    await workshop.database.run(lambda c: job_feeds.fetched(c, due[0].id, result, now))
    return 1


def _look(now: datetime, connection: sa.Connection) -> list[FeedRow]:
    jobs.expire_jobs(connection, now)
    employers.refresh_policies(connection, now)
    return job_feeds.feeds_due(connection, now)


async def _refresh(workshop: Workshop, feed: FeedRow, now: datetime) -> str:
    """Fetch one feed and write it down; return how that went, in words."""
    settings = workshop.settings
    try:
        file = await fetch(feed.url, hosts=settings.jobs_hosts, most_bytes=settings.jobs_most_mb * 1_000_000)
        with file:
            staged = await asyncio.to_thread(
                importing.stage, file, now, format_=feed.format, most_rows=settings.jobs_most_rows
            )
        try:
            return str(await importing.write(workshop.database, staged, feed.name, now))
        finally:
            staged.spool.close()
    except BadSource as error:
        why = str(error)
    except Exception as error:  # a fault of ours: the other feeds go on, and this one is seen
        log.exception("feed failed", extra={"feed": feed.name})
        why = f"a fault of ours: {type(error).__name__}"
    await workshop.database.run(lambda c: importing.write_failure(c, feed.name, why, now))
    return why
