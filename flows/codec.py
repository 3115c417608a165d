"""Flow values and events as plain JSON, and back, exactly.

The rule: what was written comes back equal and of the same type. JSON has no dates, so a date, a time or a
moment is a mapping of one tagged key; a mapping that happens to look like a tag is wrapped, so nothing a
person types is mistaken.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime, time
from typing import Any, get_args

from flows.events import Event

_PLAIN = (str, int, float, bool, type(None))
_AS_IT_IS = frozenset(_PLAIN)
_EVENTS: Mapping[str, type] = {cls.__name__: cls for cls in get_args(Event)}
_NAMES = {cls: tuple(each.name for each in fields(cls)) for cls in _EVENTS.values()}


def _inside(written: Mapping[str, Any]) -> dict[str, Any]:
    return {key: from_json(each) for key, each in written.items()}


_TAGS: Mapping[str, Callable[[Any], Any]] = {
    "$datetime": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$map": _inside,
}


def to_json(value: Any) -> Any:
    """Write one flow value as JSON; tuples come back as lists."""
    if type(value) in _AS_IT_IS or isinstance(value, _PLAIN):
        return value
    match value:
        case dict():
            return _outside(value)
        case list():
            return [to_json(each) for each in value]
        case datetime():
            return {"$datetime": value.isoformat()}
        case date():
            return {"$date": value.isoformat()}
        case time():
            return {"$time": value.isoformat()}
        case Mapping():
            return _outside(value)
        case tuple():
            return [to_json(each) for each in value]
        case _:
            raise TypeError(f"{type(value).__name__} is not a value of the flow language")


def _outside(value: Mapping[Any, Any]) -> dict[str, Any]:
    inside = {str(key): to_json(each) for key, each in value.items()}
    return {"$map": inside} if len(inside) == 1 and next(iter(inside)).startswith("$") else inside


def from_json(value: Any) -> Any:
    """Read back what `to_json` wrote."""
    if type(value) in _AS_IT_IS:
        return value
    if isinstance(value, list):
        return [from_json(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and next(iter(value)) in _TAGS:
        ((tag, written),) = value.items()
        return _TAGS[tag](written)
    return {key: from_json(each) for key, each in value.items()}


def event_to_json(event: Event) -> dict[str, Any]:
    """Write an event as JSON: its class under "event" and its fields, aware moments with their offset."""
    return {"event": type(event).__name__} | {
        name: to_json(getattr(event, name)) for name in _NAMES[type(event)]
    }


def event_from_json(written: Mapping[str, Any]) -> Event:
    """Read an event back; raises KeyError for a class this version does not know."""
    cls = _EVENTS[written["event"]]
    event: Event = cls(**{key: from_json(value) for key, value in written.items() if key != "event"})
    return event
