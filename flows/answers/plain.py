"""Text as the readers compare it: folded to plain small letters, so that one table serves "Sí", "si" and
"SI".

The rule: folding never loses a letter or a digit, it only makes them alike (é → e, ñ → n, ’ → ').
"""

import re
import unicodedata
from functools import lru_cache

_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-"}
    | {"−": "-", "\u00a0": " ", "\u202f": " ", "¿": " ", "¡": " ", "º": "º", "ª": "ª"}
)
_COMBINING = re.compile(r"[\u0300-\u036f\u20e3\ufe0e\ufe0f\u200b-\u200f\u2060]")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_STRETCHED = re.compile(r"([a-z])\1{2,}")


@lru_cache(maxsize=64)  # every reader of a turn folds the same text
def fold(text: str) -> str:
    """Fold to small letters without accents, straight quotes, single spaces."""
    if text.isascii():
        return " ".join(text.replace("`", "'").lower().split())
    plain = _COMBINING.sub("", unicodedata.normalize("NFKD", text.translate(_QUOTES)))
    return " ".join(plain.casefold().translate(_QUOTES).split())


def words(folded: str) -> list[str]:
    """Split folded text into words; an apostrophe inside a word goes (don't → dont)."""
    found: list[str] = _WORD.findall(folded)
    return [word.replace("'", "") for word in found] if "'" in folded else found


def relaxed(word: str) -> str:
    """Shorten letters that were held down: yesss → yes, siiii → si."""
    return _STRETCHED.sub(r"\1", word) if len(word) > 2 else word


@lru_cache(maxsize=64)
def words_in(text: str) -> tuple[str, ...]:
    """Give the words of any text, folded."""
    return tuple(words(fold(text)))


@lru_cache(maxsize=64)
def said_in(text: str) -> tuple[str, ...]:
    """Give the words of any text, folded and relaxed."""
    return tuple(relaxed(" ".join(words_in(text))).split())


def phrases(table: str, *, start: bool = False) -> re.Pattern[str]:
    """Compile a table of regex phrases, one or more a line set apart by " | ", to match as whole words."""
    either = "|".join(each.strip() for line in table.strip().splitlines() for each in line.split(" | "))
    return re.compile(rf"{'^' if start else chr(92) + 'b'}(?:{either})\b")
