"""One option, or several, of those the person saw.

The rule: the number on the phone first, then the words of the option, then one option named inside a sentence
without "not"; spelling last and only with a clear gap to the next option. Two that fit are a question.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from rapidfuzz import fuzz

from flows.answers.numerals import numeral
from flows.answers.plain import fold, phrases, relaxed, words
from flows.answers.reading import AskBack, Choice, Confirm, Reading, Understood
from flows.answers.yes_no import exact_label
from flows.answers.yes_no import label as yes_no_label

_MARK = r"(?:#|no\.\s?|nr\.?\s?|num(?:ber|ero)?\s|option\s|opcion\s|the\s|la\s|el\s|\(|\[)?"
_NUMBER = re.compile(rf"{_MARK}\b(\d{{1,2}})(?:st|nd|rd|th|[.)\]!,:;]+)?(?=$|[\s,.!)&+/-])")
_LEADING = re.compile(
    rf"^[\[(]?{_MARK}(\d{{1,2}})(?=$|[\])\s.,!;:-])"
    r"(?!\s*(?:[ap]\.?\s?m\b|o'?clock|:\d|/\d|\d|%|or\b|o\b|(?:and|y|&|\+)\s*\d{1,2}\b(?!:)))"
    r"(?!\s*(?:days?|weeks?|hours?|months?|min|dias?|semanas?|horas?)\b)"
)
_TAPPED = re.compile(r"^\[\s*(.+?)\s*\]$")
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4,
    "primera": 1, "primero": 1, "segunda": 2, "segundo": 2, "tercera": 3, "tercero": 3, "cuarta": 4,
    "ultima": -1, "ultimo": -1,
}  # fmt: skip
_HAPPENED = frozenset(
    "got was is has cancelled canceled moved changed called said cancelaron cancelo cambiaron cambio".split()
)
_NOT = phrases(
    """
    not | no | never | dont | doesnt | isnt | wasnt | arent | cant | couldnt | wont | except | but | neither
    ni | nunca | menos | excepto | sin
    """
)
_ALL = phrases(
    """
    all | everything | both | any of (?:them|those)
    tod[oa]s? | ambos | ambas | cualquiera | los dos | las dos
    """
)
_EXCEPT = re.compile(
    r"\b(?:but not|pero no|(?:all|any) but|except(?: for)?|minus|excepto|salvo|y no|and not)\b"
)
_ALL_BUT = re.compile(r"\b(?:but|menos|not|no|sin)\b")
_LETTERS = re.compile(r"[a-h](?:(?: ?[,&+/] ?| and | y | e | )[a-h])+")
_FIRST = re.compile(r"\b(?:first|las? primer[ao]s|los primeros|primer[ao]s) (\w+)")
_NONE = phrases("none | neither | nothing | ningun[oa]? | nada | no one", start=True)
_CANNOT = re.compile(r"\bcan ?not\b")
_FILLER = frozenset(
    """
    the a an i im me my is it its that one for to of in on at please pls want like would and or y o la el los
    las un una
    de en por favor quiero es eso esa ese lo mi me yo number option opcion numero guess think pick choose take
    """.split()
)


def read(text: str, options: Sequence[Choice]) -> Reading:
    """Read one option: its key."""
    found = _one(_said(text), options)
    return Understood(found.key) if found else AskBack("unclear.choice")


def read_many(text: str, options: Sequence[Choice], alone: frozenset[str]) -> Reading:
    """Read one or more options: their keys, in the order shown; `alone` ones cannot stand beside another."""
    folded = _said(text)
    found = _many(folded, options, alone)
    picked = [each for each in options if each in found]
    lonely = [each for each in picked if each.key in alone]
    if not picked:
        return AskBack("unclear.choices")
    if lonely and len(picked) > 1:
        return AskBack("unclear.alone", {"label": lonely[0].label})
    keys: list[str] = [each.key for each in picked]
    if _run_together(folded, options):
        return Confirm([*keys], "read_back.choices", {"labels": ", ".join(each.label for each in picked)})
    return Understood([*keys])


def numbered(options: Sequence[Choice]) -> dict[int, Choice]:
    """Number the options as the phone shows them."""
    return {each.n if each.n is not None else at: each for at, each in enumerate(options, 1)}


def _said(text: str) -> str:
    folded = fold(text[:400])
    tapped = _TAPPED.match(folded)
    return _CANNOT.sub("can't", tapped[1] if tapped else folded)


def _one(folded: str, options: Sequence[Choice]) -> Choice | None:
    by_number = numbered(options)
    if leading := _LEADING.match(folded):
        return by_number.get(int(leading[1]))
    said = [relaxed(word) for word in words(folded)]
    if not said or not options:
        return None
    if whole := _whole(said, options):
        return _only(whole)
    return (
        _spoken_number(said, by_number)
        or _letter(said, options)
        or _none_of_them(said, options)
        or _inside(said, options)
        or _yes_or_no(folded, options)
        or _by_own_word(said, options)
        or _by_spelling(said, options)
    )


@lru_cache(maxsize=1024)
def _names(option: Choice) -> tuple[list[str], ...]:
    every = (option.label, option.key.replace("_", " "), *option.words)
    return tuple(known for name in every if (known := words(fold(name))))


def _only(found: Iterable[Choice]) -> Choice | None:
    unique = {each.key: each for each in found}
    return next(iter(unique.values())) if len(unique) == 1 else None


def _whole(said: list[str], options: Sequence[Choice]) -> list[Choice]:
    """Find the options whose name is the whole text, or begins with it."""
    bare = [word for word in said if word not in _FILLER] or said
    exact = [each for each in options if any(known in (said, bare) for known in _names(each))]
    start = " ".join(said)
    if exact or len(start) < 2:
        return exact
    return [each for each in options if any(" ".join(known).startswith(start) for known in _names(each))]


def _spoken_number(said: list[str], by_number: dict[int, Choice]) -> Choice | None:
    bare = [word for word in said if word not in _FILLER - {"one", "un", "una"}]
    if not bare or len(said) > 4:
        return None
    if bare[0] in _ORDINALS and not _HAPPENED & set(bare):  # "first one got cancelled" picks nothing
        at = _ORDINALS[bare[0]]
        return by_number.get(max(by_number) if at < 0 else at)
    value, used = numeral(bare, 0)
    return by_number.get(value) if used == len(bare) else None


def _letter(said: list[str], options: Sequence[Choice]) -> Choice | None:
    if len(said) != 1 or len(said[0]) != 1 or not "a" <= said[0] <= "z":
        return None
    at = ord(said[0]) - ord("a")
    return options[at] if at < len(options) and said[0] not in ("y", "n", "s") else None


def _none_of_them(said: list[str], options: Sequence[Choice]) -> Choice | None:
    """Neither, none of these, ninguna: the option whose key is `none`."""
    if len(said) > 4 or not _NONE.match(" ".join(said)):
        return None
    return next((each for each in options if each.key == "none"), None)


def _inside(said: list[str], options: Sequence[Choice]) -> Choice | None:
    if _NOT.search(" ".join(said)):
        return _only(
            each for each in options if any(len(known) > 1 and _holds(said, known) for known in _names(each))
        )
    return _only(each for each in options if any(_holds(said, known) for known in _names(each)))


def _holds(said: list[str], known: list[str]) -> bool:
    if len(known) == 1 and (known[0] in _FILLER or len(known[0]) < 2):
        return False
    return any(said[at : at + len(known)] == known for at in range(len(said) - len(known) + 1))


def _yes_or_no(folded: str, options: Sequence[Choice]) -> Choice | None:
    meant = yes_no_label(folded)
    return _only(each for each in options if _first_label(each) == meant) if meant in ("yes", "no") else None


def _first_label(option: Choice) -> str | None:
    """Say whether an option's label means yes or no: by its first word, where that is one."""
    said = words(fold(option.label))
    return exact_label(said[0]) if said else None


