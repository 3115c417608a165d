"""Read a US street address as typed and write it the one way we show it: "12 Rowe St Apt 2", Boston.

The rule kept here: it needs a house number and a street. What only sounds like one is none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import usaddress

KINDS: Mapping[str, str] = {
    long: short
    for short, longs in {
        "St": "street str st", "Ave": "avenue ave av aven", "Rd": "road rd", "Blvd": "boulevard blvd boul",
        "Dr": "drive dr drv", "Ln": "lane ln", "Ct": "court ct crt", "Pl": "place pl", "Sq": "square sq",
        "Ter": "terrace ter terr", "Pkwy": "parkway pkwy pky", "Hwy": "highway hwy", "Way": "way wy",
        "Cir": "circle cir", "Trl": "trail trl", "Aly": "alley aly", "Pike": "pike", "Row": "row",
        "Plz": "plaza plz", "Xing": "crossing xing", "Rte": "route rte", "Loop": "loop", "Walk": "walk",
    }.items()
    for long in longs.split()
}  # fmt: skip
DIRECTIONS: Mapping[str, str] = {
    "north": "N", "south": "S", "east": "E", "west": "W", "northeast": "NE", "northwest": "NW",
    "southeast": "SE", "southwest": "SW", "n": "N", "s": "S", "e": "E", "w": "W", "ne": "NE", "nw": "NW",
    "se": "SE", "sw": "SW",
}  # fmt: skip
_UNITS: Mapping[str, str] = {
    "apartment": "Apt", "apt": "Apt", "unit": "Unit", "suite": "Ste", "ste": "Ste", "floor": "Fl", "fl": "Fl",
    "room": "Rm", "rm": "Rm", "#": "#",
}  # fmt: skip
_STREET_PARTS = (
    "StreetNamePreModifier",
    "StreetNamePreDirectional",
    "StreetNamePreType",
    "StreetName",
    "StreetNamePostType",
    "StreetNamePostDirectional",
)


@dataclass(frozen=True, slots=True)
class Street:
    """A street address: "12", "Rowe St", "Apt 2" or "", and the town, state and ZIP where typed."""

    number: str
    street: str
    unit: str
    city: str
    state: str
    zip: str
    typed_kind: bool  # "St", "Ave" … was written, so it is surely a street

    @property
    def line(self) -> str:
        """Write number and street."""
        return f"{self.number} {self.street}"


def read_street(text: str) -> Street | None:
    """Read the first house number and street in `text`; None when there is none."""
    parts: dict[str, list[str]] = {}
    past_comma = past_unit = False
    for part, tag in usaddress.parse(text):
        if tag == "StreetName":  # the parser runs a street of several words on into the town
            tag, past_comma = ("PlaceName" if past_comma else tag), past_comma or part.endswith(",")
        if tag == "OccupancyIdentifier":  # and a unit, after its comma
            tag, past_unit = ("PlaceName" if past_unit else tag), past_unit or part.endswith(",")
        parts.setdefault(tag, []).append(part.strip(" ,.;!?()"))
    number = parts.get("AddressNumber", [""])[0]
    if not re.fullmatch(r"\d{1,6}(?:[-/]\d{1,6})?[A-Za-z]?|\d{1,6}½", number) or "StreetName" not in parts:
        return None
    street = " ".join(_word(word, tag) for tag in _STREET_PARTS for word in parts.get(tag, ()) if word)
    if not any(letter.isalnum() for letter in street):
        return None
    state = "".join(parts.get("StateName", [])).upper()
    return Street(
        number=number,
        street=street,
        unit=_unit(parts),
        city=" ".join(parts.get("PlaceName", [])),
        state=state if len(state) == 2 else "",
        zip="".join(parts.get("ZipCode", []))[:5],
        typed_kind=any(word.casefold() in KINDS for word in parts.get("StreetNamePostType", ()))
        or "StreetNamePreType" in parts,
    )


def _word(word: str, tag: str) -> str:
    folded = word.casefold()
    if tag == "StreetNamePostType" and folded in KINDS:
        return KINDS[folded]
    if tag.endswith("Directional") and folded in DIRECTIONS:
        return DIRECTIONS[folded]
    return word[:1].upper() + word[1:].lower()


def _unit(parts: Mapping[str, list[str]]) -> str:
    number = " ".join(parts.get("OccupancyIdentifier", ())).removeprefix("#").strip()
    kind = " ".join(parts.get("OccupancyType", ())).casefold()
    if not number:
        return ""
    return f"{_UNITS.get(kind, 'Unit')} {number.upper()}".replace("# ", "#")
