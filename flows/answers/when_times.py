"""Times of day, from the rows of tokens that name them.

The rule: am or pm is taken from what was written (am, pm, a part of the day, a 24-hour clock) or left open;
it is never guessed here.
"""

from collections.abc import Sequence
from dataclasses import replace

from flows.answers.when_found import Bare, Clock, Found, Part, Setting, pick
from flows.answers.when_words import AFTERNOON, DAWN, EVENING, HOUR, MIDDAY, MINUTE, MORNING, NIGHT, Token

_TO = ("to", "til", "till")


def clock_of(hour: int, minute: int, *, sure: bool, night: bool = False) -> Sequence[Found] | None:
    if not (0 <= hour <= 24 and 0 <= minute < 60):
        return None
    return [Clock((hour % 24) * 60 + minute, sure or hour > 12 or hour == 0, night)]


def _with_half(minutes: int, half: int | None, part: int | None, *, sure: bool) -> Sequence[Found] | None:
    """Settle am and pm: by am/pm, else by the part of the day, else it stays open."""
    hour, minute = divmod(minutes, 60)
    if half is not None:
        known = hour if hour > 12 else hour % 12 + (12 if half else 0)
        return clock_of(known, minute, sure=True, night=part == NIGHT)
    if part is None or sure or hour > 12 or hour == 0:
        return clock_of(hour, minute, sure=sure)
    return [in_part(hour, minute, part)]


def in_part(hour: int, minute: int, part: int) -> Clock:
    """Give the time of an hour from 1 to 12 in its part of the day; few mean 2 in the night: not sure."""
    late = part == NIGHT and 1 <= hour <= 4
    return Clock((by_part(hour, part) % 24) * 60 + minute, not late, night=part == NIGHT)


def by_part(hour: int, part: int) -> int:
    """Place an hour from 1 to 12 in its part of the day: 12 at night is midnight, 2 at night is 2 am."""
    if part in (MORNING, DAWN):
        return hour % 12 if part == DAWN else hour
    if part in (AFTERNOON, EVENING, MIDDAY):
        return hour if part == MIDDAY and hour in (10, 11) else hour % 12 + 12
    return hour % 12 if hour in (12, 1, 2, 3, 4) else hour + 12


def _marks(row: Sequence[Token]) -> tuple[int | None, int | None]:
    half = next((token.value for token in row if token.kind == "p"), None)
    part = next((token.value for token in row if token.kind == "P"), None)
    return half, part


