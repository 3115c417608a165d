"""Rows the storage tests start from: somebody to talk with, a place, an interview, a fund, staff."""

from datetime import UTC, datetime, timedelta
from itertools import count

import sqlalchemy as sa

from storage import conversations, funds, interviews, people, places, points, rides, staff
from storage.conversations import Loaded
from storage.points import Point
from storage.tables.going import Leg

NOW = datetime(2027, 2, 23, 22, 48, tzinfo=UTC)
PHONE = "+15555550101"
_numbers = count(1)


def minutes(number: float) -> datetime:
    """The moment so many minutes after the tests' now."""
    return NOW + timedelta(minutes=number)


def someone(connection: sa.Connection, address: str = PHONE, *, opted_in: bool = True) -> Point:
    """A person who texts, and who has said yes unless told otherwise."""
    point = people.add_person(
        connection, channel="sms", address=address, lang="en", zone="America/New_York", now=NOW
    )
    if opted_in:
        points.set_consent(connection, point.id, "given", wording="1", method="text", now=NOW)
    return point


def talk(connection: sa.Connection, point: Point) -> Loaded:
    """Their conversation, loaded."""
    (loaded,) = conversations.load_conversations(connection, [point.conversation_id])
    return loaded


def an_interview(connection: sa.Connection, point: Point) -> interviews.InterviewRow:
    """Tomorrow at eight, at a sample company."""
    place = places.add_place(
        connection, person_id=None, label="Sample Ground", address="1 Sample Rd", pin=(42.36, -71.0), now=NOW
    )
    return interviews.add_interview(
        connection,
        person_id=point.person_id,
        employer="Sample Ground",
        at=datetime(2027, 2, 24, 13, 0, tzinfo=UTC),
        wall=datetime(2027, 2, 24, 8, 0),
        zone="America/New_York",
        place_id=place.id,
        now=NOW,
    )


def a_ride(connection: sa.Connection, interview: interviews.InterviewRow, leg: Leg = "out") -> rides.RideRow:
    """One leg of the way to it."""
    new = rides.NewRide(
        interview_id=interview.id,
        person_id=interview.person_id,
        leg=leg,
        purpose="interview",
        rider="Ray",
        pickup_place_id=interview.place_id,
        dropoff_place_id=interview.place_id,
        estimate_cents=1500,
    )
    return rides.add_ride(connection, new, NOW)


def ordered(connection: sa.Connection, ride: rides.RideRow) -> rides.RideRow:
    """A ride whose order has left."""
    begun = rides.change_ride(connection, ride.id, ride.version, NOW, state="booking")
    assert begun is not None
    return begun


def a_fund(connection: sa.Connection, cents: int) -> int:
    """A fund with this much to spend."""
    return funds.add_fund(connection, name=f"fund {next(_numbers)}", budget_cents=cents, now=NOW)


def a_caseworker(connection: sa.Connection, name: str = "Maria", **values: str) -> staff.CaseworkerRow:
    """One of the staff."""
    email = f"{name.lower()}@example.org"
    return staff.add_caseworker(connection, name=name, email=email, now=NOW, **values)  # type: ignore[arg-type]
