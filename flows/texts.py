"""What a person reads: a sentence in its languages, with variants by channel and for shared phones.

The rule: filling never fails and never runs what a person typed: a blank is replaced once, a missing one
leaves nothing behind, and the words around it close up. Dates are written the way they are said: "Wed Feb
24", "mie 24 feb", with no letter that costs a second text message (an accented a does).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from flows.conditions import Scope, look_up
from flows.said import car, stop

Form: TypeAlias = Literal["all", "sms", "telegram", "discreet"]
FORMS: tuple[Form, ...] = ("all", "sms", "telegram", "discreet")
FORMATS = ("date", "day", "time", "when", "money", "list", "car", "stop")
LANGS = ("en", "es")

_BLANK = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?)\s*(?:\|\s*(\w+))?")


class BadText(ValueError):
    """An author's text whose blanks cannot be read; the message says why in plain words."""


@dataclass(frozen=True, slots=True)
class Blank:
    """One `{name}` or `{name | format}`."""

    name: str
    format: str | None = None


Parts: TypeAlias = tuple[str | Blank, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """One text an author wrote. `key` is "flow.step.field"; `forms` are its sources by language and form."""

    key: str
    forms: Mapping[str, Mapping[str, str]]
    names: frozenset[str] = frozenset()  # blanks, over all languages and forms
    _parts: Mapping[tuple[str, str], Parts] = field(default_factory=dict, compare=False, repr=False)

    def fill(self, scope: Scope, *, lang: str = "en", channel: str = "sms", discreet: bool = False) -> str:
        """Write it out for one person; never raises.

        scope["now"] is where `| when` stands; English serves where `lang` is not there.
        """
        spoken = lang if lang in self.forms else "en"
        forms = self.forms.get(spoken, {})
        for form in ("discreet", channel, "all") if discreet else (channel, "all"):
            if form in forms:
                return _fill(self._parts[spoken, form], scope, spoken)
        return _fill(self._parts[spoken, next(iter(forms))], scope, spoken) if forms else ""

    def blanks(self) -> frozenset[Blank]:
        """Give every blank of every language and form."""
        return frozenset(part for parts in self._parts.values() for part in parts if isinstance(part, Blank))

    def source(self, lang: str = "en", channel: str = "sms") -> str:
        """Give the source as written, for problems and translations; empty where there is none."""
        forms = self.forms.get(lang, {})
        return forms.get(channel) or forms.get("all") or next(iter(forms.values()), "")


def make_text(key: str, forms: Mapping[str, Mapping[str, str]]) -> Text:
    """Compile a text from its sources by language and form; raises BadText."""
    parts = {(lang, form): split(source) for lang, each in forms.items() for form, source in each.items()}
    names = frozenset(part.name for pieces in parts.values() for part in pieces if isinstance(part, Blank))
    return Text(key, forms, names, parts)


def plain(source: str) -> Text:
    """Make a text of one English sentence that has no key."""
    return make_text("", {"en": {"all": source}})


@lru_cache(maxsize=8192)
def split(source: str) -> Parts:
    """Cut a source into words and blanks; raises BadText where a brace is open or a blank cannot be read."""
    pieces: list[str | Blank] = []
    at = 0
    for found in _BLANK.finditer(source):
        pieces.append(source[at : found.start()])
        pieces.append(_blank(found[1]))
        at = found.end()
    pieces.append(source[at:])
    if any(isinstance(piece, str) and ("{" in piece or "}" in piece) for piece in pieces):
        raise BadText(f'a brace is not closed in "{source.strip()}"')
    return tuple(piece for piece in pieces if piece != "")


def _blank(inside: str) -> Blank:
    match = _NAME.fullmatch(inside.strip())
    if match is None:
        raise BadText(f'the blank "{{{inside}}}" is not a name, like {{first_name}} or {{job.title}}')
    if match[2] is not None and match[2] not in FORMATS:
        raise BadText(f'the blank "{{{inside}}}" has an unknown format; there are {", ".join(FORMATS)}')
    return Blank(match[1], match[2])


# --- filling -------------------------------------------------------------------------------------------

_GAP = re.compile(r"[ \t]{2,}")
_LOOSE = re.compile(r"[ \t]+([.,;:!?)])")
_DOUBLED = re.compile(r"([,;:])(?=[,;:.!?])")
_LEADING = re.compile(r"^[\s,;:.!]+")
_OPENS = re.compile(r"(?:^|[.!?:]\s+|\n\s*)$")


def _fill(parts: Sequence[str | Blank], scope: Scope, lang: str) -> str:
    if len(parts) == 1 and isinstance(parts[0], str):
        return parts[0]
    written = ""
    missing = False
    for part in parts:
        if isinstance(part, str):
            written += part
            continue
        value = look_up(scope, part.name)
        word = write(value, part.format, lang, scope.get("now"))
        missing = missing or not word
        if isinstance(value, datetime) and part.format in ("when", None) and _OPENS.search(written):
            word = word[:1].upper() + word[1:]
        written += word
    return _close_up(written) if missing else written


def _close_up(written: str) -> str:
    tidy = _DOUBLED.sub("", _LOOSE.sub(r"\1", _GAP.sub(" ", written)))
    tidy = "\n".join(line.strip() for line in tidy.split("\n")).strip()
    opened = _LEADING.sub("", tidy)
    return opened if opened == tidy else opened[:1].upper() + opened[1:]


def write(value: Any, form: str | None, lang: str, now: Any = None) -> str:
    """Write one value the way a person says it; an empty text where it is missing."""
    match value:
        case None:
            return ""
        case bool():
            return _YES_NO[lang == "es"][value]
        case str():
            return _SAID[form](value, lang) if form in _SAID else value
        case datetime():
            return _moment(value, form, lang, now)
        case date():
            return _day_name(value, lang) if form == "day" else _short_date(value, lang)
        case time():
            return clock(value)
        case int() | float():
            return _money(value) if form == "money" else _number(value)
        case Mapping():
            return str(value.get("label") or value.get("text") or "")
        case list() | tuple() | frozenset():
            return join([word for each in value if (word := write(each, None, lang, now))], lang)
        case _:
            return str(value)


def join(words: Sequence[str], lang: str) -> str:
    """Write a list as it is said: "a, b and c", "a, b y c"."""
    if len(words) < 2:
        return "".join(words)
    last = words[-1]
    if lang != "es":
        glue = "and"
    else:
        glue = "e" if re.match(r"(?i)h?[ií](?![eaoué])", last) else "y"
    return f"{', '.join(words[:-1])} {glue} {last}"


def clock(at: time) -> str:
    """Write a time of day: "8:00 am", the same in both languages."""
    return f"{at.hour % 12 or 12}:{at.minute:02d} {'am' if at.hour < 12 else 'pm'}"


_SAID = {"car": car, "stop": stop}
_YES_NO = (("no", "yes"), ("no", "si"))
_DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "es": ("lun", "mar", "mie", "jue", "vie", "sab", "dom"),
}
_FULL_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sabado", "domingo"),
}
_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
}


