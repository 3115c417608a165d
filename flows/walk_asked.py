"""What the conditions of all flows can tell of each name, followed through every name it is handed on under.

The rule: a value is known by what is compared with it, where it is read or wherever it went: `interview.stop`
under `with: {interview: moved}` is asked of `moved`. What is only printed, or handed to an action, is asked
nothing. Only the flows are read, never a person's progress.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from flows.check_names import expressions
from flows.conditions import Expression, dotted, parse_tree
from flows.flowset import FlowSet
from flows.model import Ask, Do, Flow, Remember, Step
from flows.scope import runs
from flows.texts import Text

_SOON = 4.0  # hours: sooner than a caseworker answers
_DEEP = 3  # views within views


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a value: texts and numbers it is compared with, hours from now, fields of a view."""

    sets: frozenset[frozenset[str]] = (
        frozenset()
    )  # texts it is compared with, those of one comparison together
    numbers: tuple[float, ...] = ()
    hours: tuple[float, ...] = ()
    fields: Mapping[str, "Asked"] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def texts(self) -> frozenset[str]:
        """Give every text it is compared with."""
        return frozenset().union(*self.sets)

    def of(self, name: str) -> "Asked":
        """Give what is asked of one of its fields."""
        return self.fields.get(name, NOTHING)


NOTHING = Asked()
Path: TypeAlias = tuple[str, str]
"""A flow, and a name in it ("interview", "near")."""
Own: TypeAlias = dict[str, Asked]
"""What one step asks itself, by name."""


def joined(each: Iterable[Asked], deep: int = _DEEP) -> Asked:
    """Put together what is asked of a value in several places."""
    parts = [one for one in each if one is not NOTHING]
    if len(parts) < 2:
        return parts[0] if parts else NOTHING
    names = {name for one in parts for name in one.fields} if deep else set()
    return Asked(
        frozenset().union(*(one.sets for one in parts)),
        tuple(sorted({number for one in parts for number in one.numbers})),
        tuple(sorted({hour for one in parts for hour in one.hours})),
        MappingProxyType(
            {
                name: joined((one.fields[name] for one in parts if name in one.fields), deep - 1)
                for name in names
            }
        ),
    )


@dataclass(frozen=True, slots=True)
class AskedOf:
    """What all flows ask: of each name in a whole flow, and in one step of it."""

    whole: Mapping[Path, Asked]
    steps: Mapping[str, tuple[Mapping[str, Asked], ...]]
    _ahead: dict[tuple[str, tuple[int, ...], str], Asked] = field(default_factory=dict, compare=False)

    def of(self, flow: str, name: str) -> Asked:
        """Give what a flow, and whatever it hands it to, asks of a name ("interview", "day.near")."""
        root, _, attr = name.partition(".")
        found = self.whole.get((flow, root), NOTHING)
        return found.of(attr) if attr else found

    def ahead(self, flow: str, ahead: tuple[int, ...], name: str) -> Asked:
        """Give what these steps of a flow ask of a name."""
        if (found := self._ahead.get((flow, ahead, name))) is None:
            root, _, attr = name.partition(".")
            steps = self.steps[flow]
            found = joined(steps[at][root] for at in ahead if root in steps[at])
            self._ahead[flow, ahead, name] = found = found.of(attr) if attr else found
        return found

    def anywhere(self, name: str) -> Asked:
        """Give what any flow asks of a name on the person's record."""
        return joined(asked for (_, root), asked in self.whole.items() if root == name)


def asked_of(flows: FlowSet) -> AskedOf:
    """Read what the conditions of all flows ask."""
    own = {flow.id: [_own(step) for step in flow.steps] for flow in flows.flows.values()}
    links = {
        flow.id: [list(_links(flows, flow, step)) for step in flow.steps] for flow in flows.flows.values()
    }
    whole: dict[Path, Asked] = {}
    starts = {flow.id: _starting(flow) for flow in flows.flows.values()}
    for _ in range(len(flows.flows)):  # as deep as flows can run one another
        steps = {
            name: tuple(map(lambda a, b: _with_links(whole, a, b), own[name], links[name])) for name in own
        }
        before, whole = whole, {}
        for flow, each in steps.items():
            for root in {name for step in (*each, starts[flow]) for name in step}:
                whole[flow, root] = joined(step[root] for step in (*each, starts[flow]) if root in step)
        if whole == before:
            break
    return AskedOf(whole, steps)


