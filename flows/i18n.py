"""Translations beside the source: `intake.es.yaml` holds the Spanish of `intake.yaml`, each with a copy of
the English.

The rule: the copy is what the Spanish was made from. Where it no longer equals the source the Spanish is
stale, and the linter says so; nothing is translated by guessing. Keys are `flow.step.field`; in a file of one
flow the flow's name may be left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from flows.nodes import Fields, Items, Node, Scalar
from flows.problems import Problem, did_you_mean
from flows.texts import FORMS

Forms: TypeAlias = Mapping[str, str]
"""A text in one language: by form ("all", "sms", "telegram", "discreet")."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a sidecar: the copy of the source and the translation, as forms of a text or as a list of
    words."""

    line: int
    copy: Forms | tuple[str, ...] | None
    translation: Forms | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A translation file. `used` gathers the keys that a text of the source asked for."""

    file: str
    lang: str
    entries: Mapping[str, Entry]
    used: set[str]

    def find(self, key: str) -> Entry | None:
        """Give the entry of "flow.step.field", with or without the flow's name."""
        short = key.partition(".")[2]
        for name in (key, short):
            if name in self.entries:
                self.used.add(name)
                return self.entries[name]
        return None


def empty_sidecar(file: str, lang: str = "es") -> Sidecar:
    """Stand for a translation file that is not there."""
    return Sidecar(file, lang, {}, set())


def read_sidecar(file: str, lang: str, documents: list[Node], problems: list[Problem]) -> Sidecar:
    """Read a translation file; faults go to `problems`."""
    entries: dict[str, Entry] = {}
    for node in documents:
        if not isinstance(node, Fields):
            words = "A translation file holds keys like intake.hello.text."
            problems.append(Problem(file, node.line, words, f"write `key: {{en: …, {lang}: …}}`."))
            continue
        for key, value in node.fields.items():
            entries[key] = _entry(file, key, node.keys[key], lang, value, problems)
    return Sidecar(file, lang, entries, set())


def forms_of(node: Node) -> Forms | None:
    """Read a text, plain or by form; None where it is neither."""
    match node:
        case Scalar(text=text) if text.strip():
            return {"all": text.strip()}
        case Fields(fields=fields) if fields and set(fields) <= set(FORMS):
            forms = {form: value.text.strip() for form, value in fields.items() if isinstance(value, Scalar)}
            return forms if len(forms) == len(fields) and all(forms.values()) else None
        case _:
            return None


def words_of(node: Node) -> tuple[str, ...] | None:
    """Read a list of words; None where it is something else."""
    if isinstance(node, Scalar):
        return (node.text.strip(),) if node.text.strip() else None
    if not isinstance(node, Items) or not all(isinstance(item, Scalar) for item in node.items):
        return None
    return tuple(item.text.strip() for item in node.items if isinstance(item, Scalar))


def _entry(file: str, key: str, line: int, lang: str, node: Node, problems: list[Problem]) -> Entry:
    fix = f"write `{key}: {{en: copy of the source, {lang}: translation}}`."
    if not isinstance(node, Fields):
        problems.append(Problem(file, line, f"{key} needs en and {lang}.", fix))
        return Entry(line, None, None)
    for name in sorted(set(node.fields) - {"en", lang}):
        words = f'{key} has the unknown language "{name}".'
        problems.append(Problem(file, node.keys[name], words, did_you_mean(name, ("en", lang))))
    for name in ("en", lang):
        if name in node.fields and _side(node.fields[name]) is None and not _to_do(name, node.fields[name]):
            words = f"{key}: {name} is not a text."
            fix = "write a text, or forms like {all: …, sms: …}."
            problems.append(Problem(file, node.keys[name], words, fix))
    sides = [_side(node.fields[name]) if name in node.fields else None for name in ("en", lang)]
    return Entry(line, sides[0], sides[1])


def _to_do(lang: str, node: Node) -> bool:
    """Tell whether a translation is still to be made: the linter says so, and until then English is said."""
    return lang != "en" and isinstance(node, Scalar) and not node.text.strip()


def _side(node: Node) -> Forms | tuple[str, ...] | None:
    return words_of(node) if isinstance(node, Items) else forms_of(node)
