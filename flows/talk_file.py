"""Read talks: conversations written down in YAML, which are the flows' tests.

The rule: a talk reads like a transcript, and a line that cannot be read names itself. What is unquoted is
typed (numbers, yes and no, `2027-02-23 17:48`); what is quoted is text.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from flows.nodes import Fields, Items, Node, Scalar, read_nodes
from flows.problems import Problem, did_you_mean

_KEYS = frozenset(
    "test variant channel lang now zone opted_in knows card known_card pretend talk expect".split()
)
_LENGTH = re.compile(r"(\d+)\s*(second|minute|hour|day)s?")
_UNTIL = re.compile(r"until\s+(?:(\d{4}-\d{2}-\d{2})\s+)?(\d{1,2}):(\d{2})")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{1,2}:\d{2}(?::\d{2})?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"-?\d{1,9}(\.\d+)?")
_WORDS: Mapping[str, Any] = {
    "yes": True,
    "true": True,
    "no": False,
    "false": False,
    "null": None,
    "none": None,
    "": None,
}
CHANNELS = ("sms", "telegram")


class BadTalk(ValueError):
    """A talk that cannot be read; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Them:
    """The person writes."""

    line: int
    text: str
    photos: int = 0


@dataclass(frozen=True, slots=True)
class Us:
    """We say this: whole, or only words it holds; by channel where the words differ."""

    line: int
    whole: Mapping[str, str]  # by channel
    has: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quiet:
    """We say nothing, for this reason."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outer:
    """Something happens outside."""

    line: int
    name: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes: a length, or until a wall clock (the next day where it is past, but for a date)."""

    line: int
    length: timedelta | None = None
    clock: time | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """A caseworker takes over or hands back."""

    line: int
    took_over: bool


@dataclass(frozen=True, slots=True)
class Tap:
    """A button of the newest question is tapped, or of one `back` questions before; on SMS the number is
    typed."""

    line: int
    n: int
    back: int = 0


@dataclass(frozen=True, slots=True)
class Pin:
    """The person shares where they are."""

    line: int
    lat: float
    lon: float


