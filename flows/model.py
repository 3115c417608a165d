"""The flow language as frozen values: what a parsed YAML file is, before anyone advances through it.

One class a verb; exactly one verb a step. Texts, conditions and durations are compiled while parsing, so that
the engine only looks things up. Every step knows where it stands in its file, for problems in plain words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from flows.conditions import Expression
from flows.texts import Text

Kind: TypeAlias = Literal[
    "text",
    "name",
    "yes_no",
    "choice",
    "choices",
    "zip",
    "number",
    "date",
    "time",
    "datetime",
    "week_hours",
    "phone",
    "address",
    "pin",
    "photo",
]
Then: TypeAlias = Literal["stay", "continue", "skip", "finish", "handoff", "park"]
At: TypeAlias = Literal["now", "next", "idle"]


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a YAML file."""

    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """What happens next where something did not go the usual way (if_fails, if_late, if_stuck, if_empty,
    no_reply).
    """

    say: Text | None = None
    then: Then = "stay"
    finish: str | None = None
    ask_again: str | None = None
    after: timedelta | None = None  # no_reply rows only


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One row of a question: a key, what the person reads, other words that mean it."""

    key: str
    label: Text
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by language
    when: Expression | None = None
    run: str | None = None
    with_: Mapping[str, Expression | Text] = field(default_factory=dict)
    say: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    is_: Expression
    else_: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class StepBase:
    id: str
    where: Where
    when: Expression | None = None  # a block's `when` is already joined in
    note: str | None = None
    was: str | None = None
    ahead: frozenset[str] = frozenset()  # names its `when` reads that only steps below fill: not there yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Say(StepBase):
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(StepBase):
    """A question; `id` is the answer's name. `from_` draws options from a saved list, `each` labels them."""

    as_: Kind
    text: Text
    options: tuple[Option, ...] = ()
    check: tuple[Check, ...] = ()
    if_unclear: Text | None = None
    tries: int | None = None
    if_stuck: After | None = None
    no_reply: tuple[After, ...] | None = None
    anything_else: str | None = None
    alone: frozenset[str] = frozenset()
    exact: bool = False  # `exact: yes`: consent and bookings take the exact words only
    least: int | None = None  # yes_no about a number: what is typed from here on means yes
    evening: bool = False  # a time: an hour without am or pm is meant in the evening ("home by 8")
    confirm_by_ok: bool = False
    read_back: bool = True  # dates and times are read back and confirmed
    from_: str | None = None
    each: Text | None = None
    show: int = 3
    more: Text | None = None
    if_empty: After | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu(Ask):
    """A choice whose rows run a flow and come back; one without `run` ends it. `run`: for rows of a list."""

    text_again: Text | None = None
    again_while: Expression | None = None
    run: str | None = None
    with_: Mapping[str, Expression | Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review(StepBase):
    """Lists answers; YES, or the row's number to change it."""

    names: tuple[str, ...]
    text: Text
    question: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Do(StepBase):
    action: str
    with_: Mapping[str, Expression | Text] = field(default_factory=dict)
    save: str | None = None
    if_fails: Mapping[str, After] = field(default_factory=dict)  # by reason; "else"
    undo: str | None = None
    undo_question: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitFor(StepBase):
    """Wait for an outside event (or the first of several); the time-out is `if_late`."""

    events: tuple[str, ...]
    up_to: timedelta
    if_late: After
    about: str | None = None
    meanwhile: Text | None = None
    save: str | None = None  # the event's fields under this name; `{save}.event` is the event's YAML name


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(StepBase):
    flow: str
    with_: Mapping[str, Expression | Text] = field(default_factory=dict)
    again_while: Expression | None = None
    list: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remember(StepBase):
    """A computed answer; `id` is its name."""

    is_: Expression | Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff(StepBase):
    """Give the conversation to a caseworker; `{who}`, `{hours}` and `{when}` are in its text."""

    text: Text
    kind: str = "asked for a person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish(StepBase):
    outcome: str
    text: Text | None = None


Step: TypeAlias = Say | Ask | Menu | Review | Do | WaitFor | Run | Remember | Handoff | Finish
"""Blocks are flattened while parsing: their `when` is joined to each inner one's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOn:
    event: str
    at: At = "next"
    even_if_paused: bool = False
    when: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndsOn:
    event: str
    say: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    id: str
    title: Text
    where: Where
    steps: tuple[Step, ...]
    start_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by language
    needs: tuple[str, ...] = ()
    knows: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    tries: int = 3
    no_reply: tuple[After, ...] = ()
    about: str | None = None
    start_on: tuple[StartOn, ...] = ()
    ends_on: tuple[EndsOn, ...] = ()
    index: Mapping[str, int] = field(default_factory=dict)  # step id (and `was`) -> position


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One thing an appointment makes us send: an outside event, timed by authors."""

    event: str
    when: str  # as written: "60 minutes before pickup", "day before at 16:00", "30 minutes after home"
    anchor: Literal["at", "pickup", "leave", "home", "clocks"]
    days: int = 0  # "day before at 16:00": -1 and clock
    clock: str | None = None
    shift: timedelta = timedelta(0)
    unless: Expression | None = None
    useful_until: str | None = None
    """An anchor ("pickup", "at", "leave"), a span after it is due ("2 hours") or a clock time of that day
    ("18:00").
    """
    kind: Literal["reminder", "ride_day", "follow_up"] = "reminder"
    extra: Mapping[str, Any] = field(default_factory=dict)
