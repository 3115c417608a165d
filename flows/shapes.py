"""What a name stands for, as far as the linter needs it: a kind of answer, a view with fields, a list of one.

The rule: shapes are read from the annotations of views, events and actions; what is not known is `ANY`, and
nothing is said against it.
"""

import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, time
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

from flows.actions import ACTIONS, Nothing
from flows.events import OUTSIDE


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind ("text", "datetime", "view", "list", "any" …), the fields of a view, the item of a list.

    `keys` are the only texts a choice can be; empty where any text may come. `name` says which field of ours
    it is ("who", "plate"), for the longest value it may take. `maybe` are the fields that may be missing.
    """

    kind: str
    fields: Mapping[str, "Shape"] = field(default_factory=dict)
    item: "Shape | None" = None
    keys: frozenset[str] = frozenset()
    name: str = ""
    maybe: frozenset[str] = frozenset()


ANY = Shape("any")
TEXT = Shape("text")
_ADDRESS = {name: Shape("text", name=name) for name in ("text", "shape", "unit", "city", "state", "zip")}
ADDRESS = Shape("address", {**_ADDRESS, "lat": Shape("number"), "lon": Shape("number")})
"""What the address reader gives (flows/answers/place.py), or a shared spot."""
_PLAIN: Mapping[Any, str] = {
    str: "text",
    bool: "yes_no",
    int: "number",
    float: "number",
    datetime: "datetime",
    date: "date",
    time: "time",
}


@cache
def action_result(name: str) -> Shape:
    """Give the shape of what an action gives back."""
    action = ACTIONS.get(name)
    if action is None:
        return ANY
    return (
        Shape("view")
        if action.gives is Nothing
        else less_maybe(shape_of(action.gives), getattr(action, "sure", ()))
    )


@cache
def event_fields(name: str) -> Mapping[str, Shape]:
    """Give the fields an outside event brings, less its time."""
    event = OUTSIDE.get(name)
    if event is None:
        return {}
    hints = get_type_hints(event)
    shapes = {each.name: shape_of(hints[each.name], each.name) for each in fields(event) if each.name != "at"}
    sure: Mapping[str, frozenset[str]] = getattr(event, "sure", {})
    return {name: less_maybe(shape, sure.get(name, ())) for name, shape in shapes.items()}


def less_maybe(shape: Shape, sure: Iterable[str]) -> Shape:
    """Give a view some of whose fields are surely there."""
    return replace(shape, maybe=shape.maybe - frozenset(sure))


def shape_of(annotation: Any, name: str = "") -> Shape:
    """Read an annotation."""
    if annotation in _PLAIN:
        return Shape(_PLAIN[annotation], name=name)
    if is_typeddict(annotation):
        hints = get_type_hints(annotation)  # NotRequired falls away
        shapes = {key: shape_of(hint, key) for key, hint in hints.items()}
        return Shape("view", shapes, name=name, maybe=frozenset(annotation.__optional_keys__))
    origin, given = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        kinds = [shape_of(each, name) for each in given if each is not type(None)]
        return kinds[0] if len(kinds) == 1 else ANY
    if origin in (list, tuple, Sequence):
        return Shape("list", item=shape_of(given[0]) if given else ANY, name=name)
    return ANY


def merge(shapes: Sequence[Shape]) -> Shape:
    """Join what several sources give one name: the same shape, a view of all fields, or anything."""
    first, *rest = shapes or [ANY]
    if all(each == first for each in rest):
        return first
    if all(each.kind == "view" for each in shapes):
        every = {key: value for each in shapes for key, value in each.fields.items()}
        maybe = {key for key in every for each in shapes if key in each.maybe or key not in each.fields}
        return Shape("view", every, maybe=frozenset(maybe))
    if first.kind in _PLAIN.values() and all(each.kind == first.kind for each in rest):
        return Shape(first.kind)
    if all(each.kind == "choice" for each in shapes):
        open_ = any(not each.keys for each in shapes)
        return Shape(
            "choice", keys=frozenset() if open_ else frozenset().union(*(each.keys for each in shapes))
        )
    return ANY
