"""What each flow may name: where a name comes from, from which step on, and what it stands for.

The rule: a flow owns its answers. A name is there because a step before fills it, because the flow `needs` or
`knows` it, or because its run gives it; nothing leaks in from the flow around.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from flows.conditions import Expression, dotted, parse_tree
from flows.model import Ask, Do, Finish, Flow, Menu, Remember, Run, Step, WaitFor
from flows.references import afters, filled
from flows.shapes import ADDRESS, ANY, TEXT, Shape, action_result, event_fields, less_maybe, merge, shape_of
from flows.sure import sure_at
from flows.texts import Text
from flows.views import InterviewView

With: TypeAlias = Mapping[str, Expression | Text]
EVERYWHERE = frozenset({"now"})
"""Names the engine itself supplies to every text."""

RECORD: Mapping[str, Shape] = {
    "first_name": Shape("name"),
    "zip": Shape("zip"),
    "adult": Shape("yes_no"),
    "phone_use": ANY,
    "discreet": Shape("yes_no"),
    "interview": shape_of(InterviewView),
    "lang": TEXT,
    "card": TEXT,
}
"""What a person's record may know without a flow's `keeps`."""

STARTED_BY_ENGINE = frozenset({"welcome", "home", "ask_caseworker", "come_back"})
"""Flows the engine starts by name; it also starts `ride_where` and the like, heard about a live ride."""


@dataclass(frozen=True, slots=True)
class Call:
    """One place that runs a flow."""

    flow: Flow
    at: int
    step: Step
    name: str
    with_: With


@dataclass(frozen=True)
class Scopes:
    """The names of all flows; shapes are worked out once and kept."""

    flows: Mapping[str, Flow]

    @cached_property
    def calls(self) -> Mapping[str, tuple[Call, ...]]:
        """Who runs each flow."""
        found: dict[str, list[Call]] = {}
        for flow in self.flows.values():
            for at, step in enumerate(flow.steps):
                for name, with_ in runs(step):
                    found.setdefault(name, []).append(Call(flow, at, step, name, with_))
        return {name: tuple(each) for name, each in found.items()}

    @cached_property
    def kept(self) -> frozenset[str]:
        """What a person's record may hold."""
        return frozenset(RECORD) | {name for flow in self.flows.values() for name in flow.keeps}

    @cached_property
    def _known(self) -> dict[tuple[str, str], Shape]:
        return {}

    def first_filled(self, flow: Flow) -> Mapping[str, int]:
        """Give each name of a flow and the step that fills it first; -1 for what it was given."""
        found = dict.fromkeys((*flow.needs, *flow.knows), -1)
        for at, step in enumerate(flow.steps):
            for name in filled(step):
                found.setdefault(name, at)
        return found

    def shape(self, flow: Flow, name: str) -> Shape:
        """Tell what a name of a flow stands for."""
        key = (flow.id, name)
        if key not in self._known:
            self._known[key] = ANY  # while it is being worked out: flows may feed each other
            self._known[key] = self._work_out(flow, name)
        return self._known[key]

    def dotted(self, flow: Flow, name: str) -> Shape:
        """Tell what "job" or "job.title" stands for."""
        root, dot, rest = name.partition(".")
        shape = self.shape(flow, root)
        return shape.fields.get(rest, ANY) if dot else shape

    def _work_out(self, flow: Flow, name: str) -> Shape:
        shapes = [self._from_step(flow, step, name) for step in flow.steps if name in filled(step)]
        if not shapes and name in (*flow.needs, *flow.knows):
            shapes = list(self._from_outside(flow, name)) or [RECORD.get(name, ANY)]
        return merge(shapes)

    def _from_step(self, flow: Flow, step: Step, name: str) -> Shape:
        match step:
            case Ask(anything_else=extra) if name == extra:
                return TEXT
            case Ask(from_=str() as source):
                item = self.dotted(flow, source).item or ANY
                return item if not step.options else Shape(item.kind, item.fields, item.item)
            case Ask(as_="choice" | "choices" as kind, options=options):
                return Shape(kind, keys=frozenset(option.key for option in options))
            case Ask(as_="address"):
                return ADDRESS
            case Ask(as_=kind):
                return Shape(kind)
            case Remember(is_=Text()):
                return TEXT
            case Remember(is_=Expression() as value):
                return self.value(flow, value)
            case Do(action=action):
                return action_result(action)
            case WaitFor(events=events):
                brought = merge([Shape("view", event_fields(event)) for event in events])
                return Shape("view", {**brought.fields, "event": Shape("choice", keys=frozenset(events))})
            case Run(list=str() as rounds) if name == rounds:
                return Shape("list", item=self._result(step.flow))
            case Run():
                return self._result(step.flow)
            case _:
                return ANY

    def _result(self, name: str) -> Shape:
        flow = self.flows.get(name)
        if flow is None:
            return ANY
        given = {each: self.shape(flow, each) for each in flow.gives}
        return Shape("view", {**given, "outcome": Shape("outcome", keys=outcomes(flow))})

    def _from_outside(self, flow: Flow, name: str) -> Iterator[Shape]:
        for call in self.calls.get(flow.id, ()):
            value = call.with_.get(name)
            if isinstance(value, Text):
                yield TEXT
            elif value is not None:
                yield self._handed(call, self.value(call.flow, value), dotted(parse_tree(value.source)))
            elif name in self.first_filled(call.flow):
                yield self._handed(call, self.shape(call.flow, name), name)
        for on in flow.start_on:
            if name in (brought := event_fields(on.event)):
                yield brought[name]
        if not self._takes_from_record(flow, name):
            return
        for other in self.flows.values():
            if name in other.keeps and other.id != flow.id and name not in (*other.needs, *other.knows):
                yield self.shape(other, name)

    def _takes_from_record(self, flow: Flow, name: str) -> bool:
        """Tell whether a run of a flow may find this name on the person's record only."""
        calls = self.calls.get(flow.id, ())
        given = all(name in call.with_ or name in self.first_filled(call.flow) for call in calls)
        return not calls or not given or bool(flow.start_words or flow.start_on)

    def _handed(self, call: Call, shape: Shape, name: str | None) -> Shape:
        """Give a view as a run gets it: what the caller's condition makes sure is there."""
        if name is None or not shape.maybe:
            return shape
        known = sure_at(call.flow, call.at).known
        return less_maybe(shape, [field for field in shape.maybe if f"{name}.{field}" in known])

    def value(self, flow: Flow, value: Expression) -> Shape:
        """Tell what a value in the conditions language gives."""
        tree = parse_tree(value.source)
        if name := dotted(tree):
            return self.dotted(flow, name)
        if value.calls == {"first_of"} and value.source.strip().startswith("first_of"):
            return merge([self.dotted(flow, name) for name in sorted(value.names)])
        if not value.names and value.source.strip()[:1] in "\"'":
            return Shape("choice", keys=frozenset({value.source.strip()[1:-1]}))
        return ANY if value.calls else Shape("yes_no")


def outcomes(flow: Flow) -> frozenset[str]:
    """Give every word a flow can end with."""
    words = {step.outcome for step in flow.steps if isinstance(step, Finish)}
    after = {row.finish for step in flow.steps for row in afters(step) if row.finish}
    rows = {row.finish for row in flow.no_reply if row.finish}
    return frozenset(
        {"done", "no_reply", "handoff", *words, *after, *rows, *(on.event for on in flow.ends_on)}
    )


def runs(step: Step) -> Iterable[tuple[str, With]]:
    """Give the flows a step may run and what it hands them."""
    match step:
        case Run(flow=name, with_=with_):
            return [(name, with_)]
        case Ask(options=options):
            rows = [(option.run, option.with_) for option in options if option.run]
            return [*rows, (step.run, step.with_)] if isinstance(step, Menu) and step.run else rows
        case _:
            return []
