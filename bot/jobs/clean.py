"""Judge one job as its source wrote it: a `NewJob`, or why not, in words.

The rule: what is wrong is said, never guessed at. HTML becomes plain text, a link is a web address and
nothing else, pay is what somebody could be paid, a place is in the country and where its ZIP is. A place
known only by its ZIP or town has that one's middle: good for a ranking, never for sending a car.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import blake2b
from html import unescape
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import phonenumbers

from bot.jobs.pay import read_pay
from bot.jobs.raw import RawJob, Rejected, Wrong
from bot.jobs.words import REQUIREMENTS, SETTINGS, find_words, known_words, read_days, read_shifts
from bot.rides import zips
from bot.rides.estimates import crow_miles
from storage.jobs import NewJob

LONGEST_TITLE: Final = 120
LONGEST_NAME: Final = 80
LONGEST_ID: Final = 200
LONGEST_DESCRIPTION: Final = 4000
LOOKED_THROUGH: Final = 3000  # characters of a description in which needs and settings are looked for
FAR_FROM_ZIP: Final = 40.0  # miles; rural ZIPs reach 25 from their middle
MOST_OPENINGS: Final = 5000

_FAIR: Final = re.compile(r"\b(?:fair|second|2nd)[- ]chance (?:employer|hiring|company)\b", re.IGNORECASE)
_DATES: Final = ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y", "%B %d, %Y", "%b %d, %Y", "%Y/%m/%d")
_YES: Final = frozenset({"yes", "y", "true", "1", "x", "si"})
_STATES: Final = frozenset(zips.USUAL_ZONE)


def clean(raw: RawJob, now: datetime) -> NewJob | Rejected:
    """Judge one job; `now` is only for how far ahead its last day may lie."""
    try:
        return _clean(raw.fields, now)
    except Wrong as wrong:
        return Rejected(raw.line, str(wrong))


def _clean(given: Mapping[str, str], now: datetime) -> NewJob:
    title = _name(given, "title", LONGEST_TITLE)
    employer = _name(given, "employer", LONGEST_NAME)
    description = plain_text(given.get("description", ""))[:LONGEST_DESCRIPTION]
    said = f"{title}\n{description[:LOOKED_THROUGH]}"
    needs = plain_text(given.get("requirements", ""))
    place = _place(given)
    low, high, per = read_pay(given)
    job = NewJob(
        external_id=_id(given),
        employer=employer,
        title=title,
        description=description,
        **place,  # type: ignore[arg-type]
        days=read_days(given.get("days", "")) or read_days(given.get("shifts", "")),
        shifts=read_shifts(given.get("shifts", ""), sure=True) or read_shifts(said, sure=False),
        pay_low_cents=low,
        pay_high_cents=high,
        pay_per=per,
        requirements=known_words(REQUIREMENTS, needs) if needs else _needs_in(said),
        settings=_settings(given, said),
        apply_how=_apply_how(given),
        openings=_openings(given),
        valid_through=_valid_through(given, str(place["zone"]), now),
        fair_chance=given.get("fair_chance", "").strip().casefold() in _YES or bool(_FAIR.search(said)),
    )
    return with_digest(job)


def with_digest(job: NewJob) -> NewJob:
    """Give a job the digest of all it says, by which a change is seen."""
    said = repr([getattr(job, name) for name in job.__dataclass_fields__ if name != "digest"])
    return replace(job, digest=blake2b(said.encode("utf-8", "replace"), digest_size=12).hexdigest())


# --- texts -----------------------------------------------------------------------------------------


def plain_text(text: str) -> str:
    """Give a text without HTML, control characters and empty lines; what was escaped twice is read twice."""
    if "<" in text or "&" in text:
        if "&lt;" in text and "<" not in text:
            text = unescape(text)
        reader = _Text()
        reader.feed(text)
        reader.close()
        text = "".join(reader.parts)
    lines = (" ".join(_printable(line).split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _printable(line: str) -> str:
    return line if line.isprintable() else "".join(char if char.isprintable() else " " for char in line)


class _Text(HTMLParser):
    """Collects what a reader of a page would read."""

    _BREAKS = frozenset("p br div li ul ol tr h1 h2 h3 h4 h5 h6 table section".split())
    _UNREAD = frozenset({"script", "style", "template", "noscript"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in self._UNREAD
        if tag in self._BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unread -= bool(tag in self._UNREAD and self._unread)
        if tag in self._BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.parts.append(data)


def _name(given: Mapping[str, str], field: str, longest: int) -> str:
    text = " ".join(plain_text(given.get(field, "")[: 20 * longest]).split())
    if not text:
        raise Wrong(f"has no {field}")
    if len(text) > longest:
        raise Wrong(f"has a longer {field} than {longest} letters")
    if text[0] in "=@+-":
        raise Wrong(f"has a formula for its {field}")
    if not any(char.isalpha() for char in text):
        raise Wrong(f"has no word in its {field}")
    return text


def _short(given: Mapping[str, str], field: str) -> str | None:
    return " ".join(plain_text(given.get(field, "")[:400]).split())[:120] or None


def _id(given: Mapping[str, str]) -> str:
    text = " ".join((given.get("id") or given.get("link") or "").split())
    if not text:
        raise Wrong("has no id and no link: nothing to know it by next time")
    return text if len(text) <= LONGEST_ID else blake2b(text.encode("utf-8", "replace")).hexdigest()[:64]


# --- where -----------------------------------------------------------------------------------------


def _place(given: Mapping[str, str]) -> dict[str, str | float | None]:
    zip_ = _zip(given)
    pin = _pin(given, zip_)
    if zip_ is None and pin is None:
        raise Wrong("has no place: a ZIP, a town and its state, or lat and lon")
    near = zip_ if zip_ is not None else zips.nearest(*(pin or (0.0, 0.0)))
    lat, lon = pin or near.pin or (None, None)
    return {
        "address": _short(given, "address"),
        "city": (_short(given, "city") or near.city) if given.get("zip") else near.city,
        "state_code": near.state,
        "zip": zip_.code if zip_ is not None and given.get("zip") else None,
        "lat": lat,
        "lon": lon,
        "zone": near.zone,
    }


def _zip(given: Mapping[str, str]) -> zips.Zip | None:
    if text := given.get("zip", "").strip():
        found = zips.look_up(text.zfill(5)) if re.fullmatch(r"\d{3,5}(?:-\d{4})?", text) else None
        if found is None:
            raise Wrong(f"has a ZIP that is on no map: {text[:20]}")
        return found
    city, state = (given.get(name, "").strip() for name in ("city", "state"))
    if "," in city and not state:
        city, _, state = (part.strip() for part in city.partition(","))
    if not city or not state:
        return None
    state = state.upper() if state.upper() in _STATES else _state_of(state)
    found = zips.of_town(city, state)
    if found is None and not given.get("lat"):
        raise Wrong(f"has a town that is on no map: {city[:40]}, {state[:20]}")
    return found


_STATE_NAMES: Final[Mapping[str, str]] = {
    name: code
    for code, _, name in (
        pair.strip().partition(" ")
        for pair in """
