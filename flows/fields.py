"""Read one field of a step or a header: a text, a condition, names, a length of time, what comes after.

The rule: a fault is written down and a harmless value stands in, so that one reading finds every fault of a
file. A folder with faults gives no FlowSet, so the stand-ins never run.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import TypeVar, cast, get_args

from flows.conditions import BadCondition, Expression, compile_expression
from flows.i18n import Forms, Sidecar, forms_of, words_of
from flows.model import After, Then, Where
from flows.nodes import Fields, Items, Node, Scalar
from flows.problems import Problem, did_you_mean
from flows.texts import BadText, Text, make_text, plain

AFTER_KEYS = frozenset({"say", "then", "finish", "ask_again"})
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NAME_FIX = "use small letters, digits and _, like pickup_place; words of the conditions language are taken."
_LENGTH = re.compile(r"(\d{1,4}) (second|minute|hour|day|week)s?")
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Written:
    """A text as it stands in its file; `field` is what it is for ("text", "if_late", "options.go")."""

    text: Text
    where: Where
    flow: str
    step: str
    field: str


@dataclass(frozen=True, slots=True)
class WordList:
    """Words a person may type, with the key their translation stands under."""

    key: str
    words: Mapping[str, tuple[str, ...]]
    where: Where


@dataclass(frozen=True, slots=True)
class Page:
    """One file while it is read: its translations, and where faults, notes and texts are gathered."""

    file: str
    sidecar: Sidecar
    problems: list[Problem]
    notes: list[Problem]
    texts: list[Written]
    lists: list[WordList]

    def fault(self, at: Node | int, words: str, fix: str = "", rule: str = "shape") -> None:
        """Write a fault down; the folder will not load."""
        line = at if isinstance(at, int) else at.line
        self.problems.append(Problem(self.file, line, words, fix, rule))

    def note(self, line: int, words: str, fix: str, rule: str) -> None:
        """Write down what the linter reports though the folder loads."""
        self.notes.append(Problem(self.file, line, words, fix, rule))


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one mapping, with the prefix its texts are known by: "flow.step"."""

    page: Page
    node: Fields
    path: str

    def __contains__(self, key: str) -> bool:
        return key in self.node.fields

    def get(self, key: str) -> Node | None:
        return self.node.fields.get(key)

    def opt(self, key: str, read: Callable[[Page, Node], _T], default: _T) -> _T:
        """Read a key that may be left out."""
        node = self.get(key)
        return default if node is None else read(self.page, node)

    def text(self, key: str, name: str | None = None) -> Text | None:
        """Read a text that may be left out; `name` is its key for translations, where it is not `key`."""
        node = self.get(key)
        return None if node is None else read_text(self.page, node, f"{self.path}.{name or key}")

    def need_text(self, key: str, what: str) -> Text:
        """Read a text that must be there."""
        if (text := self.text(key)) is None:
            self.page.fault(self.node.line, f"{what} needs `{key}`.", f"add `{key}: …`.", "missing-key")
            return plain("")
        return text

    def after(self, key: str) -> After | None:
        """Read what comes after, where it may be left out."""
        node = self.get(key)
        return None if node is None else read_after(self.page, node, f"{self.path}.{key}")


def open_keys(page: Page, node: Node | None, path: str, allowed: Iterable[str], what: str) -> Keys:
    """Open a mapping and report keys that do not belong."""
    if not isinstance(node, Fields):
        page.fault(node or 1, f"{what} must be a list of keys and values.", "write `key: value` lines.")
        return Keys(page, Fields({}, {}, node.line if node else 1), path)
    known = frozenset(allowed)
    for key in node.fields:
        if key not in known:
            words = f'{what} has no key "{key}".'
            page.fault(node.keys[key], words, did_you_mean(key, known), "unknown-key")
    return Keys(page, node, path)


def read_word(page: Page, node: Node) -> str:
    """Read one plain text."""
    if isinstance(node, Scalar) and node.text.strip():
        return node.text.strip()
    page.fault(node, "Here belongs one text.", "write it behind the colon.")
    return ""


def read_name(page: Page, node: Node) -> str:
    """Read a name that conditions and blanks can use."""
    name = read_word(page, node)
    if name and not is_name(name):
        page.fault(node, f'"{name}" cannot be a name.', _NAME_FIX, "name")
    return name


