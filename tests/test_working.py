"""Rides to work: each day made the day before, once, by the place's wall clock; days off and other hours."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.actions import Failed
from bot.working import is_over, make_days
from flows.actions import ChangeShift, NotePay, PlanWork, TakeDayOff
from storage import interviews, rides, work
from tests.test_actions import BOSTON, Desk

MONDAY_6 = datetime(2027, 3, 8, 6)
SUNDAY_NOON = datetime(2027, 3, 7, 12)


@pytest.fixture
def desk(connection: sa.Connection) -> Desk:
    desk = Desk(connection)
    connection.execute(sa.text("UPDATE fund SET budget_cents = 1000000"))
    desk.at(SUNDAY_NOON)
    return desk


def planned(desk: Desk, **changed: Any) -> Any:
    told: dict[str, Any] = {"starts": MONDAY_6, "ends": time(14, 30), "days": "mon_fri"}
    return desk.did(PlanWork(place=desk.work, pickup=desk.stop, door="front", rider="Ray", **told | changed))


def days(desk: Desk) -> list[str]:
    """Show what is ahead, with the cars that are wanted, on the wall clock."""
    shown = []
    for row in interviews.ahead(desk.connection, desk.who.person_id):
        cars = [
            f"{leg.leg} {leg.pickup_at.astimezone(BOSTON):%H:%M}"
            for leg in rides.rides_of(desk.connection, row.id)
            if leg.wanted == "booked" and leg.live and leg.pickup_at is not None
        ]
        shown.append(" ".join([f"{row.wall:%a %H:%M}", row.kind, *cars]))
    return shown


def next_look(desk: Desk, at: datetime) -> int:
    desk.at(at)
    (plan,) = work.open_plans(desk.connection)
    return make_days(desk.connection, plan, desk.who.flows, desk.who.settings, desk.who.now)


def test_the_first_day_is_made_at_once_where_it_is_tomorrow(desk: Desk) -> None:
    view = planned(desk)
    assert view["until"].date() == date(2027, 3, 28)
    assert view["home_at"] == MONDAY_6.replace(hour=14, minute=40)
    (day,) = days(desk)
    assert day == f"Mon 06:00 work out {view['pickup_at']:%H:%M} home 14:40"


def test_each_day_is_made_the_day_before_and_once(desk: Desk) -> None:
    planned(desk)
    assert next_look(desk, MONDAY_6.replace(hour=9)) == 0
    assert next_look(desk, MONDAY_6.replace(hour=10)) == 1
    assert next_look(desk, MONDAY_6.replace(hour=11)) == 0
    assert [each[:9] for each in days(desk)] == ["Mon 06:00", "Tue 06:00"]


def test_no_car_on_the_weekend(desk: Desk) -> None:
    planned(desk)
    assert next_look(desk, datetime(2027, 3, 19, 12)) == 0


def test_a_shift_stays_at_its_clock_when_the_clocks_change_and_is_made_in_time_to_tell(desk: Desk) -> None:
    planned(desk)
    assert next_look(desk, datetime(2027, 3, 12, 12)) == 1
    monday = interviews.ahead(desk.connection, desk.who.person_id)[-1]
    assert monday.wall == datetime(2027, 3, 15, 6)
    assert monday.at == datetime(2027, 3, 15, 10, tzinfo=UTC)  # an hour earlier than the week before
    assert "interview.clocks" in desk.plan()


def test_on_a_day_at_work_nothing_is_said_but_the_cars_own_text_and_good_morning_on_the_first(
    desk: Desk,
) -> None:
    view = planned(desk)
    assert desk.plan() == {"interview.today": f"Mon {view['pickup_at'] - timedelta(minutes=45):%H:%M}"}
    next_look(desk, MONDAY_6.replace(hour=12))
    assert "first_shift" not in desk.view(interviews.ahead(desk.connection, desk.who.person_id)[-1].id)
    assert len(desk.plan()) <= 1


def test_a_day_off_has_no_car_and_is_not_made_again(desk: Desk) -> None:
    planned(desk)
    next_look(desk, MONDAY_6.replace(hour=12))
    desk.did(TakeDayOff(day=date(2027, 3, 9)))
    assert [each[:9] for each in days(desk)] == ["Mon 06:00"]
    assert next_look(desk, MONDAY_6.replace(hour=13)) == 0
    assert desk.does(TakeDayOff(day=date(2027, 4, 9))) == Failed("not_then")


def test_other_hours_take_the_car_along(desk: Desk) -> None:
    planned(desk)
    next_look(desk, MONDAY_6.replace(hour=12))
    desk.did(ChangeShift(starts=datetime(2027, 3, 9, 14), ends=time(22)))
    assert [each[:9] for each in days(desk)] == ["Mon 06:00", "Tue 14:00"]
    assert days(desk)[1].endswith("home 22:10")


def test_a_saturday_told_by_text_is_made_too(desk: Desk) -> None:
    planned(desk)
    desk.at(datetime(2027, 3, 12, 12))
    desk.did(ChangeShift(starts=datetime(2027, 3, 13, 8), ends=time(12)))
    assert "Sat 08:00" in [each[:9] for each in days(desk)]


def test_the_first_pay_ends_it_within_a_week_and_never_makes_it_longer(desk: Desk) -> None:
    planned(desk)
    desk.at(datetime(2027, 3, 12, 18))
    assert desk.did(NotePay())["until"].date() == date(2027, 3, 19)
    desk.at(datetime(2027, 3, 18, 18))
    assert desk.did(NotePay())["until"].date() == date(2027, 3, 19)
    (plan,) = work.open_plans(desk.connection)
    assert not is_over(plan, datetime(2027, 3, 19, 20, tzinfo=BOSTON))
    assert is_over(plan, datetime(2027, 3, 20, 1, tzinfo=BOSTON))


def test_without_a_plan_nothing_is_changed(desk: Desk) -> None:
    for action in (NotePay(), TakeDayOff(day=date(2027, 3, 9))):
        assert desk.does(action) == Failed("no_plan")
    assert desk.does(ChangeShift(starts=MONDAY_6, ends=time(14))) == Failed("no_plan")


def test_a_night_shift_ends_the_next_day(desk: Desk) -> None:
    view = planned(desk, starts=MONDAY_6.replace(hour=22), ends=time(6))
    assert view["home_at"] == MONDAY_6.replace(hour=6, minute=10) + timedelta(days=1)


def test_a_new_plan_takes_the_place_of_the_old_one(desk: Desk) -> None:
    planned(desk)
    planned(desk, starts=MONDAY_6 + timedelta(days=7))
    assert len(work.open_plans(desk.connection)) == 1
