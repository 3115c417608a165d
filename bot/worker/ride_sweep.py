"""Compare all live cars of each company with ours, in one sweep: what no leg's own look would find.

The rule: a sweep decides nothing. A car of a leg that is over, a second one of a leg, or one that a company
shows no more has its leg looked at (ride_watch calls off and writes down). A car under no ref of ours is
somebody else's of the same account: it is logged and left alone.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial

import sqlalchemy as sa

from bot.rides.base import Listed, RideProvider, Snapshot
from bot.worker.workshop import Workshop
from storage import marks, rides
from storage.rides import RideRow

EVERY = timedelta(minutes=10)
LATELY = timedelta(days=2)
"""A company with no leg of ours so recent is not asked at all."""

log = logging.getLogger(__name__)


async def step(workshop: Workshop) -> int:
    """Sweep the companies whose turn it is; return 0, as the legs found are the rides' worker's."""
    for company in workshop.rides.providers:
        now = workshop.clock.now()
        if await workshop.database.run(partial(_take_turn, workshop, company)):
            before = await workshop.database.read(partial(rides.live_at, provider=company.name))
            answer = await company.active()
            if isinstance(answer, Listed):
                wrong = set(_wrong(before, answer.snapshots))
                await workshop.database.run(partial(_wake, wrong, company, answer.snapshots, workshop))
            else:
                log.warning("not swept", extra={"provider": company.name, "at": now})
    return 0


def _take_turn(workshop: Workshop, company: RideProvider, connection: sa.Connection) -> bool:
    now = workshop.clock.now()
    if not rides.any_at(connection, company.name, now - LATELY):
        return False
    return marks.take_turn(connection, f"rides:{company.name}:sweep", now, now + EVERY)


def _wrong(ours: Sequence[RideRow], theirs: Sequence[Snapshot]) -> Iterator[int]:
    """Name the legs of ours that are not there as one live car each."""
    for row in ours:
        cars = [one.provider_id for one in theirs if one.ref == row.ref and one.live]
        if row.provider_id is not None and cars != [row.provider_id]:
            yield row.id


def _wake(
    wrong: set[int],
    company: RideProvider,
    theirs: Sequence[Snapshot],
    workshop: Workshop,
    connection: sa.Connection,
) -> None:
    now, known = workshop.clock.now(), rides.rides_by_ref(connection, {one.ref for one in theirs})
    for car in theirs:
        row = known.get(car.ref)
        if row is None:
            log.warning(
                "a car that is none of ours", extra={"provider": company.name, "car": car.provider_id}
            )
        elif not row.live or row.provider_id not in (None, car.provider_id):
            wrong.add(row.id)
    for id_ in sorted(wrong):
        log.warning("a car is not as we have it", extra={"ride": id_, "provider": company.name})
        rides.wake_ride(connection, id_, now)
