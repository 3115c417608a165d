"""What a step's condition says, and what is surely there where the step happens.

The rule: a condition is a list of things that all hold (joined by `and`). What is sure at a step is that
list, the opposite of every earlier `finish` with a single condition, and what these imply. It errs on the
quiet side: what it cannot tell is not sure, and not false either.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flows.conditions import Expression, dotted, parse_tree
from flows.model import Ask, Do, Finish, Flow, Handoff, Remember, Step, WaitFor
from flows.references import afters, filled
from flows.texts import Text
from flows.views import TOGETHER

_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


@dataclass(frozen=True, slots=True)
class Sure:
    """What holds at a step: conditions in one spelling each, and the names ("job", "job.title") there."""

    holds: frozenset[str]
    known: frozenset[str]


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
                yield from _flatten(opposite(value))
        case ast.UnaryOp(op=ast.Not(), operand=ast.UnaryOp(op=ast.Not(), operand=inner)):
            yield from _flatten(inner)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Compare(ops=[op])) if type(op) in _OPPOSITE:
            yield opposite(node.operand)
        case _:
            yield node


def opposite(node: ast.expr) -> ast.expr:
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return inner
        case ast.Compare(left=left, ops=[op], comparators=right) if type(op) in _OPPOSITE:
            return ast.Compare(left=left, ops=[_OPPOSITE[type(op)]()], comparators=right)
        case _:
            return ast.UnaryOp(op=ast.Not(), operand=node)


def contradictory(parts: Sequence[ast.expr]) -> str | None:
    """Say why things can never all hold, where that is plain to see."""
    said = {ast.unparse(part) for part in parts}
    equal: dict[str, object] = {}
    for part in parts:
        if (other := ast.unparse(opposite(part))) in said:
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
            parts += _flatten(opposite(ended[0]))
    holds: set[str] = set()
    known: set[str] = set()
    while parts:  # what is known tells which steps happened, and they tell more
        part = parts.pop()
        if (spelled := ast.unparse(part)) in holds:
            continue
        holds.add(spelled)
        parts += _remembered(flow, at, part)
        names = list(_implied(part))
        while names:
            name = names.pop()
            root, dot, field = name.partition(".")
            if name in known:
                continue
            known.add(name)
            if dot:
                names += [root, *(f"{root}.{each}" for group in TOGETHER if field in group for each in group)]
            elif len(fills := _fills(flow, at, root)) == 1:
                parts += parts_of(fills[0].when)
                names += _stands_for(fills[0])
    return Sure(frozenset(holds), frozenset(known))


def _fills(flow: Flow, at: int, name: str) -> list[Step]:
    """Give the steps above that fill a name; none where it may have come with the run."""
    if name in (*flow.needs, *flow.knows):
        return []
    return [step for step in flow.steps[:at] if name in filled(step)]


def _remembered(flow: Flow, at: int, part: ast.expr) -> list[ast.expr]:
    """Give what a remembered condition says, where it holds: `ahead`, for `interview.at > now`."""
    name = dotted(part)
    match _fills(flow, at, name) if name else []:
        case [Remember(is_=Expression() as said)]:
            return parts_of(said)
        case _:
            return []


def _stands_for(step: Step) -> list[str]:
    """Give the name a `remember` is another word for."""
    match step:
        case Remember(is_=Expression(source=source)):
            return [name] if (name := dotted(parse_tree(source))) else []
        case _:
            return []


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


def may_be_missing(flow: Flow, at: int, root: str, sure: Sure) -> bool:
    """Tell whether an answer may not be there at step `at`, although a step above fills it."""
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
    return ast.unparse(opposite(ast.parse(left, mode="eval").body)) == right


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
