"""When two standings of a walk are the same place: by what the steps still ahead can read, and nothing else.

The rule: predicate abstraction. A value counts only while a condition, an input of a sub-flow or a list still
ahead may read it, and then by what such conditions can tell apart: missing or known, which literal, how many,
before or after which hour. What is only printed tells nothing apart.
"""

import ast
from bisect import bisect_right
from collections.abc import Hashable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any

from flows.check_names import expressions
from flows.conditions import dotted, look_up, parse_tree
from flows.flowset import FlowSet
from flows.model import Ask, Do, Finish, Flow, Handoff, Menu, Remember, Review, Run, Say, Step, WaitFor
from flows.progress import Frame, chain
from flows.references import afters, filled
from flows.scope import runs
from flows.texts import Text
from flows.turn import Turn, find_step, scope_of
from flows.walk_moves import Standing

_MANY = 3
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
        match step:
            case Ask(from_=str(name)):
                yield name
            case Review(names=names):
                yield from names
            case WaitFor(about=str(name)):
                yield name
            case _:
                pass
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


# --- places -----------------------------------------------------------------------------------------------


def place_of(atlas: Atlas, standing: Standing, under: Frame | None = None) -> Hashable:
    """Name the place where a walk stands; two standings with the same name go on alike.

    With `under` only that run counts, and what it runs: the same name in another talk goes on alike until
    it gives back.
    """
    progress = standing.progress
    turn = Turn(atlas.flows, progress, standing.at.astimezone(UTC), standing.at.replace(tzinfo=None))
    facts: set[str] = set()
    stack = progress.stack if under is None else [under]
    roots = tuple((root.parked, root.loud, tuple(_frames(atlas, turn, root, facts))) for root in stack)
    literals = joined([atlas.literals[root.flow] for root in stack])
    return (
        roots,
        progress.paused,
        progress.stopped,
        progress.opted_in,
        progress.undoing is not None,
        tuple(sorted({each.name for each in progress.inbox if _waited_for(atlas, stack, each.name)})),
        tuple(sorted(each.flow or "" for each in progress.waiting)) if under is None else (),
        tuple((name, kind_of(progress.facts.get(name), turn.now, literals)) for name in sorted(facts)),
    )


def _waited_for(atlas: Atlas, stack: list[Frame], event: str) -> bool:
    flows = atlas.flows.flows
    below = {name for root in stack for name in atlas.below[root.flow]}
    return any(
        event in step.events for name in below for step in flows[name].steps if isinstance(step, WaitFor)
    )


def _frames(atlas: Atlas, turn: Turn, root: Frame, facts: set[str]) -> Iterator[Hashable]:
    """Name a run and the open ones below it; `facts` gathers what they may read of the record."""
    for frame in chain(root):
        flow = turn.flows.flows[frame.flow]
        scope = scope_of(turn, frame)
        ahead = _ahead(atlas, flow, frame, scope)
        live, filled_first = _live(atlas, flow, ahead, set(frame.done))
        for at in ahead:
            facts |= atlas.later[flow.id][at]
        literals = atlas.literals[flow.id]
        kept = given_kinds(atlas, turn, flow, scope, filled_first)
        own = tuple(
            (name, _read(look_up(scope, name), name in atlas.moved[flow.id], turn.now, literals))
            for name in sorted(live)
        )
        confirmed = kind_of(frame.confirm.value, turn.now, literals) if frame.confirm else None
        orders = _orders(flow, ahead, scope)
        yield flow.id, frame.open, tuple(ahead), _waiting(flow, frame), own, kept, confirmed, orders


def _read(value: Any, moved: bool, now: datetime, literals: "Literals") -> Hashable:
    """Tell what may still be read of one name; of a view that is not handed on, only that it is there."""
    return True if isinstance(value, Mapping) and not moved else kind_of(value, now, literals)


def _orders(flow: Flow, ahead: list[int], scope: Mapping[str, Any]) -> Hashable:
    """Tell how moments stand to each other where a step ahead compares them ("told.when > at")."""
    found = []
    for at in ahead:
        when = flow.steps[at].when
        if when is not None and len(when.names) > 1:
            moments = [name for name in when.names if isinstance(look_up(scope, name), datetime)]
            if len(moments) > 1:
                found.append((at, when.holds(scope)))
    return tuple(found)


def given_kinds(
    atlas: Atlas, turn: Turn, flow: Flow, scope: Mapping[str, Any], but: Set[str] = frozenset()
) -> Hashable:
    """Tell what callers can tell of what a run gives and keeps, as far as it stands now."""
    names = sorted(atlas.wanted[flow.id] - but)
    return tuple((name, kind_of(scope.get(name), turn.now, atlas.all_literals)) for name in names)


