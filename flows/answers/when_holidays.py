"""Days that go by a name: Christmas Eve, Thanksgiving, Nochebuena.

The rule: only days with one date for everybody here. What differs by country (Mother's Day and Labor Day in
Spanish) or is not a day (the holidays, spring break) is no day to us and gets asked for.
"""

from collections.abc import Callable
from datetime import date, timedelta

_YearDay = Callable[[int], date]


def easter(year: int) -> date:
    """Find Easter Sunday of the Gregorian calendar (the anonymous computus of Meeus, Jones and Butcher)."""
    century = year // 100
    skipped = century - century // 4 - (8 * century + 13) // 25
    moon = (skipped + 19 * (year % 19) + 15) % 30
    moon -= moon // 28 * (1 - moon // 28 * (29 // (moon + 1)) * ((21 - year % 19) // 11))
    sunday = moon - (year + year // 4 + moon + 2 - century + century // 4) % 7
    month = 3 + (sunday + 40) // 44
    return date(year, month, sunday + 28 - 31 * (month // 4))


def _fixed(month: int, day: int) -> _YearDay:
    return lambda year: date(year, month, day)


def _nth(month: int, weekday: int, nth: int, plus: int = 0) -> _YearDay:
    """The nth weekday of a month, from its end where `nth` is negative, and `plus` days more."""

    def find(year: int) -> date:
        if nth < 0:
            last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
            return last - timedelta(days=(last.weekday() - weekday) % 7)
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1) + plus)

    return find


def _from_easter(days: int) -> _YearDay:
    return lambda year: easter(year) + timedelta(days=days)


_NEW_YEAR = r"new ?year'?s?'?"
HOLIDAYS: tuple[tuple[str, str, _YearDay], ...] = (  # name, what people write, the day of a year
    ("newyearseve", rf"{_NEW_YEAR} eve|nye|noche ?vieja|ano viejo|fin de ano", _fixed(12, 31)),
    ("newyear", rf"(?<!happy ){_NEW_YEAR}(?: day)?|(?:dia de )?ano nuevo", _fixed(1, 1)),
    ("reyes", r"(?:dia de )?(?:los )?(?:tres )?reyes(?: magos)|dia de (?:los )?reyes", _fixed(1, 6)),
    ("mlk", r"(?:mlk|martin luther king)(?:,? jr\.?)?'?s?(?: day| birthday)?", _nth(1, 0, 3)),
    ("valentines", r"valentine'?s?'?(?: day)?|(?:dia de )?san valentin", _fixed(2, 14)),
    ("presidents", r"president'?s?'? day|(?:george )?washington'?s?'? (?:birthday|day)", _nth(2, 0, 3)),
    ("presidents", r"dia de los presidentes", _nth(2, 0, 3)),
    ("patrick", r"(?:st\.?|saint) pat(?:rick|ty)'?s?'?(?: day)?|(?:dia de )?san patricio", _fixed(3, 17)),
    ("ashwednesday", r"ash wednesday|miercoles de ceniza", _from_easter(-46)),
    ("palmsunday", r"palm sunday|domingo de ramos", _from_easter(-7)),
    ("goodfriday", r"good friday|viernes santo", _from_easter(-2)),
    ("easter", r"easter(?: sunday| day)?|domingo de (?:pascua|resurreccion)", _from_easter(0)),
    ("mothers", r"mother'?s?'? day", _nth(5, 6, 2)),
    ("memorial", r"memorial day", _nth(5, 0, -1)),
    ("juneteenth", r"juneteenth", _fixed(6, 19)),
    ("fathers", r"father'?s?'? day", _nth(6, 6, 3)),
    ("independence", r"independence day|4th of july", _fixed(7, 4)),
    ("labor", r"labou?r day", _nth(9, 0, 1)),
    ("columbus", r"columbus day|indigenous people'?s?'? day", _nth(10, 0, 2)),
    ("halloween", r"halloween|noche de brujas", _fixed(10, 31)),
    ("muertos", r"dia de (?:los )?muertos|day of the dead", _fixed(11, 2)),
    ("election", r"election day", _nth(11, 0, 1, 1)),
    ("veterans", r"veteran'?s?'? day", _fixed(11, 11)),
    ("blackfriday", r"black friday|viernes negro", _nth(11, 3, 4, 1)),
    ("cybermonday", r"cyber monday", _nth(11, 3, 4, 4)),
    ("thanksgiving", r"thanks ?giving(?: day)?|turkey day|(?:dia de )?accion de gracias", _nth(11, 3, 4)),
    (
        "christmaseve",
        r"(?:christmas|x-?mas) eve|eve of christmas|noche ?buena|vispera de navidad",
        _fixed(12, 24),
    ),
    ("christmas", r"(?:christmas|x-?mas)(?: day)?|(?:dia de )?(?:la )?navidad", _fixed(12, 25)),
)
_BY_NAME = {f"day_{name}": found for name, _, found in HOLIDAYS}
NAMES = tuple(_BY_NAME)


def holiday(name: str, year: int) -> date | None:
    """Find the day of a named holiday (one of NAMES) in a year; None outside 1900 to 2099."""
    return _BY_NAME[name](year) if 1900 <= year < 2100 else None
