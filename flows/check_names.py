"""Lint what flows name: answers nobody gives or that come too late, fields that are not there.

The rule: a name in a condition, a `with:` or a blank is filled by an earlier step of the same flow, or was
given to the flow; and a condition compares an answer only with what it can be.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from flows.assemble import Loaded
from flows.conditions import Expression, dotted, parse_tree
from flows.events import OUTSIDE
from flows.model import Ask, Do, Flow, Menu, PlanRow, Remember, Review, Run, Step, WaitFor, Where
from flows.problems import Problem, did_you_mean, problem_at
from flows.references import filled
from flows.scope import Scopes
from flows.shapes import Shape, event_fields

_SCALARS = frozenset("text name yes_no zip number date time datetime week_hours phone pin photo".split())


def check_names(loaded: Loaded, scopes: Scopes) -> Iterator[Problem]:
    """Find names that stand for nothing, or for nothing yet."""
    for flow in loaded.all_flows.values():
        yield from _header(flow, scopes)
        for at, step in enumerate(flow.steps):
            for expression, own in expressions(step):
                yield from _condition(scopes, flow, at, step.where, expression, own)
            yield from _own_names(scopes, flow, at, step)
            if step.when and (own_names := set(filled(step)) & _roots(step.when.names)):
                name = sorted(own_names)[0]
                fix = "ask first, then decide in a later step."
                yield problem_at(
                    step.where, f'The `when` mentions its own answer "{name}".', fix, "own-answer"
                )
    for row, where in loaded.plan_rows:
        yield from _plan(row, where)
        yield from _heard(loaded, row, where)


def _roots(names: frozenset[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def _header(flow: Flow, scopes: Scopes) -> Iterator[Problem]:
    there = set(scopes.first_filled(flow))
    for key in ("gives", "keeps"):
        for name in getattr(flow, key):
            if name not in there:
                words = f"`{key}` of {flow.id} names `{name}`, which no step fills."
                yield problem_at(flow.where, words, did_you_mean(name, there), "unknown-answer")
    if flow.about and flow.about not in there:
        words = f"{flow.id} is `about: {flow.about}`, which it does not know."
        yield problem_at(flow.where, words, f"add `needs: [{flow.about}]`.", "unknown-answer")
    for on in flow.start_on:
        brought = {*event_fields(on.event), *there, *scopes.kept}
        for name in sorted(_roots(on.when.names) - brought if on.when else ()):
            words = f"{on.event} does not bring `{name}`."
            yield problem_at(flow.where, words, did_you_mean(name, brought), "unknown-answer")


def expressions(step: Step) -> Iterator[tuple[Expression, bool]]:
    """Give every expression of a step, and whether it may name the step's own answer."""
    if step.when:
        yield step.when, True  # its own answer is a rule of its own
    match step:
        case Ask(check=checks, options=options):
            yield from ((check.is_, True) for check in checks)
            for option in options:
                yield from ((option.when, False) for _ in (1,) if option.when)
                yield from ((each, True) for each in option.with_.values() if isinstance(each, Expression))
            if isinstance(step, Menu):
                yield from ((each, True) for each in step.with_.values() if isinstance(each, Expression))
                yield from ((step.again_while, True) for _ in (1,) if step.again_while)
        case Run(with_=with_, again_while=again):
            yield from ((each, False) for each in with_.values() if isinstance(each, Expression))
            if again:
                yield again, True
        case Do(with_=with_):
            yield from ((each, False) for each in with_.values() if isinstance(each, Expression))
        case Remember(is_=Expression() as value):
            yield value, False
        case _:
            pass


def names_read(step: Step) -> tuple[str, ...]:
    """Give the names a step reads by themselves, outside its expressions and texts."""
    match step:
        case Ask(from_=str(name)) | WaitFor(about=str(name)):
            return (name,)
        case Review(names=names):
            return tuple(names)
        case _:
            return ()


def _own_names(scopes: Scopes, flow: Flow, at: int, step: Step) -> Iterator[Problem]:
    """Check names beside conditions and blanks: lists asked from, what an event is about, saved names."""
    if isinstance(step, Ask) and step.from_:
        yield from name_problems(scopes, flow, at, step.where, step.from_, False)
        if (kind := scopes.dotted(flow, step.from_).kind) not in ("list", "any"):
            words = f'"{step.from_}" is a {kind}, not a list to choose from.'
            yield problem_at(step.where, words, "save a list first.", "not-a-list")
    if isinstance(step, WaitFor) and step.about:
        yield from name_problems(scopes, flow, at, step.where, step.about, False)
    if isinstance(step, Do | WaitFor) and step.save:
        other = next((each for each in flow.steps if each.id == step.save and each is not step), None)
        if isinstance(other, Ask | Run | Remember):
            words = f'"{step.save}" is also the answer of line {other.where.line}; one would hide the other.'
            yield problem_at(step.where, words, "save it under another name.", "same-name")


