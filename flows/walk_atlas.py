"""What each flow reads, fills, runs and compares with, worked out once for a walk through all flows.

The rule: only the flows themselves are asked, never a person's progress; so it holds for every standing.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from flows.check_names import expressions, names_read
from flows.conditions import dotted, parse_tree
from flows.flowset import FlowSet
from flows.model import Ask, Do, Finish, Flow, Handoff, Menu, Remember, Review, Run, Say, Step
from flows.references import filled
from flows.scope import runs
from flows.texts import Text

_SOON = 4.0  # hours: sooner than a caseworker answers


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
    def moved(self) -> Mapping[str, frozenset[str]]:
        """Give the dotted names each flow hands on as values: a view of them may be read further."""
        return {
            flow.id: frozenset(
                name
                for step in flow.steps
                for expression, _ in expressions(step)
                if isinstance(step, Remember | Run | Menu) and expression is not step.when
                for name in expression.names
            )
            | {step.from_ for step in flow.steps if isinstance(step, Ask) and step.from_}
            | {name for step in flow.steps for name in self._taken(step)}
            for flow in self.flows.flows.values()
        }

    @cached_property
    def fills(self) -> Mapping[str, tuple[frozenset[str], ...]]:
        """Give, for each step of each flow, the names it fills."""
        return {
            flow.id: tuple(frozenset(filled(step)) for step in flow.steps)
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
    def literals(self) -> Mapping[str, "Literals"]:
        """Give what the conditions of each flow, or of a flow below it, compare with."""
        own = {flow.id: _literals(flow) for flow in self.flows.flows.values()}
        return {name: joined([own[each] for each in below]) for name, below in self.below.items()}

    @cached_property
    def all_literals(self) -> "Literals":
        """Give what the conditions of all flows compare with."""
        return joined([_literals(flow) for flow in self.flows.flows.values()])


@dataclass(frozen=True, slots=True)
class Literals:
    """What conditions compare with: texts, numbers, hours from now, and the fields of views they read."""

    texts: frozenset[str] = frozenset()
    numbers: tuple[float, ...] = ()
    hours: tuple[float, ...] = (0.0,)
    fields: frozenset[str] = frozenset()


def _literals(flow: Flow) -> Literals:
    texts: set[str] = set()
    numbers: set[float] = set()
    hours: set[float] = {0.0}
    fields: set[str] = set()
    found = [expression for step in flow.steps for expression, _ in expressions(step)]
    for expression in (*found, *(on.when for on in flow.start_on if on.when)):
        for node in ast.walk(parse_tree(expression.source)):
            match node:
                case ast.Constant(value=str(word)):
                    texts.add(word)
                case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                    numbers.add(float(number))
                    hours |= {number * 1.0} if "hours_until" in expression.calls else set()
                    hours |= {number * 24.0} if "days_until" in expression.calls else set()
                case ast.Compare(left=left, comparators=[right]) if dotted(left) and dotted(right):
                    hours.add(_SOON)  # two moments: one may lie before the other, or after it
                case ast.Attribute(attr=name):
                    fields.add(name)
                case _:
                    pass
    for step in flow.steps:
        fields |= {step.from_.partition(".")[2]} if isinstance(step, Ask) and step.from_ else set()
    return Literals(frozenset(texts), tuple(sorted(numbers)), tuple(sorted(hours)), frozenset(fields))


def joined(each: list[Literals]) -> Literals:
    """Put together what several flows compare with."""
    return Literals(
        frozenset().union(*(one.texts for one in each)),
        tuple(sorted({number for one in each for number in one.numbers})),
        tuple(sorted({hour for one in each for hour in one.hours})),
        frozenset().union(*(one.fields for one in each)),
    )


def printed(step: Step) -> tuple[Text, ...]:
    """Give the texts a step itself says."""
    match step:
        case Say(text=text) | Ask(text=text) | Review(text=text) | Handoff(text=text):
            return (text,)
        case Finish(text=Text() as text):
            return (text,)
        case _:
            return ()
