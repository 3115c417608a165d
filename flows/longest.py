"""The longest a blank may plausibly become, so that a text is counted as the worst phone will get it.

The rule: a value is as long as the longest we have reason to expect, not as long as a person could make it;
each length has its row here.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flows.shapes import Shape

NOW = datetime.fromisoformat("2027-09-28T09:00")
_MOMENT = datetime.fromisoformat("2027-09-29T12:30")  # tomorrow, a Wednesday, two digits everywhere

_BY_NAME: Mapping[str, str] = {
    "employer": "Fedex Ground Distribution",
    "label": "Hope House Family Center",
    "address": "4100 Old Airport Road",
    "line": "Fedex Ground Distribution, 4100 Old Airport Road",
    "place": "Fedex Ground Distribution, 4100 Old Airport Road",
    "pickup": "Hope House Family Center, front, on 5th",
    "dropoff": "Fedex Ground Distribution",
    "car": "silver Chevrolet Silverado",
    "plate": "8KLM2045",
    "driver": "Christopher",
    "who": "Christopher",
    "hours": "Mon-Fri 9-5",
    "phone": "617-555-0123",
    "taxi": "617-555-0123",
    "bus": "Bus 34E from Walpole Center",
    "number": "617-555-0123",
    "first_name": "Christopher",
}
_BY_KIND: Mapping[str, Any] = {
    "text": "something about as long as this",
    "name": "Christopher",
    "zip": "02128",
    "number": 120,
    "phone": "617-555-0123",
    "address": "4100 Old Airport Road, Springfield",
    "pin": "1998",
    "yes_no": False,
    "datetime": _MOMENT,
    "date": _MOMENT.date(),
    "time": _MOMENT.time(),
}


def longest(shape: Shape, name: str) -> Any:
    """Give the longest plausible value of a shape; `name` is the last part of the blank."""
    if shape.kind == "view":
        return {key: longest(each, key) for key, each in shape.fields.items()}
    if shape.kind in ("choice", "outcome"):
        return max(shape.keys, key=len, default=_BY_KIND["text"])
    if shape.kind == "choices":
        return sorted(shape.keys)
    if shape.kind == "list":
        return [longest(shape.item or shape, name)] * 3 if shape.item else []
    if shape.kind in ("text", "any", "name") and name in _BY_NAME:
        return _BY_NAME[name]
    if shape.kind == "any" and name in ("when", "at"):
        return _MOMENT
    return _BY_KIND.get(shape.kind, _BY_KIND["text"])
