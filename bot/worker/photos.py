"""Fetch the photos people sent, once each, and keep them encrypted."""

from functools import partial

import sqlalchemy as sa

from bot.channels.base import NoPhoto, Photo, PhotoAnswer, PhotoRef, TryLater
from bot.worker.workshop import Workshop, side_by_side
from storage import photos
from storage.photos import Wanted

LIMIT = 4
MOST_TRIES = 10
"""About four hours, waiting longer and longer: providers keep media longer than that, and bugs for good."""


async def step(workshop: Workshop) -> int:
    """Fetch what is wanted; return how many photos were tried."""
    wanted = await workshop.database.run(partial(photos.claim_photos, now=workshop.clock.now(), limit=LIMIT))
    return await side_by_side("photo", [(one.lease, _fetch(workshop, one)) for one in wanted])


async def _fetch(workshop: Workshop, wanted: Wanted) -> None:
    answer = await _ask(workshop, wanted)
    now = workshop.clock.now()

    def write(connection: sa.Connection) -> bool:
        match answer:
            case Photo(data, content_type):
                return photos.keep_photo(connection, wanted.lease, data, content_type, now)
            case NoPhoto(why):
                return photos.lose_photo(connection, wanted.lease, why, now)
            case TryLater():
                return photos.retry_photo(connection, wanted.lease, now)

    await workshop.database.run(write)


async def _ask(workshop: Workshop, wanted: Wanted) -> PhotoAnswer:
    channel = workshop.channels.get(wanted.channel)
    if channel is None:
        return NoPhoto("channel is off")
    if wanted.lease.attempts > MOST_TRIES:
        return NoPhoto("tried too often")
    return await channel.fetch_photo(PhotoRef(wanted.provider_ref, wanted.content_type))