def time_of_day(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """8:30 pm, 8 pm, 730, at 8, at 3 15, morning 9:30, 6 o'clock in the evening, 16h."""
    half, part = _marks(row)
    numbers = [token for token in row if token.kind in "tnNwf"]
    if not numbers:
        return None
    first = numbers[0]
    sure = False
    match first.kind:
        case "t":
            minutes, sure = first.value, first.text.startswith("0")
        case "f":
            left, right = first.text.split(".")
            minutes = int(left) * 60 + int(right)
        case "N":
            minutes, sure = first.value // 100 * 60 + first.value % 100, first.text.startswith("0")
            if first.value % 100 > 59:
                return None
        case _:
            minutes = first.value * 60
            if len(numbers) > 1 and (first.value > 24 or numbers[1].value > 59):
                return None
            minutes += sum(token.value for token in numbers[1:])
    if minutes > 24 * 60 or (half is not None and minutes >= 24 * 60):
        return None
    if (
        half is None
        and minutes >= 13 * 60
        and first.kind in "wn"
        and len(numbers) == 1
        and row[0].kind not in "@h"
    ):
        sure = True
    return _with_half(minutes, half, part, sure=sure)


def before_or_past(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Half past 3, quarter to 5 in the evening, 20 min past eight, a quarter past noon."""
    half, part = _marks(row)
    turn = next(at for at, token in enumerate(row) if token.kind in "xVAO")
    if row[turn].text in ("menos", "de", "del"):
        return None
    if row[turn].text in _TO and not _minutes_before(row[turn - 1]):
        return a_range(row, setting)
    hour = next((token for token in row[turn:] if token.kind in "nwtC"), None)
    if hour is None or (hour.kind == "t" and hour.value % 60):
        return None
    base = hour.value if hour.kind in "tC" else hour.value * 60
    if base > 24 * 60:
        return None
    offset = _minutes_of(row[:turn])
    if row[turn].kind == "O" and (offset % 5 or not 5 <= offset <= 25):
        return None
    sure = hour.kind == "C"
    minutes = (base + (-offset if row[turn].kind in "VO" else offset)) % (24 * 60)
    if half is None and part is not None and not sure and base // 60 <= 12:
        shift = by_part(base // 60, part) * 60 - base
        return clock_of((minutes + shift) % 1440 // 60, minutes % 60, sure=True)
    return _with_half(minutes or (720 if not sure else 0), half, part, sure=sure)


def _minutes_before(token: Token) -> bool:
    """Is this "quarter to", "20 to", "ten to", and not the first hour of a range ("9 to 5")?"""
    if token.kind in "nw":
        return token.value in (15, 20, 25) or (token.kind == "w" and token.value in (5, 10))
    return True


def off_clock(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """2 hours before 5 pm, half an hour after noon, una hora antes de las 5."""
    cut = next(at for at, token in enumerate(row) if token.kind in "AG")
    if row[cut].text not in ("before", "after") or any(
        token.kind == "u" and token.value not in (HOUR, MINUTE) for token in row
    ):
        return None
    rest = row[cut + 1 :]
    made = noon(rest, setting) if any(token.kind == "C" for token in rest) else time_of_day(rest, setting)
    away = minutes_in(row[:cut])
    if not made or not isinstance(made[0], Clock) or not away:
        return None
    minutes = made[0].minutes + (away if row[cut].kind == "A" else -away)
    return [replace(made[0], minutes=minutes, named=False)] if 0 <= minutes < 24 * 60 else None


def minutes_in(row: Sequence[Token]) -> int:
    """Count the minutes of "2 hours", "an hour and a half", "30 min"; 0 where no number is written."""
    total, count = 0.0, 0.0
    for token in row:
        if token.kind in "nwa":
            count = count or token.value
        elif token.kind in "HQ":
            count += 0.5 if token.kind == "H" else 0.25
            total += 60 * count if total and count < 1 else 0
        elif token.kind == "u":
            total, count = total + count * (60 if token.value == HOUR else 1), 0.0
    return round(total)


def half_an_hour_off(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Half 3: 3:30 to some, 2:30 to others; two times, so that it is asked."""
    hour = row[1].value
    return [Clock(hour * 60 + 30, False), Clock(hour * 60 - 30, False)] if 1 <= hour <= 12 else None


def dotted_time(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Mon 8.30: beside a day it is a time."""
    left, right = row[0].text.split(".")
    if len(right) != 2 or int(left) > 23:
        return None
    return clock_of(int(left), int(right), sure=left.startswith("0"))


def spaced(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """9 30, where only a time is asked for."""
    if not setting.times_only or len(row[1].text) != 2:
        return None
    return time_of_day(row, setting)


def hours(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Las 21 horas, 15 hrs: in Spanish a time; a smaller number may be a length of time."""
    number, unit = pick(row, "nw").value, row[-1].value
    if not setting.day_first or unit != HOUR or not 13 <= number <= 23:
        return None
    return clock_of(number, 0, sure=True)


def a_range(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """9 to 5, between 9:30 and 11, de 9 a 10: two times, so that it is asked."""
    numbers = [at for at, token in enumerate(row) if token.kind in "tnNwC"]
    if len(numbers) < 2:
        return None
    sides = (row[numbers[0] : numbers[1]], row[numbers[1] :])
    ends = [noon(side, setting) if side[0].kind == "C" else time_of_day(side, setting) for side in sides]
    if not all(ends):
        return None
    return [each for end in ends for each in end or ()]


def _minutes_of(row: Sequence[Token]) -> int:
    for token in row:
        if token.kind == "H":
            return 30
        if token.kind == "Q":
            return 15
        if token.kind in "nw":
            return token.value
    return 0


def hour_and_minutes(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Las 3 y media, siete menos cuarto, once y cuarenta de la mañana."""
    half, part = _marks(row)
    hour = pick(row, "nw")
    turn = next(at for at, token in enumerate(row) if token.kind in "&V")
    offset = _minutes_of(row[turn:])
    if hour.value > 24 or offset > 59:
        return None
    minutes = hour.value * 60 + (offset if row[turn].kind == "&" else -offset)
    if minutes < 60 and hour.value in (1,):
        minutes += 720
    return _with_half(minutes % 1440, half, part, sure=False)


def either_time(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """10 or 11 am: two times, so that it is asked."""
    cut = next(at for at, token in enumerate(row) if token.kind == "r")
    after = time_of_day([token for token in row[cut + 1 :] if token.kind != "@"], setting)
    if not after or not isinstance(after[0], Clock):
        return None
    before = time_of_day(row[:cut], setting)
    return [*before, *after] if before else None


def noon(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    return [Clock(pick(row, "C").value, True, named=True)]


def part(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    return [Part(pick(row, "P").value)]


def bare(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    token = pick(row, "nNwoq")
    return [Bare(token.value, len(token.text) if token.kind == "N" else 2, token.text.startswith("0"))]


def nothing(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    return []
