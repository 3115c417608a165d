"""What a ride that arrived teaches: where an appointment was, never a home, never twice, nobody's words."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from storage import interviews, learned_places, people, places, rides
from storage.places import PlaceRow
from storage.rides import RideRow
from tests.storage.samples import NOW

SITE, HOME = (42.46, -71.11), (42.36, -71.06)


def driven(
    connection: sa.Connection, site: dict[str, Any], stop: dict[str, Any] | None = None, leg: str = "out"
) -> RideRow:
    """A leg between a person's stop and an appointment of theirs, completed."""
    person_id = people.add_person(
        connection, channel="sms", address=f"sms:+1555555{len(places.all_shared(connection)):04}",
        lang="en", zone="America/New_York", now=NOW,
    ).person_id  # fmt: skip
    values = {
        "person_id": person_id,
        "label": "4100 Airport Rd",
        "address": "4100 Airport Rd, Boston",
        "pin": SITE,
    }
    there = places.add_place(connection, now=NOW, **{**values, **site})
    home = places.add_place(
        connection, now=NOW, **{**values, "label": "12 Rowe St", "pin": HOME, **(stop or {})}
    )
    at = interviews.add_interview(
        connection, person_id=person_id, employer="my cousin Tony", at=NOW, wall=NOW.replace(tzinfo=None),
        zone="America/New_York", place_id=there.id, now=NOW,
    )  # fmt: skip
    ends = (home.id, there.id) if leg == "out" else (there.id, home.id)
    new = rides.NewRide(
        interview_id=at.id, person_id=person_id, leg=leg, purpose="interview", rider="Ray",  # type: ignore[arg-type]
        pickup_place_id=ends[0], dropoff_place_id=ends[1],
    )  # fmt: skip
    return replace(rides.add_ride(connection, new, NOW), state="completed")


def learned(connection: sa.Connection, leg: RideRow) -> PlaceRow | None:
    return learned_places.learn(connection, leg, NOW)


@pytest.mark.parametrize("leg", ["out", "home"])
def test_an_appointments_place_is_learned_without_whose_it_was(connection: sa.Connection, leg: str) -> None:
    doors = [{"key": "dock", "label": "loading dock"}]
    row = learned(connection, driven(connection, {"doors": doors}, leg=leg))
    assert row is not None
    assert (row.person_id, row.kind, row.label, row.pin, row.doors) == (
        None,
        "work",
        "4100 Airport Rd",
        SITE,
        doors,
    )
    assert not row.confirmed
    assert places.shared_places(connection) == [], "staff say yes first"
    assert "Tony" not in str(row)


@pytest.mark.parametrize(
    ("site", "stop"),
    [
        ({"pin": None}, {}),
        ({"sample": True}, {}),
        ({"kind": "home"}, {}),
        ({"kind": "house"}, {}),
        ({"person_id": None}, {}),  # shared already
        ({}, {"pin": SITE}),  # where they live
        ({}, {"pin": (SITE[0] + 0.001, SITE[1])}),  # next door to it
    ],
    ids=["no pin", "sample", "a home", "a house", "known", "where they live", "next door"],
)
def test_what_may_be_a_home_or_is_known_is_not_learned(
    connection: sa.Connection, site: dict[str, Any], stop: dict[str, Any]
) -> None:
    assert learned(connection, driven(connection, site, stop)) is None


def test_a_place_is_learned_once_and_named_by_staff(connection: sa.Connection) -> None:
    first = learned(connection, driven(connection, {"label": "Pin", "address": "Pin, Boston"}))
    assert first is not None
    assert first.label == "Pin, Boston"
    assert learned(connection, driven(connection, {})) is None
    assert places.change_shared(
        connection, first.id, label="Harbor Freightway", address="4100 Airport Rd, Boston", pin=SITE,
        zone="America/New_York", doors=[], kind="work",
    )  # fmt: skip
    assert [row.label for row in places.shared_places(connection)] == ["Harbor Freightway"]
    assert not places.forget_shared(connection, first.id), "what staff said yes to stays"


def test_what_staff_say_no_to_goes(connection: sa.Connection) -> None:
    row = learned(connection, driven(connection, {}))
    assert row is not None
    assert places.forget_shared(connection, row.id)
    assert places.all_shared(connection) == []
