"""Read a place as staff write it, in a file or a form: name, kind, street, city, ZIP, pin, doors.

The rule kept here: what is wrong is said in words, never guessed at. A place has a pin of its own, near its
ZIP; the ZIP's middle is never taken for one. The main door is written first.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from bot.rides import zips
from bot.rides.base import NOTE_LIMIT
from bot.rides.estimates import crow_miles
from bot.rides.geocoding import Pin
from flows.answers.plain import fold
from storage.tables.going import PlaceKind

COLUMNS: Final = ("name", "kind", "street", "city", "zip", "lat", "lon", "doors")
KINDS: Final[Mapping[str, PlaceKind]] = {
    "employer": "work",
    "work": "work",
    "shelter": "house",
    "house": "house",
    "agency": "office",
    "office": "office",
    "other": "other",
}
LONGEST_NAME: Final = 40
FAR_FROM_ZIP: Final = 40.0  # miles; rural ZIPs reach 25 from their middle
_TWO_NUMBERS: Final = re.compile(r"(-?\d{1,3}\.\d{2,})\s*(?:,|%2C|\s)\s*(-?\d{1,3}\.\d{2,})", re.I)


@dataclass(frozen=True, slots=True)
class NewSite:
    """A place that staff vouch for."""

    name: str
    kind: PlaceKind
    address: str
    pin: Pin
    zone: str
    doors: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BadSite:
    """What is wrong with it, in words."""

    why: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line of a file that was not taken, and why; the header is line 1."""

    line: int
    why: str


Site: TypeAlias = NewSite | BadSite


def read_file(text: str) -> tuple[list[NewSite], list[Rejected]]:
    """Read a CSV file with a header; its good rows, and the others by line number.

    Raises ValueError where a column is missing.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), restkey="more", skipinitialspace=True)
    rows.fieldnames = [name.strip().casefold() for name in rows.fieldnames or []]
    if missing := [name for name in COLUMNS[:-1] if name not in rows.fieldnames]:
        raise ValueError(
            f"The first line must name the columns {', '.join(COLUMNS)}; {', '.join(missing)} missing."
        )
    good: list[NewSite] = []
    bad: list[Rejected] = []
    for line, site in _sites(rows):
        if isinstance(site, NewSite) and (same := _before(site, good)) is not None:
            site = BadSite(f"is {same.name} again")
        if isinstance(site, NewSite):
            good.append(site)
        else:
            bad.append(Rejected(line, site.why))
    return good, bad


def _sites(rows: "csv.DictReader[str]") -> Iterator[tuple[int, Site]]:
    for row in rows:
        if not any(str(value or "").strip() for value in row.values()):
            continue
        if "more" in row:
            yield (
                rows.line_num,
                BadSite("has more fields than the first line: put words with commas in quotes"),
            )
            continue
        given = {name: str(row.get(name) or "") for name in COLUMNS}
        yield rows.line_num, read_site(given | {"pin": f"{given['lat'].strip()}, {given['lon'].strip()}"})


def read_site(given: Mapping[str, str]) -> Site:
    """Read one place: `name kind street city zip pin doors`, each as typed."""
    words = {
        name: " ".join(given.get(name, "").split()) for name in ("name", "kind", "street", "city", "zip")
    }
    for name in ("name", "street", "city"):
        if not words[name]:
            return BadSite(f"has no {name}")
    if len(words["name"]) > LONGEST_NAME:
        return BadSite(f"has a name longer than {LONGEST_NAME} letters")
    kind = KINDS.get(words["kind"].casefold() or "other")
    if kind is None:
        return BadSite(f"has a kind that is none of {', '.join(KINDS)}")
    if (zip_ := zips.look_up(words["zip"].zfill(5))) is None:
        return BadSite("has no ZIP that is on the map")
    pin = read_pin(given.get("pin", ""))
    if pin is None:
        return BadSite("has no pin: lat and lon such as 42.36010 and -71.05890 (a ZIP's middle sends no car)")
    if zip_.pin is not None and (off := crow_miles(*pin, *zip_.pin)) > FAR_FROM_ZIP:
        return BadSite(f"has a pin {off:.0f} miles from {zip_.code}")
    doors = read_doors(given.get("doors", ""))
    if isinstance(doors, BadSite):
        return doors
    address = f"{words['street']}, {words['city']}"
    return NewSite(words["name"], kind, address, pin, zips.nearest(*pin).zone, doors)


def read_pin(text: str) -> Pin | None:
    """Read "42.3601, -71.0589", also out of a link that a map gives; None for what is no place on earth."""
    found = _TWO_NUMBERS.search(text)
    if found is None:
        return None
    lat, lon = float(found[1]), float(found[2])
    return (lat, lon) if -90 <= lat <= 90 and -180 <= lon <= 180 else None


def read_doors(text: str) -> tuple[Mapping[str, str], ...] | BadSite:
    """Read doors, parted by | or by lines, the main one first."""
    labels = [" ".join(part.split()) for part in re.split(r"[|\n]", text) if part.strip()]
    if long := next((label for label in labels if len(label) > NOTE_LIMIT), None):
        return BadSite(f'has a door longer than {NOTE_LIMIT} letters, which no driver reads: "{long}"')
    keys = [re.sub(r"[^a-z0-9]+", "-", fold(label)).strip("-") for label in labels]
    if len(set(keys)) < len(keys) or "" in keys:
        return BadSite("has the same door twice")
    return tuple({"key": key, "label": label} for key, label in zip(keys, labels, strict=True))


def _before(site: NewSite, others: list[NewSite]) -> NewSite | None:
    return next((one for one in others if same_site(one.name, one.address, site)), None)


def same_site(name: str, address: str, site: NewSite) -> bool:
    """Say whether a name and address are this site's, however they are written."""
    return (fold(name), fold(address)) == (fold(site.name), fold(site.address))
