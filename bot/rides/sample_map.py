"""The demo's geocoder: invented places by name, and streets put somewhere near the person's ZIP.

The rule kept here: all of it is sample data and marked so, and the same words always give the same pin.
Names are matched word by word, forgiving slips of spelling ("big warhouse by the airport"); a place is
offered only when its name or what people call it was said, never for its street alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from math import cos, pi, radians, sin
from pathlib import Path
from typing import NamedTuple, TypedDict

import yaml
from rapidfuzz import fuzz

from bot.rides import zips
from bot.rides.estimates import crow_miles
from bot.rides.geocoding import AROUND_MILES, MOST, Door, Found, Nowhere, Pin, Places
from bot.rides.streets import KINDS, Street, read_street
from flows.answers.plain import fold, words

PLACES = Path(__file__).parent / "sample_places.yaml"
MILES_PER_DEGREE = 69.0
NAME, CALLED, STREET = 3, 2, 1  # what a word weighs
ENOUGH = 0.5  # more than this share of the words said must fit the best place
RIVAL = 0.5  # at least this share of its weight, for another to be offered beside it
RIVAL_ENOUGH = 0.3  # and at least this share of the words

_FILLERS = frozenset(
    """
    a an and at by for from i id idk im in is it its me my near next of off on or over some that the there
    think this to was where with big little small old new place called name named street corner across behind
    front back like downtown company building
    al cerca como con creo cual de del el en es esta grande la las lo los mi o para pequeno por que se su un
    una y yo donde llama calle lugar esquina centro compania edificio
    """.split()
) | frozenset(KINDS)


class _DoorYaml(TypedDict):
    key: str
    label: str


class _PlaceYaml(TypedDict):
    label: str
    address: str
    city: str
    state: str
    pin: list[float]
    words: list[str]
    doors: list[_DoorYaml]


@dataclass(frozen=True, slots=True)
class Named:
    """One sample place with the words it answers to and what each weighs."""

    place: Found
    weights: tuple[tuple[str, int], ...]
    joined: str  # the name written as one word


class LocalGeocoder:
    """Finds the demo's places and any typed street, near `home_zip` for a person without a ZIP."""

    def __init__(self, home_zip: str = "02108") -> None:
        if (pin := zips.centroid(home_zip)) is None:
            raise ValueError(f"{home_zip} is not a ZIP on the map")
        self._home: Pin = pin
        _named()  # read the file now, not while somebody waits

    async def find(
        self, text: str, *, near_zip: str | None = None, near: Pin | None = None
    ) -> Places | Nowhere:
        """Find a typed street, else places by name; never more than three, none rather than a guess."""
        around = near or (zips.centroid(near_zip) if near_zip else None) or self._home
        return look_for(text, around, near_zip)


def look_for(text: str, around: Pin, near_zip: str | None = None) -> Places | Nowhere:
    """Find places for these words around a pin."""
    street = read_street(text)
    if street and (at_address := _at_address(street, around)):
        return (at_address,)
    if street and street.typed_kind:
        return (_on_street(street, around, near_zip),)
    if by_name := _by_name(text, around):
        return by_name
    return (_on_street(street, around, near_zip),) if street else Nowhere()


# --- by name -------------------------------------------------------------------------------------


def _by_name(text: str, around: Pin) -> Places:
    said = [word for word in words(fold(text)) if word not in _FILLERS and len(word) > 1]
    near = [named for named in _named() if _is_around(named.place, around)]
    if not said:
        return ()
    if exact := [named.place for named in near if fuzz.ratio("".join(said), named.joined) >= 85]:
        return tuple(exact[:MOST])
    fits = sorted(
        ((_fit(said, named), named.place) for named in near), key=lambda each: each[0], reverse=True
    )
    if not fits or fits[0][0].share <= ENOUGH:
        return ()
    best = fits[0][0].weight * RIVAL
    offered = [place for fit, place in fits if fit.weight >= best and fit.share >= RIVAL_ENOUGH]
    return tuple(offered[:MOST])


class Fit(NamedTuple):
    """How well words fit a place: what they weigh together, and the share of them that fit."""

    weight: int
    share: float


