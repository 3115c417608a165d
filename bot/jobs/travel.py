"""How long the way to work is, and whether it is still there in the fourth week, without free rides.

The rule: these are cautious guesses from distance alone, never promises: nobody's timetable is known here. A
bus takes a walk and a wait and then 4.5 minutes a mile, does not run before five or after half past midnight,
and rarely meets a shift beyond twelve miles. The first three weeks a car of the programme's may bring them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from bot.rides.estimates import drive_minutes
from flows.wishes import Travel

FREE_RIDE: Final = "free ride"
USUAL: Final[tuple[Travel, ...]] = ("bus", "walk")
"""How somebody goes who has not told us."""
USUAL_MINUTES: Final = 60
DAY: Final = 24 * 60
FIRST_BUS, LAST_BUS = 5 * 60, 24 * 60 + 30
WALKS, CYCLES, RIDES_BUS = 2.6, 8.0, 15.6  # road miles somebody goes so


@dataclass(frozen=True, slots=True)
class Way:
    """One way to get there: by what, and about how many minutes."""

    by: str
    minutes: int


def farthest(minutes: int) -> float:
    """Say how many road miles a car gets in that time, a little generously."""
    ring, far = 2 + 3 * 3.0, 2 + 3 * 3.0 + 7 * 60 / 32
    if minutes <= ring:
        return max(minutes - 2, 0) / 3
    if minutes <= far:
        return 3 + (minutes - ring) * 32 / 60
    return 10 + (minutes - far) * 48 / 60


def own_way(travel: Sequence[Travel], miles: float, shift: tuple[int, int] | None) -> Way | None:
    """Find their own quickest way to a shift (minutes of the day; the end may lie past midnight) and home.

    None where there is none that we know of.
    """
    ways = [way for by in travel or USUAL if (way := _by(by, miles, shift)) is not None]
    return min(ways, key=lambda way: (way.minutes, way.by), default=None)


def first_weeks(travel: Sequence[Travel], miles: float, shift: tuple[int, int] | None) -> Way:
    """Find the quickest way of the first three weeks: their own, or a free ride."""
    free, own = Way(FREE_RIDE, drive_minutes(miles)), own_way(travel, miles, shift)
    return own if own is not None and own.minutes <= free.minutes else free


def _by(by: Travel, miles: float, shift: tuple[int, int] | None) -> Way | None:
    match by:
        case "walk":
            return Way(by, ceil(miles * 20)) if miles <= WALKS else None
        case "bike":
            return Way(by, ceil(2 + miles * 6)) if miles <= CYCLES else None
        case "bus":
            minutes = ceil(14 + miles * 4.5)
            return Way(by, minutes) if miles <= RIDES_BUS and _runs(minutes, shift) else None
        case "car" | "ride":
            return Way(by, drive_minutes(miles))


def _runs(minutes: int, shift: tuple[int, int] | None) -> bool:
    """Say whether a bus runs before this shift and after it."""
    if shift is None:
        return True
    leaves, ends = (shift[0] - minutes) % DAY, shift[1] % DAY
    return not _night(leaves) and not _night(ends)


def _night(clock: int) -> bool:
    return LAST_BUS - DAY < clock < FIRST_BUS
