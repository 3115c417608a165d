"""By when a caseworker answers: their hours in words, and the next full hour that keeps the promise.

Pure. The rule: an answer is promised within two hours of office time, on a full hour, on the caseworker's own
wall clock; what falls after closing is promised two hours after the next opening. Hours nobody can read count
as Mon-Fri 9-5.
"""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

WITHIN = timedelta(hours=2)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_CLOCK = r"(\d{1,2})(?::(\d{2}))?\s*([ap]m)?"
_HOURS = re.compile(rf"{_DAY}(?:\s*-\s*{_DAY})?\s+{_CLOCK}\s*-\s*{_CLOCK}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When a caseworker works: weekdays (0 is Monday), opening and closing time."""

    days: frozenset[int] = frozenset(range(5))
    opens: time = time(9)
    closes: time = time(17)


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
    at_work = now.weekday() in hours.days
    if at_work and when.date() == now.date() and hours.opens <= when.time() <= hours.closes:
        return when
    day = now.date()
    if not at_work or now.time() >= hours.opens:
        day += timedelta(days=1)
    while day.weekday() not in hours.days:
        day += timedelta(days=1)
    return min(datetime.combine(day, hours.opens) + WITHIN, datetime.combine(day, hours.closes))