def _fit(said: Sequence[str], named: Named) -> Fit:
    """Weigh the words, also two by two ("freight way"); its street alone is no reason to offer a place."""
    weights = [_weight(word, named) for word in said]
    for at in range(len(said) - 1):
        joined = _weight(said[at] + said[at + 1], named)
        weights[at], weights[at + 1] = max(weights[at], joined), max(weights[at + 1], joined)
    if max(weights) < CALLED:
        return Fit(0, 0.0)
    return Fit(sum(weights), sum(weight > 0 for weight in weights) / len(said))


def _weight(word: str, named: Named) -> int:
    return max((weight for known, weight in named.weights if _alike(word, known)), default=0)


def _alike(word: str, known: str) -> bool:
    """Say whether a word is a known one, slips allowed: none in three letters, one or so in seven."""
    if min(len(word), len(known)) < 4 or abs(len(word) - len(known)) > 2:
        return word == known
    return fuzz.ratio(word, known) >= (75 if max(len(word), len(known)) <= 5 else 80)


def _is_around(place: Found, around: Pin) -> bool:
    return crow_miles(place.lat, place.lon, *around) <= AROUND_MILES


@cache
def _named() -> tuple[Named, ...]:
    raw: dict[str, list[_PlaceYaml]] = yaml.safe_load(PLACES.read_text(encoding="utf-8"))
    return tuple(_read(each) for each in raw["places"])


def _read(raw: _PlaceYaml) -> Named:
    lat, lon = raw["pin"]
    place = Found(
        label=raw["label"],
        address=raw["address"],
        city=raw["city"],
        lat=lat,
        lon=lon,
        zone=zips.nearest(lat, lon).zone,
        doors=tuple(Door(door["key"], door["label"]) for door in raw["doors"]),
        sample=True,
    )
    weights: dict[str, int] = {}
    for text, weight in ((place.address, STREET), (" ".join(raw["words"]), CALLED), (place.label, NAME)):
        weights |= {word: weight for word in words(fold(text)) if word not in _FILLERS}
    return Named(place, tuple(weights.items()), "".join(words(fold(place.label))))


# --- by street -----------------------------------------------------------------------------------


def _at_address(street: Street, around: Pin) -> Found | None:
    line = fold(street.line)
    for named in _named():
        address = fold(named.place.address)
        same = address == line or (not street.typed_kind and address.startswith(f"{line} "))
        if same and _is_around(named.place, around):
            return named.place
    return None


def _on_street(street: Street, around: Pin, near_zip: str | None) -> Found:
    """Put a street somewhere near: the same street always in one place, its numbers in a row along it."""
    town = _town(street, around, near_zip)
    centre = town.pin or around
    digest = sha256(f"{fold(street.street)}|{fold(town.city)}|{town.state}".encode()).digest()
    bearing, out, along = digest[0] / 256 * 2 * pi, 0.2 + digest[1] / 256 * 1.2, digest[2] / 256 * 2 * pi
    number = int("".join(filter(str.isdigit, street.number.split("-")[0].split("/")[0])) or 0)
    lat, lon = _moved(_moved(centre, bearing, out), along, min(number, 4000) * 0.0002)
    line = street.line
    address = f"{line} {street.unit}, {town.city}" if street.unit else f"{line}, {town.city}"
    return Found(line, address, town.city, round(lat, 5), round(lon, 5), town.zone, sample=True)


def _town(street: Street, around: Pin, near_zip: str | None) -> zips.Zip:
    """Choose the town: the ZIP typed, else the town typed, else the person's ZIP, else what is around."""
    if typed := zips.look_up(street.zip) if street.zip else None:
        return replace(typed, pin=typed.pin or around)
    named = zips.of_city(street.city, around) if street.city else None
    if (
        named
        and named.pin
        and (named.state == street.state or crow_miles(*named.pin, *around) <= AROUND_MILES)
    ):
        return named
    own = zips.look_up(near_zip) if near_zip else None
    return own if own and own.pin else zips.nearest(*around)


def _moved(pin: Pin, bearing: float, miles: float) -> Pin:
    lat = pin[0] + cos(bearing) * miles / MILES_PER_DEGREE
    return lat, pin[1] + sin(bearing) * miles / (MILES_PER_DEGREE * cos(radians(pin[0])))
