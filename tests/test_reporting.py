"""What a person reports of a ride, as rows: a human at once, the company kept from them, another car."""

from dataclasses import replace
from datetime import datetime, time
from typing import Any

import pytest
import sqlalchemy as sa

from bot.actions import Failed
from bot.rides.booking import Leg, comes_late, news_of, trip_of
from bot.views import place_view, ride_view, stage_of
from flows.actions import LetCarGo, LookAtRide, RebookRide, ReportRide
from storage import attention, people, places, rides, staff
from storage.exclusions import excluded, exclusions_of
from storage.interviews import interview
from storage.on_call import add_shift
from tests.test_actions import BOSTON, STOP, WORK, Desk

CAR = {"car": "gray Toyota Camry", "plate": "8KLM204", "driver": "Sam", "phone": "555", "minutes": 3}
PICKUP = datetime(2027, 2, 24, 7, 5)


@pytest.fixture
def desk(connection: sa.Connection) -> Desk:
    return Desk(connection)


def drives(desk: Desk, *states: str, leg: str = "out", **more: Any) -> Any:
    """Take a leg through these states, as the provider would, at five past seven."""
    desk.at(PICKUP)
    row = next(one for one in rides.live_rides(desk.connection, desk.who.person_id) if one.leg == leg)
    for state in states:
        car = CAR if state in ("accepted", "arriving", "in_progress") else None
        values = {
            "state": state,
            "car": car or row.car,
            "changed_at": desk.who.now,
            "provider": "demo",
            **more,
        }
        changed = rides.change_ride(desk.connection, row.id, row.version, desk.who.now, **values)
        assert changed is not None
        row = changed
    return row


def test_a_ride_is_found_in_every_state_of_the_way_there(desk: Desk) -> None:
    desk.booked()
    found = []
    for states in ((), ("booking", "booked"), ("accepted",), ("arriving",), ("lost",)):
        drives(desk, *states)
        found.append(desk.did(LookAtRide())["stage"])
    assert found == ["asked", "booked", "coming", "here", "lost"]


def test_a_state_has_a_name_for_the_person_it_is_for(desk: Desk) -> None:
    desk.booked()
    out, home = rides.live_rides(desk.connection, desk.who.person_id)
    states = ("in_progress", "completed", "missed", "failed", "cancelled")
    stages = [stage_of(replace(out, state=state)) for state in states]
    assert stages == ["driving", "done", "missed", "lost", "off"]
    booked = replace(home, state="booked")
    assert stage_of(booked) == "waits"
    assert stage_of(replace(booked, called_at=desk.who.now)) == "called"
    assert stage_of(replace(booked, wanted="cancelled")) == "off"


def test_after_the_way_there_the_way_home_waits(desk: Desk) -> None:
    desk.booked()
    drives(desk, "booking", "booked", leg="home")
    drives(desk, "booking", "booked", "accepted", "in_progress", "completed")
    ride = desk.did(LookAtRide())
    assert (ride["leg"], ride["stage"]) == ("home", "waits")


def test_who_reports_a_ride_is_called_and_never_sent_with_that_company_again(desk: Desk) -> None:
    desk.booked()
    drives(desk, "booking", "booked", "accepted", "arriving")
    told = desk.did(ReportRide(what="pay"))
    assert told["who"]
    [item] = attention.unfinished(desk.connection, sa.select(sa.literal(desk.who.person_id)))
    assert (item.kind, item.urgent) == ("ride safety", True)
    assert item.reason.startswith("the driver asks for money")
    assert excluded(desk.connection, desk.who.person_id) == {"demo"}


def test_a_report_after_the_ride_is_about_the_company_that_drove(desk: Desk) -> None:
    desk.booked()
    drives(desk, "booking", "booked", "accepted", "in_progress", "completed")
    desk.did(ReportRide(what="driver"))
    [one] = exclusions_of(desk.connection, desk.who.person_id)
    assert one.provider == "demo"


def test_a_report_with_no_ride_is_somebodys_all_the_same(desk: Desk) -> None:
    desk.did(ReportRide(what="followed"))
    assert not excluded(desk.connection, desk.who.person_id)
    [item] = attention.unfinished(desk.connection, sa.select(sa.literal(desk.who.person_id)))
    assert item.kind == "ride safety"


def test_a_car_that_left_is_called_off_and_another_one_ordered(desk: Desk) -> None:
    desk.booked()
    old = drives(desk, "booking", "booked", "accepted", "arriving")
    ride = desk.did(LookAtRide())
    desk.did(LetCarGo(ride=ride))
    new = desk.did(RebookRide(ride=ride))
    assert (new["leg"], new["stage"]) == ("out", "asked")
    rows = {one.id: one for one in rides.rides_of(desk.connection, old.interview_id) if one.leg == "out"}
    assert (rows[old.id].wanted, rows[new["id"]].wanted) == ("cancelled", "booked")
    assert desk.does(LetCarGo(ride=ride)) == Failed("gone")  # once is enough
    assert desk.did(LookAtRide())["id"] == new["id"]


