"""Days, from the rows of tokens that name them: dates, weekdays, and lengths of time from now.

The rule: each function takes a row the grammar matched and gives what it means, or None where its numbers
make no day.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from flows.answers.when_calendar import day_of_month, following, later, moved, on, week_of, yearless
from flows.answers.when_found import Clock, Day, Found, Moment, Part, Setting, Stretch, pick, year_in
from flows.answers.when_holidays import holiday
from flows.answers.when_times import clock_of, dotted_time
from flows.answers.when_words import DAY, HOUR, MINUTE, MONTH, NIGHT, WEEK, YEAR, Token

RECENT = 31  # days: a date without a year that lies this near behind is taken as past, not as next year's
_MONTHS_AHEAD = {"X": 1, "S": 0, "L": -1}


# --- dates -----------------------------------------------------------------------------------------------


def dated(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """March 5th 2027, 5 de marzo."""
    month, day, year = pick(row, "MB").value, pick(row, "noqw").value, year_in(row)
    if year is not None and not 1900 <= year < 2100:
        return None
    return _calendar_day(setting, month, day, year)


def _calendar_day(setting: Setting, month: int, day: int, year: int | None) -> Sequence[Found] | None:
    today = setting.now.date()
    if year is not None:
        found = on(year, month, day)
        return [Day(found, past=found < today)] if found else None
    found, past = yearless(today, month, day, RECENT)
    return [Day(found, past=past)] if found else None


def year_first(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """2027/Aug/10, 2027 March 18."""
    year = row[0].value
    return _calendar_day(setting, pick(row, "MB").value, row[-1].value, year) if 1900 <= year < 2100 else None


def short_year(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Aug 9 96, 14-Apr-27."""
    month, year = pick(row, "MB").value, row[-1].value
    if year <= 31 and row[1].kind != "-":
        return None
    return _calendar_day(setting, month, pick(row, "n").value, _full_year(year, row[-1].text))


