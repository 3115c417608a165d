"""By when a caseworker answers: hours as people write them, and the hour that is promised."""

from datetime import date, datetime, time

import pytest

from bot.promises import OfficeHours, answer_by, read_hours

WEEK = frozenset(range(5))


@pytest.mark.parametrize(
    ("words", "hours"),
    [
        ("Mon-Fri 9-5", OfficeHours(WEEK, time(9), time(17))),
        ("mon - fri 8:30 - 16:00", OfficeHours(WEEK, time(8, 30), time(16))),
        ("Tue-Sat 10am-6pm", OfficeHours(frozenset({1, 2, 3, 4, 5}), time(10), time(18))),
        ("Sat-Mon 9-1", OfficeHours(frozenset({5, 6, 0}), time(9), time(13))),
        ("Wednesday 12pm-8pm", OfficeHours(frozenset({2}), time(12), time(20))),
        ("Mon-Fri 7-15:30", OfficeHours(WEEK, time(7), time(15, 30))),
        ("whenever I can", OfficeHours(WEEK, time(9), time(17))),
        ("Mon-Fri 22-9", OfficeHours(WEEK, time(9), time(17))),
        ("Mon-Fri 25-26", OfficeHours(WEEK, time(9), time(17))),
        (None, OfficeHours(WEEK, time(9), time(17))),
    ],
)
def test_hours_are_read(words: str | None, hours: OfficeHours) -> None:
    assert read_hours(words) == hours


@pytest.mark.parametrize(
    ("now", "when"),
    [
        ("2027-02-22 11:20", "2027-02-22 13:00"),  # Monday, at work
        ("2027-02-22 15:00", "2027-02-22 17:00"),
        ("2027-02-22 15:01", "2027-02-22 17:00"),
        ("2027-02-22 16:00", "2027-02-23 11:00"),  # two hours would pass closing
        ("2027-02-22 23:30", "2027-02-23 11:00"),
        ("2027-02-22 04:00", "2027-02-22 11:00"),
        ("2027-02-22 08:10", "2027-02-22 10:00"),
        ("2027-02-26 16:30", "2027-03-01 11:00"),  # Friday evening: Monday
        ("2027-02-27 12:00", "2027-03-01 11:00"),
    ],
)
def test_an_answer_is_promised_in_office_hours(now: str, when: str) -> None:
    assert answer_by(datetime.fromisoformat(now), OfficeHours()) == datetime.fromisoformat(when)


def test_a_short_day_promises_its_end() -> None:
    short = OfficeHours(frozenset({2}), time(9), time(10))
    assert answer_by(datetime(2027, 2, 22, 12), short) == datetime(2027, 2, 24, 10)


@pytest.mark.parametrize(
    ("now", "when"),
    [
        ("2027-02-12 16:30", "2027-02-16 11:00"),  # Presidents' Day is a Monday
        ("2027-11-24 16:30", "2027-11-26 11:00"),  # Thanksgiving is a Thursday
        ("2027-12-23 16:30", "2027-12-27 11:00"),  # Christmas falls on a Saturday: kept on Friday
        ("2027-07-02 16:30", "2027-07-06 11:00"),  # July 4 falls on a Sunday: kept on Monday
        ("2027-12-30 16:30", "2028-01-03 11:00"),  # New Year 2028 falls on a Saturday: kept in 2027
        ("2027-11-26 12:00", "2027-11-29 11:00"),  # a day of our own
    ],
)
def test_no_answer_is_promised_for_a_day_nobody_works(now: str, when: str) -> None:
    hours = (
        OfficeHours().but(["federal", date(2027, 11, 26)])
        if "11-26 12" in now
        else OfficeHours().but(["federal"])
    )
    assert answer_by(datetime.fromisoformat(now), hours) == datetime.fromisoformat(when)


def test_a_programme_that_is_always_closed_still_answers() -> None:
    never = OfficeHours(days=frozenset())
    assert answer_by(datetime(2027, 2, 22, 12), never) > datetime(2027, 2, 22, 12)
