"""Lint what people read: how long it gets on a cheap phone, its letters, its words, how hard it is.

The rule: a text is judged as it will arrive, in each language and form (flows/arriving.py).
"""

import re
from collections.abc import Iterator, Sequence

from flows.answers.plain import fold
from flows.arriving import Arriving, problem_of
from flows.assemble import Loaded
from flows.fields import Written
from flows.model import Ask, Review
from flows.problems import Problem
from flows.reading_grade import english_grade, sentences, spanish_ease, words
from flows.sms_parts import not_gsm7, parts
from flows.texts import split

HARDEST_GRADE = 6.0
LOWEST_EASE = 70.0
MOST_WORDS = 15
MOST_PARTS = 2


def check_texts(loaded: Loaded, arrived: Sequence[Arriving]) -> Iterator[Problem]:
    """Find texts that are too long, too hard, not writable, or that say what they must not."""
    for each in arrived:
        yield from _length(each)
        yield from _letters(each)
        yield from _carrier(loaded, each)
        yield from _sentences(each)
        yield from _questions(loaded, each)
    yield from _reading(loaded, arrived)


def _length(each: Arriving) -> Iterator[Problem]:
    if each.form == "telegram":
        return
    counted = parts(each.drawn)
    if counted.parts > MOST_PARTS:
        words_ = (
            f"with the longest values it is {counted.parts} SMS parts ({counted.length} {counted.encoding})."
        )
        yield problem_of(each, words_, "say it shorter, or in two steps.", "too-long")


def _letters(each: Arriving) -> Iterator[Problem]:
    if each.form == "telegram":
        return
    if odd := not_gsm7(each.source):
        letters = " ".join(odd)
        fix = "write it without." if each.lang == "es" else "leave it out, or use plain quotes and dashes."
        yield problem_of(each, f"{letters} makes every SMS part less than half as long.", fix, "letters")


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
            yield problem_of(
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


def _sentences(each: Arriving) -> Iterator[Problem]:
    for sentence in sentences(_as_read(each.source)):
        if (count := len(words(sentence))) > MOST_WORDS and not _may_be_long(each.written):
            words_ = f"a sentence has {count} words, more than {MOST_WORDS}."
            yield problem_of(each, words_, "make two sentences of it.", "long-sentence")


def _questions(loaded: Loaded, each: Arriving) -> Iterator[Problem]:
    """One question a text: people answer the last one they read."""
    flow = loaded.all_flows.get(each.written.flow)
    if flow is None or each.written.field not in ("text", "text_again", "question"):
        return
    at = flow.index.get(each.written.step)
    marks = "".join(part for part in split(each.source) if isinstance(part, str)).count("?")
    if marks > 1 and at is not None and isinstance(flow.steps[at], Ask | Review):
        yield problem_of(each, f"it asks {marks} questions.", "ask one at a time.", "two-questions")


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
