"""Where the car should stop, as typed: a street and number, a named place, or what the person knows.

The rule: this reader judges the shape only; the place finder decides where it is. A PO box or a ZIP alone is
no place for a car, and "here" or "the same" is a question.
"""

import re

import usaddress

from flows.answers.plain import fold, phrases, words
from flows.answers.reading import AskBack, Reading, Understood, Value

_PO_BOX = re.compile(
    r"^\W*box\s*#?\d+|\b(?:p\.?\s*o\.?\s*box|p\.?o\.?b\.?(?=\s*#?\d)|post office box|po\s?bx"
    r"|apartado(?: postal)?|apdo)\b\.?\s*#?\s*\d*"
)
_ZIP_ONLY = re.compile(r"^(?:zip(?: code)?|codigo postal|cp)?\W*\d{5}(?:-\d{4})?\W*$")
_VAGUE = frozenset(
    """
    here there home house my at the a in on idk dunno know dont i am im same place it where you from street
    st town city
    downtown somewhere anywhere outside inside near nearby around not sure no yes ok wherever door front back
    aqui alli alla ahi casa mi la el en lo no se mismo misma lugar ciudad calle afuera adentro cerca centro
    donde yo estoy
    """.split()
)
_LEAD = phrases(
    r"""
    (?:no |yes |si |ok )?(?:its|it is|it's|im|i am|i'm|ill be|i'll be|pick me up|meet me)(?: (?:at|on|in|by))?
    (?:no|yes|si|ok)(?= \d) | (?:(?:the|my) )?address(?: is)? | (?:(?:la|mi) )?direccion(?: es)?
    (?:no |si )?(?:es|esta|estoy|vivo|recojanme|me recogen)(?: (?:en|a))?
    """,
    start=True,
)
_KEPT = {"OccupancyIdentifier": "unit", "ZipCode": "zip", "PlaceName": "city", "StateName": "state"}
_TOWN = {"PlaceName", "StateName", "ZipCode"}
_TOWN_END = re.compile(r", ?[a-z.]{2,5}(?: \d{5})?$|\b\d{5}(?:-\d{4})?$")
_DOOR = re.compile(r"\b(?:doors?|entrance|gate|side|lobby|puerta|entrada|porton)\b")
LONGEST = 200


def read(text: str) -> Reading:
    """Read a place: {"text", "shape": "street" or "words"}, with unit, city, state and zip where written."""
    typed = " ".join(text.split())[:LONGEST]
    folded = fold(typed)
    if _PO_BOX.search(folded):
        return AskBack("unclear.address_po_box")
    if _ZIP_ONLY.match(folded):
        return AskBack("unclear.address_zip")
    said = [word for word in words(folded) if word not in _VAGUE]
    if not any(any(each.isalpha() for each in word) for word in said):
        return AskBack("unclear.address")
    shape = _shape(_without_lead(typed, folded))
    return AskBack("unclear.address_zip") if shape["shape"] == "town" else Understood(shape)


def _without_lead(typed: str, folded: str) -> str:
    lead = _LEAD.match(folded)
    if not lead or len(folded) != len(typed):
        return typed
    return typed[lead.end() :].strip(" :,-") or typed


def _shape(typed: str) -> dict[str, Value]:
    found: dict[str, list[str]] = {}
    for part, tag in usaddress.parse(typed):
        found.setdefault(tag, []).append(part.strip(" ,.;"))
    street = "AddressNumber" in found and "StreetName" in found
    shape: dict[str, Value] = {"text": typed, "shape": "street" if street else "words"}
    if street:
        shape |= {name: " ".join(found[tag]) for tag, name in _KEPT.items() if tag in found}
        if _DOOR.search(fold(str(shape.get("city", "")))):
            del shape["city"]  # "front door" written behind the street is no town
    elif "StateName" in found and set(found) <= _TOWN and _TOWN_END.search(fold(typed)):
        shape["shape"] = "town"
    return shape
