"""When a job is worked, against a person's own hours: to be home by, taken, liked.

The rule: hours nobody told us of refuse nothing. To be home by an hour refuses a shift, the way home counted
in. Hours that are taken refuse one only where they take more than a quarter of it: an afternoon a week is a
talk with the employer, which the reasons say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from functools import cache
from typing import Final

from flows.wishes import WEEKDAYS, FixedHours, Shift, Wishes

DAY: Final = 24 * 60
MOST_TAKEN: Final = 0.25
EARLY_HOURS: Final = 5 * 60
"""To be home by an hour before five in the morning belongs to the evening before."""


@dataclass(frozen=True, slots=True)
class Hours:
    """One shift against a person: `span` in minutes of the day (the end may lie past midnight), its kind,
    what part of the week's hours is taken, and why it is refused, if it is.
    """

    span: tuple[int, int]
    kind: Shift
    taken: float = 0.0
    refused: str | None = None


@cache
def span_of(begins: str, ends: str) -> tuple[int, int]:
    """Read "22:00" to "06:30" as minutes of the day; what does not end later ends the next day."""
    start, end = _minutes(time.fromisoformat(begins)), _minutes(time.fromisoformat(ends))
    return start, end if end > start else end + DAY


def kind_of(span: tuple[int, int]) -> Shift:
    """Name a shift by its middle: day from eight to half past four, evening to half past ten, else night."""
    middle = (span[0] + span[1]) // 2 % DAY
    if 8 * 60 <= middle <= 16 * 60 + 30:
        return "day"
    return "evening" if 16 * 60 + 30 < middle <= 22 * 60 + 30 else "night"


def weekly_hours(days: Sequence[str], span: tuple[int, int]) -> float | None:
    """Say how many hours a week that is; None where the days are not known or are only possible ones."""
    return len(days) * (span[1] - span[0]) / 60 if 0 < len(days) < 7 else None


def against(wishes: Wishes, days: Sequence[str], span: tuple[int, int], minutes: int) -> Hours:
    """Hold one shift against a person's hours, with so many minutes of way."""
    kind = kind_of(span)
    if wishes.home_by is not None and span[1] + minutes > _due(wishes.home_by):
        return Hours(span, kind, refused="home_by")
    taken = _taken(wishes.fixed_hours, days, span, minutes)
    return Hours(span, kind, taken, "fixed_hours" if taken > MOST_TAKEN else None)


def _due(home_by: time) -> int:
    due = _minutes(home_by)
    return due + DAY if due < EARLY_HOURS else due


def _taken(fixed: Sequence[FixedHours], days: Sequence[str], span: tuple[int, int], minutes: int) -> float:
    """Say what part of the week's shifts lies in hours that are taken, the way there and home counted in."""
    worked = set(days) if days else set(WEEKDAYS[:5])
    leaves, back = span[0] - minutes, span[1] + minutes
    lost = sum(_overlap(one, leaves, back) for one in fixed if WEEKDAYS[one.day] in worked)
    return lost / max(len(worked) * (span[1] - span[0]), 1)


def _overlap(one: FixedHours, leaves: int, back: int) -> int:
    return max(0, min(back, _minutes(one.ends)) - max(leaves, _minutes(one.starts)))


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
