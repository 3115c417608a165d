"""Interviews, rides, money and places: versions void, one live leg, and no cent twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from storage import interviews, places, rides
from storage.rides import LegTaken
from storage.tables import Fund, FundEntry, Ride, table
from storage.tables.going import LIVE_RIDES
from tests.storage.samples import NOW, a_ride, an_interview, minutes, ordered, someone

FUND, ENTRY, RIDE = table(Fund), table(FundEntry), table(Ride)


# --- interviews -----------------------------------------------------------------------------------


def test_an_interview_keeps_the_moment_and_the_wall_clock(connection: sa.Connection) -> None:
    meeting = an_interview(connection, someone(connection))
    assert interviews.interview(connection, meeting.id) == meeting
    assert (meeting.at, meeting.wall, meeting.zone) == (
        datetime(2027, 2, 24, 13, 0, tzinfo=UTC),
        datetime(2027, 2, 24, 8, 0),
        "America/New_York",
    )
    assert (meeting.state, meeting.version, meeting.employer) == ("planned", 1, "Sample Ground")


def test_moving_makes_a_version_that_nobody_has_confirmed(connection: sa.Connection) -> None:
    meeting = an_interview(connection, someone(connection))
    confirmed = interviews.confirm(connection, meeting.id, 1, NOW)
    assert confirmed is not None
    assert (confirmed.state, confirmed.confirmed_at) == ("confirmed", NOW)
    later = {"at": meeting.at + timedelta(days=1), "wall": meeting.wall + timedelta(days=1)}
    moved = interviews.move(connection, meeting.id, 1, **later, now=NOW)
    assert moved is not None
    assert (moved.version, moved.moved, moved.state, moved.confirmed_at) == (2, 1, "planned", None)
    assert moved.wall == datetime(2027, 2, 25, 8, 0)


def test_what_was_decided_on_an_old_version_does_nothing(connection: sa.Connection) -> None:
    meeting = an_interview(connection, someone(connection))
    assert interviews.move(connection, meeting.id, 1, at=meeting.at, wall=meeting.wall, now=NOW)
    assert interviews.confirm(connection, meeting.id, 1, NOW) is None
    assert interviews.cancel(connection, meeting.id, 1, NOW) is None
    assert interviews.set_ok_to_go(connection, meeting.id, 2, "not_yet", NOW) is not None


def test_what_is_off_or_over_does_not_change(connection: sa.Connection) -> None:
    ray = someone(connection)
    off, over = an_interview(connection, ray), an_interview(connection, ray)
    assert interviews.cancel(connection, off.id, 1, NOW)
    assert not interviews.set_outcome(connection, off.id, "hired", NOW)
    assert interviews.set_outcome(connection, over.id, "missed", NOW)
    assert interviews.confirm(connection, over.id, 1, NOW) is None
    assert interviews.ahead(connection, ray.person_id) == []


def test_two_at_one_hour_are_seen(connection: sa.Connection) -> None:
    ray = someone(connection)
    meeting = an_interview(connection, ray)
    hour = timedelta(hours=1)
    assert interviews.around(connection, ray.person_id, meeting.at - hour, meeting.at + hour) == [meeting]
    assert interviews.around(connection, ray.person_id, meeting.at + hour, meeting.at + 2 * hour) == []


# --- rides ----------------------------------------------------------------------------------------


def test_one_live_ride_for_each_leg(connection: sa.Connection) -> None:
    meeting = an_interview(connection, someone(connection))
    out, home = a_ride(connection, meeting), a_ride(connection, meeting, "home")
    with pytest.raises(LegTaken):
        a_ride(connection, meeting)
    assert rides.rides_of(connection, meeting.id) == [out, home]
    assert rides.change_ride(connection, out.id, out.version, NOW, state="failed", reason="no_cars")
    assert a_ride(connection, meeting).live


def test_two_workers_cannot_make_the_same_leg(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        meeting = an_interview(connection, someone(connection))

    def add(_: int) -> bool:
        with engine.begin() as connection:
            try:
                a_ride(connection, meeting)
            except LegTaken:
                return False
            return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(add, range(4))) == [False, False, False, True]


@pytest.mark.parametrize("state", LIVE_RIDES)
def test_the_database_itself_refuses_a_second_live_leg(connection: sa.Connection, state: str) -> None:
    meeting = an_interview(connection, someone(connection))
    ride = a_ride(connection, meeting)
    ride = ride if state == "held" else ordered(connection, ride)
    assert rides.change_ride(connection, ride.id, ride.version, NOW, state=state)
    with pytest.raises(LegTaken):
        a_ride(connection, meeting)


def test_a_ride_has_a_purpose(connection: sa.Connection) -> None:
    ride = a_ride(connection, an_interview(connection, someone(connection)))
    for purpose in (None, "errand"):
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(sa.update(RIDE).where(RIDE.c.id == ride.id).values(purpose=purpose))


def test_only_the_first_of_two_changes_counts(connection: sa.Connection) -> None:
    ride = ordered(connection, a_ride(connection, an_interview(connection, someone(connection))))
    booked = rides.change_ride(connection, ride.id, 2, NOW, state="booked", provider="stub", provider_id="t1")
    assert booked is not None
    assert booked.version == 3
    assert rides.change_ride(connection, ride.id, 2, NOW, state="failed") is None
    assert rides.ride_by_provider(connection, "stub", "t1") == booked
    assert rides.ride_by_ref(connection, ride.ref) == booked


def test_dropping_the_rides_leaves_the_one_under_way(connection: sa.Connection) -> None:
    ray = someone(connection)
    meeting = an_interview(connection, ray)
    out, home = a_ride(connection, meeting), a_ride(connection, meeting, "home")
    out = ordered(connection, out)
    assert rides.change_ride(connection, out.id, out.version, NOW, state="in_progress", due_at=None)
    assert [ride.id for ride in rides.drop_rides(connection, meeting.id, minutes(5))] == [home.id]
    assert rides.drop_rides(connection, meeting.id, minutes(6)) == []
    (lease, ride) = rides.claim_rides(connection, minutes(5), 10)[0]
    assert (ride.id, ride.wanted) == (home.id, "cancelled")
    assert rides.release_lease(connection, lease, None)
    assert rides.claim_rides(connection, minutes(50), 10) == []


def test_a_hint_wakes_the_ride_and_is_kept_once(connection: sa.Connection) -> None:
    ride = a_ride(connection, an_interview(connection, someone(connection)))
    ((lease, _),) = rides.claim_rides(connection, NOW, 10)
    assert rides.release_lease(connection, lease, minutes(60))
    hint = {"provider": "stub", "event_id": "e1", "raw": "{}", "ride_id": ride.id}
    assert rides.keep_ride_event(connection, **hint, now=NOW)  # type: ignore[arg-type]
    assert not rides.keep_ride_event(connection, **hint, now=NOW)  # type: ignore[arg-type]
    rides.wake_ride(connection, ride.id, minutes(1))
    assert len(rides.claim_rides(connection, minutes(1), 10)) == 1


# --- places ---------------------------------------------------------------------------------------


def test_places_of_a_person_and_of_all(connection: sa.Connection) -> None:
    ray = someone(connection)
    doors = [{"key": "front", "label": "front, on 5th"}]
    shared = places.add_place(
        connection, person_id=None, label="Hope House", address="218 5th St", pin=(42.3, -71.0), now=NOW,
        doors=doors, zone="America/New_York", confirmed=True,
    )  # fmt: skip
    own = places.add_place(
        connection, person_id=ray.person_id, label="home", address="41 Cove St", pin=None, now=NOW
    )
    assert places.place(connection, shared.id) == shared
    assert places.shared_places(connection) == [shared]
    assert places.places_of(connection, ray.person_id) == [own]
    places.confirm_place(connection, own.id, (42.4, -71.1))
    confirmed = places.place(connection, own.id)
    assert confirmed is not None
    assert (confirmed.pin, confirmed.confirmed) == ((42.4, -71.1), True)


def test_a_look_up_is_asked_once_and_answered(connection: sa.Connection) -> None:
    ray = someone(connection)
    first = places.ask_lookup(connection, ray.conversation_id, "fed x by the airport", NOW)
    places.ask_lookup(connection, ray.conversation_id, "", NOW, pin=(42.3, -71.0))
    asked, spot = places.claim_lookups(connection, NOW, 10)
    assert (asked.lease.id, asked.text, asked.pin, spot.pin) == (
        first,
        "fed x by the airport",
        None,
        (42.3, -71.0),
    )
    assert places.answer_lookup(connection, asked.lease, [], NOW)
    assert places.fail_lookup(connection, spot.lease, "no map", NOW)
    assert places.claim_lookups(connection, minutes(60), 10) == []