def _with_links(whole: Mapping[Path, Asked], own: Own, links: list[tuple[str, Path]]) -> Own:
    found = dict(own)
    for name, to in links:
        if (more := whole.get(to)) is not None:
            root, _, attr = name.partition(".")
            more = Asked(fields=MappingProxyType({attr: more})) if attr else more
            found[root] = joined((found[root], more)) if root in found else more
    return found


def _links(flows: FlowSet, flow: Flow, step: Step) -> Iterator[tuple[str, Path]]:
    """Give each name a step hands on, and the name it goes by there."""
    match step:
        case Remember(is_=Expression() as value):
            for name in value.names:
                yield name, (flow.id, step.id)
        case Ask(from_=str(source)):
            yield source, (flow.id, step.id)
        case _:
            pass
    for called, with_ in runs(step):
        for param, given in with_.items():
            for name in () if isinstance(given, Text) else given.names:
                yield name, (called, param)
        callee = flows.flows[called]
        for name in {*callee.needs, *callee.knows} - set(with_):
            yield name, (called, name)


def _starting(flow: Flow) -> Own:
    found: Own = {}
    for on in flow.start_on:
        if on.when is not None:
            _read(on.when, found)
    return found


def _own(step: Step) -> Own:
    found: Own = {}
    for expression, _ in expressions(step):
        if not isinstance(step, Do) or expression is step.when:  # an action's inputs decide nothing
            _read(expression, found)
    if isinstance(step, Ask) and step.from_:
        _add(found, step.from_, NOTHING)
    return found


def _read(expression: Expression, found: Own) -> None:
    """Note what one expression asks of the names in it."""
    for name in expression.names:
        _add(found, name, NOTHING)
    for node in ast.walk(parse_tree(expression.source)):
        if isinstance(node, ast.Compare):
            _compared(node, found)


def _compared(node: ast.Compare, found: Own) -> None:
    sides = (node.left, *node.comparators)
    words, numbers = _constants(sides)
    sets = frozenset({words}) if words else frozenset()
    names = [name for side in sides if (name := dotted(side)) and name != "now"]
    hours = ({0.0} if any(dotted(side) == "now" for side in sides) else set()) | (
        {0.0, _SOON} if len(names) > 1 else set()  # two moments: one may lie before the other, or after it
    )
    for name in names:
        _add(found, name, Asked(sets, tuple(sorted(numbers)), tuple(sorted(hours))))
    for side in sides:
        match side:
            case ast.Call(func=ast.Name(id="hours_until" | "days_until" as called), args=[moment]):
                unit = 1.0 if called == "hours_until" else 24.0
                if (name := dotted(moment)) is not None:
                    _add(found, name, Asked(hours=tuple(sorted(each * unit for each in numbers))))
            case ast.Call(args=[inner]) if (name := dotted(inner)) is not None:
                _add(found, name, Asked(sets, tuple(sorted(numbers))))
            case _:
                pass


def _constants(sides: Iterable[ast.expr]) -> tuple[frozenset[str], set[float]]:
    values = [
        each.value
        for side in sides
        for each in (side.elts if isinstance(side, ast.List) else [side])
        if isinstance(each, ast.Constant)
    ]
    words = frozenset(each for each in values if isinstance(each, str))
    return words, {float(each) for each in values if isinstance(each, int | float)}


def _add(found: Own, name: str, asked: Asked) -> None:
    root, _, attr = name.partition(".")
    more = Asked(fields=MappingProxyType({attr: asked})) if attr else asked
    found[root] = joined((found[root], more)) if root in found else more
