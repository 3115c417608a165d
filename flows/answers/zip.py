"""ZIP codes: five digits, kept as text (02128 is not 2128).

The rule: exactly one code, or a question. Which city it is, the caller reads back from its own table.
"""

import re

from flows.answers.plain import fold
from flows.answers.reading import AskBack, Reading, Understood

_CODE = re.compile(r"(?<![\d.,/#$-])(\d{5})(?:[ -]?\d{4})?(?![\d/%]|[.,]\d)")
_SPACED = re.compile(r"^\D{0,20}((?:\d[ .-]){4}\d)\D{0,10}$")
_UNKNOWN = re.compile(
    r"\b(?:idk|dunno|(?:dont|don't|do not) (?:know|kno|remember|have)|no clue|not sure|unsure|forgot|"
    r"no (?:lo |la )?(?:se|recuerdo|conozco|me acuerdo|tengo)|ni idea|no estoy segur[oa])\b"
)


def read(text: str) -> Reading:
    """Read one ZIP code; "i don't know" asks for a street or a place nearby instead."""
    folded = fold(text)
    codes = set(_CODE.findall(folded))
    if not codes and (spaced := _SPACED.match(folded)):
        codes = {re.sub(r"\D", "", spaced[1])}
    if len(codes) == 1 and (code := codes.pop()) != "00000":
        return Understood(code)
    if not codes and _UNKNOWN.search(folded):
        return AskBack("ask.place_nearby")
    return AskBack("unclear.zip")