def read_key(page: Page, node: Node) -> str:
    """Read a word that is only compared with, like a flow's outcome."""
    word = read_word(page, node)
    if word and not _KEY.fullmatch(word):
        page.fault(node, f'"{word}" cannot be a key.', _NAME_FIX, "name")
    return word


def is_name(word: str) -> bool:
    """Tell whether a word can name an answer, a step or a flow."""
    return bool(_KEY.fullmatch(word)) and word not in _RESERVED


_HEADER_TEXTS = frozenset({"no_reply", "ends_on", "start_words"})
_RESERVED = _HEADER_TEXTS | frozenset(
    "and or not in has is if else for from while with as true false yes no none now known count first_of "
    "days_until hours_until served import class def del pass return try lambda global assert break continue "
    "except finally raise async await nonlocal elif yield options question n".split()
)


def read_names(page: Page, node: Node) -> tuple[str, ...]:
    """Read a list of names, or one."""
    if isinstance(node, Items):
        return tuple(read_name(page, item) for item in node.items)
    return (read_name(page, node),)


def read_words(page: Page, node: Node) -> tuple[str, ...]:
    """Read a list of words a person may type, or one."""
    if (words := words_of(node)) is None:
        page.fault(node, "Here belongs a list of words.", "write [one, two].")
        return ()
    return words


def read_word_list(page: Page, node: Node, key: str) -> Mapping[str, tuple[str, ...]]:
    """Read words a person may type: ours here, the translated ones beside."""
    words = {"en": read_words(page, node)}
    entry = page.sidecar.find(key)
    if entry and isinstance(entry.translation, tuple):
        words[page.sidecar.lang] = entry.translation
    page.lists.append(WordList(key, words, Where(page.file, node.line)))
    return words


def read_yes(page: Page, node: Node) -> bool:
    """Read yes or no."""
    word = read_word(page, node).lower()
    if word not in ("yes", "no", "true", "false", ""):
        page.fault(node, f'"{word}" is neither yes nor no.', "write yes or no.")
    return word in ("yes", "true")


def read_whole(page: Page, node: Node) -> int:
    """Read a whole number from 1 to 99."""
    word = read_word(page, node)
    if not re.fullmatch(r"[1-9]\d?", word):
        page.fault(node, f'"{word}" is not a number from 1 to 99.', "write a number.")
        return 1
    return int(word)


def read_length(page: Page, node: Node) -> timedelta:
    """Read a length of time: "45 minutes", "1 day"."""
    word = read_word(page, node)
    if (length := length_of(word)) is None:
        page.fault(
            node,
            f'"{word}" is not a length of time.',
            "write it like 45 minutes, 2 hours or 1 day.",
            "length",
        )
        return timedelta(hours=1)
    return length


def length_of(word: str) -> timedelta | None:
    """Read a length of time in words; None where it is none."""
    match = _LENGTH.fullmatch(word.strip())
    if match is None or int(match[1]) == 0:
        return None
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def read_one_of(page: Page, node: Node, among: tuple[str, ...]) -> str:
    """Read one word of a closed list; the first stands in where it is not."""
    word = read_word(page, node)
    if word not in among:
        page.fault(node, f'"{word}" is not known here.', did_you_mean(word, among), "unknown-word")
        return among[0]
    return word


def read_expression(page: Page, node: Node) -> Expression:
    """Read a condition, or a value in the conditions language."""
    source = read_word(page, node)
    try:
        return compile_expression(source or "no")
    except BadCondition as bad:
        fix = 'write it like work has "driving" or not known(zip).'
        if re.search(r"[^=!<>]=[^=]", source):
            fix = "compare with two equal signs, like zip == known_zip."
        page.fault(node, f"The condition is not allowed: {bad}.", fix, "condition")
        return compile_expression("no")


def joined(outer: Expression | None, inner: Expression | None) -> Expression | None:
    """Join a block's condition to a step's own."""
    if outer is None or inner is None:
        return inner or outer
    return compile_expression(f"({outer.source}) and ({inner.source})")


def read_text(page: Page, node: Node, key: str) -> Text:
    """Read a text with its translation; `key` is "flow.step.field"."""
    forms = forms_of(node)
    if forms is None:
        words = f"{key} is not a text." if not _is_empty(node) else f"{key} is empty."
        page.fault(node, words, "write a text, or forms: all, sms, telegram, discreet.", "text")
        return plain("")
    if "all" not in forms and not {"sms", "telegram"} <= set(forms):
        fix = "add `all:`, or both `sms:` and `telegram:`."
        page.fault(node, f"{key} has nothing to say on every phone.", fix, "text")
    text = _translated(page, key, _make(page, node, key, forms))
    page.texts.append(Written(text, Where(page.file, node.line), *_belongs(key)))
    return text


