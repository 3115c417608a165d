"""Find the places people name: what they and everybody know already, then the geocoder.

The rule: a look-up offers and never decides. An answer is at most three rows a person may choose from;
"nothing fits" is an answer too, and comes back as the same event, empty.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from bot.conversation import Happening
from bot.rides.base import TryLater
from bot.rides.geocoding import Found, NoMap, Nowhere, PlaceAnswer, pinned
from bot.views import place_view
from bot.worker.workshop import Workshop
from flows.events import Event, PlaceFound
from storage import due, places
from storage.people import person
from storage.places import Asked, PlaceRow
from storage.tables import Conversation, table

LIMIT = 16
_CONVERSATION = table(Conversation)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A look-up with whose it is, and what is known of where they are."""

    asked: Asked
    person_id: int
    near_zip: str | None
    known: Sequence[PlaceRow]


async def step(workshop: Workshop) -> int:
    """Answer the look-ups that are due; return how many."""
    wanted = await workshop.database.run(partial(_claim, workshop.clock.now()))
    await asyncio.gather(*(_look_up(workshop, one) for one in wanted))
    return len(wanted)


def _claim(now: datetime, connection: sa.Connection) -> list[_Wanted]:
    return [_whose(connection, asked) for asked in places.claim_lookups(connection, now, LIMIT)]


def _whose(connection: sa.Connection, asked: Asked) -> _Wanted:
    statement = sa.select(_CONVERSATION.c.person_id).where(_CONVERSATION.c.id == asked.conversation_id)
    person_id = connection.execute(statement).scalar_one()
    row = person(connection, person_id)
    near_zip = row.zip if row is not None else None
    known = [*places.places_of(connection, person_id), *places.shared_places(connection)]
    return _Wanted(asked, person_id, near_zip, known)


async def _look_up(workshop: Workshop, wanted: _Wanted) -> None:
    asked = wanted.asked
    answer: PlaceAnswer
    if asked.pin is not None:
        answer = (pinned(*asked.pin),)
    else:
        answer = await workshop.geocoder.find(asked.text, near_zip=wanted.near_zip)
    now = workshop.clock.now()
    match answer:
        case TryLater(after):
            put_off = partial(due.put_off, family=places.LOOKUPS, lease=asked.lease, until=now + after)
            await workshop.database.run(put_off)
        case Nowhere() | NoMap():
            await _answer(workshop, wanted, ())
        case found:
            await _answer(workshop, wanted, found)


async def _answer(workshop: Workshop, wanted: _Wanted, found: Sequence[Found]) -> None:
    """Write the places down and tell the conversation, in one transaction."""
    now = workshop.clock.now()
    rows: list[PlaceRow] = []

    def settle(connection: sa.Connection) -> bool:
        rows[:] = [_kept(connection, wanted, one, now) for one in found]
        return places.answer_lookup(connection, wanted.asked.lease, [row.id for row in rows], now)

    def event(_: sa.Connection, at: datetime) -> Event:
        views: list[Any] = [place_view(row) for row in rows]
        only = views[0] if len(views) == 1 else None
        return PlaceFound(at=at, lookup={"id": wanted.asked.lease.id}, found=views, only=only)

    await workshop.conversations.happen(Happening(person_id=wanted.person_id, event=event, settle=settle))


def _kept(connection: sa.Connection, wanted: _Wanted, found: Found, now: datetime) -> PlaceRow:
    """Take the row we have of this place, or write one down for this person."""
    for row in wanted.known:
        if (row.label, row.address) == (found.label, found.address) and row.pin is not None:
            return row
    return places.add_place(
        connection,
        person_id=wanted.person_id,
        label=found.label,
        address=found.address,
        pin=(found.lat, found.lon),
        now=now,
        doors=[{"key": door.key, "label": door.label} for door in found.doors],
        zone=found.zone,
        sample=found.sample,
    )
