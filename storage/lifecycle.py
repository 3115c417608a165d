"""The lives of an interview and a ride: which state may follow which, and the ledger of every step taken.

The rule: a step that the table does not allow is a bug and is refused before anything is written; one that is
taken is written down in the transaction that takes it. On the road the provider's word is the truth, so any
of its live states may follow any other; what is over stays over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

import sqlalchemy as sa

from storage.subjects import About, subject
from storage.tables import LifecycleStep, table
from storage.tables.going import InterviewState, RideState, Wanted

STEP = table(LifecycleStep)
BOT: Final = "bot"

Machine = Mapping[str | None, frozenset[str]]
"""For each state, those that may follow it; None is before the first."""

_ROAD: Final = frozenset({"booked", "accepted", "arriving", "in_progress"})
_GONE: Final = frozenset({"completed", "cancelled", "missed", "lost"})

RIDE: Final[Machine] = {
    None: frozenset({"held"}),
    "held": frozenset({"booking", "failed", "cancelled"}),
    "booking": frozenset({"held", "failed"}) | _ROAD | _GONE,
    **{state: (_ROAD - {state}) | _GONE for state in sorted(_ROAD)},
    **{state: frozenset[str]() for state in ("failed", *sorted(_GONE))},
}

INTERVIEW: Final[Machine] = {
    None: frozenset({"planned"}),
    "planned": frozenset({"planned", "confirmed", "cancelled", "done", "missed"}),
    "confirmed": frozenset({"planned", "confirmed", "cancelled", "done", "missed"}),
    "done": frozenset({"done", "missed"}),
    "missed": frozenset({"done", "missed"}),
    "cancelled": frozenset(),
}

MACHINES: Final[Mapping[About, Machine]] = {"interview": INTERVIEW, "ride": RIDE}


class ImpossibleStep(ValueError):
    """A state cannot follow that one: whoever asked for it is wrong."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the ledger."""

    before: str | None
    after: str
    wanted: str | None
    version: int
    actor: str
    reason: str | None
    at: datetime


_STEPS = sa.select(*(STEP.c[name] for name in Step.__dataclass_fields__))


def allow(about: About, before: str | None, after: str) -> None:
    """Raise ImpossibleStep unless this state may follow that one; the same one is no step of a ride."""
    if before == after and about == "ride":
        return
    if after not in MACHINES[about][before]:
        raise ImpossibleStep(f"a {about} that is {before} cannot become {after}")


def allow_wanted(before: str, after: str) -> None:
    """Raise ImpossibleStep where a ride that is to be called off is wanted again: that is a new ride."""
    if (before, after) == ("cancelled", "booked"):
        raise ImpossibleStep("a ride that is to be called off cannot be wanted again")


def keep_step(
    connection: sa.Connection,
    about: About,
    id_: int,
    person_id: int,
    *,
    before: str | None,
    after: str,
    version: int,
    now: datetime,
    actor: str = BOT,
    wanted: str | None = None,
    reason: str | None = None,
) -> None:
    """Write one step down; call it where the step is taken."""
    who = {"person_id": person_id, "subject": subject(about, id_), "actor": actor, "reason": reason}
    what = {"before": before, "after": after, "wanted": wanted, "version": version, "at": now}
    connection.execute(sa.insert(STEP), who | what)


def steps(connection: sa.Connection, about: About, id_: int) -> list[Step]:
    """List the life of an interview or a ride, the first step first."""
    mine = _STEPS.where(STEP.c.subject == subject(about, id_)).order_by(STEP.c.id)
    return [Step(**row) for row in connection.execute(mine).mappings()]


def drawn(about: About) -> str:
    """Draw a life as a Mermaid state diagram; the same table gives the same drawing, to the letter.

    States that may follow each other in any order are one box, with the ways out that all of them have.
    """
    machine = MACHINES[about]
    loose = _ROAD if about == "ride" else frozenset[str]()
    lines = ["stateDiagram-v2"]
    if loose:
        lines += [
            "    state on_the_road {",
            *(f"        {state}" for state in _in_order(about, loose)),
            "    }",
        ]
        out = frozenset.intersection(*(machine[state] for state in loose))
        lines += [f"    on_the_road --> {after}" for after in _in_order(about, out)]
    for before, follow in machine.items():
        if before in loose:
            continue
        into = ["on_the_road"] if loose and loose <= follow else []
        into += _in_order(about, follow - loose if into else follow)
        lines += [f"    {before or '[*]'} --> {after}" for after in into]
        if not follow:
            lines.append(f"    {before} --> [*]")
    return "\n".join(lines) + "\n"


def _in_order(about: About, states: frozenset[str]) -> list[str]:
    order = get_args(InterviewState if about == "interview" else RideState)
    return sorted(states, key=order.index)


assert set(RIDE) - {None} == set(get_args(RideState)), "every state of a ride has its line"
assert set(INTERVIEW) - {None} == set(get_args(InterviewState)), "every state of an interview has its line"
assert get_args(Wanted) == ("booked", "cancelled")
