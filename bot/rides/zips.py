"""What a ZIP tells: its zone, its town, and roughly where it is.

The rule kept here: a ZIP's middle is off by up to 25 miles. It ranks and guesses, it names the wall
clock, and it never sends a car. The table is built by `build_zips` and read the first time it is
needed; looking up costs one dictionary access and the splitting of one line.
"""

import gzip
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import cos, radians
from pathlib import Path

FOLDER = Path(__file__).parent
TABLE = FOLDER / "zips.csv.gz"
VERSION = "onward-zips-1"

_FAR = 25 / 69  # 25 miles, in degrees of latitude

# The zone most ZIPs of a state keep; the table names a zone only where it differs.
USUAL_ZONE: Mapping[str, str] = {
    state: zone
    for zone, states in {
        "America/New_York": "CT DC DE FL GA KY MA MD ME NC NH NJ NY OH PA RI SC VA VT WV",
        "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
        "America/Denver": "CO MT NM UT WY",
        "America/Los_Angeles": "CA NV OR WA",
        "America/Phoenix": "AZ",
        "America/Boise": "ID",
        "America/Detroit": "MI",
        "America/Indiana/Indianapolis": "IN",
        "America/Anchorage": "AK",
        "Pacific/Honolulu": "HI",
        "America/Puerto_Rico": "PR",
        "America/St_Thomas": "VI",
        "Pacific/Guam": "GU",
        "Pacific/Saipan": "MP",
        "Pacific/Pago_Pago": "AS",
        "Pacific/Palau": "PW",
        "Pacific/Majuro": "MH",
        "Pacific/Chuuk": "FM",
    }.items()
    for state in states.split()
}


@dataclass(frozen=True, slots=True)
class Zip:
    """One ZIP; `pin` is its rough middle, None for the few without a place on the map."""

    code: str
    city: str
    state: str
    zone: str
    pin: tuple[float, float] | None


def look_up(code: str) -> Zip | None:
    """Find a ZIP ("02119" or "02119-1234"); None when there is none such."""
    line = _lines().get(code.strip()[:5])
    return None if line is None else _read(line)


def zone_of(code: str) -> str | None:
    """Name the zone; a ZIP newer than the table keeps that of its nearest neighbour in the same area.

    None for what is no ZIP and for military post.
    """
    if found := look_up(code):
        return found.zone
    code = code.strip()[:5]
    codes = _codes()
    at = bisect_left(codes, code)
    near = [each for each in codes[max(0, at - 1) : at + 1] if each[:3] == code[:3]]
    if len(code) != 5 or not code.isdigit() or not near:
        return None
    nearest = look_up(min(near, key=lambda each: abs(int(each) - int(code))))
    return nearest.zone if nearest else None


@lru_cache(maxsize=8192)
def other_zones_of(code: str) -> tuple[str, ...]:
    """Name the zones that begin so near to a ZIP that its people may live by them; none for most.

    A ZIP's middle is off by up to 25 miles, and so far is looked. A ZIP without a place is taken for its
    whole area (the first three digits).
    """
    own, here = zone_of(code), centroid(code)
    near = _area(code) if here is None else around(*here)
    return tuple(sorted({each.zone for each in near} - {own})) if own else ()


def _area(code: str) -> Iterator[Zip]:
    """Give the ZIPs that begin with the same three digits."""
    codes, first = _codes(), code.strip()[:3]
    for at in range(bisect_left(codes, first), len(codes)):
        if not codes[at].startswith(first):
            return
        yield _read(_lines()[codes[at]])


def around(lat: float, lon: float) -> Iterator[Zip]:
    """Give the ZIPs whose middle is within 25 miles."""
    rows = _by_latitude()
    first, last = (bisect_left(rows, (lat + far,)) for far in (-_FAR, _FAR))
    narrowest = cos(radians(min(abs(lat) + _FAR, 90)))
    for row_lat, row_lon, code in rows[first:last]:
        if abs(row_lon - lon) * narrowest > _FAR and abs(row_lon - lon) < 180:
            continue  # most of the country, said at once
        if _apart((row_lat, row_lon), (lat, lon)) <= _FAR**2:
            yield _read(_lines()[code])


def centroid(code: str) -> tuple[float, float] | None:
    """Tell the rough middle of a ZIP; never a place to send a car to."""
    found = look_up(code)
    return found.pin if found else None


def city_of(code: str) -> str | None:
    """Name the town of a ZIP."""
    found = look_up(code)
    return found.city if found else None


def of_city(city: str, near: tuple[float, float]) -> Zip | None:
    """Find the ZIP of a town by name, the one nearest to `near`; None when no town is called so."""
    wanted = city.casefold()
    found = [_read(_lines()[code]) for code in _by_city().get(wanted, ())]
    placed = [(each, each.pin) for each in found if each.pin]
    return min(placed, key=lambda each: _apart(each[1], near))[0] if placed else None


def of_town(city: str, state: str) -> Zip | None:
    """Find the first ZIP with a place of the town of this name in a state ("MA"); None for no such town."""
    found = (_read(_lines()[code]) for code in _by_city().get(city.strip().casefold(), ()))
    return next((each for each in found if each.state == state and each.pin), None)


def nearest(lat: float, lon: float) -> Zip:
    """Find the ZIP whose middle is nearest to a pin: good for its zone and its town."""
    table = _by_latitude()
    first, last = (bisect_left(table, (lat + far,)) for far in (-1.0, 1.0))
    apart, code = _nearest_of(table[first:last] or table, lat, lon)
    if apart > 1.0:  # something beside those of the same latitude may be nearer
        _, code = _nearest_of(table, lat, lon)
    return _read(_lines()[code])


def _nearest_of(table: Sequence[tuple[float, float, str]], lat: float, lon: float) -> tuple[float, str]:
    return min((_apart((row_lat, row_lon), (lat, lon)), code) for row_lat, row_lon, code in table)


def _apart(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Compare distances: squared degrees of latitude, right enough to choose the nearer."""
    across = (abs(a[1] - b[1] + 180) % 360 - 180) * cos(radians(b[0]))
    return (a[0] - b[0]) ** 2 + across**2


def _read(line: str) -> Zip:
    code, lat, lon, city, state, zone = line.split(",")
    pin = (float(lat), float(lon)) if lat else None
    return Zip(code, city, state, zone or USUAL_ZONE[state], pin)


@cache
def _lines() -> dict[str, str]:
    with gzip.open(TABLE, "rt", encoding="utf-8", newline="\n") as table:
        header, *lines = table.read().splitlines()
    if VERSION not in header:
        raise ValueError(f"{TABLE.name} is not {VERSION}: build it again")
    return {line[:5]: line for line in lines}


@cache
def _codes() -> list[str]:
    return list(_lines())  # written in order


@cache
def _pins() -> tuple[tuple[str, float, float], ...]:
    return tuple(_each_pin())


@cache
def _by_latitude() -> list[tuple[float, float, str]]:
    return sorted((lat, lon, code) for code, lat, lon in _pins())


def _each_pin() -> Iterator[tuple[str, float, float]]:
    for line in _lines().values():
        code, lat, lon, _ = line.split(",", 3)
        if lat:
            yield code, float(lat), float(lon)


@cache
def _by_city() -> dict[str, list[str]]:
    towns: dict[str, list[str]] = {}
    for code, line in _lines().items():
        towns.setdefault(line.split(",", 4)[3].casefold(), []).append(code)
    return towns
