"""Lint what people may type: options that mean two things, words the carrier keeps, start words that collide.

The rule: a word a person may type leads to one place only, and never to a list number or to the carrier.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations

from flows.answers.numerals import numeral, ordinal
from flows.answers.plain import fold, words
from flows.assemble import Loaded
from flows.keywords import Keywords
from flows.model import Ask, Flow, Menu, Option
from flows.problems import Problem, problem_at
from flows.texts import LANGS

_LANGUAGE = {"en": "English", "es": "Spanish"}


def check_words(loaded: Loaded) -> Iterator[Problem]:
    """Find words that would not be heard as the author means them."""
    for flow in loaded.all_flows.values():
        for step in flow.steps:
            if isinstance(step, Ask):
                yield from _question(step, loaded.keywords)
        yield from _start_words(flow, loaded.keywords)
    yield from _colliding_starts(loaded.all_flows)


def _flat(word: str) -> str:
    return " ".join(words(fold(word)))


# --- one question --------------------------------------------------------------------------------------


def _question(step: Ask, keywords: Keywords | None) -> Iterator[Problem]:
    chosen = step.as_ in ("choice", "choices")
    if chosen and not step.options and step.from_ is None:
        yield problem_at(
            step.where, f"`{step.id}` has nothing to choose from.", "add `options:`.", "no-options"
        )
    if not chosen and step.options:
        words_ = f"`{step.id}` is a {step.as_}; its options are never shown."
        yield problem_at(step.where, words_, "write `as: choice`.", "no-options")
    if step.from_ and not isinstance(step, Menu) and step.each is None:
        yield problem_at(
            step.where, "A question `from` a list needs `each`.", 'add `each: "{x.label}"`.', "each"
        )
    if chosen and not isinstance(step, Menu) and 0 < len(step.options) == 1 and step.from_ is None:
        yield problem_at(step.where, f"`{step.id}` has only one option.", "make it a `say`.", "one-option")
    if step.confirm_by_ok and (step.exact or step.as_ not in ("choice", "yes_no")):
        words_ = '"OK" may stand for the first option only of a reminder, not of consent or a booking.'
        yield problem_at(step.where, words_, "take `confirm_by_ok` away.", "confirm-by-ok")
    for key in sorted(step.alone - {option.key for option in step.options}):
        yield problem_at(
            step.where, f'`alone` names no option "{key}".', "write one of the keys.", "unknown-option"
        )
    for option in step.options:
        yield from _option(step, option, keywords)
    for lang in LANGS:
        yield from _two_alike(step, lang)


def _option(step: Ask, option: Option, keywords: Keywords | None) -> Iterator[Problem]:
    if option.key.isdigit():
        words_ = f'The option key "{option.key}" is a number; numbers are what the phone shows.'
        yield problem_at(step.where, words_, "give it a name.", "digit-key")
    for lang in LANGS:
        for word in _spoken(option, lang):
            if _is_number(word):
                words_ = (
                    f'"{word}" of the option "{option.key}" is a number; numbers are what the phone shows.'
                )
                yield problem_at(step.where, words_, "take the word away.", "digit-key")
            if keywords and (carrier := keywords.carrier(word)):
                words_ = f'"{word}" of the option "{option.key}" is the carrier\'s word for {carrier}.'
                yield problem_at(step.where, words_, "use another word.", "carrier-word")
            elif keywords and (anywhere := keywords.anywhere(word, lang)) and not _person(option):
                words_ = f'"{word}" of the option "{option.key}" works anywhere as {anywhere.name.upper()}.'
                yield problem_at(step.where, words_, "use another word.", "anywhere-word")


def _is_number(word: str) -> bool:
    """Tell whether a word is a number however it is written: "2", "two", "second" pick the second row."""
    said = _flat(word).split()
    return len(said) == 1 and (said[0].isdigit() or numeral(said, 0)[1] == 1 or ordinal(said, 0)[1] == 1)


def _person(option: Option) -> bool:
    """An option that leads to a human may say so: both ways lead there."""
    return option.key in ("person", "caseworker")


def _spoken(option: Option, lang: str) -> tuple[str, ...]:
    label = option.label.source(lang) if lang in option.label.forms else ""
    return tuple(word for word in (label, *option.words.get(lang, ())) if word)


def _two_alike(step: Ask, lang: str) -> Iterator[Problem]:
    for one, other in combinations(step.options, 2):
        if one.when and other.when and one.when != other.when:
            continue
        shared = {_flat(word) for word in _spoken(one, lang)} & {_flat(word) for word in _spoken(other, lang)}
        for word in sorted(shared - {""}):
            words_ = f'"{word}" means both "{one.key}" and "{other.key}" in {_LANGUAGE[lang]}.'
            yield problem_at(step.where, words_, "take it from one of the two.", "same-words")


# --- start words ---------------------------------------------------------------------------------------


def _start_words(flow: Flow, keywords: Keywords | None) -> Iterator[Problem]:
    for lang, said in flow.start_words.items():
        for word in said if keywords else ():
            if keywords and (carrier := keywords.carrier(word)):
                words_ = f'The start word "{word}" is the carrier\'s word for {carrier}.'
                yield problem_at(flow.where, words_, "use another word.", "carrier-word")
            elif (
                keywords
                and (anywhere := keywords.anywhere(word, lang))
                and flow.id != _OWNER.get(anywhere.name)
            ):
                words_ = f'The start word "{word}" works anywhere as {anywhere.name.upper()}.'
                yield problem_at(flow.where, words_, "use another word.", "anywhere-word")


_OWNER: Mapping[str, str] = {"menu": "home", "person": "ask_caseworker"}


def _colliding_starts(flows: Mapping[str, Flow]) -> Iterator[Problem]:
    said: dict[str, Flow] = {}
    for flow in flows.values():
        for word in {_flat(word) for each in flow.start_words.values() for word in each}:
            if (first := said.setdefault(word, flow)) is not flow:
                words_ = (
                    f'The start word "{word}" also starts {first.id} ({first.where.file}:{first.where.line}).'
                )
                yield problem_at(flow.where, words_, "keep it in one of the two.", "start-words")