# --- one name ------------------------------------------------------------------------------------------


def name_problems(
    scopes: Scopes, flow: Flow, at: int, where: Where, name: str, own: bool
) -> Iterator[Problem]:
    """Check that a name is there at this step, and its field too."""
    root, dot, rest = name.partition(".")
    there = scopes.first_filled(flow)
    if root not in there:
        fix = did_you_mean(root, there, f"ask it first, or add `needs: [{root}]` to {flow.id}.")
        yield problem_at(where, f'{flow.id} knows no "{root}".', fix, "unknown-answer")
        return
    said_freely = any(isinstance(step, Ask) and step.anything_else == root for step in flow.steps)
    if not said_freely and (there[root] > at or (there[root] == at and not own)):
        later = flow.steps[there[root]]
        words = f'"{root}" is used before the step that fills it (line {later.where.line}).'
        yield problem_at(where, words, "move that step up.", "too-early")
    if dot:
        yield from _field(scopes.shape(flow, root), where, root, rest)


def _field(shape: Shape, where: Where, root: str, rest: str) -> Iterator[Problem]:
    if shape.kind in _SCALARS or (shape.kind in ("choice", "choices") and shape.keys):
        words = f'"{root}" is a {shape.kind}; it has no field "{rest}".'
        yield problem_at(where, words, f"write {root}.", "unknown-field")
    elif shape.kind == "list":
        words = f'"{root}" is a list; it has no field "{rest}".'
        yield problem_at(where, words, f"ask with `from: {root}` to take one of them.", "unknown-field")
    elif shape.kind in ("view", "address") and rest not in shape.fields:
        fix = did_you_mean(rest, shape.fields)
        yield problem_at(where, f'"{root}" has no field "{rest}".', fix, "unknown-field")


# --- conditions ----------------------------------------------------------------------------------------


def _condition(
    scopes: Scopes, flow: Flow, at: int, where: Where, expression: Expression, own: bool
) -> Iterator[Problem]:
    for name in sorted(expression.names):
        yield from name_problems(scopes, flow, at, where, name, own)
    for node in ast.walk(parse_tree(expression.source)):
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            yield from _comparison(partial(scopes.dotted, flow), where, node)


def _comparison(shape_of: Callable[[str], Shape], where: Where, node: ast.Compare) -> Iterator[Problem]:
    """Check that an answer is compared with what it can be."""
    name, op, right = dotted(node.left), node.ops[0], node.comparators[0]
    if name is None or name == "now":
        return
    shape = shape_of(name)
    if isinstance(op, ast.Is) and shape.kind in _SCALARS | {"choice", "view", "outcome"}:
        words = f'"{name}" holds one thing, so `has` is never true.'
        yield problem_at(where, words, f'write {name} == "…".', "condition")
    texts = _texts(right)
    if isinstance(op, (ast.Eq, ast.NotEq)) and shape.kind == "choices" and texts:
        words = f'"{name}" holds several, so == is never true.'
        yield problem_at(where, words, f'write {name} has "{texts[0]}".', "condition")
    for text in texts if shape.keys else ():
        if text not in shape.keys:
            words = f'"{name}" can never be "{text}".'
            yield problem_at(where, words, did_you_mean(text, shape.keys), "unknown-key-value")
    if texts and shape.kind in ("yes_no", "number", "date", "time", "datetime"):
        words = f'"{name}" is a {shape.kind}, so it can never be "{texts[0]}".'
        yield problem_at(
            where, words, "compare it with yes or no." if shape.kind == "yes_no" else "", "condition"
        )


def _texts(node: ast.expr) -> list[str]:
    items = node.elts if isinstance(node, ast.List) else [node]
    return [each.value for each in items if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def _heard(loaded: Loaded, row: PlanRow, where: Where) -> Iterator[Problem]:
    """What a plan sends must start a flow, or be waited for."""
    started = {on.event for flow in loaded.all_flows.values() for on in flow.start_on}
    if row.event in OUTSIDE and row.event not in started:
        words = f"{row.event} starts no flow, so nothing is said then."
        yield problem_at(where, words, f"write `start_on: {row.event}` in a flow.", "unheard-event")


def _plan(row: PlanRow, where: Where) -> Iterator[Problem]:
    brought: Mapping[str, Shape] = event_fields(row.event)
    for name in sorted(row.unless.names if row.unless else ()):
        root, dot, rest = name.partition(".")
        if root not in brought:
            fix = did_you_mean(root, brought)
            yield problem_at(where, f'{row.event} knows no "{root}".', fix, "unknown-answer")
        elif dot:
            yield from _field(brought[root], where, root, rest)
