"""The conditions language: `when:`, `check:`, `with:` values and `remember:`, compiled once to closures.

The rule: names with at most one dot, literals, lists of literals, and/or/not, comparisons, `in`, `has`, and
the functions of one table; nothing else parses. Evaluation never raises: a missing name makes `!=` and `not
in` true and every other comparison false, and so does comparing what cannot be compared.

How it works: Python's own parser reads the source and a whitelist walks the tree. `has` is the one word
Python does not know; outside quotes it becomes `is`, which authors may not write.
"""

import ast
import math
import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeAlias

Scope: TypeAlias = Mapping[str, Any]
Closure: TypeAlias = Callable[[Scope], Any]

LONGEST = 600  # characters; a longer condition is a flow of its own
_DEEPEST = 40
_WORDS: Mapping[str, Any] = {"yes": True, "true": True, "no": False, "false": False, "none": None}
_QUOTED_OR_WORD = re.compile(r"\"[^\"\\]*\"|'[^'\\]*'|[A-Za-z_]\w*|.", re.DOTALL)


class BadCondition(ValueError):
    """An author's condition that is not in the language; the message says why in plain words."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled condition; two are equal when their sources are.

    `names` are the names it reads, as written ("job.title"), but for `now`; `maybe` those it allows to be
    missing (inside known() and first_of()); `calls` the functions it uses.
    """

    source: str
    names: frozenset[str]
    maybe: frozenset[str] = field(compare=False)
    calls: frozenset[str] = field(compare=False)
    _run: Closure = field(compare=False, repr=False)

    def value(self, scope: Scope) -> Any:
        """Compute its value from the answers in `scope`; None where it is missing. `now` is scope["now"]."""
        return self._run(scope)

    def holds(self, scope: Scope) -> bool:
        """Tell whether it is true; a missing value is not."""
        return bool(self._run(scope))


@dataclass(frozen=True, slots=True)
class Function:
    """One row of the language: what a function takes, what it gives, and how."""

    least: int
    most: int
    gives: str  # the answer kind the linter reads: "yes_no", "number", "any"
    run: Callable[[Scope, Sequence[Any]], Any]


def compile_expression(source: str) -> Expression:
    """Compile one condition; raises BadCondition with the reason in plain words."""
    return _expression(source, parse_tree(source))


def _expression(source: str, tree: ast.expr) -> Expression:
    names: set[str] = set()
    maybe: set[str] = set()
    calls: set[str] = set()
    _gather(tree, names, maybe, calls, guarded=False)
    return Expression(source, frozenset(names), frozenset(maybe), frozenset(calls), _compile(tree))


def conjuncts(whole: Expression) -> tuple[Expression, ...]:
    """Take a condition apart at its outermost `and`s: it holds only where each part does."""
    return tuple(_expression(ast.unparse(part), part) for part in _parts(parse_tree(whole.source)))


def _parts(tree: ast.expr) -> list[ast.expr]:
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return [part for each in tree.values for part in _parts(each)]
    return [tree]


