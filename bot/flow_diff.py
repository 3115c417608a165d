"""What an edit of the flows means for the people of a database: what `onward flows diff --db` asks.

The rule: nobody is locked and nothing is written; people are read a batch at a time, so that a crowd needs no
more memory than a few.
"""

from datetime import datetime
from functools import partial
from typing import Final

from bot.app import key_ring
from bot.settings import Settings
from flows.diff import Fates, add_fates
from flows.flowset import FlowSet
from flows.progress import progress_from_json
from storage.conversations import standings
from storage.database import open_database

BATCH: Final = 500
"""Conversations read at once."""


async def fates_in(
    settings: Settings, old: FlowSet, new: FlowSet, now: datetime, batch: int = BATCH
) -> Fates:
    """Count what the edit does to everybody in the settings' database."""
    at, fates, last = now.astimezone(settings.programme_zone), Fates(), 0
    database = open_database(settings.database_url, key_ring(settings))
    try:
        while rows := await database.read(partial(standings, after_id=last, limit=batch)):
            add_fates(fates, old, new, (progress_from_json(written) for _, written in rows), at)
            last = rows[-1][0]
    finally:
        await database.close()
    return fates