def test_a_car_that_drives_is_not_let_go(desk: Desk) -> None:
    desk.booked()
    drives(desk, "booking", "booked", "accepted")
    ride = desk.did(LookAtRide())
    drives(desk, "in_progress")
    assert desk.does(LetCarGo(ride=ride)) == Failed("gone")


def test_after_a_missed_car_the_next_booking_asks_for_the_mornings_answer(desk: Desk) -> None:
    first = desk.booked()
    assert "confirm_by_reply" not in first
    drives(desk, "booking", "booked", "accepted", "arriving", "missed")
    again = desk.did(desk.booking(desk.saved(datetime(2027, 3, 1, 8))))
    assert again["confirm_by_reply"]


NIGHT, DAY = datetime(2027, 3, 2, 6), datetime(2027, 3, 2, 14)


@pytest.mark.parametrize(
    ("at", "on_call", "nobody"),
    [
        (NIGHT, None, True),  # the car comes at five, Maria at nine
        (NIGHT, ("00:00", "00:00"), False),
        (NIGHT, ("05:00", "06:00"), True),  # from an hour before the pick-up
        (DAY, None, False),  # she is at work
    ],
)
def test_a_booking_says_when_nobody_is_awake_for_it(
    desk: Desk, at: datetime, on_call: tuple[str, str] | None, nobody: bool
) -> None:
    settings = desk.who.settings.model_copy(update={"taxi_phone": "+12155550199"})
    desk.who = replace(desk.who, settings=settings)
    staff.change_caseworker(desk.connection, desk.maria.id, phone="+12155550100")
    people.change_person(desk.connection, desk.who.person_id, caseworker_id=desk.maria.id)
    if on_call is not None:
        starts, ends = (time.fromisoformat(each) for each in on_call)
        add_shift(
            desk.connection, desk.maria.id, zone=str(BOSTON), now=desk.who.now, starts=starts, ends=ends
        )
    told = desk.did(desk.booking(desk.saved(at)))
    assert (told.get("nobody_awake", False), told.get("taxi")) == (nobody, "215-555-0199" if nobody else None)


def test_the_driver_and_the_person_are_told_the_same_door(desk: Desk) -> None:
    doors = [{"key": "main", "label": "front, on Airport"}, {"key": "dock", "label": "loading dock"}]
    yard = desk.place("Sample Yard", "9 Airport Rd", WORK, doors)
    desk.work = place_view(yard)
    told = desk.booked()
    assert told["their_door"] == "front, on Airport"
    out, home = rides.live_rides(desk.connection, desk.who.person_id)
    row = interview(desk.connection, told["id"])
    stop = places.place(desk.connection, out.pickup_place_id)
    assert row is not None
    assert stop is not None
    there, back = (
        trip_of(Leg(one, row, *ends, "+1"), desk.who.now)
        for one, ends in ((out, (stop, yard)), (home, (yard, stop)))
    )
    assert there is not None
    assert back is not None
    assert there.dropoff.note == back.pickup.note == told["their_door"]
    assert ride_view(desk.connection, home)["pickup"] == "Sample Yard, front, on Airport"


def test_a_place_somebody_said_yes_to_is_confirmed(desk: Desk) -> None:
    own = places.add_place(
        desk.connection,
        person_id=desk.who.person_id,
        label="12 Rowe St",
        address="12 Rowe St",
        pin=STOP,
        now=desk.who.now,
    )
    learned = places.add_place(
        desk.connection,
        person_id=None,
        label="Yard",
        address="9 Airport Rd",
        pin=WORK,
        now=desk.who.now,
        zone=str(BOSTON),
        confirmed=False,
    )
    desk.stop, desk.work = place_view(own), place_view(learned)
    desk.booked()
    found = places.places_by_id(desk.connection, [own.id, learned.id])
    assert found[own.id].confirmed
    assert not found[learned.id].confirmed, "that is staff's to say"


def test_a_car_that_comes_late_is_told_of_once(desk: Desk) -> None:
    desk.booked()
    row = rides.live_rides(desk.connection, desk.who.person_id)[0]
    on_time = replace(row, state="accepted", car=CAR)
    late = replace(on_time, car=CAR | {"minutes": 25, "late": True})
    assert news_of(on_time, late) == "late"
    assert news_of(late, replace(late, car=CAR | {"minutes": 24, "late": True})) is None
    assert news_of(late, replace(late, car=CAR | {"plate": "2BNR771"})) == "car"
    assert row.pickup_at is not None
    assert [comes_late(on_time, minutes, row.pickup_at) for minutes in (None, 9, 10)] == [False, False, True]