def _short_date(day: date, lang: str) -> str:
    name, month = _DAYS[lang][day.weekday()], _MONTHS[lang][day.month - 1]
    return f"{name} {day.day} {month}" if lang == "es" else f"{name} {month} {day.day}"


def _day_name(day: date, lang: str) -> str:
    return _FULL_DAYS[lang][day.weekday()]


def _moment(at: datetime, form: str | None, lang: str, now: Any) -> str:
    match form:
        case "date":
            return _short_date(at, lang)
        case "day":
            return _day_name(at, lang)
        case "time":
            return clock(at.time())
        case _:
            return _when(at, lang, now)


def _when(at: datetime, lang: str, now: Any) -> str:
    """Say a moment from where the person stands: today, tomorrow, or the date."""
    hour = clock(at.time())
    at_hour = f"at {hour}" if lang != "es" else f"{'a la' if at.hour % 12 == 1 else 'a las'} {hour}"
    days = (at.date() - now.date()).days if isinstance(now, datetime) else None
    if days == 0:
        return f"{'hoy' if lang == 'es' else 'today'} {at_hour}"
    if days == 1:
        return f"{'mañana' if lang == 'es' else 'tomorrow'}, {_short_date(at, lang)}, {at_hour}"
    return f"{_short_date(at, lang)} {at_hour}"


def _money(amount: int | float) -> str:
    return f"${amount:,.0f}" if float(amount).is_integer() else f"${amount:,.2f}"


def _number(value: int | float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.2f}".rstrip("0").rstrip(".")


def span(length: timedelta, lang: str) -> str:
    """Write a length of time in the one unit it is said in: "30 minutes", "2 horas"."""
    minutes = round(length.total_seconds() / 60)
    for size, english, spanish in ((1440, "day", "dia"), (60, "hour", "hora"), (1, "minute", "minuto")):
        if minutes >= size and minutes % size == 0:
            count, word = minutes // size, spanish if lang == "es" else english
            return f"{count} {word}{'' if count == 1 else 's'}"
    return f"{minutes} {'minutos' if lang == 'es' else 'minutes'}"
