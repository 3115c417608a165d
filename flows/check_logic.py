"""Lint what conditions add up to: one that can never hold, an answer that may be missing where it is printed.

The rule: a step's condition is a list of things that all hold (joined by `and`). What is sure at a step is
that list, the opposite of every earlier `finish` with a single condition, and what these imply. It errs on
the quiet side: where it cannot tell, it says nothing.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from flows.assemble import Loaded
from flows.check_translations import is_spoken
from flows.conditions import Expression, dotted, parse_tree
from flows.model import Ask, Do, Finish, Flow, Handoff, Remember, Step, WaitFor
from flows.problems import Problem, problem_at
from flows.references import afters, filled
from flows.texts import Text

_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


@dataclass(frozen=True, slots=True)
class Sure:
    """What holds at a step: conditions in one spelling each, and the names that are surely there."""

    holds: frozenset[str]
    known: frozenset[str]


def check_logic(loaded: Loaded) -> Iterator[Problem]:
    """Find conditions that never hold and blanks that may be empty."""
    for flow in loaded.all_flows.values():
        for step in flow.steps:
            if step.when and (why := contradiction(step.when)):
                words = f"This step never happens: {why}."
                yield problem_at(
                    step.where, words, "look at the conditions of the blocks around it.", "contradiction"
                )
    for written in loaded.texts:
        flow_ = loaded.all_flows.get(written.flow)
        if flow_ is None or written.step not in flow_.index or not is_spoken(loaded.all_flows, written):
            continue
        at = flow_.index[written.step]
        sure = sure_at(flow_, at)
        for root in sorted({name.partition(".")[0] for name in written.text.names}):
            if _may_be_missing(flow_, at, root, sure):
                words = f'"{root}" may be empty here: the step that fills it does not always happen.'
                fix = f"add `when: known({root})`, or say it without."
                yield problem_at(written.where, words, fix, "maybe-empty")


# --- what a condition says -----------------------------------------------------------------------------


def parts_of(expression: Expression | None) -> list[ast.expr]:
    """Cut a condition at its `and`s, inner ones too."""
    return [] if expression is None else list(_flatten(parse_tree(expression.source)))


def _flatten(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            for value in values:
                yield from _flatten(value)
        case ast.UnaryOp(op=ast.Not(), operand=ast.BoolOp(op=ast.Or(), values=values)):
            for value in values:
                yield from _flatten(_opposite(value))
        case ast.UnaryOp(op=ast.Not(), operand=ast.UnaryOp(op=ast.Not(), operand=inner)):
            yield from _flatten(inner)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Compare(ops=[op])) if type(op) in _OPPOSITE:
            yield _opposite(node.operand)
        case _:
            yield node


def _opposite(node: ast.expr) -> ast.expr:
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return inner
        case ast.Compare(left=left, ops=[op], comparators=right) if type(op) in _OPPOSITE:
            return ast.Compare(left=left, ops=[_OPPOSITE[type(op)]()], comparators=right)
        case _:
            return ast.UnaryOp(op=ast.Not(), operand=node)


def contradiction(expression: Expression) -> str | None:
    """Say why a condition can never hold, where that is plain to see."""
    parts = parts_of(expression)
    said = {ast.unparse(part) for part in parts}
    equal: dict[str, object] = {}
    for part in parts:
        if (other := ast.unparse(_opposite(part))) in said:
            return f"{_spell(other)} and {_spell(ast.unparse(part))} cannot both hold"
        match part:
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=value)]) if dotted(
                left
            ):
                name = dotted(left) or ""
                if equal.setdefault(name, value) != value:
                    return f"{name} cannot be both {equal[name]!r} and {value!r}"
            case _:
                pass
    return None


def _spell(source: str) -> str:
    return source.replace(" is ", " has ").replace("'", '"')


# --- what is sure at a step ----------------------------------------------------------------------------


def sure_at(flow: Flow, at: int) -> Sure:
    """Work out what holds where step `at` happens."""
    parts = parts_of(flow.steps[at].when)
    for earlier in flow.steps[:at]:
        ended = parts_of(earlier.when)
        if isinstance(earlier, (Finish, Handoff)) and len(ended) == 1:
            parts.append(_opposite(ended[0]))
    holds: set[str] = set()
    known: set[str] = set()
    while parts:  # what is known tells which steps happened, and they tell more
        part = parts.pop()
        if (spelled := ast.unparse(part)) in holds:
            continue
        holds.add(spelled)
        for root in {name.partition(".")[0] for name in _implied(part)} - known:
            known.add(root)
            fills = [step for step in flow.steps[:at] if root in filled(step)]
            if len(fills) == 1 and root not in (*flow.needs, *flow.knows):
                parts += parts_of(fills[0].when)
    return Sure(frozenset(holds), frozenset(known))


def _implied(part: ast.expr) -> set[str]:
    """Give the names that are surely there where this holds."""
    match part:
        case ast.Call(func=ast.Name(id="known" | "count" | "served"), args=[argument]):
            return {name} if (name := dotted(argument)) else set()
        case ast.Compare(left=left, ops=ops, comparators=right):
            if any(isinstance(op, (ast.NotEq, ast.NotIn)) for op in ops):
                return set()
            return {name for side in (left, *right) for name in _named(side)}
        case ast.BoolOp(op=ast.Or(), values=values):
            return set.intersection(*(_implied(value) for value in values))
        case _:
            return {name} if (name := dotted(part)) else set()


def _named(side: ast.expr) -> set[str]:
    if name := dotted(side):
        return {name} - {"now"}
    if isinstance(side, ast.Call) and isinstance(side.func, ast.Name) and side.func.id != "first_of":
        return {name for argument in side.args if (name := dotted(argument))}
    return set()


def _may_be_missing(flow: Flow, at: int, root: str, sure: Sure) -> bool:
    fills = [step for step in flow.steps[:at] if root in filled(step)]
    if not fills or root in (*flow.needs, *flow.knows) or root in sure.known:
        return False
    if all(isinstance(step, Remember) and isinstance(step.is_, Text) for step in fills):
        return False  # a piece of a sentence, left out on purpose
    ways = [
        frozenset(ast.unparse(part) for part in parts_of(step.when)) for step in fills if _always(step, root)
    ]
    if any(way <= sure.holds for way in ways):
        return False
    left = [way - sure.holds for way in ways]
    return not any(_together(one, other) for one in left for other in left)


def _together(one: frozenset[str], other: frozenset[str]) -> bool:
    """Tell whether one of two conditions always holds: each the opposite of the other."""
    if len(one) != 1 or len(other) != 1:
        return False
    (left,), (right,) = one, other
    return ast.unparse(_opposite(ast.parse(left, mode="eval").body)) == right


def _always(step: Step, root: str) -> bool:
    """Tell whether a step that happens always leaves an answer."""
    match step:
        case Ask(anything_else=extra) if root == extra:
            return False
        case Ask(no_reply=rows):
            return not any(row.then in ("skip", "continue") for row in (*afters(step), *(rows or ())))
        case Do() | WaitFor():
            return not any(row.then in ("skip", "continue") for row in afters(step))
        case _:
            return True
