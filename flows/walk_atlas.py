"""What each flow reads, fills and runs, worked out once for a walk through all flows.

The rule: only the flows themselves are asked, never a person's progress; so it holds for every standing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from flows.check_names import expressions, names_read
from flows.conditions import Expression, conjuncts
from flows.flowset import FlowSet
from flows.model import Ask, Do, Finish, Handoff, Menu, Review, Run, Say, Step
from flows.references import filled
from flows.scope import runs
from flows.texts import Text
from flows.walk_asked import NOTHING, Asked, AskedOf, asked_of, joined

_NOW = re.compile(r"\bnow\b")


@dataclass(frozen=True)
class Atlas:
    """What each flow reads, worked out once."""

    flows: FlowSet

    @cached_property
    def reads(self) -> Mapping[str, tuple[frozenset[str], ...]]:
        """Give, for each step of each flow, the dotted names it may read."""
        return {
            flow.id: tuple(frozenset(self._step_reads(step)) for step in flow.steps)
            for flow in self.flows.flows.values()
        }

    def _step_reads(self, step: Step) -> Iterator[str]:
        for expression, _ in expressions(step):
            if not isinstance(step, Do) or expression is step.when:  # an action's inputs decide nothing
                yield from expression.names
        yield from self._taken(step)
        yield from names_read(step)
        for text in printed(step):
            yield from (name for name in text.names if name.endswith((".who", ".when")))

    def _taken(self, step: Step) -> set[str]:
        """Give what the flows a step runs take from its own flow or the record, unless it hands it on."""
        flows = self.flows.flows
        found: set[str] = set()
        for name, with_ in runs(step):
            found |= {*flows[name].needs, *flows[name].knows} - set(with_)
        return found

    @cached_property
    def later(self) -> Mapping[str, tuple[frozenset[str], ...]]:
        """Give, for each step of each flow, what its runs may take from the record, at any depth."""
        flows = self.flows.flows
        inside = {
            name: {read for each in below for step in flows[each].steps for read in self._taken(step)}
            for name, below in self.below.items()
        }
        return {
            flow.id: tuple(
                frozenset(self._taken(step).union(*(inside[name] for name, _ in runs(step))))
                for step in flow.steps
            )
            for flow in flows.values()
        }

    @cached_property
    def fills(self) -> Mapping[str, tuple[frozenset[str], ...]]:
        """Give, for each step of each flow, the names it fills."""
        return {
            flow.id: tuple(frozenset(filled(step)) for step in flow.steps)
            for flow in self.flows.flows.values()
        }

    @cached_property
    def parts(self) -> Mapping[str, tuple[tuple[Expression, ...], ...]]:
        """Give, for each step of each flow, what must hold for it, part by part; nothing where the clock
        decides too."""
        return {
            flow.id: tuple(
                ()
                if step.when is None
                else tuple(
                    part
                    for part in conjuncts(step.when)
                    if not {"hours_until", "days_until"} & part.calls and not _NOW.search(part.source)
                )
                for step in flow.steps
            )
            for flow in self.flows.flows.values()
        }

    @cached_property
    def below(self) -> Mapping[str, frozenset[str]]:
        """Give each flow with every flow it may run, at any depth."""
        direct = {
            flow.id: {name for step in flow.steps for name, _ in runs(step)}
            for flow in self.flows.flows.values()
        }
        found = {}
        for start in direct:
            todo, seen = [start], {start}
            while todo:
                more = direct[todo.pop()] - seen
                seen |= more
                todo += more
            found[start] = frozenset(seen)
        return found

    @cached_property
    def record(self) -> Mapping[str, frozenset[str]]:
        """Give what a run of each flow, or of a flow below it, takes from the person's record."""
        flows = self.flows.flows
        return {
            name: frozenset(read for each in below for read in (*flows[each].needs, *flows[each].knows))
            for name, below in self.below.items()
        }

    @cached_property
    def wanted(self) -> Mapping[str, frozenset[str]]:
        """Give what any caller may still read of a run's answers: as `step.name`, or from the record."""
        found: dict[str, set[str]] = {name: set() for name in self.flows.flows}
        calls = [
            (flow, at, step, name)
            for flow in self.flows.flows.values()
            for at, step in enumerate(flow.steps)
            for name, _ in runs(step)
        ]
        for flow, at, step, name in calls:
            again = isinstance(step, Run | Menu) and step.again_while is not None
            for later in range(at if again or isinstance(step, Menu) else at + 1, len(flow.steps)):
                own = (each.partition(".") for each in self.reads[flow.id][later])
                found[name] |= {attr for root, _, attr in own if root == step.id}
                found[name] |= self.later[flow.id][later]
            if isinstance(step, Run) and step.list is not None:
                found[name] |= set(self.flows.flows[name].gives)
        for _ in found:  # as deep as flows can run one another
            for flow, _, _, name in calls:
                found[name] |= {each for each in found[flow.id] if each in self.kept(name)}
        flows = self.flows.flows
        return {
            name: frozenset(each & {*flows[name].gives, *flows[name].keeps}) for name, each in found.items()
        }

    def kept(self, name: str) -> frozenset[str]:
        """Give what a flow, or one below it, keeps on the record."""
        return frozenset(each for flow in self.below[name] for each in self.flows.flows[flow].keeps)

    @cached_property
    def asked(self) -> AskedOf:
        """Give what conditions can tell of each name."""
        return asked_of(self.flows)

    @cached_property
    def record_asked(self) -> Mapping[str, Mapping[str, Asked]]:
        """Give what each flow, or a flow below it, can tell of what it takes from the person's record."""
        flows = self.flows.flows
        return {
            name: {
                read: joined(
                    self.asked.of(each, read)
                    for each in below
                    if read in (*flows[each].needs, *flows[each].knows)
                )
                for read in self.record[name]
            }
            for name, below in self.below.items()
        }

    @cached_property
    def later_asked(self) -> Mapping[str, tuple[Mapping[str, Asked], ...]]:
        """Give, for each step of each flow, what its runs can tell of what they may take from the record."""
        return {
            flow.id: tuple(
                {
                    name: joined(
                        [
                            self.asked.ahead(flow.id, (at,), name),
                            *(self.record_asked[called].get(name, NOTHING) for called, _ in runs(step)),
                        ]
                    )
                    for name in self.later[flow.id][at]
                }
                for at, step in enumerate(flow.steps)
            )
            for flow in self.flows.flows.values()
        }

    @cached_property
    def given_asked(self) -> Mapping[str, Mapping[str, Asked]]:
        """Give what any caller can tell of a run's answers, or who takes them from the record later."""
        found: dict[str, dict[str, list[Asked]]] = {name: {} for name in self.flows.flows}
        for flow in self.flows.flows.values():
            for step in flow.steps:
                for called, _ in runs(step):
                    for name in self.wanted[called]:
                        found[called].setdefault(name, []).append(self.asked.of(flow.id, f"{step.id}.{name}"))
        return {
            called: {name: joined([*each, self.asked.anywhere(name)]) for name, each in names.items()}
            for called, names in found.items()
        }


def printed(step: Step) -> tuple[Text, ...]:
    """Give the texts a step itself says."""
    match step:
        case Say(text=text) | Ask(text=text) | Review(text=text) | Handoff(text=text):
            return (text,)
        case Finish(text=Text() as text):
            return (text,)
        case _:
            return ()
