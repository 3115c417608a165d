"""When money comes: pay what rides cost that their fund could not pay, then offer rides to who waits for one.

The rule: one sweep at a time looks at every fund, so that the order of asking is the order of offering. The
offer is written in the transaction of the turn that says it.
"""

from functools import partial

import sqlalchemy as sa

from bot.happening import Happening, Origin, Planned
from bot.waiting import LASTS, next_offers
from bot.worker.ride_after import pay_what_is_owed
from bot.worker.workshop import Workshop
from flows.events import RideOffered
from storage import waitlist
from storage.waitlist import Waiting


async def step(workshop: Workshop) -> int:
    """Pay and offer what can be; return how many offers went out."""
    now, settings = workshop.clock.now(), workshop.settings

    def look(connection: sa.Connection) -> list[tuple[Waiting, int]]:
        pay_what_is_owed(connection, settings, now)
        return next_offers(connection, settings, now)

    offers = await workshop.database.run(look)
    for one, fund_id in offers:
        lapses_at = min(now + LASTS, one.until)
        await workshop.conversations.happen(
            Happening(
                person_id=one.person_id,
                event=Planned(one.interview_id, lambda view, at: RideOffered(at=at, interview=view)),
                origin=Origin(kind="reply", sender="schedule"),  # it waits for the morning
                settle=partial(
                    waitlist.offer,
                    wait_id=one.id,
                    fund_id=fund_id,
                    lapses_at=lapses_at,
                    now=now,
                ),
            )
        )
    return len(offers)
