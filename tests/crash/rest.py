"""What is left to do: rows that are due, or in some worker's hands."""

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from storage import due
from storage.outbox import OUTBOX
from storage.photos import PHOTOS
from storage.places import LOOKUPS
from storage.rides import RIDES
from storage.timers import TIMERS

FAMILIES: Final = (OUTBOX, TIMERS, RIDES, LOOKUPS, PHOTOS)


def stuck(connection: sa.Connection, now: datetime) -> dict[str, list[int]]:
    """List the rows that are due or leased, by table."""
    found: dict[str, list[int]] = {}
    for family in FAMILIES:
        columns = family.table.c
        due_now = sa.or_(columns.due_at <= due.NOW, columns.lease_until > due.NOW)
        ids = sa.select(columns.id).where(sa.text(family.open), due_now).order_by(columns.id)
        rows = list(connection.scalars(ids, {"now": now}))
        if rows:
            found[family.table.name] = rows
    return found