def _by_own_word(said: list[str], options: Sequence[Choice]) -> Choice | None:
    """Find the row of a list by a word no other option has: "the back one", "the one on elm"."""
    if not any(each.key.startswith("@") for each in options) or len(said) > 6 or _NOT.search(" ".join(said)):
        return None
    labels = [
        {relaxed(word) for word in words(fold(each.label)) if len(word) > 2} - _FILLER for each in options
    ]
    shared = {word for word in said if sum(word in label for label in labels) == 1}
    return _only(each for each, label in zip(options, labels, strict=True) if label & shared)


def _by_spelling(said: list[str], options: Sequence[Choice]) -> Choice | None:
    typed = " ".join(word for word in said if word not in _FILLER)
    if len(typed) < 4 or len(said) > 4:
        return None
    scored = sorted(
        (
            (max(fuzz.ratio(typed, " ".join(known)) for known in _names(each)), at)
            for at, each in enumerate(options)
        ),
        reverse=True,
    )
    best, at = scored[0]
    gap = best - (scored[1][0] if len(scored) > 1 else 0)
    return options[at] if best >= 80 and gap >= 12 else None


def _many(folded: str, options: Sequence[Choice], alone: frozenset[str]) -> list[Choice]:
    every = _ALL.search(folded)
    if parted := (_EXCEPT.search(folded) or (every and _ALL_BUT.search(folded, every.end()))):
        whole = "all" if every else folded[: parted.start()]
        picked, out = _many(whole, options, alone), _many(folded[parted.end() :], options, alone)
        return [each for each in picked if each not in out] if out else []
    by_number = numbered(options)
    said = words(folded)
    if every and not _whole(said, options):
        return [each for each in options if each.key not in alone]
    if together := _run_together(folded, options):
        return together
    numbers = [int(each) for each in _NUMBER.findall(_ranges(folded))]
    if numbers:
        return [by_number[n] for n in numbers] if all(n in by_number for n in numbers) else []
    if places := _letters(folded) or _places(folded, said, len(options)):
        return [options[at] for at in places] if max(places) < len(options) else []
    if one := _one(folded, options):
        return [one]
    if _NOT.search(folded):
        return []
    spoken = _spoken_numbers(said, by_number)
    return spoken or [each for each in options if any(_holds(said, known) for known in _names(each))]


