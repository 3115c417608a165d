"""YAML as a tree that knows its lines. Every scalar is text: `02118`, `no` and `1:30` are what the author
wrote.

The rule: what YAML would change or lose in silence is refused with file and line: duplicate keys, anchors,
tags, an oversize or too deeply nested file, and a `{ }` whose unquoted text was cut at a comma.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from flows.problems import UNREADABLE, Problem
from flows.unreadable import cut_by_a_hash, explain

LARGEST = 200_000  # bytes in a file
_DEEPEST = 12
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text; `quoted` tells `""` from nothing at all."""

    text: str
    line: int
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    items: tuple["Node", ...]
    line: int


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping; `keys` are the lines its keys stand on."""

    fields: Mapping[str, "Node"]
    keys: Mapping[str, int]
    line: int


Node: TypeAlias = Scalar | Items | Fields


class Refused(ValueError):
    """The file cannot be read as YAML we allow."""

    def __init__(self, line: int, words: str, fix: str) -> None:
        super().__init__(words)
        self.line, self.words, self.fix = line, words, fix


def read_nodes(file: str, source: str) -> tuple[list[Node], list[Problem]]:
    """Read every document of a file; a refused one gives what stood before the fault."""
    if len(source.encode()) > LARGEST:
        fix = "split it into several files."
        return [], [Problem(file, 1, f"The file is larger than {LARGEST // 1000} kB.", fix, UNREADABLE)]
    found: list[Node] = []
    problems: list[Problem] = list(cut_by_a_hash(file, source))
    try:
        found.extend(_documents(yaml.parse(source, Loader=_Loader), file, problems))
    except Refused as no:
        problems.append(Problem(file, no.line, no.words, no.fix, UNREADABLE))
    except yaml.YAMLError as error:
        problems.append(explain(file, source, error))
    return found, problems


def to_plain(node: Node) -> Any:
    """Turn a tree into texts, lists and dicts."""
    match node:
        case Scalar(text=text):
            return text
        case Items(items=items):
            return [to_plain(item) for item in items]
        case Fields(fields=fields):
            return {key: to_plain(value) for key, value in fields.items()}


def _documents(events: Iterator[Any], file: str, problems: list[Problem]) -> Iterator[Node]:
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            node = _node(next(events), events, file, problems, 0)
            if not (isinstance(node, Scalar) and node.text == "" and not node.quoted):
                yield node


def _node(event: Any, events: Iterator[Any], file: str, problems: list[Problem], depth: int) -> Node:
    line = event.start_mark.line + 1
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise Refused(
            line, "Anchors (& and *) are not used here.", "write the value out, or put the text in quotes."
        )
    if getattr(event, "tag", None):
        raise Refused(line, "Tags (!) are not used here.", "take it away, or put the text in quotes.")
    if depth > _DEEPEST:
        raise Refused(line, "This is nested too deeply.", "make a flow of its own and `run:` it.")
    if isinstance(event, yaml.ScalarEvent):
        if not event.style and event.value.count('"') % 2:
            words = "A quote stands here without its other half."
            problems.append(Problem(file, line, words, "put the whole text in quotes, or take it away."))
        return Scalar(event.value, line, bool(event.style))
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            items.append(_node(inner, events, file, problems, depth + 1))
        return Items(tuple(items), line)
    return _fields(event, events, file, problems, depth)


def _fields(start: Any, events: Iterator[Any], file: str, problems: list[Problem], depth: int) -> Fields:
    fields: dict[str, Node] = {}
    keys: dict[str, int] = {}
    line = start.start_mark.line + 1
    while not isinstance(inner := next(events), yaml.MappingEndEvent):
        key = _node(inner, events, file, problems, depth + 1)
        value = _node(next(events), events, file, problems, depth + 1)
        if not isinstance(key, Scalar):
            raise Refused(
                key.line, "A key must be one word.", 'a text that begins with { needs quotes: "{name}".'
            )
        if start.flow_style and isinstance(value, Scalar) and value.text == "" and not value.quoted:
            problems.append(_cut(file, key, fields))
        if key.text in fields:
            words = f'"{key.text}" is here twice (first in line {keys[key.text]}).'
            problems.append(Problem(file, key.line, words, "keep one of the two."))
        fields[key.text] = value
        keys[key.text] = key.line
    return Fields(fields, keys, line)


def _cut(file: str, key: Scalar, before: Mapping[str, Node]) -> Problem:
    if not before:
        words = f'"{{{key.text}}}" without quotes is not a text.'
        return Problem(file, key.line, words, "put the whole text in quotes.", "cut")
    words = f'Inside {{ }} an unquoted text ends at a comma: "{key.text}" was cut off.'
    return Problem(file, key.line, words, "put the text in quotes.", "cut")
