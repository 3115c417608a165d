"""The grammar of dates and times: rows of token kinds and what each row means.

The rule: at every token the first row that fits is taken whole and reading goes on behind it; a row whose numbers make
no date or time does not fit. What was found is judged elsewhere (when.py): here nothing is guessed away.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

from flows.answers.when_calendar import day_of_month, following, later, moved, on, week_of, yearless
from flows.answers.when_words import AFTERNOON, DAWN, DAY, EVENING, HOUR, MIDDAY, MINUTE, MONTH, MORNING, NIGHT, SECOND
from flows.answers.when_words import WEEK, YEAR, Token

RECENT = 31  # days: a date without a year that lies this near behind is taken as past, not as next year's
Doubt: TypeAlias = Literal["", "not_today", "next_week", "other_weekday", "day_or_month"]


@dataclass(frozen=True, slots=True)
class Day:
    """A day that was named; `doubt` says what of it is our reading; `other` is the second reading of 3/4.

    `by_name`: a weekday alone, which a date beside it settles.
    """

    day: date
    doubt: Doubt = ""
    past: bool = False
    other: date | None = None
    by_name: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day that was named, minutes since midnight; not `sure`: no am or pm was given."""

    minutes: int
    sure: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day without a time of its own."""

    part: int


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


Found: TypeAlias = Day | Clock | Part | Moment | Bare


@dataclass(frozen=True, slots=True)
class Piece:
    """What was found and where: the tokens from `start` up to `end`."""

    found: Found
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Setting:
    """What the words are read against."""

    now: datetime
    day_first: bool


Build: TypeAlias = Callable[[Sequence[Token], Setting], Sequence[Found] | None]


def find(row: Sequence[Token], setting: Setting) -> list[Piece]:
    """Find every date and time in a row of tokens, in order."""
    kinds = "".join(token.kind for token in row)
    if _ALONE.fullmatch(kinds) and row[1].value not in (MINUTE, HOUR) and (made := _ahead(row, setting)):
        return [Piece(each, 0, len(row)) for each in made]
    found: list[Piece] = []
    at = 0
    while at < len(kinds):
        at = _take(row, kinds, at, setting, found)
    return found


def _take(row: Sequence[Token], kinds: str, at: int, setting: Setting, found: list[Piece]) -> int:
    if kinds[at] == "z":
        return at + 1
    for pattern, build in _COMPILED:
        fits = pattern.match(kinds, at)
        if fits and (made := build(row[at : fits.end()], setting)) is not None:
            found.extend(Piece(each, at, fits.end()) for each in made)
            return fits.end()
    return at + 1


_MONTHS_AHEAD = {"X": 1, "S": 0, "L": -1}


# --- dates -------------------------------------------------------------------------------------------------------------


def _pick(row: Sequence[Token], kinds: str) -> Token:
    return next(token for token in row if token.kind in kinds)


def _year(row: Sequence[Token]) -> int | None:
    written = [token.value for token in row if token.kind in "Ny"]
    return written[-1] if written else None


def _dated(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """March 5th 2027, 5 de marzo."""
    month, day = _pick(row, "MB").value, _pick(row, "noqw").value
    return _calendar_day(setting, month, day, _year(row))


def _calendar_day(setting: Setting, month: int, day: int, year: int | None) -> Sequence[Found] | None:
    today = setting.now.date()
    if year is not None:
        found = on(year, month, day)
        return [Day(found, past=found < today)] if found else None
    found, past = yearless(today, month, day, RECENT)
    return [Day(found, past=past)] if found else None


def _short_year(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Aug 9 96."""
    month, year = _pick(row, "MB").value, row[-1].value
    return _calendar_day(setting, month, row[1].value, 2000 + year if year < 70 else 1900 + year) if year > 31 else None