def _letters(folded: str) -> list[int]:
    """Read "a c" and "A, C" as the places of options; a letter alone is read elsewhere."""
    return (
        [ord(each) - ord("a") for each in re.findall(r"\b[a-h]\b", folded)]
        if _LETTERS.fullmatch(folded)
        else []
    )


def _places(folded: str, said: list[str], size: int) -> list[int]:
    """Read "first and third" and "the first two" as the places of options."""
    if first := _FIRST.search(folded):
        count, used = numeral([first[1]], 0)
        if used and count > 1:
            return [*range(count)]
    named = [_ORDINALS[word] for word in said if word in _ORDINALS]
    return [size - 1 if each < 0 else each - 1 for each in named] if len(named) > 1 else []


def _ranges(folded: str) -> str:
    folded = re.sub(r"(?<=\d)\s*y\s*(?=\d)", " ", folded)

    def spread(found: re.Match[str]) -> str:
        first, last = int(found[1]), int(found[2])
        return " ".join(str(n) for n in range(first, last + 1)) if first < last <= first + 20 else found[0]

    return re.sub(r"\b(\d{1,2})\s*(?:-|to|thru|through|al?)\s*(\d{1,2})\b", spread, folded)


def _run_together(folded: str, options: Sequence[Choice]) -> list[Choice]:
    """Read "13" as 1 and 3 where there is no option 13; it is read back."""
    by_number = numbered(options)
    if not re.fullmatch(r"\d{2,9}", folded) or int(folded) in by_number or len(set(folded)) != len(folded):
        return []
    picked = [by_number.get(int(digit)) for digit in folded]
    return [each for each in picked if each] if all(picked) else []


def _spoken_numbers(said: list[str], by_number: dict[int, Choice]) -> list[Choice]:
    found: list[Choice] = []
    for at, word in enumerate(said):
        value, used = numeral(said, at) if word not in ("y", "and") else (0, 0)
        if used and value in by_number:
            found.append(by_number[value])
        elif word not in _FILLER:
            return []
    return found
