"""Fetch the photos people sent, once each, and keep them encrypted."""

import asyncio
from functools import partial

import sqlalchemy as sa

from bot.channels.base import NoPhoto, Photo, PhotoRef, TryLater
from bot.worker.workshop import Workshop
from storage import photos
from storage.photos import Wanted

LIMIT = 4


async def step(workshop: Workshop) -> int:
    """Fetch what is wanted; return how many photos were tried."""
    wanted = await workshop.database.run(partial(photos.claim_photos, now=workshop.clock.now(), limit=LIMIT))
    await asyncio.gather(*(_fetch(workshop, one) for one in wanted))
    return len(wanted)


async def _fetch(workshop: Workshop, wanted: Wanted) -> None:
    channel = workshop.channels.get(wanted.channel)
    if channel is None:
        answer: Photo | NoPhoto | TryLater = NoPhoto("channel is off")
    else:
        answer = await channel.fetch_photo(PhotoRef(wanted.provider_ref, wanted.content_type))
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
