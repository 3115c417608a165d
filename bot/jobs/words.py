"""The closed words of a job: what it needs, where it puts a person, its days and shifts.

The rule: a word is taken where the advertisement says it, never from what such jobs usually are. Shifts named
without a clock ("second shift") are taken at the hours most plants keep.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from flows.wishes import WEEKDAYS

Hours: TypeAlias = tuple[str, str]
Table: TypeAlias = Mapping[str, tuple[tuple[str, ...], re.Pattern[str]]]


def _table(words: Mapping[str, tuple[str, str]]) -> Table:
    """Compile a table: of each word what a text must hold somewhere (quickly seen), and what it must say."""
    return {
        name: (tuple(stems.split("|")), re.compile(rf"\b(?:{pattern})"))
        for name, (stems, pattern) in words.items()
    }


REQUIREMENTS: Final = _table(
    {
        "license": (
            "licen",
            r"(?:valid |current )?driver'?s?'? licen[sc]e\b|licencia de conducir",
        ),
        "cdl": (
            "cdl|commercial",
            r"cdl\b|commercial driver",
        ),
        "own_car": (
            "own |reliable|carro",
            r"own (?:car|vehicle|transportation)\b|reliable vehicle\b|carro propio",
        ),
        "lift_25": (
            "lb|pound",
            r"(?:lift|carry|move)\w*(?: up to| at least)? (?:1[5-9]|2\d|3\d) ?(?:lbs?|pounds)",
        ),
        "lift_50": (
            "lb|pound",
            r"(?:lift|carry|move)\w*(?: up to| at least)? (?:[4-9]\d|100) ?(?:lbs?|pounds)",
        ),
        "background_check": (
            "background|criminal",
            r"background (?:check|screen)|criminal history check",
        ),
        "drug_test": (
            "drug",
            r"drug[- ](?:test|screen|free workplace test)",
        ),
        "high_school": (
            "high|ged|hiset",
            r"high[- ]school|ged\b|hiset\b",
        ),
        "degree": (
            "degree",
            r"(?:bachelor|associate)'?s? degree\b|college degree\b",
        ),
        "forklift": (
            "forklift",
            r"forklift (?:cert|licen|experience|operat)|certified forklift",
        ),
        "food_handler": (
            "handler|servsafe",
            r"food handler|servsafe\b",
        ),
        "experience": (
            "experience",
            r"(?:[1-9]|one|two|three|five)\+? (?:or more )?years?'? (?:of )?(?:\w+ )?experience\b",
        ),
        "english": (
            "english",
            r"(?:fluent|proficient) (?:in )?english\b|must speak english",
        ),
        "spanish": (
            "spanish",
            r"must speak spanish|(?:fluent|bilingual) (?:in )?(?:english/)?spanish",
        ),
        "tools": (
            "tools|steel",
            r"own (?:hand )?tools\b|steel[- ]toe",
        ),
    }
)

SETTINGS: Final = _table(
    {
        "warehouse": (
            "warehouse|distribution|fulfi|dock",
            r"warehouse|distribution cent(?:er|re)|fulfil+ment cent(?:er|re)|loading dock",
        ),
        "kitchen": (
            "kitchen|cook|dish|food prep",
            r"kitchen|line cook|dish ?(?:wash|room|machine)|food prep",
        ),
        "machines": (
            "machine|line|forklift|press|power",
            r"machine (?:operator|shop)|production line|assembly line"
            r"|forklift|press operator|power tools",
        ),
        "outdoors": (
            "outdoor|outside|landscap|roofing|site",
            r"outdoor|outside in all|landscap|roofing|job ?site",
        ),
        "night": (
            "night|third|3rd|graveyard",
            r"overnight|night shift|third shift|3rd shift|graveyard",
        ),
        "alcohol": (
            "bar|liquor|brewery|tavern|alcohol|wine",
            r"bartend|barback|\bbar (?:staff|back|shift)|liquor"
            r"|brewery|tavern|\bserving alcohol|wine shop",
        ),
        "children": (
            "child|daycare|day care|school",
            r"child ?care|day ?care|preschool|with children|school bus|elementary school",
        ),
        "customers": (
            "cashier|customer|guest|front desk|retail",
            r"cashier|customer|guests? service|front desk|retail|greet(?:ing)? guests",
        ),
        "cash": (
            "cash",
            r"cash (?:handling|register|drawer)|cashier|handl\w+ cash",
        ),
        "hospital": (
            "hospital|clinic|nursing|patient",
            r"hospital|clinic\b|nursing home|patient",
        ),
        "homes": (
            "homes|residential|home health",
            r"in(?:side)? (?:customers'|clients'|private|people's) homes"
            r"|residential cleaning|home health",
        ),
        "cold": (
            "freezer|cold|refrig|cooler",
            r"freezer|cold storage|refrigerated (?:warehouse|room)|cooler room",
        ),
        "heights": (
            "ladder|scaffold|roof|height|boom",
            r"ladders?\b|scaffold|roof(?:s|ing|er)|at heights|boom lift",
        ),
        "driving": (
            "driver|drive",
            r"deliver(?:y|ing) driver|drive (?:a|the|our) (?:truck|van)|route driver",
        ),
        "weapons": (
            "armed|firearm",
            r"armed (?:guard|security)|firearm",
        ),
    }
)

NAMED_SHIFTS: Final[Mapping[str, Hours]] = {
    "first": ("07:00", "15:00"),
    "day": ("07:00", "15:00"),
    "morning": ("06:00", "14:00"),
    "second": ("15:00", "23:00"),
    "evening": ("15:00", "23:00"),
    "afternoon": ("13:00", "21:00"),
    "third": ("23:00", "07:00"),
    "night": ("23:00", "07:00"),
    "overnight": ("23:00", "07:00"),
    "graveyard": ("23:00", "07:00"),
}
_ORDINALS = {"1st": "first", "2nd": "second", "3rd": "third"}

_CLOCK = r"(?:at )?(\d{1,2})(?::?([0-5]\d))?\s*(a|p)?\.?(?:m\.?)?(?![\d/$%])"
_SPAN = re.compile(rf"(?<![\d$.:/-]){_CLOCK}\s*(?:-|–|—|to|until|till)\s*{_CLOCK}", re.IGNORECASE)
_NAMED = re.compile(
    r"\b(1st|2nd|3rd|first|second|third|day|morning|evening|afternoon|night|overnight|graveyard)s?[\s-]*shift",
    re.IGNORECASE,
)
_DAY = r"(mon|tue|wed|thu|fri|sat|sun)(?:[a-z]*day|s|rs|r|nes)?s?\b\.?"
_DAY_SPAN = re.compile(rf"\b{_DAY}\s*(?:-|–|—|to|through|thru)\s*{_DAY}", re.IGNORECASE)
_EVERY_DAY = re.compile(r"\b(?:daily|every ?day|7 days|seven days|all days)\b")
_ONE_DAY = re.compile(rf"\b{_DAY}", re.IGNORECASE)


def find_words(table: Table, text: str) -> tuple[str, ...]:
    """Name the words of a table that a text says, in the table's order."""
    folded = text.casefold()
    return tuple(
        name
        for name, (stems, pattern) in table.items()
        if any(stem in folded for stem in stems) and pattern.search(folded)
    )


