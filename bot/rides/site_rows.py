"""A place that staff vouch for, as a row: for everybody, or for one person alone."""

from datetime import datetime

import sqlalchemy as sa

from bot.rides.sites import NewSite
from storage import places
from storage.places import PlaceRow


def keep_site(
    connection: sa.Connection, site: NewSite, now: datetime, person_id: int | None = None
) -> PlaceRow:
    """Write a new place down."""
    return places.add_place(
        connection,
        person_id=person_id,
        kind=site.kind,
        label=site.name,
        address=site.address,
        pin=site.pin,
        now=now,
        doors=site.doors,
        zone=site.zone,
        confirmed=True,
    )


def change_site(connection: sa.Connection, place_id: int, site: NewSite) -> bool:
    """Bring a shared place up to date, which confirms it; False where there is none."""
    return places.change_shared(
        connection,
        place_id,
        label=site.name,
        address=site.address,
        pin=site.pin,
        zone=site.zone,
        doors=site.doors,
        kind=site.kind,
    )
