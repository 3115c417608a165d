"""Our own figures for a ride: miles, minutes, cents and the time the car should come."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rides.estimates import (
    FareTable,
    crow_miles,
    drive_minutes,
    estimate_cents,
    pickup_for,
    road_miles,
)

BOSTON = ZoneInfo("America/New_York")
MILES = st.floats(0, 200)


def test_miles_by_crow_and_by_road() -> None:
    boston, worcester = (42.3601, -71.0589), (42.2626, -71.8023)
    assert crow_miles(*boston, *worcester) == pytest.approx(38.6, abs=0.3)
    assert road_miles(*boston, *worcester) == pytest.approx(50.2, abs=0.4)
    assert crow_miles(*boston, *boston) == 0
    assert crow_miles(0, -180, 0, 180) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("miles, minutes", [(0, 2), (1, 5), (3, 11), (10, 25), (40, 62)])
def test_minutes_at_the_wheel(miles: float, minutes: int) -> None:
    assert drive_minutes(miles) == minutes


@given(MILES, MILES)
def test_farther_is_never_quicker_or_cheaper(a: float, b: float) -> None:
    near, far = sorted((a, b))
    assert drive_minutes(near) <= drive_minutes(far)
    assert estimate_cents(near) <= estimate_cents(far)


def test_a_fare_is_the_table_and_never_below_its_minimum() -> None:
    table = FareTable(
        base_cents=100, per_mile_cents=200, per_minute_cents=10, booking_fee_cents=50, minimum_cents=500
    )
    assert estimate_cents(10, table) == 100 + 50 + 2000 + 250
    assert estimate_cents(0.1, table) == 500
    assert 2500 < estimate_cents(10) < 4500


@pytest.mark.parametrize(
    "start, miles, pickup",
    [
        ("2027-02-24T08:00", 9.7, "2027-02-24T07:10"),
        ("2027-03-04T10:00", 6.5, "2027-03-04T09:20"),
        ("2027-03-14T03:30", 9.7, "2027-03-14T01:40"),  # the night an hour is skipped
        ("2027-02-24T00:20", 3, "2027-02-23T23:50"),
    ],
)
def test_the_car_comes_so_that_a_late_drive_is_still_early(start: str, miles: float, pickup: str) -> None:
    at = datetime.fromisoformat(start).replace(tzinfo=BOSTON)
    assert pickup_for(at, miles).astimezone(BOSTON).strftime("%Y-%m-%dT%H:%M") == pickup


@given(st.datetimes(datetime(2027, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)), MILES)
def test_every_pickup_leaves_the_drive_and_fifteen_minutes(at: datetime, miles: float) -> None:
    pickup = pickup_for(at, miles)
    spare = at - pickup - timedelta(minutes=15) - timedelta(minutes=drive_minutes(miles) * 1.3)
    assert timedelta() <= spare < timedelta(minutes=5)
    assert (pickup.minute % 5, pickup.second, pickup.microsecond) == (0, 0, 0)
