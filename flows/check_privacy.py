"""Lint what a text may give away: to who reads over a shoulder, and to who shares the phone.

The rule: no text says a word of words/disclosure.yaml; and a text that prints a place, a company or pay has a
`discreet:` form without them, for phones that are not the person's alone.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from flows.answers.plain import fold
from flows.arriving import Arriving, problem_of
from flows.assemble import Loaded
from flows.check_needs import ride_flows
from flows.fields import Written
from flows.model import Ask
from flows.problems import Problem
from flows.texts import Blank, split

_WHY = {
    "reveals": "could tell who reads over a shoulder",
    "shows_off": "shows off what we know",
    "threatens": "scolds or threatens",
}
Banned: TypeAlias = Mapping[str, tuple[tuple[str, re.Pattern[str], bool], ...]]
"""By language: the list, its pattern, and whether it is compared as written (capitals: DOC, PO) or folded."""

TELLING = frozenset({"employer", "place", "label", "line", "address", "pickup", "dropoff", "title", "pay"})
"""Fields of ours that tell a stranger where someone goes or what they earn."""


def check_privacy(loaded: Loaded, arrived: Iterable[Arriving]) -> Iterator[Problem]:
    """Find words that give someone away, and texts that lack their discreet form."""
    banned = compile_banned(loaded.disclosure)
    for each in arrived:
        yield from _words(each, banned)
    asked_for = ride_flows(loaded)
    for written in loaded.texts:
        if written.flow not in asked_for:
            yield from _discreet(loaded, written)


def compile_banned(lists: Mapping[str, Any]) -> Banned:
    """Compile the lists of words/disclosure.yaml: one pattern a list and language."""
    found: dict[str, list[tuple[str, re.Pattern[str], bool]]] = {}
    for group, by_lang in lists.items():
        for lang, entries in by_lang.items() if isinstance(by_lang, Mapping) else ():
            shouted = [entry for entry in entries if entry.isupper()]
            spoken = [fold(entry) for entry in entries if not entry.isupper()]
            for words, as_written in ((shouted, True), (spoken, False)):
                if words:
                    found.setdefault(lang, []).append((group, _pattern(words), as_written))
    return {lang: tuple(rows) for lang, rows in found.items()}


def _pattern(entries: list[str]) -> re.Pattern[str]:
    """Match whole words; `*` is any ending."""
    forms = "|".join(re.escape(entry).replace(re.escape("*"), r"\w*") for entry in entries)
    return re.compile(rf"(?<!\w)(?:{forms})(?!\w)")


def _words(each: Arriving, banned: Banned) -> Iterator[Problem]:
    plain = " ".join(part if isinstance(part, str) else " " for part in split(each.source))
    folded = fold(plain)
    for group, pattern, as_written in banned.get(each.lang, ()):
        for said in sorted(set(pattern.findall(plain if as_written else folded))):
            why = _WHY.get(group, "must not be said")
            yield problem_of(each, f'"{said}" {why}.', "say it another way.", group.replace("_", "-"))


def _discreet(loaded: Loaded, written: Written) -> Iterator[Problem]:
    flow = loaded.all_flows.get(written.flow)
    if flow is None or not _is_message(loaded, written):
        return
    forms = written.text.forms["en"]
    telling = {form: names for form, source in forms.items() if (names := _telling(source))}
    where = written.where
    if telling and "discreet" not in forms:
        printed = _braces(set().union(*telling.values()))
        words = f"{written.text.key} prints {printed} on shared phones too."
        fix = "add a `discreet:` form without it."
        yield Problem(where.file, where.line, words, fix, "no-discreet")
    elif "discreet" in telling:
        words = f"the discreet form of {written.text.key} prints {_braces(telling['discreet'])}."
        yield Problem(where.file, where.line, words, "say it without.", "no-discreet")


def _braces(names: set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))


def _telling(source: str) -> set[str]:
    return {
        part.name
        for part in split(source)
        if isinstance(part, Blank) and part.name.partition(".")[2] in TELLING
    }


def _is_message(loaded: Loaded, written: Written) -> bool:
    """Tell whether we start with this text; an answer to what a person just asked about may name it."""
    flow = loaded.all_flows[written.flow]
    at = flow.index.get(written.step)
    step = flow.steps[at] if at is not None else None
    return written.field in ("text", "say") and not isinstance(step, Ask)
