"""Hours of the week that are taken, as people type them: "thursdays 2:30 to 4", "mon wed fri 9-11am".

The rule: days and two clocks are kept, a reason never is; whatever was understood is read back before it
counts, so that a half of the day nobody wrote is no silent guess. "No" is an answer too: none are taken.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import time

from flows.answers.plain import fold
from flows.answers.reading import AskBack, Confirm, Reading, Understood, Value

WEEKDAYS = range(5)
_DAY = {
    0: "mon|monday|mondays|lun|lunes",
    1: "tue|tues|tuesday|tuesdays|mar|martes",
    2: "wed|weds|wednesday|wednesdays|mie|mier|miercoles",
    3: "thu|thur|thurs|thursday|thursdays|jue|jueves",
    4: "fri|friday|fridays|vie|vier|viernes",
    5: "sat|saturday|saturdays|sab|sabado|sabados",
    6: "sun|sunday|sundays|dom|domingo|domingos",
}
_ONE_DAY = "|".join(_DAY.values())
_WHOLE = {
    r"weekdays?|week days?|entre semana": tuple(WEEKDAYS),
    r"weekends?|fin(?:es)? de semana": (5, 6),
    r"every ?day|all week|daily|todos los dias|diario": tuple(range(7)),
}
_CLOCK = r"(?P<{0}>\d{{1,2}})(?:[:.](?P<{0}_min>\d\d))?(?: ?(?P<{0}_half>[ap])\.? ?m?\.?(?![a-z]))?"
_NOON = {"noon": "12 pm", "mediodia": "12 pm", "midnight": "12 am", "medianoche": "12 am"}
_TO = r" ?(?:-|to|til|till|until|thru|and|a|al?|hasta|y)(?: las?)? ?"
_SPAN = re.compile(rf"(?<!\d){_CLOCK.format('first')}{_TO}{_CLOCK.format('last')}(?![\d:])")
_SINCE = re.compile(
    r"\b(?:from|after|since|starting|starts?|out at|get out|desde|despues de|a partir de|salen?|empiezan?)"
    rf"(?: at)?(?: las?)? {_CLOCK.format('first')}(?![\d:])"
)
_DAYS = re.compile(
    rf"\b(?P<from>{_ONE_DAY})\b\.? ?(?:-|to|thru|through|a|al) ?(?P<to>{_ONE_DAY})\b"
    rf"|\b(?P<one>{_ONE_DAY})\b|\b(?P<whole>{'|'.join(_WHOLE)})\b"
)
_NONE = re.compile(
    r"(?:no|nope|nah|n|none|nothing|never|not really|no thanks|no i dont|i dont|ninguna?|nada|nunca|"
    r"no tengo|no gracias)(?: (?:hours?|horas?|hora fija))?"
)
_LETTERS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "es": ("lun", "mar", "mie", "jue", "vie", "sab", "dom"),
}
END_OF_DAY = 23 * 60 + 59


def read(text: str, lang: str) -> Reading:
    """Read hours of the week into rows of `day` (from Monday, 0), `from` and `to` ("14:30")."""
    folded = re.sub(r"[,;]|\by\b(?= (?:los |el )?(?:" + _ONE_DAY + r")\b)", " ", fold(text))
    folded = " ".join(re.sub(r"[\u2012-\u2015]", "-", folded).split())
    if _NONE.fullmatch(folded.rstrip(".! ")):
        return Understood([])
    for word, clock in _NOON.items():
        folded = re.sub(rf"\b{word}\b", clock, folded)
    rows = list(_rows(folded))
    if not rows:
        return AskBack("unclear.week_hours")
    value: Value = [{"day": day, "from": _clock(first), "to": _clock(last)} for day, first, last in rows]
    return Confirm(value, "read_back.fact", {"what": _told(rows, lang)})


def _rows(folded: str) -> Iterator[tuple[int, int, int]]:
    """Give each day with its two clocks: the days named before a span are the span's."""
    at, days = 0, list[int]()
    for found in _spans(folded):
        named = _days(folded[at : found.start()])
        days = named or (days if at else _days(folded[found.end() :]))
        span = _minutes(found.groupdict())
        if span is None or not days:
            return
        yield from ((day, *span) for day in sorted(set(days)))
        at = found.end()