def numeric(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """3/14, 14/3, 2027-03-14, 3.14.27. A dash between two small numbers is a range of hours, not a date."""
    figures = re.findall(r"\d+", row[0].text)
    numbers = [int(each) for each in figures]
    if "-" in row[0].text and len(numbers) == 2 and max(numbers) <= 12 and not setting.dash_is_date:
        return [Clock(each * 60, False) for each in numbers]
    if len(figures[0]) == 4:
        return _calendar_day(setting, numbers[1], numbers[2], numbers[0])
    year = _full_year(numbers[2], figures[2]) if len(numbers) == 3 else None
    readings = [
        _calendar_day(setting, a, b, year) for a, b in ((numbers[0], numbers[1]), (numbers[1], numbers[0]))
    ]
    first, second = readings[::-1] if setting.day_first else readings
    if first is None or second is None or first == second:
        return first or second
    if "." in row[0].text and year is not None:
        return _which(first, second)
    return _either(first, second, setting)


def _either(first: Sequence[Found], second: Sequence[Found], setting: Setting) -> Sequence[Found]:
    """Both 3/4 and 4/3 exist: English speakers here mean the month first; of others only one may be near."""
    chosen, other = first[0], second[0]
    if not setting.day_first or not isinstance(chosen, Day) or not isinstance(other, Day):
        return first
    near = [each for each in (chosen, other) if not each.past and (each.day - setting.now.date()).days <= 60]
    if len(near) == 1:
        return near
    return (
        [Day(chosen.day, "day_or_month", chosen.past, other.day)]
        if not (chosen.past and other.past)
        else first
    )


def _which(first: Sequence[Found], second: Sequence[Found]) -> Sequence[Found]:
    """4.3.2027 is the day first in most of the world, and the month first to some here: it is asked."""
    chosen, other = first[0], second[0]
    if not isinstance(chosen, Day) or not isinstance(other, Day) or chosen.past or other.past:
        return first
    return [Day(chosen.day, "day_or_month", other=other.day)]


def _full_year(value: int, digits: str) -> int:
    return value if len(digits) == 4 else 2000 + value if value < 70 else 1900 + value


def spaced(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """03 14 2027: what would be written with slashes."""
    if not 1900 <= row[2].value < 2100:
        return None
    return numeric([Token("d", 0, "/".join(token.text for token in row))], setting)


def dotted(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """8.25 is a date, 11.00 a time; 15.15 can be a time only."""
    left, right = row[0].text.split(".")
    if setting.times_only:
        return dotted_time(row, setting)
    if len(right) == 2 and int(left) < 25 and int(right) < 60 and not numeric(row, setting):
        return clock_of(int(left), int(right), sure=int(left) > 12 or left.startswith("0"))
    if row[-1].kind == "p":
        return None
    return numeric(row, setting)


def relative(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    day = setting.now.date() + timedelta(days=pick(row, "D").value)
    return [Day(day, past=day < setting.now.date(), spoken=True)]


def tonight(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    return [Day(setting.now.date(), spoken=True), Part(NIGHT)]


def weekday(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    today, weekday = setting.now.date(), weekday_of(row)
    return [Day(following(today, weekday), "not_today" if weekday == today.weekday() else "", by_name=True)]


def short_tuesday(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Mar, said in Spanish without a number beside it: martes."""
    return weekday(row, setting) if setting.day_first else None


def weekday_of(row: Sequence[Token]) -> int:
    """Give the weekday a row names; "mar" is Tuesday here."""
    token = pick(row, "WB")
    return token.value if token.kind == "W" else 1


def this_weekday(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    today, weekday = setting.now.date(), weekday_of(row)
    return [Day(following(today, weekday), "not_today" if weekday == today.weekday() else "", by_name=True)]


def next_weekday(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Next Friday: the one of next week; said while this week's is still to come, it is a proposal.

    El viernes que viene is the Friday that comes, in this week or the next.
    """
    today, weekday = setting.now.date(), weekday_of(row)
    if pick(row, "X").text == "que_viene":
        return [Day(following(today, weekday))]
    return [Day(week_of(today, 1, weekday), "next_week" if weekday > today.weekday() else "")]


def weekday_after_next(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """The Friday after next."""
    return [Day(following(setting.now.date(), pick(row, "W").value) + timedelta(days=7))]


def last_weekday(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    return [Day(following(setting.now.date(), weekday_of(row)) - timedelta(days=7), past=True)]


def weekday_of_week(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    weeks = {"X": 1, "S": 0, "L": -1}[pick(row, "XSL").kind]
    day = week_of(setting.now.date(), weeks, weekday_of(row))
    return [Day(day, past=day < setting.now.date())]


def weekday_and_day(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Friday the 31st, lunes 21: the next day that is both. A small bare number may be a time instead."""
    today, weekday, day = setting.now.date(), weekday_of(row), row[-1]
    found = day_of_month(today, day.value, weekday)
    if found is None or (day.kind in "nw" and day.value <= 12 and (found - today).days > 45):
        return None
    return [Day(found)]


def weekday_and_late_day(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Mon 21: a number over 12 is no time; a smaller one is a day only where a day is asked for."""
    return weekday_and_day(row, setting) if row[-1].value > 12 or setting.days_only else None


def on_day(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    found = day_of_month(setting.now.date(), pick(row, "noqw").value)
    return [Day(found)] if found else None


def bare_ordinal(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """On 5th: a day, where no other is named."""
    found = day_of_month(setting.now.date(), pick(row, "o").value)
    return [Day(found, bare=True)] if found else None


def of_the_month(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """A las siete del 15."""
    return on_day(row, setting) if row[0].text == "del" else None


def day_of_named_month(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """The 20th of next month, el 21 de este mes."""
    today, ahead = setting.now.date(), _MONTHS_AHEAD[pick(row, "XSL").kind]
    first = moved(today.replace(day=1), MONTH, ahead) if pick(row, "u").value == MONTH else None
    found = on(first.year, first.month, pick(row, "noqw").value) if first else None
    return [Day(found, past=found < today)] if found else None


def on_spelled_day(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """El veinticinco; "las tres" is a time."""
    return on_day(row, setting) if row[0].text == "el" else None


def day_of_month_number(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """El 21 del 3."""
    numbers = [token.value for token in row if token.kind in "nw"]
    return (
        _calendar_day(setting, numbers[1], numbers[0], None)
        if numbers[1] <= 12 and setting.day_first
        else None
    )


def nth_weekday(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Third Tuesday of September."""
    nth, weekday, month = pick(row, "oq").value, pick(row, "W").value, pick(row, "MB").value
    today, year = setting.now.date(), year_in(row)
    for candidate in (year,) if year else (today.year, today.year + 1):
        first = on(candidate, month, 1)
        found = (
            following(first - timedelta(days=1), weekday) + timedelta(weeks=nth - 1)
            if first and nth < 6
            else None
        )
        if found and found.month == month and (year or found >= today):
            return [Day(found, past=found < today)]
    return None


def last_of_month(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """The last Friday of March, last day of the month, el último viernes de este mes."""
    today, year = setting.now.date(), year_in(row)
    named = next((token.value for token in row if token.kind in "MB"), None)
    weekday = next((token.value for token in row if token.kind == "W"), None)
    if (named is None and row[-1].value != MONTH) or (weekday is None and pick(row, "u").value != DAY):
        return None
    ahead = 1 if any(token.kind == "X" for token in row) else 0
    months = [(year or today.year, named), (year or today.year + 1, named)] if named else []
    here = moved(today.replace(day=1), MONTH, ahead)
    for a_year, month in months or ([(here.year, here.month)] if here else []):
        first = on(a_year, month, 1)
        after = moved(first, MONTH, 1) if first else None
        if after is None:
            return None
        found = after - timedelta(
            days=1 + ((after.weekday() - 1 - weekday) % 7 if weekday is not None else 0)
        )
        if year or named is None or found >= today:
            return [Day(found, past=found < today)]
    return None


def weekdays_ahead(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Three Fridays from now."""
    count = pick(row, "nw").value
    if not 1 <= count <= 52:
        return None
    return [Day(following(setting.now.date(), pick(row, "W").value) + timedelta(weeks=count - 1))]


def nth_weekday_of_month(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """First Monday of next month, second Friday of the month."""
    today, ahead = (
        setting.now.date(),
        next((_MONTHS_AHEAD[each.kind] for each in row if each.kind in "XSL"), 0),
    )
    first = moved(today.replace(day=1), MONTH, ahead) if row[-1].value == MONTH else None
    if first is None or not 1 <= pick(row, "oq").value <= 5:
        return None
    day = following(first - timedelta(days=1), pick(row, "W").value) + timedelta(
        weeks=pick(row, "oq").value - 1
    )
    return [Day(day, past=day < today)] if day.month == first.month else None


def holiday_of(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Christmas Eve, next Thanksgiving, Labor Day 2027, Navidad de este año."""
    today, name = setting.now.date(), pick(row, "K").text
    if (year := year_in(row)) is None and any(token.kind == "u" for token in row):
        year = today.year + _MONTHS_AHEAD[pick(row, "XSL").kind]
    if year is not None:
        found = holiday(name, year)
        return [Day(found, past=found < today)] if found else None
    if any(token.kind == "L" for token in row):
        return [Day(today - timedelta(days=1), past=True)]
    days = [holiday(name, today.year + ahead) for ahead in (-1, 0, 1)]
    recent = next((day for day in days if day and 0 < (today - day).days <= RECENT), None)
    found = recent or next((day for day in days if day and day >= today), None)
    return [Day(found, past=found < today)] if found else None


def holiday_of_length(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Christmas in two years."""
    lengths = _lengths(row)
    if len(lengths) != 1 or lengths[0][1] != YEAR or not float(lengths[0][0]).is_integer():
        return None
    found = holiday(pick(row, "K").text, setting.now.year + int(lengths[0][0]))
    return [Day(found)] if found else None


# --- lengths of time -------------------------------------------------------------------------------------


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
        elif token.kind == "f":
            count = float(token.text)
        elif token.kind == "d":
            over, under = (int(each) for each in re.findall(r"\d+", token.text)[:2])
            count = over / under if under else None
        elif token.kind == "u" and count is not None:
            found.append((count, token.value))
            count = None
    return found


def ahead(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """In 3 weeks, 7 days hence, dentro de 2 horas."""
    return counted(row, setting, setting.now, 1)


def after(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """After 2 hours, which is in 2 hours; "from 2 days" names nothing."""
    return ahead(row, setting) if row[0].text == "after" else None


def weekday_of_length(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Monday in two weeks, in 2 weeks on Monday: that weekday of the week two weeks on."""
    made = ahead([token for token in row if token.kind != "W"], setting)
    if not made or not isinstance(made[0], Day):
        return None
    return [Day(week_of(made[0].day, 0, pick(row, "W").value))]


def behind(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    return [Day(setting.now.date() - timedelta(days=1), past=True)]


def counted(row: Sequence[Token], setting: Setting, start: datetime, sign: int) -> Sequence[Found] | None:
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


def length_and_weekday(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Two months from today on Tuesday: the first such weekday from there."""
    made = ahead([token for token in row if token.kind != "W"], setting)
    if not made or not isinstance(made[0], Day):
        return None
    return [Day(following(made[0].day - timedelta(days=1), pick(row, "W").value))]


def vague(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Last week, last month: certainly past."""
    return (
        [Day(setting.now.date() - timedelta(days=1), past=True)]
        if row[0].kind == "L" or row[-1].kind == "L"
        else []
    )


def stretch(row: Sequence[Token], setting: Setting) -> Sequence[Found] | None:
    """Next week, this month, el mes que viene: no day, but not just any day either."""
    unit = pick(row, "u").value
    return [Stretch(unit, _MONTHS_AHEAD[pick(row, "XS").kind])] if unit not in (MINUTE, HOUR) else None
