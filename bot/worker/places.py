"""Find the places people name: what they and everybody know already, then the geocoder.

The rule: a look-up offers and never decides. An answer is at most three rows a person may choose from;
"nothing fits" is an answer too, and comes back as the same event, empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from rapidfuzz import fuzz

from bot.conversation import Happening
from bot.rides.base import TryLater
from bot.rides.geocoding import MOST, Found, NoMap, Nowhere, PlaceAnswer, pinned
from bot.views import place_view
from bot.worker.workshop import Workshop, side_by_side
from flows.answers.plain import fold, words
from flows.events import Event, PlaceFound
from storage import due, places
from storage.people import person
from storage.places import Asked, PlaceRow
from storage.tables import Conversation, table

LIMIT = 16
MOST_TRIES = 5
"""A geocoder that never answers is none: after that a human looks."""

SAME_NAME = 88
"""Of 100: how alike a typed name and a known one are, so that a slip of the thumb still finds it."""

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
    return await side_by_side("place", [(one.asked.lease, _look_up(workshop, one)) for one in wanted])


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
    if named := known_by(wanted.asked.text, wanted.known):
        await _answer(workshop, wanted, named)
        return
    match await _ask(workshop, wanted):
        case TryLater(after):
            until = workshop.clock.now() + after
            put_off = partial(due.put_off, family=places.LOOKUPS, lease=wanted.asked.lease, until=until)
            await workshop.database.run(put_off)
        case Nowhere() | NoMap():
            await _answer(workshop, wanted, ())
        case found:
            await _answer(workshop, wanted, found)


async def _ask(workshop: Workshop, wanted: _Wanted) -> PlaceAnswer:
    asked = wanted.asked
    if asked.lease.attempts > MOST_TRIES:
        return Nowhere()
    if asked.pin is not None:
        return (pinned(*asked.pin),)
    return await workshop.geocoder.find(asked.text, near_zip=wanted.near_zip)


def known_by(text: str, known: Sequence[PlaceRow]) -> tuple[PlaceRow, ...]:
    """Pick the known places that these words name, slips allowed; a place that is only likely is none.

    A row without a pin is only words, and one of two rows for the same place is enough.
    """
    said = fold(text)
    named = [row for row in known if row.pin is not None and _is_named(said, row)]
    return tuple({(row.label, row.address): row for row in reversed(named)}.values())[::-1][:MOST]


def _is_named(said: str, row: PlaceRow) -> bool:
    """Say whether the words are this place's name or address, or hold all of its name and no other number."""
    label, whole = fold(row.label), fold(f"{row.label} {row.address}")
    numbers = {word for word in words(said) if any(character.isdigit() for character in word)}
    if not numbers <= set(words(whole)):  # a house number is right, or it is another house
        return False
    if said in (label, fold(row.address), whole):
        return True
    alike = not numbers and fuzz.ratio(said, label) >= SAME_NAME
    return alike or (len(words(label)) > 1 and set(words(label)) <= set(words(said)))


async def _answer(workshop: Workshop, wanted: _Wanted, found: Sequence[Found | PlaceRow]) -> None:
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


def _kept(connection: sa.Connection, wanted: _Wanted, found: Found | PlaceRow, now: datetime) -> PlaceRow:
    """Take the row we have of this place, or write one down for this person."""
    if isinstance(found, PlaceRow):
        return found
    for row in wanted.known:
        if (row.label, row.address, row.pin) == (found.label, found.address, (found.lat, found.lon)):
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