def parse_tree(source: str) -> ast.expr:
    """Read a condition into its syntax tree (`has` is an `ast.Is`); raises BadCondition."""
    if not source.strip():
        raise BadCondition("the condition is empty")
    if len(source) > LONGEST:
        raise BadCondition(f"the condition is longer than {LONGEST} characters")
    pythonic = _pythonic(source)
    try:
        tree = ast.parse(pythonic, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise BadCondition(f'"{source.strip()}" cannot be read as a condition') from None
    _allow(tree, 0)
    return tree


def dotted(node: ast.expr) -> str | None:
    """Give the name a node writes ("job" or "job.title"), or None where it is something else."""
    match node:
        case ast.Name(id=name) if name not in _WORDS:
            return name
        case ast.Attribute(value=ast.Name(id=root), attr=name):
            return f"{root}.{name}"
        case _:
            return None


def look_up(scope: Scope, name: str) -> Any:
    """Give what a name with at most one dot stands for; None where it is missing."""
    root, dot, rest = name.partition(".")
    value = scope.get(root)
    return _field(value, rest) if dot else value


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _pythonic(source: str) -> str:
    pieces = []
    for piece in _QUOTED_OR_WORD.findall(" ".join(source.split("\n")).strip()):
        if piece == "is":
            raise BadCondition('write == in place of "is"')
        pieces.append("is" if piece == "has" else piece)
    return "".join(pieces)


# --- what is allowed -----------------------------------------------------------------------------------


def _allow(node: ast.expr, depth: int) -> None:
    if depth > _DEEPEST:
        raise BadCondition("the condition is nested too deeply")
    match node:
        case ast.BoolOp(values=parts):
            each: Sequence[ast.expr] = parts
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            each = [inner]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float())):
            each = []
        case ast.Compare(ops=ops) if any(type(op) not in _TESTS for op in ops):
            raise BadCondition('"not" stands before the whole: write not (work has "driving")')
        case ast.Compare(left=left, comparators=rest):
            each = [left, *rest]
            if any(_is_none(side) for side in each):
                raise BadCondition("write known(x) or not known(x) in place of a comparison with none")
        case ast.Call():
            each = _allow_call(node)
        case ast.List(elts=items):
            if any(not isinstance(_literal(item), (str, int, float)) for item in items):
                raise BadCondition("a list may hold only texts in quotes and numbers")
            each = []
        case ast.Constant(value=str() | bool() | int() | float() | None):
            each = []
        case ast.Name():
            each = []
        case ast.Attribute():
            if dotted(node) is None:
                raise BadCondition(f'"{ast.unparse(node)}": a name may have one dot, like job.title')
            each = []
        case _:
            raise BadCondition(f"{_plainly(node)} is not allowed in a condition")
    for part in each:
        _allow(part, depth + 1)


def _allow_call(node: ast.Call) -> Sequence[ast.expr]:
    name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
    row = FUNCTIONS.get(name)
    if row is None:
        raise BadCondition(f"there is no function {name}; there are {', '.join(FUNCTIONS)}")
    if node.keywords or not row.least <= len(node.args) <= row.most:
        many = "one value" if row.least == row.most else "one to nine values"
        raise BadCondition(f"{name} takes {many} in its brackets")
    return node.args


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, (ast.Constant, ast.Name)) and dotted(node) is None and _literal(node) is None


def _plainly(node: ast.expr) -> str:
    match node:
        case ast.BinOp():
            return "arithmetic"
        case ast.UnaryOp():
            return "this sign"
        case ast.IfExp():
            return "if … else"
        case ast.Subscript():
            return "a name with [ ]"
        case _:
            return f'"{ast.unparse(node)}"'


def _gather(node: ast.AST, names: set[str], maybe: set[str], calls: set[str], *, guarded: bool) -> None:
    if isinstance(node, ast.expr) and (name := dotted(node)):
        if name != "now":
            names.add(name)
            if guarded:
                maybe.add(name)
        return
    if isinstance(node, ast.Call):
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        calls.add(called)
        for argument in node.args:
            _gather(argument, names, maybe, calls, guarded=called in ("known", "first_of"))
        return
    for child in ast.iter_child_nodes(node):
        _gather(child, names, maybe, calls, guarded=guarded)


# --- closures ------------------------------------------------------------------------------------------


def _compile(node: ast.expr) -> Closure:
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            every = tuple(_compile(part) for part in parts)
            return lambda scope: all(part(scope) for part in every)
        case ast.BoolOp(values=parts):
            some = tuple(_compile(part) for part in parts)
            return lambda scope: any(part(scope) for part in some)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            positive = _compile(inner)
            return lambda scope: not positive(scope)
        case ast.Compare():
            return _compile_comparison(node)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            run, given = FUNCTIONS[name].run, tuple(_compile(argument) for argument in arguments)
            return lambda scope: run(scope, [value(scope) for value in given])
        case ast.Attribute(value=ast.Name(id=root), attr=attribute):
            return lambda scope: _field(scope.get(root), attribute)
        case ast.Name(id=name) if name not in _WORDS:
            return lambda scope: scope.get(name)
        case _:
            constant = _literal(node)
            return lambda scope: constant


