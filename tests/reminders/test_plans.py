"""When an appointment's texts fall due: wall clocks, both clock changes, what is late and still useful."""

from datetime import UTC, datetime, time, timedelta

import pytest

from bot.planning import clocks_change
from bot.reminders.hours import Hours, next_allowed, to_utc, wall_clock
from bot.reminders.plans import Appointment, derive
from flows.library import shipped
from flows.model import PlanRow

BOSTON = "America/New_York"
DAY_BEFORE = PlanRow(
    event="interview.tomorrow",
    when="day before at 16:00",
    anchor="at",
    days=-1,
    clock="16:00",
    useful_until="2 hours",
)
MORNING = PlanRow(
    event="interview.today",
    when="60 minutes before pickup",
    anchor="pickup",
    shift=timedelta(minutes=-60),
    useful_until="pickup",
    kind="ride_day",
)
AFTER = PlanRow(
    event="interview.ended", when="30 minutes after home", anchor="home", shift=timedelta(minutes=30)
)


def boston(text: str) -> datetime:
    return to_utc(datetime.fromisoformat(text), BOSTON)


def due(row: PlanRow, appointment: Appointment, now: str) -> list[str]:
    return [
        wall_clock(planned.due_at, BOSTON).isoformat(" ", "minutes")
        for planned in derive([row], appointment, boston(now))
    ]


INTERVIEW = Appointment(at=datetime(2027, 2, 24, 8), zone=BOSTON, pickup=boston("2027-02-24 07:10"))


@pytest.mark.parametrize(
    ("row", "now", "moments"),
    [
        (DAY_BEFORE, "2027-02-22 09:00", ["2027-02-23 16:00"]),
        (DAY_BEFORE, "2027-02-23 17:30", ["2027-02-23 16:00"]),  # late, still useful: goes at once
        (DAY_BEFORE, "2027-02-23 18:02", []),  # late and useless: dropped
        (MORNING, "2027-02-22 09:00", ["2027-02-24 06:10"]),
        (MORNING, "2027-02-24 07:11", []),
        (AFTER, "2027-02-22 09:00", []),  # no way home yet: nothing to count from
    ],
)
def test_rows_fall_due(row: PlanRow, now: str, moments: list[str]) -> None:
    assert due(row, INTERVIEW, now) == moments


def test_an_interview_elsewhere_keeps_its_own_wall_clock() -> None:
    chicago = Appointment(at=datetime(2027, 2, 24, 8), zone="America/Chicago")
    assert due(DAY_BEFORE, chicago, "2027-02-22 09:00") == ["2027-02-23 17:00"]


@pytest.mark.parametrize(
    ("wall", "utc"),
    [
        ("2027-03-14 01:30", "2027-03-14T06:30+00:00"),  # before the clock goes ahead
        (
            "2027-03-14 02:30",
            "2027-03-14T07:30+00:00",
        ),  # a time that does not exist: the moment it jumped to, and on
        ("2027-03-15 05:10", "2027-03-15T09:10+00:00"),
        ("2027-11-07 01:30", "2027-11-07T05:30+00:00"),  # happens twice: the first
    ],
)
def test_wall_clocks_over_a_clock_change(wall: str, utc: str) -> None:
    assert boston(wall).isoformat(timespec="minutes") == utc


@pytest.mark.parametrize(
    ("wanted", "allowed"),
    [
        ("2027-02-23 08:59", "2027-02-23 09:00"),
        ("2027-02-23 09:00", "2027-02-23 09:00"),
        ("2027-02-23 19:59", "2027-02-23 19:59"),
        ("2027-02-23 20:00", "2027-02-24 09:00"),
        ("2027-03-13 23:00", "2027-03-14 09:00"),
    ],
)
def test_what_we_start_waits_for_the_hours(wanted: str, allowed: str) -> None:
    assert wall_clock(next_allowed(boston(wanted), BOSTON, Hours()), BOSTON) == datetime.fromisoformat(
        allowed
    )
    assert next_allowed(boston(wanted), BOSTON, Hours(opens=time(0), closes=time(23, 59, 59))).tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "wall", "eve"),
    [
        ("America/New_York", "2027-03-14T09:00", "2027-03-13T12:00"),
        ("America/New_York", "2027-03-15T08:00", "2027-03-13T12:00"),
        ("America/New_York", "2027-03-16T08:00", None),  # two nights on: they know by then
        ("America/New_York", "2027-03-13T08:00", None),
        ("America/Los_Angeles", "2027-11-08T08:00", "2027-11-06T12:00"),
        ("America/Chicago", "2027-11-07T08:00", "2027-11-06T12:00"),
        ("America/Anchorage", "2027-11-07T08:00", "2027-11-06T12:00"),
        ("America/Phoenix", "2027-03-14T09:00", None),
        ("Pacific/Honolulu", "2027-11-07T09:00", None),
    ],
)
def test_who_rides_when_the_clocks_change_is_told_the_day_before(
    zone: str, wall: str, eve: str | None
) -> None:
    at = datetime.fromisoformat(wall)
    change = clocks_change(to_utc(at, zone), zone)
    rows = [row for row in shipped().plans["interview"] if row.event == "interview.clocks"]
    appointment = Appointment(at=at, zone=zone, pickup=to_utc(at, zone), clocks=change)
    planned = list(derive(rows, appointment, to_utc(at, zone) - timedelta(days=5)))
    wanted = [] if eve is None else [to_utc(datetime.fromisoformat(eve), zone)]
    assert [one.due_at for one in planned] == wanted
