"""Say what an edit of the flows means for the people who are in them, before it goes live.

The rule: the answer comes from the engine's own way of carrying a place over (flows/edits.py) and of finding
the next step, tried on a copy; the stored progress stays as it is.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from flows.edits import adopt
from flows.flowset import FlowSet
from flows.model import Ask, Flow, Step
from flows.progress import Frame, Progress, chain, innermost, progress_from_json, progress_to_json
from flows.stepping import next_step
from flows.turn import Turn, find_step


@dataclass(frozen=True, slots=True)
class Fate:
    """What an edit does to one person in one flow: asked again, moved to another step, lost, or nothing."""

    again: tuple[str, ...] = ()
    moved: str = ""
    lost: bool = False


@dataclass(frozen=True, slots=True)
class FlowDiff:
    """One flow that changed, or whose people are touched: what changed, and what becomes of how many.

    `fates` is None where nobody was looked at.
    """

    flow: str
    changes: tuple[str, ...]
    fates: Mapping[Fate, int] | None

    def __str__(self) -> str:
        head = f"{self.flow}:" if self.fates is None else f"{self.flow}: {_sentence(self.fates)}"
        return "\n".join([head, *(f"  {change}" for change in self.changes)])


Fates: TypeAlias = dict[str, Counter[Fate]]
"""What becomes of how many people, by the flow they are in."""


def diff(old: FlowSet, new: FlowSet, people: Iterable[Progress], at: datetime) -> list[FlowDiff]:
    """Compare two FlowSets for the people in them; `at` is the moment conditions are asked at, aware."""
    fates: Fates = {}
    add_fates(fates, old, new, people, at)
    return compare(old, new, fates)


def add_fates(fates: Fates, old: FlowSet, new: FlowSet, people: Iterable[Progress], at: datetime) -> None:
    """Add what becomes of these people to what is counted already, so that a crowd goes by in parts."""
    for progress in people:
        for flow, fate in _fates(old, new, progress, at):
            fates.setdefault(flow, Counter())[fate] += 1


def compare(old: FlowSet, new: FlowSet, fates: Fates | None) -> list[FlowDiff]:
    """List the flows that changed or whose people are touched; None where nobody was looked at."""
    found = []
    for name in sorted({*old.flows, *new.flows, *(fates or {})}):
        changes = tuple(_changes(old.flows.get(name), new.flows.get(name)))
        mine = None if fates is None else fates.get(name, Counter())
        touched = mine is not None and any(fate != Fate() for fate in mine)
        if changes or touched:
            found.append(FlowDiff(name, changes, mine))
    return found


def report(found: list[FlowDiff]) -> str:
    """Write a comparison down."""
    return "\n".join(map(str, found)) if found else "The flows are the same."


# --- people -----------------------------------------------------------------------------------------------


def _fates(old: FlowSet, new: FlowSet, progress: Progress, at: datetime) -> Iterator[tuple[str, Fate]]:
    """Carry one person over, on a copy, and tell what becomes of each flow they are in."""
    before = progress_from_json(progress_to_json(progress))
    after = progress_from_json(progress_to_json(progress))
    after.flows = after.flows or old.hash
    turn = Turn(new, after, at, at.replace(tzinfo=None))
    adopt(turn)
    kept = {frame.n: frame for root in after.stack for frame in chain(root)}
    for root in before.stack:
        for frame in chain(root):
            yield frame.flow, _fate(turn, frame, kept.get(frame.n))


def _fate(turn: Turn, before: Frame, after: Frame | None) -> Fate:
    if after is None:
        return Fate(lost=True)
    flow = turn.flows.flows[after.flow]
    renamed = {step.was: step.id for step in flow.steps if step.was}
    asks = {step.id for step in flow.steps if isinstance(step, Ask)}
    was_done = [renamed.get(name, name) for name in before.done]
    again = tuple(name for name in was_done if name in asks and name not in after.done)
    if again:
        return Fate(again=again)
    stood = renamed.get(before.open or "", before.open or "")
    if before.sub is None and stood and find_step(flow, stood) is None:
        step = next_step(turn, innermost(after))
        return Fate(moved=step.id if step is not None else "its end")
    return Fate()


def _sentence(fates: Mapping[Fate, int]) -> str:
    count = sum(fates.values())
    if not count:
        return "nobody is in this flow."
    goes_on = fates.get(Fate(), 0)
    again: Counter[str] = Counter()
    moved: Counter[str] = Counter()
    for fate, many in fates.items():
        again.update(dict.fromkeys(fate.again, many))
        moved.update({fate.moved: many} if fate.moved else {})
    lost = sum(many for fate, many in fates.items() if fate.lost)
    parts = [f"{goes_on} {'continues' if goes_on == 1 else 'continue'}"]
    parts += [f"{n} {_are(n)} asked `{name}` again" for name, n in sorted(again.items())]
    parts += [f"{n} {'goes' if n == 1 else 'go'} on at `{name}`" for name, n in sorted(moved.items())]
    who = "person is" if count == 1 else "people are"
    return f"{count} {who} in this flow: {', '.join(parts)}, {lost} lost"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


# --- what changed -----------------------------------------------------------------------------------------


def _changes(old: Flow | None, new: Flow | None) -> Iterator[str]:
    if old is None or new is None:
        yield "a new flow" if old is None else "the flow is gone"
        return
    renamed = {step.was: step.id for step in new.steps if step.was}
    before = {renamed.get(step.id, step.id): step for step in old.steps}
    after = {step.id: step for step in new.steps}
    names = {now: was for was, now in renamed.items()}
    for name, step in after.items():
        if name not in before:
            yield f"new: {name}"
        elif name in names and before[name].id != name:
            yield f"renamed: {names[name]} is now {name}"
        elif not _same(before[name], step):
            yield f"changed: {name}"
    yield from (f"gone: {name}" for name in before if name not in after)
    shared = [name for name in after if name in before]
    if shared != [name for name in before if name in after]:
        yield "changed: the order of its steps"


def _same(old: Step, new: Step) -> bool:
    """Compare two steps but for the line they stand on."""
    if type(old) is not type(new):
        return False
    names = [name for kind in type(old).__mro__ for name in getattr(kind, "__slots__", ())]
    return all(getattr(old, name) == getattr(new, name) for name in names if name != "where")