def _numeric(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """3/14, 14/3, 2027-03-14, 3.14.27. A dash between two small numbers is a range of hours, not a date."""
    figures = re.findall(r"\d+", row[0].text)
    numbers = [int(each) for each in figures]
    if "-" in row[0].text and len(numbers) == 2 and max(numbers) <= 12:
        return [Clock(each * 60, False) for each in numbers]
    if len(figures[0]) == 4:
        return _calendar_day(setting, numbers[1], numbers[2], numbers[0])
    year = _full_year(numbers[2], figures[2]) if len(numbers) == 3 else None
    readings = [_calendar_day(setting, a, b, year) for a, b in ((numbers[0], numbers[1]), (numbers[1], numbers[0]))]
    first, second = readings[::-1] if setting.day_first else readings
    if first is None or second is None or first == second:
        return first or second
    return _either(first, second, setting)


def _either(first: Sequence[Found], second: Sequence[Found], setting: Setting) -> Sequence[Found]:
    """Both 3/4 and 4/3 exist: English speakers here mean the month first; of others only one may be near."""
    chosen, other = first[0], second[0]
    if not setting.day_first or not isinstance(chosen, Day) or not isinstance(other, Day):
        return first
    near = [each for each in (chosen, other) if not each.past and (each.day - setting.now.date()).days <= 60]
    if len(near) == 1:
        return near
    return [Day(chosen.day, "day_or_month", chosen.past, other.day)] if not (chosen.past and other.past) else first


def _full_year(value: int, digits: str) -> int:
    return value if len(digits) == 4 else 2000 + value if value < 70 else 1900 + value


def _dotted(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """8.25 is a date, 11.00 a time; 15.15 can be a time only."""
    left, right = row[0].text.split(".")
    if len(right) == 2 and int(left) < 25 and int(right) < 60 and not _numeric(row, setting):
        return _clock_of(int(left), int(right), sure=int(left) > 12 or left.startswith("0"))
    if row[-1].kind == "p":
        return None
    return _numeric(row, setting)


def _relative(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    day = setting.now.date() + timedelta(days=_pick(row, "D").value)
    return [Day(day, past=day < setting.now.date())]


def _tonight(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    return [Day(setting.now.date()), Part(NIGHT)]


def _weekday(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    today, weekday = setting.now.date(), _weekday_value(row)
    return [Day(following(today, weekday), "not_today" if weekday == today.weekday() else "", by_name=True)]


def _short_tuesday(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Mar, said in Spanish without a number beside it: martes."""
    return _weekday(row, setting) if setting.day_first else None


def _weekday_value(row: Sequence[Token]) -> int:
    token = _pick(row, "WB")
    return token.value if token.kind == "W" else 1


def _this_weekday(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    today, weekday = setting.now.date(), _weekday_value(row)
    return [Day(following(today, weekday), "not_today" if weekday == today.weekday() else "", by_name=True)]


def _next_weekday(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Next Friday: the one of next week; said while this week's is still to come, it is a proposal."""
    today, weekday = setting.now.date(), _weekday_value(row)
    return [Day(week_of(today, 1, weekday), "next_week" if weekday > today.weekday() else "")]


def _last_weekday(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    return [Day(following(setting.now.date(), _weekday_value(row)) - timedelta(days=7), past=True)]


def _weekday_of_week(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    weeks = {"X": 1, "S": 0, "L": -1}[_pick(row, "XSL").kind]
    day = week_of(setting.now.date(), weeks, _weekday_value(row))
    return [Day(day, past=day < setting.now.date())]


def _weekday_and_day(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Friday the 31st, lunes 21: the next day that is both. A small bare number may be a time instead."""
    today, weekday, day = setting.now.date(), _weekday_value(row), row[-1]
    found = day_of_month(today, day.value, weekday)
    if found is None or (day.kind in "nw" and day.value <= 12 and (found - today).days > 45):
        return None
    return [Day(found)]


def _day_of_month(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    found = day_of_month(setting.now.date(), _pick(row, "noqw").value)
    return [Day(found)] if found else None


def _of_the_month(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """A las siete del 15."""
    return _day_of_month(row, setting) if row[0].text == "del" else None


def _day_of_named_month(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """The 20th of next month, el 21 de este mes."""
    today, ahead = setting.now.date(), _MONTHS_AHEAD[_pick(row, "XSL").kind]
    first = moved(today.replace(day=1), MONTH, ahead)
    found = on(first.year, first.month, _pick(row, "noqw").value) if first else None
    return [Day(found, past=found < today)] if found else None


def _day_of_month_number(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """El 21 del 3."""
    numbers = [token.value for token in row if token.kind in "nw"]
    return _calendar_day(setting, numbers[1], numbers[0], None) if numbers[1] <= 12 and setting.day_first else None


def _nth_weekday(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Third Tuesday of September."""
    nth, weekday, month = _pick(row, "oq").value, _pick(row, "W").value, _pick(row, "MB").value
    today, year = setting.now.date(), _year(row)
    for candidate in (year,) if year else (today.year, today.year + 1):
        first = on(candidate, month, 1)
        found = following(first - timedelta(days=1), weekday) + timedelta(weeks=nth - 1) if first and nth < 6 else None
        if found and found.month == month and (year or found >= today):
            return [Day(found, past=found < today)]
    return None


def _weekdays_ahead(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Three Fridays from now."""
    count = _pick(row, "nw").value
    if not 1 <= count <= 52:
        return None
    return [Day(following(setting.now.date(), _pick(row, "W").value) + timedelta(weeks=count - 1))]


def _nth_weekday_of_month(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """First Monday of next month, second Friday of the month."""
    today, ahead = setting.now.date(), next((_MONTHS_AHEAD[each.kind] for each in row if each.kind in "XSL"), 0)
    first = moved(today.replace(day=1), MONTH, ahead) if row[-1].value == MONTH else None
    if first is None or not 1 <= _pick(row, "oq").value <= 5:
        return None
    day = following(first - timedelta(days=1), _pick(row, "W").value) + timedelta(weeks=_pick(row, "oq").value - 1)
    return [Day(day, past=day < today)] if day.month == first.month else None


# --- lengths of time ---------------------------------------------------------------------------------------------------


def _lengths(row: Sequence[Token]) -> list[tuple[float, int]]:
    """Read "2 weeks 3 days", "half an hour", "2 and a half hours" as counts and units."""
    found: list[tuple[float, int]] = []
    count: float | None = None
    for token in row:
        if token.kind in "nw":
            count = token.value
        elif token.kind == "a" and count is None:
            count = 1
        elif token.kind in "HQ":
            count = (count if count and count != 1 else 0) + (0.5 if token.kind == "H" else 0.25)
        elif token.kind == "d":
            over, under = (int(each) for each in re.findall(r"\d+", token.text)[:2])
            count = over / under if under else None
        elif token.kind == "u" and count is not None:
            found.append((count, token.value))
            count = None
    return found


def _ahead(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """In 3 weeks, 7 days hence, dentro de 2 horas."""
    return _counted(row, setting, setting.now, 1)


def _behind(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    return [Day(setting.now.date() - timedelta(days=1), past=True)]


def _counted(row: Sequence[Token], setting: Setting, start: datetime, sign: int) -> Sequence[Found] | None:
    at, exact = start, False
    for count, unit in _lengths(row):
        if unit in (MINUTE, HOUR):
            to, exact = later(at, unit, sign * count), True
        elif unit in (DAY, WEEK, MONTH, YEAR) and float(count).is_integer():
            day = moved(at.date(), unit, sign * int(count))
            to = datetime.combine(day, at.time()) if day else None
        else:
            to = None
        if to is None:
            return None
        at = to
    if at == start:
        return None
    return [Moment(at)] if exact else [Day(at.date(), past=at.date() < setting.now.date())]


def _from_anchor(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Three weeks from tomorrow, 2 weeks from January 15."""
    cut = next(at for at, token in enumerate(row) if token.kind == "A")
    anchor = next((each.found for each in find(row[cut + 1 :], setting) if isinstance(each.found, Day)), None)
    if anchor is None:
        return None
    return _counted(row[:cut], setting, datetime.combine(anchor.day, setting.now.time()), 1)


def _length_and_weekday(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Two months from today on Tuesday: the first such weekday from there."""
    made = _ahead([token for token in row if token.kind != "W"], setting)
    if not made or not isinstance(made[0], Day):
        return None
    return [Day(following(made[0].day - timedelta(days=1), _pick(row, "W").value))]


def _vague(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Last week, last month: certainly past. Next week alone is no day."""
    return [Day(setting.now.date() - timedelta(days=1), past=True)] if row[0].kind == "L" or row[-1].kind == "L" else []


# --- times -------------------------------------------------------------------------------------------------------------


def _clock_of(hour: int, minute: int, *, sure: bool) -> Sequence[Found] | None:
    if not (0 <= hour <= 24 and 0 <= minute < 60):
        return None
    return [Clock((hour % 24) * 60 + minute, sure or hour > 12 or hour == 0)]


def _with_half(minutes: int, half: int | None, part: int | None, *, sure: bool) -> Sequence[Found] | None:
    """Settle am and pm: by am/pm, else by the part of the day, else it stays open."""
    hour, minute = divmod(minutes, 60)
    if half is not None:
        if hour > 12:
            return _clock_of(hour, minute, sure=True)
        return _clock_of(hour % 12 + (12 if half else 0), minute, sure=True)
    if part is None or sure or hour > 12 or hour == 0:
        return _clock_of(hour, minute, sure=sure)
    return _clock_of(by_part(hour, part), minute, sure=True)


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


def _time(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """8:30 pm, 8 pm, 730, at 8, at 3 15, morning 9:30, 6 o'clock in the evening, 16h."""
    half, part = _marks(row)
    numbers = [token for token in row if token.kind in "tnNwf"]
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
    if half is None and minutes >= 13 * 60 and first.kind in "wn" and len(numbers) == 1 and row[0].kind not in "@h":
        sure = True
    return _with_half(minutes, half, part, sure=sure)


def _before_or_past(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Half past 3, quarter to 5 in the evening, 20 min past eight, a quarter past noon."""
    half, part = _marks(row)
    turn = next(at for at, token in enumerate(row) if token.kind in "xVA")
    hour = next((token for token in row[turn:] if token.kind in "nwtC"), None)
    if hour is None or (hour.kind == "t" and hour.value % 60):
        return None
    base = hour.value if hour.kind in "tC" else hour.value * 60
    if base > 24 * 60:
        return None
    offset = _minutes_of(row[:turn])
    sure = hour.kind == "C"
    minutes = (base + (offset if row[turn].kind != "V" else -offset)) % (24 * 60)
    if half is None and part is not None and not sure and base // 60 <= 12:
        shift = by_part(base // 60, part) * 60 - base
        return _clock_of((minutes + shift) % 1440 // 60, minutes % 60, sure=True)
    return _with_half(minutes or (720 if not sure else 0), half, part, sure=sure)


def _minutes_of(row: Sequence[Token]) -> int:
    for token in row:
        if token.kind == "H":
            return 30
        if token.kind == "Q":
            return 15
        if token.kind in "nw":
            return token.value
    return 0


def _hour_and_minutes(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Las 3 y media, siete menos cuarto, once y cuarenta de la mañana."""
    half, part = _marks(row)
    hour = _pick(row, "nw")
    turn = next(at for at, token in enumerate(row) if token.kind in "&V")
    offset = _minutes_of(row[turn:])
    if hour.value > 24 or offset > 59:
        return None
    minutes = hour.value * 60 + (offset if row[turn].kind == "&" else -offset)
    if minutes < 60 and hour.value in (1,):
        minutes += 720
    return _with_half(minutes % 1440, half, part, sure=False)


def _either_time(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """10 or 11 am: two times, so that it is asked."""
    cut = next(at for at, token in enumerate(row) if token.kind == "r")
    after = _time([token for token in row[cut + 1 :] if token.kind != "@"], setting)
    if not after or not isinstance(after[0], Clock):
        return None
    before = _time(row[:cut], setting)
    return [*before, *after] if before else None


def _year_first(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """2027/Aug/10, 2027 March 18."""
    year = row[0].value
    return _calendar_day(setting, _pick(row, "MB").value, row[-1].value, year) if 1900 <= year < 2100 else None


def _noon(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    return [Clock(_pick(row, "C").value, True)]


def _part(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    return [Part(_pick(row, "P").value)]


def _bare(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    token = _pick(row, "nNwoq")
    return [Bare(token.value, len(token.text) if token.kind == "N" else 2, token.text.startswith("0"))]


def _nothing(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    return []


_NUM, _HALF = "[nw]", "[aHQ&]*"
_MARK = "h?c?[pP]?p?"
_COUNT = "(?:[nwaHQd][aHQ&]*c?)"
_LENGTH = f"(?:{_COUNT}u[c&]*)+"
_ROWS: tuple[tuple[str, Build], ...] = (
    # lengths of time
    (rf"-{_LENGTH}", _behind),
    (rf"{_LENGTH}[GV]", _behind),
    (rf"G{_LENGTH}", _behind),
    (rf"{_LENGTH}GD?", _behind),
    (rf"I?{_LENGTH}A(?=D|M|[noqw]O?M|d|l?W)[lDMBWnoqwOcNyd]+", _from_anchor),
    (rf"(?:I|X|I?X|l?X)?{_LENGTH}Fi?e?z?W", _length_and_weekday),
    (rf"(?:I|X){_LENGTH}F?", _ahead),
    (rf"{_LENGTH}F", _ahead),
    (rf"{_NUM}WF", _weekdays_ahead),
    (r"l?[LS]?Lu|luL|l?uL", _vague),
    # dates with a month
    (r"l?[oq]W[OI]l?[MB]O?[Ny]?", _nth_weekday),
    (r"l?[oq]W[OI]l?[XSL]?u", _nth_weekday_of_month),
    (r"N-?[MB]-?[noq](?!h|p|P)", _year_first),
    (r"[MB]n(?=n(?![pPhu]))n(?=[sc]|$)", _short_year),
    (r"[MB]s?l?[noqw](?!u)[Ocz]{0,2}(?:[Ny](?![pPh]))", _dated),
    (r"[MB]s?[c-]?l?[noqw](?!u)", _dated),
    (r"l?[noqw]s?(?:[O-])?l?[MB][Oc-]{0,2}(?:[Ny](?![pPh]))", _dated),
    (r"l?[noqw]s?(?:[O-])?l?[MB]", _dated),
    (r"l?[noqw]u?Ol?[XSL]u", _day_of_named_month),
    (r"l?[noqw]u?Ol?uX", _day_of_named_month),
    (r"ln(?:Ol?)n(?![pPhu:])", _day_of_month_number),
    (r"d", _numeric),
    (r"f(?=p)p", _time),
    (r"f", _dotted),
    # weekdays and days
    (r"[WB]c?s?Ol?[XSL]u|[WB][XSL]u|[WB]Ol?u[XSL]|[XSL]ul?W|luXl?W", _weekday_of_week),
    (r"[WB]s?c?l?[noqw](?!h|p|P|&|V|u|x|[nw]p)", _weekday_and_day),
    (r"S?L[WB]|[WB]L|x[WB]|S?[WB]L", _last_weekday),
    (r"l?X[WB](?!u)|[WB]X", _next_weekday),
    (r"l?S[WB]", _this_weekday),
    (r"W", _weekday),
    (r"B", _short_tuesday),
    (r"D", _relative),
    (r"T", _tonight),
    # times
    (rf"@?(?:{_NUM}|t|N)r@?(?:{_NUM}|t|N){_MARK}", _either_time),
    (rf"@?a?(?:[HQ]|{_NUM}u?)[xVA]{_NUM}(?:h)?c?[pP]?p?|@?P?a?(?:[HQ]|{_NUM}u?)[xVA](?:t|C|{_NUM}){_MARK}", _before_or_past),
    (rf"@?P?{_NUM}[&V](?:[HQ]|{_NUM}){_MARK}", _hour_and_minutes),
    (rf"[@P]*t{_MARK}", _time),
    (rf"[@P]*{_NUM}{_NUM}{_NUM}p", _time),
    (rf"[@P]*{_NUM}0?{_NUM}h?[pP]p?", _time),
    (rf"[@P]*{_NUM}h{_MARK}", _time),
    (rf"[@P]*{_NUM}c?(?:p|P(?!@?t))p?", _time),
    (rf"[@P]*N{_MARK}(?<=[pPh])|@P?N", _time),
    (rf"@P?{_NUM}u?(?![/%])(?!{_NUM}|0)", _time),
    (rf"@P?{_NUM}0?{_NUM}", _time),
    (rf"P{_NUM}", _time),
    (r"[nw]?C", _noon),
    (r"P", _part),
    (r"On(?![pPhu&V])", _of_the_month),
    (r"l[on]", _day_of_month),
    (r"o", _day_of_month),
    (rf"w0?{_NUM}|n0n", _time),
    (rf"{_LENGTH}|[oq]u", _nothing),
    (r"[nwNq]", _bare),
)  # fmt: skip


_ALONE = re.compile(r"[nwa]u")
_COMPILED = tuple((re.compile(spelled), build) for spelled, build in _ROWS)
