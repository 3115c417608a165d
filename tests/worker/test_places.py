"""Places: what is known first, then the map; offers, never guesses."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from bot.rides.base import TryLater
from bot.rides.geocoding import Geocoder, NoGeocoder, PlaceAnswer
from bot.worker import places as places_worker
from bot.worker.places import known_by
from bot.worker.workshop import Workshop
from storage import places
from storage.places import PlaceRow
from storage.tables import Place, PlaceLookup, table
from tests.worker.conftest import HELLO, Town

PLACE, LOOKUP = table(Place), table(PlaceLookup)
TOLD = (*HELLO, "friday at 10", "1")


def row(label: str, address: str, pin: tuple[float, float] | None = (42.0, -71.0), id_: int = 1) -> PlaceRow:
    return PlaceRow(id_, None, "other", label, address, pin, [], None, False, False)


KNOWN = (
    row("Hope House", "218 5th St", id_=1),
    row("Harbor Freightway", "4100 Airport Rd", id_=2),
    row("Depot", "12 Elm St", id_=3),
    row("Old Mill", "1 Mill Ln", None, id_=4),
)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Hope House", [1]),
        ("hope house on 5th", [1]),
        ("hope huose", [1]),
        ("the hope house pls", [1]),
        ("218 5th st", [1]),
        ("219 5th st", []),  # another house
        ("hope house 12 rowe st", []),
        ("harbor freightway", [2]),
        ("harbour freightway", [2]),
        ("harbor", []),  # likely, and not said
        ("depot", [3]),
        ("the house by the depot", []),
        ("old mill", []),  # only words: no car is sent there
        ("", []),
    ],
)
def test_a_known_place_is_one_that_was_named(text: str, ids: list[int]) -> None:
    assert [one.id for one in known_by(text, KNOWN)] == ids


def test_the_same_place_twice_is_offered_once() -> None:
    assert len(known_by("hope house", (*KNOWN, row("Hope House", "218 5th St", id_=9)))) == 1


async def test_without_a_map_the_places_of_the_programme_are_still_found(town: Town) -> None:
    town.workshop = _with(town, NoGeocoder())
    await town.workshop.database.run(
        lambda connection: places.add_place(
            connection, person_id=None, label="Bay Parcel", address="9 Dock St", pin=(42.3, -71.0),
            now=town.clock.now(),
        )
    )  # fmt: skip
    got = await town.talk(*TOLD, "bay parcel")
    assert got[-1] == "Is it Bay Parcel, 9 Dock St? 1 yes 2 no"
    assert len(await town.rows(sa.select(PLACE))) == 1


async def test_without_a_map_a_human_looks(town: Town) -> None:
    town.workshop = _with(town, NoGeocoder())
    got = await town.talk(*TOLD, "some place out by the mall", "the big one next to the gas station")
    assert any("Maria looks it up and texts you by" in text for text in got)
    assert "place not found" in await town.needs()


class Slow:
    """A geocoder that is away for the first `times`."""

    def __init__(self, times: int, error: Exception | None = None) -> None:
        self.times, self.asked, self.error = times, 0, error

    async def find(
        self, text: str, *, near_zip: str | None = None, near: tuple[float, float] | None = None
    ) -> PlaceAnswer:
        self.asked += 1
        if self.asked > self.times:
            return await NoGeocoder().find(text)
        if self.error is not None:
            raise self.error
        return TryLater(timedelta(seconds=5))


async def test_a_map_that_is_away_is_asked_again(town: Town) -> None:
    slow = Slow(2)
    town.workshop = _with(town, slow)
    await town.talk(*TOLD, "some place")
    await town.move(seconds=11)
    assert slow.asked == 3
    (lookup,) = await town.rows(sa.select(LOOKUP))
    assert lookup.state == "found"


@pytest.mark.parametrize("error", [None, RuntimeError("a bug")])
async def test_a_map_that_never_answers_is_given_up(town: Town, error: Exception | None) -> None:
    slow = Slow(1000, error)
    town.workshop = _with(town, slow)
    await town.talk(*TOLD, "some place")
    await town.move(minutes=10)
    assert slow.asked == places_worker.MOST_TRIES
    (lookup, *_) = await town.rows(sa.select(LOOKUP))
    assert (lookup.state, lookup.result) == ("found", [])


async def test_one_that_died_looking_is_taken_up_by_another(town: Town) -> None:
    await town.talk(*TOLD)
    now = town.clock.now()
    ask = partial(places.ask_lookup, conversation_id=1, text="hope house", now=now)
    await town.workshop.database.run(ask)
    assert await town.workshop.database.run(partial(places.claim_lookups, now=now, limit=5))
    assert await places_worker.step(town.workshop) == 0
    town.clock.move(timedelta(seconds=61))
    assert await places_worker.step(town.workshop) == 1


def _with(town: Town, geocoder: Geocoder) -> Workshop:
    return replace(town.workshop, geocoder=geocoder)
