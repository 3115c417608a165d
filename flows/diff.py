"""Say what an edit of the flows means for the people who are in them, before it goes live.

The rule: the answer comes from the engine's own way of carrying a place over (flows/edits.py) and of finding
the next step, tried on a copy; the stored progress stays as it is.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

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
    """One flow that changed, or whose people are touched: what changed, and what becomes of whom."""

    flow: str
    changes: tuple[str, ...]
    fates: tuple[Fate, ...]

    def __str__(self) -> str:
        return "\n".join(
            [f"{self.flow}: {_sentence(self.fates)}", *(f"  {change}" for change in self.changes)]
        )


def diff(old: FlowSet, new: FlowSet, people: Iterable[Progress], at: datetime) -> list[FlowDiff]:
    """Compare two FlowSets for the people in them; `at` is the moment conditions are asked at, aware."""
    fates: dict[str, list[Fate]] = {}
    for progress in people:
        for flow, fate in _fates(old, new, progress, at):
            fates.setdefault(flow, []).append(fate)
    found = []
    for name in sorted({*old.flows, *new.flows, *fates}):
        changes = tuple(_changes(old.flows.get(name), new.flows.get(name)))
        touched = any(fate != Fate() for fate in fates.get(name, ()))
        if changes or touched:
            found.append(FlowDiff(name, changes, tuple(fates.get(name, ()))))
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


def _sentence(fates: tuple[Fate, ...]) -> str:
    if not fates:
        return "nobody is in this flow."
    goes_on = sum(1 for fate in fates if fate == Fate())
    again = Counter(name for fate in fates for name in fate.again)
    moved = Counter(fate.moved for fate in fates if fate.moved)
    lost = sum(1 for fate in fates if fate.lost)
    parts = [f"{goes_on} {'continues' if goes_on == 1 else 'continue'}"]
    parts += [f"{n} {_are(n)} asked `{name}` again" for name, n in sorted(again.items())]
    parts += [f"{n} {'goes' if n == 1 else 'go'} on at `{name}`" for name, n in sorted(moved.items())]
    count = len(fates)
    return (
        f"{count} {'person is' if count == 1 else 'people are'} in this flow: {', '.join(parts)}, {lost} lost"
    )


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


# --- what changed -----------------------------------------------------------------------------------------


def _changes(old: Flow | None, new: Flow | None) -> Iterator[str]:
    if old is None or new is None:
        yield "new flow" if old is None else "flow removed"
        return
    renamed = {step.was: step.id for step in new.steps if step.was}
    before = {renamed.get(step.id, step.id): step for step in old.steps}
    after = {step.id: step for step in new.steps}
    names = {now: was for was, now in renamed.items()}
    for name, step in after.items():
        if name not in before:
            yield f"+ {name}"
        elif name in names and before[name].id != name:
            yield f"~ {names[name]} is now {name}"
        elif not _same(before[name], step):
            yield f"~ {name}"
    yield from (f"- {name}" for name in before if name not in after)
    shared = [name for name in after if name in before]
    if shared != [name for name in before if name in after]:
        yield "~ the order of its steps"


def _same(old: Step, new: Step) -> bool:
    """Compare two steps but for the line they stand on."""
    if type(old) is not type(new):
        return False
    names = [name for kind in type(old).__mro__ for name in getattr(kind, "__slots__", ())]
    return all(getattr(old, name) == getattr(new, name) for name in names if name != "where")
