"""What the grammar of dates and times finds, before it is judged.

The rule: each value says only what was written; what is our own reading of it carries a doubt.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from flows.answers.when_words import Token

Doubt: TypeAlias = Literal["", "not_today", "next_week", "other_weekday", "day_or_month"]


@dataclass(frozen=True, slots=True)
class Day:
    """A day that was named; `doubt` says what of it is our reading; `other` is the second reading of 3/4.

    `bare`: an ordinal alone ("on 5th"), which beside another day is a street or a floor.
    `by_name`: a weekday alone, which a date beside it settles; `spoken`: today, tomorrow, in 3 days.
    """

    day: date
    doubt: Doubt = ""
    past: bool = False
    other: date | None = None
    by_name: bool = False
    spoken: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day that was named, minutes since midnight; not `sure`: no am or pm was given.

    `night`: said of a night, so that an hour after midnight belongs to the day after the one named.
    `named`: noon or midnight by name, or counted from now: no slip of am or pm.
    """

    minutes: int
    sure: bool
    night: bool = False
    named: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day without a time of its own."""

    part: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A week, month or year without a day of its own ("next month"); `unit` is one of when_words' units and
    `ahead` how many of them from the one we are in."""

    unit: int
    ahead: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment counted from now ("in 2 hours")."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Bare:
    """A lone number or day of the month, which only the question can place."""

    value: int
    digits: int
    leading_zero: bool = False


Found: TypeAlias = Day | Clock | Part | Stretch | Moment | Bare


@dataclass(frozen=True, slots=True)
class Piece:
    """What was found and where: the tokens from `start` up to `end`."""

    found: Found
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Setting:
    """What the words are read against.

    `dash_is_date`: 3-1 is a day, not the hours from 3 to 1. `days_only`: no time is asked for; `times_only`:
    no day is.
    """

    now: datetime
    day_first: bool
    dash_is_date: bool = False
    days_only: bool = False
    times_only: bool = False


Build: TypeAlias = Callable[[Sequence[Token], Setting], Sequence[Found] | None]


def pick(row: Sequence[Token], kinds: str) -> Token:
    """Give the first token of one of these kinds; the row that matched has one."""
    return next(token for token in row if token.kind in kinds)


def year_in(row: Sequence[Token]) -> int | None:
    """Give the year written in the row, if any."""
    written = [token.value for token in row if token.kind in "Ny"]
    return written[-1] if written else None