def _belongs(key: str) -> tuple[str, str, str]:
    """Cut a key into flow, step and field; a header's texts have no step."""
    flow, _, rest = key.partition(".")
    step, _, field = rest.partition(".")
    return (flow, "", rest) if not field or step in _HEADER_TEXTS else (flow, step, field)


_BLANK_FIX = "a blank is a name in braces, like {first_name}."


def _make(page: Page, node: Node, key: str, forms: Forms) -> Text:
    try:
        return make_text(key, {"en": forms})
    except BadText as bad:
        page.fault(node, f"{key}: {bad}.", _BLANK_FIX, "blank")
        return plain("")


def _translated(page: Page, key: str, text: Text) -> Text:
    """Add the translation that stands beside."""
    entry = page.sidecar.find(key)
    if entry is None or not isinstance(entry.translation, Mapping):
        return text
    try:
        return make_text(key, {**text.forms, page.sidecar.lang: entry.translation})
    except BadText as bad:
        page.problems.append(Problem(page.sidecar.file, entry.line, f"{key}: {bad}.", _BLANK_FIX, "blank"))
        return text


def read_with(page: Page, node: Node, path: str) -> Mapping[str, Expression | Text]:
    """Read a `with:` mapping: values in the conditions language, or {text: …}."""
    if not isinstance(node, Fields):
        page.fault(node, "`with` must be names and values.", "write `name: value` lines.")
        return {}
    return {name: read_value(page, value, f"{path}.with.{name}") for name, value in node.fields.items()}


def read_value(page: Page, node: Node, key: str) -> Expression | Text:
    """Read a value in the conditions language, or {text: …}."""
    if isinstance(node, Fields) and set(node.fields) == {"text"}:
        return read_text(page, node.fields["text"], key)
    if isinstance(node, Scalar):
        return read_expression(page, node)
    page.fault(node, "A value is a name, a text in quotes, or {text: …}.", 'write `what: {text: "Where?"}`.')
    return plain("")


def read_after(page: Page, node: Node, path: str, more: frozenset[str] = frozenset()) -> After:
    """Read what happens next: a bare text (say it, stay) or say, then, finish, ask_again.

    Its text is known to translators as `path`.
    """
    if isinstance(node, Scalar):
        return After(say=read_text(page, node, path))
    keys = open_keys(page, node, path, AFTER_KEYS | more, "What comes after")
    say = keys.get("say")
    finish = keys.opt("finish", read_key, "") or None
    then: Then = keys.opt("then", _read_then, "finish" if finish else "stay")
    ask_again = keys.opt("ask_again", read_name, "") or None
    if finish and then != "finish":
        page.fault(
            node, f"`finish: {finish}` and `then: {then}` contradict each other.", "keep one of the two."
        )
    if ask_again and (finish or "then" in keys):
        page.fault(node, "`ask_again` goes back, so it cannot also end or go on.", "keep one of the two.")
    return After(
        say=None if say is None else read_text(page, say, path),
        then=then,
        finish=finish,
        ask_again=ask_again,
    )


def _read_then(page: Page, node: Node) -> Then:
    return cast(Then, read_one_of(page, node, get_args(Then)))


def read_no_reply(page: Page, node: Node, path: str) -> tuple[After, ...]:
    """Read the rows of `no_reply`; the last parks the talk where it does not say otherwise."""
    rows = node.items if isinstance(node, Items) else (node,)
    found = []
    for at, row in enumerate(rows, 1):
        if not isinstance(row, Fields) or "after" not in row.fields:
            page.fault(row, "A row of `no_reply` needs `after`.", "write {after: 1 day, say: …}.", "no-reply")
            continue
        after = read_after(page, row, f"{path}.no_reply.{at}", frozenset({"after"}))
        found.append(replace(after, after=read_length(page, row.fields["after"])))
    if found and found[-1].then == "stay" and not found[-1].ask_again:
        found[-1] = replace(found[-1], then="park")
    for earlier, later in pairwise(found):
        if earlier.after and later.after and later.after <= earlier.after:
            page.fault(
                node, "A later row of `no_reply` must wait longer than the one before.", "", "no-reply"
            )
    return tuple(found)


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.text.strip()
