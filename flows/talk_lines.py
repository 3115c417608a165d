"""What a talk's lines expect, compared with what was said: one place for everything that plays talks.

The rule: each message of ours must be written in the talk, in order, as SMS draws it; a silence must give its
reason. What is compared is taken off the lists it was gathered in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Protocol

from flows.drawing import draw
from flows.effects import Say
from flows.talk_file import Quiet, Talk, Us, Wait


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One place where a talk went otherwise than written."""

    line: int
    expected: str
    got: str

    def __str__(self) -> str:
        return f"line {self.line}\n  expected: {self.expected}\n  got:      {self.got}"


class Heard(Protocol):
    """A talk under way: what was said and kept silent, and not yet expected."""

    @property
    def talk(self) -> Talk: ...
    @property
    def channel(self) -> str: ...
    @property
    def said(self) -> list[Say]: ...
    @property
    def silent(self) -> list[str]: ...


def expect_us(heard: Heard, line: Us) -> list[Mismatch]:
    """Compare the next thing said with a line that writes it, whole or in parts."""
    wanted = line.whole.get(heard.channel)
    expected = wanted if wanted is not None else f"words with {', '.join(line.has)}"
    if not heard.said:
        why = f" ({', '.join(heard.silent)})" if heard.silent else ""
        return [Mismatch(line.line, expected, f"nothing{why}")]
    heard.silent.clear()
    body = _body(heard, heard.said.pop(0))
    fits = wanted is None or " ".join(body.split()) == " ".join(wanted.split())
    if fits and all(words in body for words in line.has):
        return []
    return [Mismatch(line.line, expected, body)]


def expect_quiet(heard: Heard, line: Quiet) -> list[Mismatch]:
    """Compare a silence with a line that gives its reason."""
    silence = f"silence ({line.reason})"
    if heard.said:
        return [Mismatch(line.line, silence, _body(heard, heard.said.pop(0)))]
    if line.reason not in heard.silent:
        return [Mismatch(line.line, silence, ", ".join(heard.silent) or "no word why not")]
    heard.silent.remove(line.reason)
    return []


def unexpected(heard: Heard, line: int) -> list[Mismatch]:
    """List what was said before this line and no line writes."""
    wrong = [Mismatch(line, "nothing more before this line", _body(heard, say)) for say in heard.said]
    heard.said.clear()
    heard.silent.clear()
    return wrong


def expect_end(expected: Mapping[str, Any], state: Mapping[str, Any], line: int) -> list[Mismatch]:
    """Compare what must be true at the end: outcomes by flow, facts, the open question, humans, actions.

    Of facts only those written count, of a list only what is written must be in it.
    """
    wrong = []
    for key, wanted in expected.items():
        got = state.get(key.removesuffix(".outcome"))
        if isinstance(wanted, Mapping) and isinstance(got, Mapping):
            got = {name: _as_written(got.get(name)) for name in wanted}
        elif isinstance(wanted, list) and isinstance(got, list) and all(each in got for each in wanted):
            continue
        if got != wanted:
            wrong.append(Mismatch(line, f"{key}: {wanted}", str(got)))
    return wrong


def _as_written(fact: Any) -> Any:
    """Write a time of day the way a talk does: "20:00"."""
    return fact.strftime("%H:%M") if isinstance(fact, time) else fact


def until(line: Wait, at: datetime) -> datetime:
    """Tell until when a line waits; a wall clock that is past means tomorrow's, but for one with its day."""
    if line.length is not None:
        return at + line.length
    assert line.clock is not None, "a wait has a length or a clock"
    then = datetime.combine(line.day or at.date(), line.clock, at.tzinfo)
    return then + timedelta(days=1) if line.day is None and then <= at else then


def _body(heard: Heard, say: Say) -> str:
    return draw(say, "sms", heard.talk.lang).body