AL alabama, AK alaska, AZ arizona, AR arkansas, CA california, CO colorado, CT connecticut, DE
delaware, DC district of columbia, FL florida, GA georgia, HI hawaii, ID idaho, IL illinois, IN
indiana, IA iowa, KS kansas, KY kentucky, LA louisiana, ME maine, MD maryland, MA massachusetts, MI
michigan, MN minnesota, MS mississippi, MO missouri, MT montana, NE nebraska, NV nevada, NH new
hampshire, NJ new jersey, NM new mexico, NY new york, NC north carolina, ND north dakota, OH ohio,
OK oklahoma, OR oregon, PA pennsylvania, PR puerto rico, RI rhode island, SC south carolina, SD
south dakota, TN tennessee, TX texas, UT utah, VT vermont, VA virginia, WA washington, WV west
virginia, WI wisconsin, WY wyoming
""".split(",")
    )
}


def _state_of(text: str) -> str:
    return _STATE_NAMES.get(
        " ".join(text.casefold().removeprefix("us-").split()), text.upper().removeprefix("US-")
    )


def _pin(given: Mapping[str, str], zip_: zips.Zip | None) -> tuple[float, float] | None:
    lat, lon = given.get("lat", "").strip(), given.get("lon", "").strip()
    if not lat and not lon:
        return None
    try:
        pin = float(lat), float(lon)
    except ValueError:
        raise Wrong("has a lat or lon that is no number") from None
    if not (-90 <= pin[0] <= 90 and -180 <= pin[1] <= 180):
        raise Wrong("has a lat or lon that is nowhere on earth")
    near = zip_.pin if zip_ is not None else zips.nearest(*pin).pin
    if near is not None and (off := crow_miles(*pin, *near)) > FAR_FROM_ZIP:
        where = zip_.code if zip_ is not None else "any ZIP"
        raise Wrong(f"has a pin {off:.0f} miles from {where}")
    return pin


# --- the rest ----------------------------------------------------------------------------------------


@lru_cache(maxsize=512)  # a chain's shops all say the same
def _needs_in(said: str) -> tuple[str, ...]:
    return find_words(REQUIREMENTS, said)


@lru_cache(maxsize=512)
def _settings_in(said: str) -> tuple[str, ...]:
    return find_words(SETTINGS, said)


def _settings(given: Mapping[str, str], said: str) -> tuple[str, ...]:
    listed = given.get("settings", "")
    return known_words(SETTINGS, listed) if listed else _settings_in(said)


def _apply_how(given: Mapping[str, str]) -> dict[str, str]:
    """Find how one applies: as `apply` says, else by the link, else by phone, else through staff."""
    said = plain_text(given.get("apply", "")[:400])
    link = given.get("link", "").strip() or (said if re.match(r"\w+:", said) else "")
    if link:
        return {"kind": "link", "value": _link(link)}
    if number := _phone(given.get("phone", "") or said):
        return {"kind": "phone", "value": number}
    if given.get("phone", "").strip():
        raise Wrong("has a phone that is no US number")
    if re.search(r"walk[- ]?in|in person|come by|stop by|apply at", said.casefold()):
        return {"kind": "walk_in", "value": said[:160]}
    return {"kind": "staff", "value": said[:160]}


def _link(text: str) -> str:
    try:
        url = urlsplit(text)
        good = url.scheme in ("http", "https") and url.hostname and "." in url.hostname and not url.username
    except ValueError:
        good = False
    if not good or not text.isprintable() or " " in text or len(text) > 1000:
        raise Wrong("has a link that is no web address")
    return text


@lru_cache(maxsize=4096)  # a company's number stands in all its jobs
def _phone(text: str) -> str | None:
    for found in phonenumbers.PhoneNumberMatcher(text[:200], "US", leniency=phonenumbers.Leniency.POSSIBLE):
        if found.number.country_code == 1:
            return phonenumbers.format_number(found.number, phonenumbers.PhoneNumberFormat.E164)
    return None


def _openings(given: Mapping[str, str]) -> int:
    text = given.get("openings", "").strip()
    if not text:
        return 1
    if not re.fullmatch(r"\d{1,5}(?:\.0+)?", text) or not 1 <= int(float(text)) <= MOST_OPENINGS:
        raise Wrong("has openings that are no number from 1 up")
    return int(float(text))


def _valid_through(given: Mapping[str, str], zone: str, now: datetime) -> datetime | None:
    text = given.get("valid_through", "").strip()
    if not text:
        return None
    at = _moment(text, ZoneInfo(zone))
    if at is None:
        raise Wrong(f"has a last day that is no date: {text[:40]}")
    return at if at < now + timedelta(days=730) else None  # "2099-12-31": no last day


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Read a date (its whole day counts) or a moment; without a zone it is the place's own."""
    if (day := _date(text)) is not None:
        return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(text)
            return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def _date(text: str) -> date | None:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        form: tuple[str, ...] = ("%Y-%m-%d",)
    else:
        form = _DATES
    for each in form:
        try:
            day = datetime.strptime(text, each).date()  # noqa: DTZ007  a date has no zone
        except ValueError:
            continue
        return day if 1970 < day.year < 9999 else None
    return None
