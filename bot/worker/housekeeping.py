"""What nobody waits for: old sign-ins, early reports, and take-overs that have run out."""

from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from bot.worker.workshop import Workshop
from storage import alarms, claims, conversations, outbox, people, staff
from storage.tables import Conversation, table

OLD_LOGIN = timedelta(days=30)
EARLY_REPORT = timedelta(days=1)
OLD_LINK = timedelta(days=1)
"""After its hour an alarm's link still says for so long that it is over; staff's texts are kept as long."""
MERGED = timedelta(hours=1)
"""So long after a newcomer was found to be somebody we know, the empty record of them goes."""

_CONVERSATION = table(Conversation)


async def step(workshop: Workshop) -> int:
    """Tidy up once; conversations nobody holds any more go back to the bot. Always returns 0."""
    run_out = await workshop.database.run(partial(_tidy, workshop.clock.now()))
    for person_id in run_out:
        await workshop.conversations.hand_back(person_id)
    return 0


def _tidy(now: datetime, connection: sa.Connection) -> list[int]:
    staff.forget_old_logins(connection, now - OLD_LOGIN)
    people.forget_newcomers(connection, now - MERGED)
    outbox.sweep_early(connection, now - EARLY_REPORT, now)
    claims.expire(connection, now)
    alarms.forget(connection, now - OLD_LINK)
    ids = conversations.run_out(connection, now)
    whose = sa.select(_CONVERSATION.c.person_id).where(_CONVERSATION.c.id.in_(ids))
    return list(connection.scalars(whose))
