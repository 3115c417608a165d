"""Calendar arithmetic for the date reader: plain functions on naive dates.

The rule: a date that does not exist is None, never a neighbour; weeks begin on Monday.
"""

from datetime import date, datetime, timedelta
from typing import Literal

from flows.answers.when_words import DAY, HOUR, MINUTE, MONTH, WEEK, YEAR

REACH = 5 * 366  # days looked ahead for "Friday 29" or Feb 29


def on(year: int, month: int, day: int) -> date | None:
    """Make a date, or None where the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def moved(day: date, unit: int, count: int) -> date | None:
    """Go `count` days, weeks, months or years on; a shorter month's end stands in for its missing days."""
    if unit in (DAY, WEEK):
        days = count * (7 if unit == WEEK else 1)
        return day + timedelta(days=days) if abs(days) < 40000 else None
    months = count * (12 if unit == YEAR else 1) if unit in (MONTH, YEAR) else 0
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return None
    return next((found for back in range(4) if (found := on(year, month + 1, day.day - back))), None)


def clock_change(at: datetime) -> Literal["", "skipped", "twice"]:
    """Tell whether a wall time is skipped or comes twice where clocks change by the law of the United States:
    at 2 am on the second Sunday of March and the first of November."""
    sunday_of_month = (at.day - 1) // 7 + 1 if at.weekday() == 6 else 0
    match at.month, sunday_of_month, at.hour:
        case 3, 2, 2:
            return "skipped"
        case 11, 1, 1:
            return "twice"
        case _:
            return ""


def later(now: datetime, unit: int, count: float) -> datetime | None:
    """Go `count` hours or minutes on."""
    minutes = count * (60 if unit == HOUR else 1) if unit in (HOUR, MINUTE) else 0
    return now + timedelta(minutes=minutes) if abs(minutes) < 60 * 24 * 400 else None


def week_of(day: date, weeks: int, weekday: int) -> date:
    """Find the weekday in the week `weeks` after the one of `day`."""
    return day - timedelta(days=day.weekday()) + timedelta(days=7 * weeks + weekday)


def following(day: date, weekday: int) -> date:
    """Find the next such weekday after `day`, never `day` itself."""
    return day + timedelta(days=(weekday - day.weekday() - 1) % 7 + 1)


def preceding(day: date, weekday: int) -> date:
    """Find the last such weekday before `day`, never `day` itself."""
    return day - timedelta(days=(day.weekday() - weekday - 1) % 7 + 1)


def yearless(today: date, month: int, day: int, recent: int) -> tuple[date | None, bool]:
    """Find the day written without its year; True where it lies at most `recent` days behind `today`.

    Otherwise the next time the calendar has that day, this year or later (Feb 29 may be years away).
    """
    this_year = on(today.year, month, day)
    for behind in (this_year, on(today.year - 1, month, day)):
        if behind and 0 < (today - behind).days <= recent:
            return behind, True
    found = (on(today.year + ahead, month, day) for ahead in range(9))
    return next((each for each in found if each and each >= today), None), False


def day_of_month(today: date, day: int, weekday: int | None = None) -> date | None:
    """Find the next date, today included, with that day of the month (and that weekday)."""
    year, month = today.year, today.month
    for _ in range(60):
        found = on(year, month, day)
        if found and found >= today and weekday in (None, found.weekday()):
            return found
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return None
