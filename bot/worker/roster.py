"""See the day before that somebody is awake for every ride, and tell staff where nobody is.

The rule: a booked pick-up with a gap in its watch is on the list from three in the afternoon of the day
before, once; it leaves the list by itself when the roster has been filled.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import sqlalchemy as sa

from bot.acting import due_for
from bot.reminders.hours import to_utc
from bot.settings import Settings
from bot.standing_by import standing_by
from bot.worker.workshop import Workshop
from storage import interviews, on_call, rides
from storage.attention import ITEM, finish_items, need_human
from storage.interviews import InterviewRow
from storage.subjects import subject
from storage.tables import Interview, Ride, table

INTERVIEW, RIDE = table(Interview), table(Ride)
NOBODY: Final = "nobody on call for a ride"
TOLD_AT: Final = timedelta(hours=15)  # of the day before, on the clock where the ride is
AHEAD: Final = timedelta(
    hours=34
)  # from three in the afternoon until midnight of the next day, and a zone's width
PAST_SHIFTS: Final = timedelta(days=2)


async def step(workshop: Workshop) -> int:
    """Look once; always 0: what is left is looked at with the next tick."""
    now = workshop.clock.now()
    news = await workshop.database.read(partial(_news, now))  # all rides of a day: no writer waits for that
    await workshop.database.run(partial(_tell, workshop.settings, now, news))
    return 0


def _news(now: datetime, connection: sa.Connection) -> list[tuple[InterviewRow, datetime | None]]:
    """Find the appointments with a gap that nobody was told of, each with when its watch begins, and those
    on the list whose gap is filled (None)."""
    coming = (
        sa.select(INTERVIEW.c.id)
        .distinct()
        .join(RIDE, RIDE.c.interview_id == INTERVIEW.c.id)
        .where(INTERVIEW.c.at.between(now, now + AHEAD), INTERVIEW.c.state.in_(interviews.AHEAD))
        .where(RIDE.c.leg == "out", RIDE.c.wanted == "booked")
    )
    found: list[tuple[InterviewRow, datetime | None]] = []
    for row in interviews.interviews(connection, list(connection.scalars(coming))).values():
        day_before = row.wall.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
        if now < to_utc(day_before + TOLD_AT, row.zone):
            continue
        by = standing_by(connection, row, rides.rides_of(connection, row.id))
        if by is not None and by.gaps and not _told(connection, row):
            found.append((row, by.since))
        elif by is not None and not by.gaps and _told(connection, row):
            found.append((row, None))
    return found


def _tell(
    settings: Settings,
    now: datetime,
    news: Sequence[tuple[InterviewRow, datetime | None]],
    connection: sa.Connection,
) -> None:
    on_call.forget_past_shifts(connection, (now - PAST_SHIFTS).date())
    for row, since in news:
        about = subject("interview", row.id)
        if since is None:
            finish_items(connection, row.person_id, NOBODY, now, about=about)
        else:
            due_at = min(due_for(connection, settings, row.person_id, NOBODY, now), since)
            need_human(connection, row.person_id, NOBODY, NOBODY, max(due_at, now), now, about=about)


def _told(connection: sa.Connection, row: InterviewRow) -> bool:
    """Say whether staff have been told of this appointment; one they ticked off is theirs to know."""
    key = f"{row.person_id}/{NOBODY}/{subject('interview', row.id)}"
    theirs = sa.or_(ITEM.c.state != "done", ITEM.c.done_by.is_not(None))
    found = sa.select(ITEM.c.id).where(ITEM.c.dedupe_key == key, theirs).limit(1)
    return connection.execute(found).first() is not None