Line: TypeAlias = Them | Us | Quiet | Outer | Wait | Staff | Tap | Pin


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One conversation to be tried, on each of its channels."""

    test: str
    line: int
    channels: tuple[str, ...]
    lang: str
    now: datetime  # aware
    opted_in: bool
    knows: Mapping[str, Any]
    card: str | None
    known_card: bool = False  # that card is the own one of somebody known from another number
    pretend: Mapping[str, list[Any]]
    talk: tuple[Line, ...]
    expect: Mapping[str, Any] = field(default_factory=dict)


def parse_talks(text: str, file: str = "talk") -> list[Talk]:
    """Read every talk of a YAML text; raises BadTalk with the line."""
    nodes, problems = read_nodes(file, text)
    if problems:
        raise BadTalk("\n".join(str(each) for each in problems))
    talks: list[Talk] = []
    for node in nodes:
        each = node.items if isinstance(node, Items) else (node,)
        talks += [_talk(one, file) for one in each]
    return talks


def _fail(file: str, node: Node | int, words: str, fix: str = "docs/flows.md shows a talk.") -> BadTalk:
    line = node if isinstance(node, int) else node.line
    return BadTalk(str(Problem(file, line, words, fix)))


def _talk(node: Node, file: str) -> Talk:
    if not isinstance(node, Fields) or "test" not in node.fields or "talk" not in node.fields:
        raise _fail(file, node, "A talk has `test` (its name) and `talk` (its lines).")
    for key in node.fields:
        if key not in _KEYS:
            raise _fail(file, node.keys[key], f'A talk has no "{key}".', did_you_mean(key, _KEYS))
    values = {key: value_of(each) for key, each in node.fields.items() if key != "talk"}
    lines = node.fields["talk"]
    if not isinstance(lines, Items):
        raise _fail(file, lines, "`talk` is a list of lines.")
    channels = values.get("channel") or list(CHANNELS)
    channels = tuple(channels if isinstance(channels, list) else [channels])
    if any(each not in CHANNELS for each in channels):
        raise _fail(file, node, f"The channels are {' and '.join(CHANNELS)}.")
    now = values.get("now")
    if not isinstance(now, datetime):
        raise _fail(file, node, "A talk has `now`, like 2027-02-23 17:48.")
    pretend = values.get("pretend") or {}
    return Talk(
        test=str(values["test"]),
        line=node.line,
        channels=channels,
        lang=str(values.get("lang") or "en"),
        now=now.replace(tzinfo=ZoneInfo(str(values.get("zone") or "America/New_York"))),
        opted_in=bool(values.get("opted_in", True)),
        knows={**(values.get("knows") or {}), **_variant(node, values, file)},
        card=None if values.get("card") is None else str(values["card"]),
        known_card=bool(values.get("known_card", False)),
        pretend={name: each if isinstance(each, list) else [each] for name, each in pretend.items()},
        talk=tuple(each for line in lines.items for each in _lines(line, file)),
        expect=values.get("expect") or {},
    )


def _variant(node: Fields, values: Mapping[str, Any], file: str) -> Mapping[str, Any]:
    """Give what is known of the phone: `variant: discreet` is a shared one."""
    match values.get("variant"):
        case None:
            return {}
        case "discreet":
            return {"discreet": True}
        case _:
            raise _fail(file, node.keys["variant"], "The one variant is `discreet`: a shared phone.")


def _lines(node: Node, file: str) -> list[Line]:
    """Read a line; `us` may be a list of messages."""
    match node:
        case Fields(fields=fields) if isinstance(said := fields.get("us"), Items) and len(fields) == 1:
            return [_line(Fields({"us": each}, {"us": each.line}, each.line), file) for each in said.items]
        case _:
            return [_line(node, file)]


def _line(node: Node, file: str) -> Line:
    if not isinstance(node, Fields) or len(node.fields) != 1:
        raise _fail(file, node, "A line is one of them, us, silent, event, wait, staff, tap, pin, photo.")
    ((verb, value),) = node.fields.items()
    read = _READ.get(verb)
    if read is None:
        raise _fail(file, node, f'A line does not begin with "{verb}".', did_you_mean(verb, _READ))
    try:
        return read(value)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _fail(file, value, f"`{verb}` cannot be read: {error}") from None


def _them(node: Node) -> Them:
    return Them(node.line, _text(node))


def _us(node: Node) -> Us:
    if isinstance(node, Scalar):
        return Us(node.line, dict.fromkeys(CHANNELS, _text(node)))
    if not isinstance(node, Fields):
        raise ValueError("write one text a line, or {has: words}")
    has = node.fields.get("has")
    words = tuple(_text(each) for each in (has.items if isinstance(has, Items) else (has,) if has else ()))
    return Us(node.line, {name: _text(each) for name, each in node.fields.items() if name in CHANNELS}, words)


def _quiet(node: Node) -> Quiet:
    return Quiet(node.line, _text(node))


def _outer(node: Node) -> Outer:
    if isinstance(node, Scalar):
        return Outer(node.line, node.text, {})
    ((name, inside),) = value_of(node).items()
    return Outer(node.line, name, inside or {})


def _wait(node: Node) -> Wait:
    written = _text(node)
    if until := _UNTIL.fullmatch(written):
        day = date.fromisoformat(until[1]) if until[1] else None
        return Wait(node.line, clock=time(int(until[2]), int(until[3])), day=day)
    if length := _LENGTH.fullmatch(written):
        return Wait(node.line, timedelta(**{f"{length[2]}s": int(length[1])}))
    raise ValueError("write a length, like 25 minutes, or until 16:00")


def _staff(node: Node) -> Staff:
    return Staff(node.line, {"took_over": True, "handed_back": False}[_text(node)])


def _tap(node: Node) -> Tap:
    value = value_of(node)
    return (
        Tap(node.line, value["n"], value.get("back", 0))
        if isinstance(value, dict)
        else Tap(node.line, int(value))
    )


def _pin(node: Node) -> Pin:
    lat, lon = value_of(node)
    return Pin(node.line, float(lat), float(lon))


def _photo(node: Node) -> Them:
    return Them(node.line, "", int(value_of(node)))


_READ: Mapping[str, Callable[[Node], Line]] = {
    "them": _them,
    "us": _us,
    "silent": _quiet,
    "event": _outer,
    "wait": _wait,
    "staff": _staff,
    "tap": _tap,
    "pin": _pin,
    "photo": _photo,
}


def _text(node: Node) -> str:
    if not isinstance(node, Scalar):
        raise ValueError("write a text")
    return node.text


def value_of(node: Node) -> Any:
    """Type a node: quoted scalars stay text, unquoted ones become what they look like."""
    match node:
        case Items(items=items):
            return [value_of(each) for each in items]
        case Fields(fields=fields):
            return {key: value_of(each) for key, each in fields.items()}
        case Scalar(text=text, quoted=True):
            return text
        case Scalar(text=text):
            return _typed(text)


def _typed(text: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _MOMENT.fullmatch(text):
        day, clock = re.split("[ T]", text)
        return datetime.fromisoformat(f"{day} {clock.zfill(5) if clock.count(':') == 1 else clock.zfill(8)}")
    if _DAY.fullmatch(text):
        return date.fromisoformat(text)
    if _NUMBER.fullmatch(text) and not (len(text) > 1 and text[0] == "0" and "." not in text):
        return float(text) if "." in text else int(text)
    return text