def known_words(table: Table, listed: str) -> tuple[str, ...]:
    """Read a column of words parted by commas, spaces or |; free text is looked through as well."""
    given = {word.strip().casefold() for word in re.split(r"[,;|\s]+", listed)}
    said = find_words(table, listed)
    return tuple(name for name in table if name in given or name in said)


@lru_cache(maxsize=512)
def read_shifts(text: str, *, sure: bool) -> tuple[Hours, ...]:
    """Find shifts in a text: "6:00 am - 2:30 pm", "22:00-06:00", "2nd shift".

    `sure`: the text is a column of shifts; elsewhere a span counts only where it says am or pm or has
    minutes on both sides. A half that is left out ("6-2:30 pm") is the one that makes a shift of at most
    twelve hours.
    """
    found = [hours for match in _SPAN.finditer(text) if (hours := _span(match, sure))]
    if not found:
        named = (match[1].casefold() for match in _NAMED.finditer(text))
        found = [NAMED_SHIFTS[_ORDINALS.get(name, name)] for name in named]
        if sure and not found and (word := text.strip().casefold().removesuffix("s")) in NAMED_SHIFTS:
            found = [NAMED_SHIFTS[word]]
    return tuple(dict.fromkeys(found))[:6]


def _span(match: re.Match[str], sure: bool) -> Hours | None:
    hour, minutes, half, hour2, minutes2, half2 = match.groups()
    clock = minutes and minutes2 and (sure or ":" in match[0])  # "617-555-0100" is none
    both_said = (half and half2) or clock or (sure and (half or minutes) and (half2 or minutes2))
    if not (both_said or (sure and (half or half2 or minutes or minutes2))):
        return None
    begins = _minutes(hour, minutes, half)
    ends = _minutes(hour2, minutes2, half2)
    if begins is None or ends is None:
        return None
    if half2 and not half and int(hour) <= 12 and (ends - begins) % 1440 > 720:
        begins = (begins + 720) % 1440
    if half and not half2 and int(hour2) <= 12 and (ends - begins) % 1440 > 720:
        ends = (ends + 720) % 1440
    return None if begins == ends else (_text(begins), _text(ends))


def _minutes(hour: str, minutes: str | None, half: str | None) -> int | None:
    number = int(hour)
    if (half and not 1 <= number <= 12) or number > 24:
        return None
    if half:
        number = number % 12 + (12 if half.casefold() == "p" else 0)
    return (number * 60 + int(minutes or 0)) % 1440


def _text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@lru_cache(maxsize=512)
def read_days(text: str) -> tuple[str, ...]:
    """Find the days of a week in a text ("Mon-Fri", "sat, sun", "weekends", "7 days"); () for none."""
    folded, days = text.casefold(), set()
    if not folded:
        return ()
    if _EVERY_DAY.search(folded):
        return WEEKDAYS
    for match in _DAY_SPAN.finditer(folded):
        first, last = WEEKDAYS.index(match[1]), WEEKDAYS.index(match[2])
        days |= {WEEKDAYS[day % 7] for day in range(first, last + (8 if last < first else 1))}
    days |= {match[1] for match in _ONE_DAY.finditer(folded)}
    if "weekday" in folded:
        days |= set(WEEKDAYS[:5])
    if "weekend" in folded:
        days |= set(WEEKDAYS[5:])
    return tuple(day for day in WEEKDAYS if day in days)
