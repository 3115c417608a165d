"""What a turn decides: imperative, closed, and carried out by others. The engine never acts.

`Do` is run by the shell inside the turn and answered by `ActionDone` or `ActionFailed`; every other effect
becomes rows in the same transaction (storage/apply.py) and workers carry those out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from flows.actions import Action

Kind: TypeAlias = Literal["reply", "nudge", "news", "consent", "crisis"]
"""reply: to what a person just wrote · nudge: our own timer · news: an outside event (the shell knows whether
it is a reminder or a ride's) · consent: said to one who has not opted in (the request, its repetition, the
one confirmation of STOP) · crisis: leaves before anything else.
"""

SilentReason: TypeAlias = Literal[
    "thanks",
    "on_my_way",
    "staff_talking",
    "fragment",
    "carrier_answers",
    "opted_out",
    "may_want_out",
    "asked_already",
    "a_loop",
]


@dataclass(frozen=True, slots=True)
class Button:
    """One answer a person can give: `n` is what they type on SMS and what a button's token carries."""

    n: int
    label: str


@dataclass(frozen=True, slots=True)
class Say:
    """One message, undrawn: the channel's drawing turns `options` into "1 yes 2 no" or buttons
    (flows/drawing.py).

    `prompt` numbers the question this message asks, None when it asks nothing; `step` is `flow.step` for the
    record; `again` is what a stranger reads in place of a request they heard (flows/once.py).
    """

    text: str
    kind: Kind = "reply"
    options: tuple[Button, ...] = ()
    prompt: int | None = None
    asks_for: Literal["spot", "photo"] | None = None
    step: str = ""
    again: str = ""


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing is said, on purpose."""

    reason: SilentReason


@dataclass(frozen=True, slots=True)
class Do:
    """Carry this action out now and answer with the same `call`."""

    call: int
    action: Action


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Ring with `token` at `at` (aware); a later SetTimer with the same token replaces it. `nudge` timers
    wait for the person's hours.
    """

    token: str
    at: datetime
    nudge: bool = False


@dataclass(frozen=True, slots=True)
class ClearTimer:
    token: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Put these answers on the person's record (a flow's `keeps:`, at its end)."""

    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SetLanguage:
    lang: str


@dataclass(frozen=True, slots=True)
class OptOut:
    """The person said stop: takes effect in this transaction, queued work is dropped.

    `not_theirs`: somebody else has this address now.
    """

    words: str
    not_theirs: bool = False


@dataclass(frozen=True, slots=True)
class OptIn:
    """The person had opted out and said START."""

    words: str


@dataclass(frozen=True, slots=True)
class CallHuman:
    """Put the person on the list without a promise in the talk: crisis, pause, stuck. `kind` is the list's
    reason.
    """

    kind: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class FlowEnded:
    """For the record: this flow ended with this outcome ("done", a `finish:` word, "no_reply", or an event's
    name).
    """

    flow: str
    outcome: str


Effect: TypeAlias = (
    Say | Silent | Do | SetTimer | ClearTimer | Keep | SetLanguage | OptOut | OptIn | CallHuman | FlowEnded
)
