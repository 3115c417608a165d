"""Photos: fetched once from the provider by a worker, kept encrypted."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from storage import due
from storage.due import Family, Lease
from storage.tables import Message, Photo, table

PHOTO, MESSAGE = table(Photo), table(Message)
PHOTOS = Family(PHOTO, "state = 'wanted'", (PHOTO.c.due_at, PHOTO.c.id))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A claimed picture that is still at the provider."""

    lease: Lease
    message_id: int
    channel: str
    provider_ref: str
    content_type: str


def want_photo(
    connection: sa.Connection, message_id: int, ref: str, content_type: str, now: datetime
) -> None:
    """Write down that a picture came with this message."""
    values = {"message_id": message_id, "provider_ref": ref, "content_type": content_type, "due_at": now}
    connection.execute(sa.insert(PHOTO).values(**values))


def claim_photos(connection: sa.Connection, now: datetime, limit: int) -> list[Wanted]:
    """Lease the pictures to fetch."""
    leases = {lease.id: lease for lease in due.claim(connection, PHOTOS, now, limit)}
    statement = (
        sa.select(
            PHOTO.c.id, PHOTO.c.message_id, MESSAGE.c.channel, PHOTO.c.provider_ref, PHOTO.c.content_type
        )
        .join(MESSAGE, MESSAGE.c.id == PHOTO.c.message_id)
        .where(PHOTO.c.id.in_(leases))
        .order_by(PHOTO.c.id)
    )
    return [Wanted(leases[row[0]], *row[1:]) for row in connection.execute(statement)]


def keep_photo(
    connection: sa.Connection, lease: Lease, content: bytes, content_type: str, now: datetime
) -> bool:
    """Keep the picture; False when the lease is lost."""
    values = {"state": "kept", "content": content, "content_type": content_type, "fetched_at": now}
    return due.finish(connection, PHOTOS, lease, values)


def lose_photo(connection: sa.Connection, lease: Lease, why: str, now: datetime) -> bool:
    """Note that the picture will never come; False when the lease is lost."""
    return due.finish(connection, PHOTOS, lease, {"state": "gone", "error": why, "fetched_at": now})


def retry_photo(connection: sa.Connection, lease: Lease, now: datetime) -> bool:
    """Try again after a longer and longer wait."""
    return due.retry(connection, PHOTOS, lease, now)


def photos_of(connection: sa.Connection, message_id: int) -> list[tuple[int, str, bytes | None]]:
    """List a message's pictures: id, type, and the bytes once they are here."""
    statement = sa.select(PHOTO.c.id, PHOTO.c.content_type, PHOTO.c.content)
    rows = connection.execute(statement.where(PHOTO.c.message_id == message_id).order_by(PHOTO.c.id))
    return [(row[0], row[1], row[2]) for row in rows]
