"""What people say at the curb: "wheres my ride", "driver left", "he wants me to pay", "ya sali", however it
is spelled.

The rule: words are first spelled the one way the patterns know (a table of short forms, then one letter
amiss), then the patterns are tried in the order of the list, danger first; what looks like one but speaks of
something else is listed as such. The patterns are data (content/words/keywords.yaml, live_ride).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from rapidfuzz.distance import OSA

from flows.answers.plain import said_in

_SLOT = re.compile(r"<(\w+)>")
_LITERAL = re.compile(r"[a-z]+")
_SYNTAX = re.compile(r"\\.|\(\?[:!=<]+")
_BEGUN = re.compile(r"([a-z]+)\\w[*+]")
_EITHER = re.compile(r"([a-z]+)\[([a-z]{2})\]")
_LONGEST = 320
_FUZZY_FROM, _TWO_FROM = 5, 8
"""Letters a word needs to be taken with one letter amiss, and with two."""


@dataclass(frozen=True, slots=True)
class RideSaid:
    """What was said about a ride: `meaning` names the flow (ride_<meaning>).

    `unsafe` is what is wrong where the ride is not safe, and `always` says that the words speak of a driver
    so plainly that they count with no ride near.
    """

    meaning: str
    unsafe: str | None = None
    always: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class RideWords:
    """The patterns, compiled once, and how people say each, in English and in Spanish. Made by
    `make_ride_words`."""

    rules: tuple[tuple[re.Pattern[str], RideSaid], ...]
    like: tuple[tuple[RideSaid, str, str], ...]
    not_it: re.Pattern[str]
    says_driver: re.Pattern[str]
    spelled: Mapping[str, str]
    known: frozenset[str]
    begun: tuple[str, ...]
    by_length: Mapping[int, tuple[str, ...]]

    def read(self, text: str) -> RideSaid | None:
        """Say what a text means for somebody who waits for a car, or None."""
        return _read(self, text)

    def _read(self, text: str) -> RideSaid | None:
        said = " ".join(self._spell(word) for word in said_in(text[:_LONGEST]))
        if not said or said.isdigit():
            return None
        said = self.not_it.sub("-", said)
        meant = next((meant for pattern, meant in self.rules if pattern.search(said)), None)
        if meant is not None and meant.unsafe and self.says_driver.search(said):
            return replace(meant, always=True)
        return meant

    def _spell(self, word: str) -> str:
        if (right := self.spelled.get(word)) is not None:
            return right
        return word if word in self.known or word.startswith(self.begun) else self._near(word)

    def _near(self, word: str) -> str:
        """Give the one known word that this is with a letter amiss (two in a long one), else the word."""
        size = len(word)
        if size < _FUZZY_FROM or not word.isalpha():
            return word
        near = {
            each
            for length in (size - 1, size, size + 1)
            for each in self.by_length.get(length, ())
            if OSA.distance(word, each) <= (1 if min(size, length) < _TWO_FROM else 2)
        }
        return near.pop() if len(near) == 1 else word


@lru_cache(maxsize=8)  # one turn asks three times about its text
def _read(words: RideWords, text: str) -> RideSaid | None:
    return words._read(text)


def make_ride_words(data: Mapping[str, Any]) -> RideWords:
    """Build the patterns from parsed `live_ride`; KeyError or ValueError name what is wrong."""
    slots: Mapping[str, str] = data["slots"]
    rules = [(_pattern(each["any"], slots), _meant(each)) for each in data["rules"]]
    spelled = {form: right for right, forms in data["spelled"].items() for form in forms}
    forms = [form for each in data["rules"] for form in each["any"]] + list(slots.values())
    literal = {word for form in forms for word in _literal(form)}
    by_length: dict[int, tuple[str, ...]] = {}
    for word in sorted(literal | set(data["near"])):
        if len(word) >= _FUZZY_FROM:
            by_length[len(word)] = (*by_length.get(len(word), ()), word)
    return RideWords(
        rules=tuple(rules),
        like=tuple((_meant(each), *each["like"]) for each in data["rules"]),
        not_it=_pattern(data["not_it"], slots),
        says_driver=_pattern(data["says_driver"], slots),
        spelled=spelled,
        known=frozenset(literal | set(data["near"]) | set(data["other_words"])),
        begun=tuple(
            {word for form in forms for word in _BEGUN.findall(form) if len(word) >= _FUZZY_FROM - 1}
        ),
        by_length=by_length,
    )


def _meant(each: Mapping[str, Any]) -> RideSaid:
    return RideSaid("unsafe", each["unsafe"]) if "unsafe" in each else RideSaid(each["meaning"])


def _literal(form: str) -> list[str]:
    """Give the whole words that a pattern spells out, both of "solo" and "sola" for "sol[oa]"."""
    both = _EITHER.sub(lambda found: f"{found[1]}{found[2][0]} {found[1]}{found[2][1]}", form)
    return [word for word in _LITERAL.findall(_SYNTAX.sub(" ", _BEGUN.sub(" ", both))) if len(word) > 2]


@lru_cache(maxsize=1024)
def _compiled(spelled: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{spelled})\b")


def _pattern(forms: list[str], slots: Mapping[str, str]) -> re.Pattern[str]:
    try:
        return _compiled("|".join(_SLOT.sub(lambda found: slots[found[1]], form) for form in forms))
    except (KeyError, re.error) as error:
        raise ValueError(f"live_ride: {error} in {forms[0]!r}") from error