def gives_of(atlas: Atlas, standing: Standing, run: Frame) -> Hashable:
    """Tell what callers can tell of what a finished run gave and kept."""
    turn = Turn(atlas.flows, standing.progress, standing.at.astimezone(UTC), standing.at.replace(tzinfo=None))
    flow = atlas.flows.flows[run.flow]
    return given_kinds(atlas, turn, flow, scope_of(turn, run))


def _ahead(atlas: Atlas, flow: Flow, frame: Frame, scope: Mapping[str, Any]) -> list[int]:
    """Give the steps that may still be done: not done, and not passed for good."""
    steps, done = flow.steps, set(frame.done)
    here = flow.index.get(frame.open or "", 0)
    left = [at for at, step in enumerate(steps) if step.id not in done]
    again = {row.ask_again for at in left if at >= here for row in afters(steps[at]) if row.ask_again}
    if again:  # a question behind may be asked again, and what follows it is done again
        first = min(flow.index[name] for name in again if name in flow.index)
        left = [
            at for at, step in enumerate(steps) if at in left or (at >= first and not isinstance(step, Ask))
        ]
    fillable = again | {name for at in left if at >= here for name in atlas.fills[flow.id][at]}
    return [at for at in left if at >= here or not _passed(steps[at], scope, fillable)]


def _live(atlas: Atlas, flow: Flow, ahead: list[int], done: set[str]) -> tuple[set[str], set[str]]:
    """Give the names whose value of now may still be read, and those that are filled anew before that.

    A question not done fills its name before anything behind it reads it, or is masked; what always runs
    fills what it saves.
    """
    live: set[str] = set()
    anew: set[str] = set()
    for at in ahead:
        step = flow.steps[at]
        live |= {name for name in atlas.reads[flow.id][at] if name.partition(".")[0] not in anew}
        if isinstance(step, Ask) and step.id not in done:
            anew.add(step.id)
        elif step.when is None and not any(row.then == "continue" for row in afters(step)):
            anew |= atlas.fills[flow.id][at]
    live |= _masking(flow, live)
    return live, anew


def _passed(step: Step, scope: Mapping[str, Any], fillable: set[str]) -> bool:
    """Tell whether a step behind will never be done: its `when` is false, and nothing it reads can change."""
    if step.when is None or step.when.holds(scope) or "now" in step.when.source:
        return False
    return not {name.partition(".")[0] for name in step.when.names} & fillable


def _masking(flow: Flow, live: set[str]) -> set[str]:
    """Give the names that decide whether a live answer counts at all."""
    roots = {name.partition(".")[0] for name in live}
    return {
        name
        for step in flow.steps
        if isinstance(step, Ask) and step.id in roots and step.when is not None
        for name in step.when.names
    }


def _waiting(flow: Flow, frame: Frame) -> Hashable:
    """Name what the open question has been through: unclear tries, silence, a half answer, a read-back."""
    step = find_step(flow, frame.open)
    own = step.tries if isinstance(step, Ask) else None
    most = (own or flow.tries) + 1
    return (
        frame.prompt is not None,
        min(frame.tries, most),
        frame.nudges,
        frame.draft is not None,
        frame.confirm is not None,
        frame.shown.page,
        tuple(row.key for row in frame.shown.rows if not row.key.startswith("@")),
        isinstance(step, Menu) and bool(frame.subs.get(step.id)),
    )


def kind_of(value: Any, now: datetime, literals: Literals) -> Hashable:
    """Tell what the conditions ahead can tell of a value."""
    match value:
        case None | bool():
            return value
        case str():
            return value if not value or value in literals.texts else "…"
        case int() | float():
            return (bisect_right(literals.numbers, value), value in literals.numbers)
        case datetime():
            return ("at", bisect_right(literals.hours, (value - now).total_seconds() / 3600))
        case date():
            return ("on", bisect_right(literals.hours, (value - now.date()).days * 24.0))
        case time():
            return "time"
        case Mapping():
            return tuple(
                (name, kind_of(value[name], now, literals))
                for name in sorted(literals.fields)
                if value.get(name) is not None
            )
        case list():
            words = tuple(
                sorted(literals.texts.intersection(each for each in value if isinstance(each, str)))
            )
            first = kind_of(value[0], now, literals) if value and isinstance(value[0], Mapping) else None
            return (min(len(value), _MANY), words, first)
        case _:
            return type(value).__name__
