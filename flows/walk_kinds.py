"""The kinds of an outside thing that conditions can tell apart: each field they ask about, varied by itself.

The rule: one thing at a time. A field that may be missing is missing once and there once, a yes is a no once,
and a text is each text it is compared with; what nobody asks about stays as the fake world has it.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict
from zoneinfo import ZoneInfo

from flows.views import TOGETHER
from flows.walk_asked import Asked

NOW = datetime(2027, 2, 23, 12, 30, tzinfo=ZoneInfo("America/New_York"))
"""When walks begin: a Tuesday at half past twelve."""
_LATER = (NOW + timedelta(days=2)).replace(tzinfo=None)
_WORDS = {"label": "Hope House", "address": "5th St", "line": "Hope House, 5th St"}
_DOORS = ("front", "side")
_MAY_COME_WITH = {"nobody_awake": frozenset({"taxi"})}
"""What a field may bring along: tried without, and with it."""
Over = Mapping[str, Any]
"""What is laid over a view; None takes a field away."""


def kinds(view: type, asked: Asked, base: Mapping[str, Any], but: Collection[str] = ()) -> list[Over]:
    """Give what to lay over a view as the fake world has it; the first lays nothing. `but` stays as it is."""
    hints = get_type_hints(view)
    optional: frozenset[str] = getattr(view, "__optional_keys__", frozenset())
    found: list[Over] = [{}]
    for name in sorted(asked.fields.keys() & hints.keys() - set(but)):
        for value in _values(hints[name], name, asked.of(name), base.get(name), name in optional):
            over = {each: None if value is None else _sample(hints[each], each) for each in _group(name)}
            over[name] = value
            more = {each: _sample(hints[each], each) for each in _brought(name, value) & asked.fields.keys()}
            found += [each for each in (over, over | more) if each not in found]
    return found


def _values(hint: Any, name: str, asked: Asked, now: Any, optional: bool) -> Iterator[Any]:
    if hint is bool:
        yield not now
        return
    if hint is str and asked.texts:
        yield from sorted(asked.texts - {now})
    elif now is None:
        yield _sample(hint, name)
    if optional and now is not None:
        yield None


def _brought(name: str, value: Any) -> frozenset[str]:
    return _MAY_COME_WITH.get(name, frozenset()) if value else frozenset()


def _group(name: str) -> frozenset[str]:
    return next((group for group in TOGETHER if name in group), frozenset({name}))


def words(over: Over) -> str:
    """Say in words what is laid over."""
    return ", ".join(_said(name, value) for name, value in sorted(over.items()))


def _said(name: str, value: Any) -> str:
    match value:
        case None:
            return f"without {name}"
        case bool() | str():
            return f"{name} {'yes' if value is True else 'no' if value is False else value}"
        case _:
            return f"with {name}"


# --- samples ----------------------------------------------------------------------------------------------


def _sample(hint: Any, name: str) -> Any:
    if hint is bool:
        return True
    if hint is datetime:
        return _LATER
    if get_origin(hint) is list:
        return []
    if is_typeddict(hint):
        return sample_view(hint, 1, lists=0)
    return 1 if hint is int else f"{_WORDS.get(name, name)} 1"


def sample_view(view: Any, number: int, *, lists: int) -> dict[str, Any]:
    """Make a view of an outside thing: texts named after their field, lists of `lists` items; what it may
    leave out is left out."""
    made: dict[str, Any] = {}
    for name, hint in get_type_hints(view).items():
        if name in view.__optional_keys__:
            continue
        if get_origin(hint) is list:
            inner = get_args(hint)[0]
            made[name] = [_item(inner, at) for at in range(1, lists + 1)]
        elif hint is int:
            made[name] = number
        elif hint is str:
            made[name] = f"{_WORDS.get(name, name)} {number}"
        else:
            made[name] = _sample(hint, name)
    return made


def _item(view: Any, at: int) -> Any:
    if not is_typeddict(view):
        return f"row {at}"
    return dict.fromkeys(get_type_hints(view), _DOORS[(at - 1) % 2])
