"""Numbers: a count, a wage, a number of years.

The rule: one number or a question; "a few" and "10 to 12" are questions. Wages typed without the dot (1750
for 17.50) are the flow's business: `check:` knows what is asked.
"""

import re

from flows.answers.numerals import numeral
from flows.answers.plain import fold, words
from flows.answers.reading import AskBack, Reading, Understood

_DIGITS = re.compile(r"(?<![\w./])-?(?:\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.\d{1,6})?(?![\d])(?!/\d)")
_HALF = re.compile(r"\b(?:and a half|y medi[oa])\b")
_NONE = frozenset("none zero nothing never ninguno ninguna nada cero nunca 0".split())


def read(text: str) -> Reading:
    """Read one number as int, or float where it has a fraction."""
    folded = fold(text).replace("$", " ").replace("#", " ")
    half = 0.5 if _HALF.search(folded) else 0.0
    found = [float(each.replace(",", "")) for each in _DIGITS.findall(folded)]
    if not found:
        found = _spoken(_HALF.sub(" ", folded))
    if len(set(found)) != 1:
        return AskBack("unclear.number")
    value = found[0] + half
    return Understood(int(value) if value.is_integer() else value)


def _spoken(folded: str) -> list[float]:
    said = words(folded)
    if len(said) <= 2 and said and said[0] in _NONE:
        return [0.0]
    found: list[float] = []
    at = 0
    while at < len(said):
        value, used = numeral(said, at)
        if used:
            found.append(float(value))
        at += used or 1
    return found