def _spans(folded: str) -> list[re.Match[str]]:
    spans = list(_SPAN.finditer(folded))
    alone = [each for each in _SINCE.finditer(folded) if not any(_cross(each, one) for one in spans)]
    return sorted([*spans, *alone], key=lambda each: each.start())


def _cross(one: re.Match[str], other: re.Match[str]) -> bool:
    return one.start() < other.end() and other.start() < one.end()


def _days(text: str) -> list[int]:
    days: list[int] = []
    for found in _DAYS.finditer(text):
        if found["whole"]:
            days += next(each for words, each in _WHOLE.items() if re.fullmatch(words, found["whole"]))
        elif found["one"]:
            days.append(_day(found["one"]))
        else:
            first, last = _day(found["from"]), _day(found["to"])
            days += [day % 7 for day in range(first, last + (1 if first <= last else 8))]
    return days


def _day(word: str) -> int:
    return next(day for day, words in _DAY.items() if word in words.split("|"))


def _minutes(said: Mapping[str, str | None]) -> tuple[int, int] | None:
    """Settle am and pm: what was written; else by the other clock; else by the hours of a day."""
    first = _written(said, "first")
    last = _written(said, "last") if said.get("last") else END_OF_DAY
    if first is None or last is None:
        return None
    first_known = _is_sure(said, "first")
    if not said.get("last"):
        return (first if first_known else _by_day(first)), END_OF_DAY
    last_known = _is_sure(said, "last")
    if not first_known:
        first = (
            max(_halves(first, below=last)) if last_known and _halves(first, below=last) else _by_day(first)
        )
    if not last_known:
        last = next((each for each in (last % 720, last % 720 + 720) if each > first), last)
    return (first, last) if first < last else None


def _halves(minutes: int, below: int) -> list[int]:
    return [each for each in (minutes % 720, minutes % 720 + 720) if each < below]


def _by_day(minutes: int) -> int:
    """Take 7 to 11 for the morning, 12 to 6 for what comes after noon."""
    return minutes % 720 if minutes % 720 >= 7 * 60 else minutes % 720 + 720


def _is_sure(said: Mapping[str, str | None], name: str) -> bool:
    hour = int(said[name] or 0)
    return said[f"{name}_half"] is not None or hour > 12 or hour == 0


def _written(said: Mapping[str, str | None], name: str) -> int | None:
    hour, minute, half = int(said[name] or 0), int(said[f"{name}_min"] or 0), said[f"{name}_half"]
    if hour > 23 or minute > 59:
        return None
    if half is not None and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour * 60 + minute


def _clock(minutes: int) -> str:
    return f"{time(*divmod(minutes, 60)):%H:%M}"


def _told(rows: list[tuple[int, int, int]], lang: str) -> str:
    """Say them as a text does: "Mon Wed Fri 9:00 am to 11:00 am, Thu from 2:30 pm"."""
    names, to, since = _LETTERS[lang], {"en": "to", "es": "a"}[lang], {"en": "from", "es": "desde"}[lang]
    spans: dict[tuple[int, int], list[str]] = {}
    for day, first, last in rows:
        spans.setdefault((first, last), []).append(names[day])
    said = [
        f"{' '.join(days)} {since} {_spoken(first)}"
        if last == END_OF_DAY
        else f"{' '.join(days)} {_spoken(first)} {to} {_spoken(last)}"
        for (first, last), days in spans.items()
    ]
    told = ", ".join(said)
    return told[0].upper() + told[1:]


def _spoken(minutes: int) -> str:
    hour, minute = divmod(minutes, 60)
    return f"{hour % 12 or 12}:{minute:02d} {'am' if hour < 12 else 'pm'}"
