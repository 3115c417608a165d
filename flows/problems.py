"""What is wrong in an author's file: where, in plain words, and what to write instead.

The rule: a problem names the line to change and a way out; it never shows a programmer's error.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from flows.model import Where

UNREADABLE = "unreadable"
"""The rule of a file that could not be read to its end: what others are told may only follow from it."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault. `rule` is the name of the rule that found it, for `check --fix` and for tests."""

    file: str
    line: int
    words: str
    fix: str = ""
    rule: str = "shape"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.words}{f' Fix: {self.fix}' if self.fix else ''}"


def worth_telling(problems: Iterable[Problem]) -> list[Problem]:
    """Put problems in order; where a file cannot be read, leave out all that may only follow from that."""
    found = sorted(set(problems))
    return [each for each in found if each.rule == UNREADABLE] or found


def problem_at(where: Where, words: str, fix: str, rule: str) -> Problem:
    """Report a fault of what stands at `where`."""
    return Problem(where.file, where.line, words, fix, rule)


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """Suggest the nearest known word; else say what there is, or `otherwise`."""
    names = sorted(known)
    if near := get_close_matches(word, names, n=1, cutoff=0.5 if len(word) <= 3 else 0.6):
        return f"did you mean {near[0]}?"
    if otherwise or not names:
        return otherwise or "there is none."
    return f"there is {', '.join(names[:8])}{' …' if len(names) > 8 else '.'}"
