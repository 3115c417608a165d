"""Places learned from rides that arrived: where an appointment was, never where somebody lives.

The rule: only the appointment's end of a completed leg is learned, once, as the map names it: neither whose
it was nor a word of theirs. Not what is near where this person is picked up, and no sample data. What is
learned waits for staff's yes and name.
"""

from collections.abc import Sequence
from datetime import datetime
from math import cos, hypot, radians
from typing import Final

import sqlalchemy as sa

from storage import interviews, places
from storage.places import PlaceRow, add_place
from storage.rides import RIDE, RideRow
from storage.tables.going import InterviewKind, PlaceKind

NEAR_MILES: Final = 0.15
"""Two pins nearer than this are one place, or next door to it."""

_KINDS: Final[dict[InterviewKind, PlaceKind]] = {
    "interview": "work",
    "hiring_step": "work",
    "training": "work",
    "work": "work",
    "documents": "office",
}


def learn(connection: sa.Connection, leg: RideRow, now: datetime) -> PlaceRow | None:
    """Write down where a completed leg's appointment was; None where it is known, or may be a home."""
    row = interviews.interview(connection, leg.interview_id)
    site = places.place(connection, row.place_id) if row is not None else None
    if row is None or site is None or site.person_id is None or site.pin is None or site.sample:
        return None
    if site.id not in (leg.pickup_place_id, leg.dropoff_place_id) or site.kind in ("home", "house"):
        return None
    if any(near(site, stop) for stop in _stops(connection, leg.person_id)):
        return None
    if any(near(site, known) for known in places.all_shared(connection)):
        return None
    return add_place(
        connection,
        person_id=None,
        kind=_KINDS[leg.purpose],
        label=site.address if site.label == "Pin" else site.label,
        address=site.address,
        pin=site.pin,
        now=now,
        doors=site.doors,
        zone=site.zone,
        confirmed=False,
    )


def _stops(connection: sa.Connection, person_id: int) -> Sequence[PlaceRow]:
    """List where this person is picked up and brought home to, and their homes.

    A flexible way out begins at the appointment before, which is no home.
    """
    fetched = sa.and_(RIDE.c.leg == "out", RIDE.c.flexible.is_(False))
    brought = RIDE.c.leg == "home"
    mine = RIDE.c.person_id == person_id
    ends = sa.union(
        sa.select(RIDE.c.pickup_place_id).where(mine, fetched),
        sa.select(RIDE.c.dropoff_place_id).where(mine, brought),
    )
    stops = places.places_by_id(connection, list(connection.execute(ends).scalars()))
    return [*stops.values(), *(row for row in places.places_of(connection, person_id) if row.kind == "home")]


def near(one: PlaceRow, other: PlaceRow) -> bool:
    """Say whether two places are one on the ground; the earth is flat that near."""
    if one.pin is None or other.pin is None:
        return False
    north = (one.pin[0] - other.pin[0]) * 69.0
    east = (one.pin[1] - other.pin[1]) * 69.0 * cos(radians(one.pin[0]))
    return hypot(north, east) <= NEAR_MILES
