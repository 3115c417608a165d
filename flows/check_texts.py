"""Lint what people read: how long it gets on a cheap phone, its letters, its words, how hard it is.

The rule: a text is judged as it will arrive, in each language and form (flows/arriving.py).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flows.answers.plain import fold
from flows.arriving import Arriving, arriving
from flows.assemble import Loaded
from flows.fields import Written
from flows.model import Ask
from flows.problems import Problem
from flows.reading_grade import english_grade, sentences, spanish_ease, words
from flows.scope import Scopes
from flows.sms_parts import not_gsm7, parts
from flows.texts import split

HARDEST_GRADE = 6.0
LOWEST_EASE = 70.0
MOST_WORDS = 15
MOST_PARTS = 2
_LANGUAGE = {"en": "English", "es": "Spanish"}


def check_texts(loaded: Loaded, scopes: Scopes) -> Iterator[Problem]:
    """Find texts that are too long, too hard, not writable, or that say what they must not."""
    arrived = [each for written in loaded.texts for each in arriving(loaded, scopes, written)]
    banned = _banned(loaded.disclosure)
    for each in arrived:
        yield from _length(each)
        yield from _letters(each)
        yield from _carrier(loaded, each)
        yield from _banned_words(each, banned)
        yield from _sentences(each)
    yield from _reading(loaded, arrived)


def _problem(each: Arriving, words_: str, fix: str, rule: str) -> Problem:
    said = f"{each.written.text.key} in {_LANGUAGE[each.lang]}"
    variant = "" if each.form == "all" else f" ({each.form})"
    return Problem(each.where.file, each.where.line, f"{said}{variant}: {words_}", fix, rule)


def _length(each: Arriving) -> Iterator[Problem]:
    if each.form == "telegram":
        return
    counted = parts(each.drawn)
    if counted.parts > MOST_PARTS:
        words_ = (
            f"with the longest values it is {counted.parts} SMS parts ({counted.length} {counted.encoding})."
        )
        yield _problem(each, words_, "say it shorter, or in two steps.", "too-long")


def _letters(each: Arriving) -> Iterator[Problem]:
    if each.form == "telegram":
        return
    if odd := not_gsm7(each.source):
        letters = " ".join(odd)
        fix = "write it without." if each.lang == "es" else "use plain quotes and dashes."
        yield _problem(each, f"{letters} makes every SMS part less than half as long.", fix, "letters")


_ASKED = re.compile(
    r"\b(?:reply|text|send|write|type|say|responda|escriba|mande|envie|ponga)\s+\W?(\w+)", re.I
)


def _carrier(loaded: Loaded, each: Arriving) -> Iterator[Problem]:
    """Only the consent text, and the answers to the carrier's own words, may print them."""
    if loaded.keywords is None or _may_print(loaded, each.written):
        return
    shouted = set(re.findall(r"\b[A-Z]{3,}\b", each.source))
    for word in sorted(shouted | {found for found in _ASKED.findall(each.source) if found.isupper()}):
        if fold(word) in loaded.keywords.carrier_words:
            words_ = f"it asks for {word}, which the carrier keeps for itself."
            yield _problem(
                each, words_, "use another word; only the consent text prints STOP and HELP.", "carrier-word"
            )


def _may_print(loaded: Loaded, written: Written) -> bool:
    if written.flow == "engine":
        return written.step.partition(".")[0] in ("help", "stop", "start")
    flow = loaded.all_flows[written.flow]
    at = flow.index.get(written.step)
    step = flow.steps[at] if at is not None else None
    return (
        flow.id == "welcome"
        and isinstance(step, Ask)
        and step.exact
        and written.field in ("text", "if_unclear")
    )


_WHY = {
    "reveals": "could tell who reads over a shoulder",
    "shows_off": "shows off what we know",
    "threatens": "scolds or threatens",
}


def _banned(lists: Mapping[str, Any]) -> Mapping[str, Sequence[tuple[str, re.Pattern[str]]]]:
    """Compile the lists of words/disclosure.yaml, by language."""
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for group, by_lang in lists.items():
        if isinstance(by_lang, Mapping):
            for lang, entries in by_lang.items():
                found.setdefault(lang, []).extend((group, _entry(entry)) for entry in entries)
    return found


def _entry(entry: str) -> re.Pattern[str]:
    """Compile one entry: whole words, `*` any ending; capitals alone (DOC, PO) only as capitals."""
    if entry.isupper():
        return re.compile(rf"(?<!\w){re.escape(entry)}(?!\w)")
    return re.compile(rf"(?<!\w){re.escape(fold(entry)).replace(re.escape('*'), chr(92) + 'w*')}(?!\w)", re.I)


def _banned_words(
    each: Arriving, banned: Mapping[str, Sequence[tuple[str, re.Pattern[str]]]]
) -> Iterator[Problem]:
    plain = " ".join(part if isinstance(part, str) else " " for part in split(each.source))
    folded = fold(plain)
    for group, pattern in banned.get(each.lang, ()):
        if match := pattern.search(plain if pattern.flags & re.I == 0 else folded):
            words_ = f'"{match[0]}" {_WHY.get(group, "must not be said")}.'
            yield _problem(each, words_, "say it another way.", group.replace("_", "-"))


def _sentences(each: Arriving) -> Iterator[Problem]:
    for sentence in sentences(_as_read(each.source)):
        if (count := len(words(sentence))) > MOST_WORDS and not _may_be_long(each.written):
            words_ = f"a sentence has {count} words, more than {MOST_WORDS}."
            yield _problem(each, words_, "make two sentences of it.", "long-sentence")


def _may_be_long(written: Written) -> bool:
    return written.flow == "engine" and written.step.startswith("help")


def _as_read(source: str) -> str:
    """Put one short word in each blank, as a reader meets it."""
    return "".join(
        part if isinstance(part, str) else _READ.get(part.format or "", "Ray") for part in split(source)
    )


_READ = {"time": "8", "when": "Friday at 8", "date": "Friday", "day": "Friday", "money": "8"}


def _reading(loaded: Loaded, arrived: Sequence[Arriving]) -> Iterator[Problem]:
    """Grade each flow's texts together; one long word does not fail a flow."""
    by_flow: dict[tuple[str, str], list[Arriving]] = {}
    for each in arrived:
        by_flow.setdefault((each.written.flow, each.lang), []).append(each)
    for (flow, lang), texts in by_flow.items():
        read = "\n".join(_as_read(each.source).rstrip(".") + "." for each in texts)
        where = loaded.all_flows[flow].where if flow in loaded.all_flows else texts[0].where
        if lang == "en" and (grade := english_grade(read)) > HARDEST_GRADE:
            words_ = f"{flow} reads at grade {grade}; more than {HARDEST_GRADE} is hard."
            yield Problem(where.file, where.line, words_, "use shorter words and sentences.", "reading-grade")
        if lang == "es" and (ease := spanish_ease(read)) < LOWEST_EASE:
            words_ = f"{flow} in Spanish scores {ease}; less than {LOWEST_EASE} is hard."
            yield Problem(where.file, where.line, words_, "use shorter words and sentences.", "reading-grade")
