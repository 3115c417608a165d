"""By when a caseworker answers: their hours in words, and the next full hour that keeps the promise.

Pure. The rule: an answer is promised within two hours of office time, on a full hour, on the caseworker's own
wall clock; what falls after closing is promised two hours after the next opening, and no day on which nobody
works is promised at all. Hours nobody can read count as Mon-Fri 9-5.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache

WITHIN = timedelta(hours=2)
FEDERAL = "federal"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_CLOCK = r"(\d{1,2})(?::(\d{2}))?\s*([ap]m)?"
_HOURS = re.compile(rf"{_DAY}(?:\s*-\s*{_DAY})?\s+{_CLOCK}\s*-\s*{_CLOCK}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When a caseworker works: weekdays (0 is Monday), opening and closing time, but on no closed day.

    `closed` holds dates, and FEDERAL for the holidays of the United States.
    """

    days: frozenset[int] = frozenset(range(5))
    opens: time = time(9)
    closes: time = time(17)
    closed: frozenset[date | str] = frozenset()

    def has(self, day: date) -> bool:
        """Say whether they work on this day."""
        holiday = FEDERAL in self.closed and day in us_holidays(day.year)
        return day.weekday() in self.days and day not in self.closed and not holiday

    def at_work(self, now: datetime) -> bool:
        """Say whether they are at work at this moment of their wall clock."""
        return self.has(now.date()) and self.opens <= now.time() < self.closes

    def but(self, closed: Iterable[date | str]) -> "OfficeHours":
        """Make the same hours with these closed days."""
        return replace(self, closed=frozenset(closed))


@lru_cache(maxsize=256)
def read_hours(words: str | None) -> OfficeHours:
    """Read "Mon-Fri 9-5" or "Tue-Sat 8:30am-16:00"; what cannot be read counts as Mon-Fri 9-5."""
    match = _HOURS.search(words or "")
    if match is None:
        return OfficeHours()
    first, last, hour, minute, half, to_hour, to_minute, to_half = match.groups()
    opens = _clock(hour, minute, half)
    closes = _clock(to_hour, to_minute, to_half)
    if opens is None or closes is None:
        return OfficeHours()
    if closes <= opens and to_half is None and closes.hour < 12:
        closes = closes.replace(hour=closes.hour + 12)  # "9-5"
    start = _DAYS.index(first.lower())
    count = (_DAYS.index((last or first).lower()) - start) % 7 + 1
    days = frozenset((start + n) % 7 for n in range(count))
    return OfficeHours(days, opens, closes) if opens < closes else OfficeHours()


def _clock(hour: str, minute: str | None, half: str | None) -> time | None:
    number = int(hour) % 12 + (12 if half.lower() == "pm" else 0) if half else int(hour)
    minutes = int(minute or 0)
    return time(number, minutes) if number < 24 and minutes < 60 else None


def answer_by(now: datetime, hours: OfficeHours) -> datetime:
    """Say by when an answer is promised; both naive, on the caseworker's wall clock."""
    when = now.replace(minute=0, second=0, microsecond=0) + WITHIN
    at_work = hours.has(now.date())
    if at_work and when.date() == now.date() and hours.opens <= when.time() <= hours.closes:
        return when
    day = now.date()
    if not at_work or now.time() >= hours.opens:
        day += timedelta(days=1)
    for _ in range(366):  # a programme that is closed for a year promises the day after
        if hours.has(day):
            break
        day += timedelta(days=1)
    return min(datetime.combine(day, hours.opens) + WITHIN, datetime.combine(day, hours.closes))


@lru_cache(maxsize=8)
def us_holidays(year: int) -> frozenset[date]:
    """List the federal holidays as offices keep them: one on a Saturday is kept the day before, one on a
    Sunday the day after (5 U.S.C. 6103)."""
    fixed = [date(year, 1, 1), date(year, 6, 19), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    kept = [day - timedelta(days=1) if day.weekday() == 5 else day for day in (*fixed, date(year + 1, 1, 1))]
    kept = [day + timedelta(days=1) if day.weekday() == 6 else day for day in kept]
    mondays = [_nth(year, 1, 3), _nth(year, 2, 3), _nth(year, 6, 1) - timedelta(weeks=1)]
    mondays += [_nth(year, 9, 1), _nth(year, 10, 2)]
    return frozenset([*kept, *mondays, _nth(year, 11, 4, weekday=3)])


def _nth(year: int, month: int, n: int, weekday: int = 0) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7, weeks=n - 1)
