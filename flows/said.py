"""How a car and a stop are said: both are written down in English, by a ride company and by an office.

The rule: the colours of cars and the everyday words for doors are put into Spanish; names of streets, places
and makes stay as they stand on signs and plates, and what is not in the tables stays as it was written.
"""

import re
from collections.abc import Mapping

_COLORS: Mapping[str, str] = {
    "gray": "gris",
    "grey": "gris",
    "white": "blanco",
    "black": "negro",
    "blue": "azul",
    "red": "rojo",
    "silver": "plateado",
    "green": "verde",
    "brown": "cafe",
    "beige": "beige",
    "gold": "dorado",
    "yellow": "amarillo",
    "orange": "naranja",
    "maroon": "guinda",
    "purple": "morado",
}
_DOORS: Mapping[str, str] = {
    "front": "al frente",
    "front door": "puerta del frente",
    "back": "atras",
    "back door": "puerta de atras",
    "side": "al lado",
    "side door": "puerta del lado",
    "main door": "puerta principal",
    "main entrance": "entrada principal",
    "entrance": "entrada",
    "lobby": "entrada",
    "gate": "porton",
    "main gate": "porton principal",
    "staff door": "puerta del personal",
}
_DOOR = re.compile(rf"(^|, )({'|'.join(_DOORS)})(?:, on (?=\S)|(?=$))", re.IGNORECASE)


def car(words: str, lang: str) -> str:
    """Say "gray Toyota Camry"; in Spanish the colour stands behind: "Toyota Camry gris"."""
    color, _, model = words.partition(" ")
    spanish = _COLORS.get(color.lower()) if lang == "es" and model else None
    return f"{model} {spanish}" if spanish else words


def stop(words: str, lang: str) -> str:
    """Say "Hope House, front, on 5th"; in Spanish "Hope House, al frente, en 5th"."""
    return _DOOR.sub(_in_spanish, words) if lang == "es" else words


def _in_spanish(found: re.Match[str]) -> str:
    on = ", en " if found[0].lower().endswith(", on ") else ""
    return f"{found[1]}{_DOORS[found[2].lower()]}{on}"
