"""Two appointments in a day are three legs, whatever happens to either: no double car, nobody left behind."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.actions import Failed
from bot.standing_by import standing_by
from bot.views import place_view
from flows.actions import (
    BookRides,
    CallCarHome,
    CancelInterview,
    CancelRides,
    LookAtDay,
    MoveInterview,
    SaveInterview,
    SetOkToGo,
)
from storage import interviews, people, places, rides
from storage.attention import unfinished
from storage.tables import Person, table
from tests.test_actions import TUESDAY_8, WEDNESDAY_8, Desk

TEN, HALF_PAST_ELEVEN = WEDNESDAY_8.replace(hour=10), WEDNESDAY_8.replace(hour=11, minute=30)
PERSON = table(Person)
CAFE = (42.3702, -71.0389)


@pytest.fixture
def desk(connection: sa.Connection) -> Desk:
    return Desk(connection)


def hotel(desk: Desk, at: datetime = TEN) -> Any:
    return desk.did(desk.booking(desk.saved(at)))


def cafe(desk: Desk, at: datetime = HALF_PAST_ELEVEN) -> Any:
    place = place_view(desk.place("Mesa Cafe", "9 Main St", CAFE))
    view = desk.did(SaveInterview(place=place, at=at))
    return desk.did(BookRides(interview=view, pickup=desk.stop, door="front", rider="Lupita"))


def legs(desk: Desk) -> list[str]:
    """Show the legs that are wanted, in the order they are driven."""
    live = [leg for leg in rides.live_rides(desk.connection, desk.who.person_id) if leg.wanted == "booked"]
    names = {desk.stop["id"]: "home"}
    return [
        f"{names.get(leg.pickup_place_id) or _label(desk, leg.pickup_place_id)}"
        f" > {names.get(leg.dropoff_place_id) or _label(desk, leg.dropoff_place_id)}"
        f"{' on call' if leg.flexible else ''}"
        for leg in sorted(live, key=lambda leg: (_at(desk, leg), leg.leg == "home"))
    ]


def _at(desk: Desk, leg: rides.RideRow) -> datetime:
    at: datetime = desk.view(leg.interview_id)["at"]
    return at


def _label(desk: Desk, place_id: int) -> str:
    row = places.place(desk.connection, place_id)
    assert row is not None
    return row.label.split()[-1]


THREE = ["home > Freightway", "Freightway > Cafe on call", "Cafe > home on call"]
HOTEL = ["home > Freightway", "Freightway > home on call"]
CAFE_ALONE = ["home > Cafe", "Cafe > home on call"]


def test_the_second_begins_where_the_first_is(desk: Desk) -> None:
    first, second = hotel(desk), cafe(desk)
    assert legs(desk) == THREE
    assert desk.view(first["id"])["then"] == "Mesa Cafe"
    assert second["after"] == "Harbor Freightway"
    assert second["pickup_at"] < HALF_PAST_ELEVEN


def test_told_in_the_other_order_it_is_the_same(desk: Desk) -> None:
    cafe(desk)
    assert hotel(desk)["then"] == "Mesa Cafe"
    assert legs(desk) == THREE


def test_far_apart_each_has_its_own_two(desk: Desk) -> None:
    hotel(desk, WEDNESDAY_8)
    cafe(desk, WEDNESDAY_8 + timedelta(hours=6))
    assert legs(desk) == [*HOTEL, *CAFE_ALONE]


@pytest.mark.parametrize(("off", "left"), [("first", CAFE_ALONE), ("second", HOTEL)])
@pytest.mark.parametrize("how", ["off", "moved", "car off"])
def test_without_one_of_them_the_other_has_its_own_two(
    desk: Desk, off: str, left: list[str], how: str
) -> None:
    views = {"first": hotel(desk), "second": cafe(desk)}
    view = desk.view(views[off]["id"])
    match how:
        case "off":
            desk.did(CancelInterview(interview=view))
        case "moved":
            desk.did(MoveInterview(interview=view, at=view["at"] + timedelta(days=1)))
        case _:
            desk.did(CancelRides(interview=view))
    assert legs(desk) == left


def test_a_leg_somebody_sits_in_stays(desk: Desk) -> None:
    first, second = hotel(desk), cafe(desk)
    out = next(leg for leg in rides.rides_of(desk.connection, first["id"]) if leg.leg == "out")
    for state in ("booking", "booked", "accepted", "in_progress"):
        out = rides.change_ride(desk.connection, out.id, out.version, desk.who.now, state=state) or out
    desk.did(CancelInterview(interview=desk.view(second["id"])))
    assert legs(desk) == HOTEL


def test_somebody_stands_by_for_the_car_on_and_the_way_home_after_it(desk: Desk) -> None:
    hotel(desk)
    second = cafe(desk)
    row = interviews.interview(desk.connection, second["id"])
    assert row is not None
    by = standing_by(desk.connection, row, rides.rides_of(desk.connection, row.id))
    assert by is not None
    assert by.since < row.at - timedelta(hours=1)
    assert by.until > row.at
    assert by.gaps, "nobody is on the roster"


@pytest.mark.parametrize("how", ["lost", "taxi"])
def test_a_way_home_a_human_sees_to_is_not_booked_anew(desk: Desk, how: str) -> None:
    first, other = hotel(desk), cafe(desk, HALF_PAST_ELEVEN + timedelta(days=2))
    home = next(leg for leg in rides.rides_of(desk.connection, first["id"]) if leg.leg == "home")
    for state in ("booking", "booked"):
        home = rides.change_ride(desk.connection, home.id, home.version, desk.who.now, state=state) or home
    ends = {"lost": {"state": "lost"}, "taxi": {"wanted": "cancelled", "actor": "caseworker:1"}}[how]
    rides.change_ride(desk.connection, home.id, home.version, desk.who.now, **ends)
    desk.did(CancelInterview(interview=desk.view(other["id"])))
    assert legs(desk) == HOTEL[:1]


def test_done_calls_the_car_on_and_then_the_one_home(desk: Desk) -> None:
    first, second = hotel(desk), cafe(desk)
    desk.at(TEN.replace(minute=50))
    left = desk.did(CallCarHome())
    assert (left["id"], left["then"], left["going_home"]) == (first["id"], "Mesa Cafe", True)
    assert desk.does(CallCarHome()) == Failed("already")
    on = next(leg for leg in rides.rides_of(desk.connection, second["id"]) if leg.leg == "out")
    for state in ("booking", "booked", "accepted", "in_progress", "completed"):
        on = rides.change_ride(desk.connection, on.id, on.version, desk.who.now, state=state) or on
    desk.at(HALF_PAST_ELEVEN + timedelta(hours=1))
    assert desk.did(CallCarHome())["id"] == second["id"]


def test_who_is_called_away_already_goes_home_first(desk: Desk) -> None:
    """The car home from the first is called: the second has its own two."""
    hotel(desk)
    desk.at(TEN)
    desk.did(CallCarHome())
    cafe(desk, TEN + timedelta(hours=4))
    assert legs(desk) == [*HOTEL, *CAFE_ALONE]


def test_without_money_nothing_changes_and_a_way_back_that_cannot_be_paid_is_a_humans(desk: Desk) -> None:
    hotel(desk)
    left = desk.connection.scalar(sa.text("SELECT budget_cents - held_cents FROM fund"))
    desk.connection.execute(sa.text(f"UPDATE fund SET budget_cents = budget_cents - {left}"))
    place = place_view(desk.place("Mesa Cafe", "9 Main St", CAFE))
    view = desk.did(SaveInterview(place=place, at=HALF_PAST_ELEVEN))
    book = BookRides(interview=view, pickup=desk.stop, rider="Lupita")
    assert desk.does(book) == Failed("no_money_left")
    assert legs(desk) == HOTEL
    desk.connection.execute(sa.text("UPDATE fund SET budget_cents = 20000"))
    second = desk.did(book)
    desk.connection.execute(sa.text("UPDATE fund SET budget_cents = held_cents"))
    desk.did(CancelInterview(interview=desk.view(second["id"])))
    assert legs(desk) == HOTEL[:1]
    everybody = sa.select(PERSON.c.id)
    assert "no ride booked" in {item.kind for item in unfinished(desk.connection, everybody)}


# --- the day, before a ride is offered ----------------------------------------------------------------


def test_another_one_at_that_hour_is_seen(desk: Desk) -> None:
    first = hotel(desk)
    look = desk.did(LookAtDay(at=TEN + timedelta(hours=1)))
    assert look["near"]["id"] == first["id"]
    assert "near" not in desk.did(LookAtDay(at=TEN, interview=first))
    later = desk.did(LookAtDay(at=HALF_PAST_ELEVEN))
    assert "near" not in later
    assert later["earlier"] == "Harbor Freightway"
    assert later["stop"]["label"] == "Hope House"


@pytest.mark.parametrize(("hour", "late"), [(16, False), (18, True)])
def test_who_has_to_be_home_hears_of_it_first(desk: Desk, hour: int, late: bool) -> None:
    people.keep_facts(desk.connection, {desk.who.person_id: {"home_by": time(20)}})
    look = desk.did(LookAtDay(at=TUESDAY_8.replace(hour=hour)))
    assert ("home_by" in look) is late
    assert look["back_at"] == TUESDAY_8.replace(hour=hour + 3)


@pytest.mark.parametrize(("hour", "taken"), [(8, True), (13, False)])
def test_set_hours_that_lie_across_it_are_named(desk: Desk, hour: int, taken: bool) -> None:
    hours = [{"day": 1, "from": "09:00", "to": "10:00"}]
    people.keep_facts(desk.connection, {desk.who.person_id: {"fixed_hours": hours}})
    look = desk.did(LookAtDay(at=TUESDAY_8.replace(hour=hour)))
    assert ("busy_from" in look) is taken
    assert not taken or look["busy_to"] == TUESDAY_8.replace(hour=10)


# --- the OK to go -------------------------------------------------------------------------------------


def test_an_ok_was_for_one_time(desk: Desk) -> None:
    view = desk.saved()
    desk.did(SetOkToGo(interview=view, ok="have"))
    moved = desk.did(MoveInterview(interview=view, at=TEN + timedelta(days=1)))
    assert (moved["ok_to_go"], moved["moved"]) == ("not_yet", True)


def test_without_an_ok_only_what_is_dropped_free_is_booked(desk: Desk) -> None:
    view = desk.saved(TUESDAY_8)
    book = BookRides(interview=view, pickup=desk.stop, rider="Ray", ok="not_yet")
    desk.at(TUESDAY_8 - timedelta(minutes=90))
    assert desk.does(book) == Failed("no_ok")
    desk.at(TUESDAY_8 - timedelta(hours=14))
    assert desk.did(book)["pickup_at"] < TUESDAY_8
