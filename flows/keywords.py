"""Words that work anywhere: the carrier's, MENU BACK PERSON AGAIN SKIP LANGUAGE ABOUT ME, what people ask
about us (who, what it costs), a wrong number, and those of a live ride.

The rule: a carrier word counts alone or as a clear phrase ("stop texting me"), never as one word among
others: "bus stop" and "don't stop" end nothing. The lists are data (content/words/keywords.yaml); no file is
opened here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar, get_args

from flows.answers.plain import fold, words, words_in
from flows.answers.riding import RideSaid, RideWords, make_ride_words

Carrier: TypeAlias = Literal["stop", "start", "help", "unsure"]
"""What a word is about: the carrier's three, and words that may mean stop ("too many texts")."""
Name: TypeAlias = Literal[
    "menu", "back", "person", "again", "skip", "language", "about_me", "who", "cost", "upset", "wrong_number"
]
Lang: TypeAlias = Literal["en", "es"]
_Phrase: TypeAlias = tuple[str, ...]
_Meant = TypeVar("_Meant")
_ByFirst: TypeAlias = Mapping[str, tuple[tuple[int, _Phrase, _Meant], ...]]
"""Phrases with their place in the list, by their first word: a text is looked at for a hundred of them."""


@dataclass(frozen=True, slots=True)
class Anywhere:
    """A word that works anywhere; `lang` is set where the person named the language they want."""

    name: Name
    lang: Lang | None = None


@dataclass(frozen=True, slots=True)
class Keywords:
    """The lists, folded once. Made by `make_keywords`."""

    carrier_words: Mapping[str, Carrier]
    carrier_phrases: Mapping[Carrier, tuple[_Phrase, ...]]
    negations: frozenset[str]
    anywhere_phrases: Mapping[str, Anywhere]
    contained: tuple[tuple[_Phrase, Anywhere], ...]
    politeness: frozenset[str]
    riding: RideWords
    spoken: Mapping[str, Lang]
    _carrier: _ByFirst[Carrier]
    _contained: _ByFirst[Anywhere]

    def carrier(self, text: str) -> Carrier | None:
        """Read STOP, START or HELP: the exact single word, or a clear phrase; "unsure" may mean STOP."""
        said = words_in(text[:320])
        if alone := self.carrier_words.get(" ".join(said)):
            return alone
        return next((name for phrase, name in _near(said, self._carrier) if self._clear(said, phrase)), None)

    def anywhere(self, text: str, lang: str) -> Anywhere | None:
        """Read MENU, BACK and the like: the whole text, politeness aside, or a phrase that asks for a human.

        Both languages are always known; `lang` is the person's and decides nothing yet.
        """
        said = words_in(text[:320])
        bare = " ".join(word for word in said if word not in self.politeness)
        # ES and EN are words of other sentences too ("no es"): they count only alone.
        known = self.anywhere_phrases.get(bare) if len(bare) > 2 else None
        if found := known or self.anywhere_phrases.get(" ".join(said)):
            return found
        for phrase, each in _near(said, self._contained):
            # "no, you have the wrong number" is one all the same
            if (each.name == "wrong_number" and _find(said, phrase) is not None) or self._clear(said, phrase):
                return each
        return None

    def language(self, text: str) -> Lang | None:
        """Tell a text's language by words only that one has; None where no word, or both languages, speak."""
        heard = {self.spoken[word] for word in words_in(text[:320]) if word in self.spoken}
        return heard.pop() if len(heard) == 1 else None

    def live_ride(self, text: str) -> RideSaid | None:
        """Read what someone says about the car they wait for: "where", "done", "sees_car" …, or None; both
        languages are always known."""
        return self.riding.read(text)

    def _clear(self, said: Sequence[str], phrase: _Phrase) -> bool:
        at = _find(said, phrase)
        return at is not None and not any(word in self.negations for word in said[max(0, at - 3) : at])


def make_keywords(data: Mapping[str, Any]) -> Keywords:
    """Build the lists from parsed content/words/keywords.yaml; KeyError or ValueError name what is wrong."""
    carrier = data["carrier"]
    exact: dict[str, Anywhere] = {}
    contained: list[tuple[_Phrase, Anywhere]] = []
    for name, lists in data["anywhere"].items():
        if name not in get_args(Name):
            raise ValueError(f"anywhere: there is no word {name!r}")
        exact |= {_flat(phrase): Anywhere(name) for phrase in lists["words"]}
        contained += [(_split(phrase), Anywhere(name)) for phrase in lists.get("inside", ())]
    for lang, names in data["languages"].items():
        exact |= {_flat(phrase): Anywhere("language", lang) for phrase in names}
    phrases: dict[Carrier, tuple[_Phrase, ...]] = {
        name: tuple(_split(each) for each in carrier[name].get("phrases", ())) for name in get_args(Carrier)
    }
    return Keywords(
        carrier_words={_flat(word): name for name in get_args(Carrier) for word in carrier[name]["words"]},
        carrier_phrases=phrases,
        negations=frozenset(_flat(word) for word in data["negations"]),
        anywhere_phrases=exact,
        contained=tuple(contained),
        politeness=frozenset(_flat(word) for word in data["politeness"]),
        riding=make_ride_words(data["live_ride"]),
        spoken={_flat(word): lang for lang, known in data["spoken"].items() for word in known},
        _carrier=_by_first((each, name) for name, known in phrases.items() for each in known),
        _contained=_by_first(contained),
    )


def _split(phrase: str) -> _Phrase:
    return tuple(words(fold(phrase)))


def _flat(phrase: str) -> str:
    return " ".join(_split(phrase))


def _by_first(phrases: Iterable[tuple[_Phrase, _Meant]]) -> _ByFirst[_Meant]:
    found: dict[str, list[tuple[int, _Phrase, _Meant]]] = {}
    for at, (phrase, meaning) in enumerate(phrases):
        if phrase:
            found.setdefault(phrase[0], []).append((at, phrase, meaning))
    return {first: tuple(rows) for first, rows in found.items()}


def _near(said: Sequence[str], known: _ByFirst[_Meant]) -> list[tuple[_Phrase, _Meant]]:
    """Give the phrases that were said, in the order of the list."""
    rows = [row for word in said if word in known for row in known[word]]
    if not rows:
        return []
    line = f" {' '.join(said)} "
    rows = [row for row in rows if f" {' '.join(row[1])} " in line]
    rows.sort(key=_place)
    return [(phrase, meaning) for _, phrase, meaning in rows]


def _place(row: tuple[int, _Phrase, object]) -> int:
    return row[0]


def _find(said: Sequence[str], phrase: _Phrase) -> int | None:
    size = len(phrase)
    if size > len(said):
        return None
    return next((at for at in range(len(said) - size + 1) if tuple(said[at : at + size]) == phrase), None)
