"""How hard a text is to read: a school grade for English, a score of ease for Spanish.

The rule: own counters, no corpus, no download. English is Flesch-Kincaid (Kincaid 1975) with syllables by
vowel groups; Spanish is Fernández-Huerta (1959): 70 and above is easy for everyone.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from flows.answers.plain import fold

_SENTENCE = re.compile(r"[.!?:;\n]+(?=\s|$)")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_ENGLISH_GROUPS = re.compile(r"[aeiouy]+")
_SILENT_END = re.compile(r"(?:[^laeiouy]e|[^aeiouydt]ed|[^aeiouycgsxz]es)$")
_SPLIT_VOWELS = re.compile(
    r"(?:ia(?!l\b|n\b)|io(?!n|us)|eos?$|[aeiou][^aeiou]+eas?$|ua(?!r)|uo|ying|iet|cien|ism$)"
)
_SILENT_MIDDLE = re.compile(
    r"^(?:some|case|home|safe|care|time|name|place|phone|life|there|where|fire|side|state|late|nice|sure|use|hope)"
    r"(?=[bcdfghjklmnpqrstvwxz][aeiouhlrw])"
)
_SPANISH_GROUPS = re.compile(r"[aeiouáéíóúü]+")
_STRONG = frozenset("aeoáéóíú")


def sentences(text: str) -> list[str]:
    """Split into sentences; a colon and a line end one too, as texts are read."""
    return [each.strip() for each in _SENTENCE.split(text) if _WORD.search(each)]


def words(text: str) -> list[str]:
    """Split into words; a number counts as one word."""
    return _WORD.findall(text)


@lru_cache(maxsize=512)
def english_grade(text: str) -> float:
    """Give the Flesch-Kincaid grade: 6.0 is read in sixth grade. 0.0 where there is nothing to read."""
    said, lines = words(text), sentences(text)
    if not said:
        return 0.0
    syllables = sum(english_syllables(word) for word in said)
    return round(0.39 * len(said) / len(lines) + 11.8 * syllables / len(said) - 15.59, 2)


@lru_cache(maxsize=512)
def spanish_ease(text: str) -> float:
    """Give the Fernández-Huerta score: 70 and above is easy. 100.0 where there is nothing to read."""
    said, lines = words(text), sentences(text)
    if not said:
        return 100.0
    syllables = sum(spanish_syllables(word) for word in said)
    return round(206.84 - 60 * syllables / len(said) - 1.02 * len(said) / len(lines), 2)


def english_syllables(word: str) -> int:
    """Count syllables by vowel groups, less a silent ending, plus vowels said apart; at least 1."""
    plain = fold(word).replace("'", "")
    if not re.search(r"[a-z]", plain):
        return 1
    count = len(_ENGLISH_GROUPS.findall(plain)) + len(_SPLIT_VOWELS.findall(plain))
    return max(1, count - bool(_SILENT_END.search(plain)) - bool(_SILENT_MIDDLE.match(plain)))


def spanish_syllables(word: str) -> int:
    """Count syllables: two strong vowels, or a stressed weak one, are said apart; at least 1."""
    plain = (
        unicodedata.normalize("NFC", word.lower())
        .replace("qu", "q")
        .replace("gue", "ge")
        .replace("gui", "gi")
    )
    if plain.endswith("y") and len(plain) > 1:
        plain = plain[:-1] + "i"
    count = sum(1 + _breaks(group) for group in _SPANISH_GROUPS.findall(plain))
    return max(1, count)


def _breaks(group: str) -> int:
    return sum(a in _STRONG and b in _STRONG for a, b in pairwise(group))