def _literal(node: ast.expr) -> Any:
    match node:
        case ast.Name(id=word) if word in _WORDS:
            return _WORDS[word]
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.List(elts=items):
            return [_literal(item) for item in items]
        case _:
            return None


def _compile_comparison(node: ast.Compare) -> Closure:
    sides = tuple(_compile(side) for side in (node.left, *node.comparators))
    tests = tuple(_TESTS[type(op)] for op in node.ops)
    if len(tests) == 1:
        left, right, test = sides[0], sides[1], tests[0]
        return lambda scope: test(left(scope), right(scope))

    def chain(scope: Scope) -> bool:
        values = [side(scope) for side in sides]
        return all(test(a, b) for test, a, b in zip(tests, values, values[1:], strict=False))

    return chain


def _equal(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    left, right = _alike(left, right)
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return bool(left == right)


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Bring a date and a date with a time to the same: the day."""
    if isinstance(left, datetime) and type(right) is date:
        return left.date(), right
    if type(left) is date and isinstance(right, datetime):
        return left, right.date()
    return left, right


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def test(left: Any, right: Any) -> bool:
        if left is None or right is None:
            return False
        left, right = _alike(left, right)
        try:
            return bool(compare(left, right))
        except TypeError:
            return False

    return test


def _within(left: Any, right: Any) -> bool:
    if left is None or not isinstance(right, (list, tuple, frozenset)):
        return False
    return any(_equal(left, each) for each in right)


_TESTS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: _equal,
    ast.NotEq: lambda left, right: not _equal(left, right),
    ast.Lt: _ordered(lambda left, right: left < right),
    ast.LtE: _ordered(lambda left, right: left <= right),
    ast.Gt: _ordered(lambda left, right: left > right),
    ast.GtE: _ordered(lambda left, right: left >= right),
    ast.In: _within,
    ast.NotIn: lambda left, right: not _within(left, right),
    ast.Is: lambda left, right: _within(right, left),  # has
}


# --- functions -----------------------------------------------------------------------------------------


def _first(values: Sequence[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _count(value: Any) -> int:
    return len(value) if isinstance(value, (list, tuple)) else 0


def _days_until(scope: Scope, when: Any) -> int | None:
    now = scope.get("now")
    if not isinstance(when, date) or not isinstance(now, datetime):
        return None
    day = when.date() if isinstance(when, datetime) else when
    return (day - now.date()).days


def _hours_until(scope: Scope, when: Any) -> float | None:
    now = scope.get("now")
    if not isinstance(when, datetime) or not isinstance(now, datetime):
        return None
    return math.floor((when - now).total_seconds() / 36) / 100


def _served(scope: Scope, zip_code: Any) -> bool:
    area = scope.get("served")
    if zip_code is None:
        return False
    if callable(area):
        return bool(area(zip_code))
    return zip_code in area if isinstance(area, Container) else True


FUNCTIONS: Mapping[str, Function] = {
    "known": Function(1, 1, "yes_no", lambda scope, given: given[0] is not None),
    "count": Function(1, 1, "number", lambda scope, given: _count(given[0])),
    "first_of": Function(1, 9, "any", lambda scope, given: _first(given)),
    "days_until": Function(1, 1, "number", lambda scope, given: _days_until(scope, given[0])),
    "hours_until": Function(1, 1, "number", lambda scope, given: _hours_until(scope, given[0])),
    "served": Function(1, 1, "yes_no", lambda scope, given: _served(scope, given[0])),
}
"""The whole of what a condition may call; a new function is one row here."""
