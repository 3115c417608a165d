"""How many parts an SMS takes, counted the way Twilio bills it.

The rule: GSM-7 where every character is in the default alphabet or its extension table (3GPP TS 23.038,
6.2.1), else UCS-2. One part holds 160 septets or 70 units; of several each holds 153 or 67, and neither an
escaped character nor a surrogate pair is ever split between two parts.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Encoding: TypeAlias = Literal["GSM-7", "UCS-2"]

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")  # each is an escape and one more septet


@dataclass(frozen=True, slots=True)
class Parts:
    """What a text costs: encoding, length in septets (GSM-7) or 16-bit units (UCS-2), and parts."""

    encoding: Encoding
    length: int
    parts: int


def parts(text: str) -> Parts:
    """Count the parts of `text`; an empty text is one part of length 0."""
    if all(each in BASIC or each in EXTENSION for each in text):
        return _count("GSM-7", [2 if each in EXTENSION else 1 for each in text], 160, 153)
    return _count("UCS-2", [2 if ord(each) > 0xFFFF else 1 for each in text], 70, 67)


def not_gsm7(text: str) -> list[str]:
    """List the characters that force UCS-2, each once, in the order they appear."""
    return list(dict.fromkeys(each for each in text if each not in BASIC and each not in EXTENSION))


def _count(encoding: Encoding, costs: list[int], single: int, each_part: int) -> Parts:
    length = sum(costs)
    if length <= single:
        return Parts(encoding, length, 1)
    used, count = 0, 1
    for cost in costs:
        if used + cost > each_part:
            used, count = 0, count + 1
        used += cost
    return Parts(encoding, length, count)
