"""What a reader is asked and what it may answer.

The rule: a reader never guesses in silence. It has understood, or it reads back and asks, or it asks for what
is missing. Every date and time here is naive: the wall clock of the person, or of the place they are going
to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TypeAlias

_One: TypeAlias = bool | int | float | str | date | time | datetime
Value: TypeAlias = _One | list["Value"] | dict[str, "Value"] | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One option as the person saw it: its number is `n`, or its place in `Asked.options` counted from 1."""

    key: str
    label: str
    words: tuple[str, ...] = ()
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The open question, as far as reading its answer needs it."""

    kind: str  # one of model.Kind: text name yes_no choice choices zip number date time ...
    lang: str  # en es
    now: datetime
    options: tuple[Choice, ...] = ()
    alone: frozenset[str] = frozenset()  # choices: keys that cannot be picked beside another
    draft: Value = None  # what an earlier, half understood text gave (AskBack.draft)
    exact: bool = False  # consent and bookings: the exact list only
    least: int | None = None  # yes_no about a number ("18 or older?"): a number from here on means yes
    evening: bool = False  # time: an hour that leaves am and pm open is proposed as pm


@dataclass(frozen=True, slots=True)
class Understood:
    """The answer, sure enough to use."""

    value: Value


@dataclass(frozen=True, slots=True)
class Confirm:
    """The answer as it will be used, to be read back with `sentence` and asked 1 yes 2 no.

    `draft` is the half that was written, where the other half is proposed by us ("Is that today?"): it waits
    for the rest of the thought like an `AskBack`, and stays when the person says no to the rest.
    """

    value: Value
    sentence: str
    blanks: Mapping[str, Value]
    draft: Value = None


@dataclass(frozen=True, slots=True)
class AskBack:
    """Not enough to go on: say `sentence`; `draft` goes into the next `Asked` for the same question."""

    sentence: str
    blanks: Mapping[str, Value] = field(default_factory=dict)
    draft: Value = None


Reading: TypeAlias = Understood | Confirm | AskBack
