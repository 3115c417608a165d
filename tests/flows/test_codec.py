"""Values and events come back from JSON as they were."""

import json
from datetime import UTC, date, datetime, time
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import events
from flows.codec import event_from_json, event_to_json, from_json, to_json
from flows.events import Event

VALUES: list[Any] = [
    None,
    True,
    3,
    2.5,
    "",
    "2027-02-23",
    date(2027, 2, 23),
    time(8, 0),
    time(8, 0, 30),
    datetime(2027, 2, 24, 8, 0),
    datetime(2027, 2, 24, 8, 0, tzinfo=UTC),
    [1, [date(2027, 1, 1)], {"a": None}],
    {"$date": "not a date, a person's words"},
    {"$date": "2027-02-23", "other": 1},
    {"$map": {"$time": "8"}},
    {},
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_equal_and_of_its_type(value: Any) -> None:
    back = from_json(json.loads(json.dumps(to_json(value))))
    assert back == value
    assert type(back) is type(value)


plain = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.dates()
    | st.times()
    | st.datetimes()
)
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["$date", "$map", "$time", "id", "at"]) | st.text(max_size=5), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(values)
def test_any_value_comes_back(value: Any) -> None:
    assert from_json(json.loads(json.dumps(to_json(value)))) == value


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match="set is not a value"):
        to_json({"a": {1, 2}})


AT = datetime(2027, 2, 23, 17, 48, tzinfo=ZoneInfo("America/New_York"))
SAMPLES: dict[str, Any] = {
    "text": "hola ñ",
    "channel": "sms",
    "opted_in": True,
    "prompt": 3,
    "n": 1,
    "lat": 42.3,
    "lon": -71.0,
    "token": "silence",
    "call": 7,
    "result": {"id": 1, "at": datetime(2027, 2, 24, 8, 0)},
    "reason": "too_late",
    "who": "Maria",
    "lookup": {"id": 1},
    "found": [{"id": 1, "label": "x", "address": "x", "line": "x", "doors": []}],
    "interview": {
        "id": 1,
        "version": 2,
        "employer": "FedEx",
        "at": datetime(2027, 2, 24, 8, 0),
        "place": "x",
    },
    "ride": {"id": 1, "leg": "out", "pickup_at": datetime(2027, 2, 24, 7, 10), "pickup": "x", "dropoff": "y"},
    "promise": {"who": "Maria", "number": "215-555-0199", "when": datetime(2027, 2, 24, 11, 0)},
    "phone": {"other": True},
    "taxi": {"who": "Maria", "at": datetime(2027, 2, 24, 7, 25)},
    "again": True,
    "place": {"id": 3, "label": "x", "address": "x", "line": "x", "doors": []},
    "use": "stop",
    "jobs": [
        {"id": 1, "title": "Packer", "employer": "x", "reasons": ["near:2"], "how": "staff", "miles": 2}
    ],
    "asked": True,
    "work": {"id": 1, "employer": "FedEx", "first": datetime(2027, 3, 8, 6, 0), "bus": "bus 7"},
}


@pytest.mark.parametrize("cls", get_args(Event), ids=lambda cls: str(cls.__name__))
def test_every_event_comes_back(cls: type[Any]) -> None:
    required = [name for name, each in cls.__dataclass_fields__.items() if name in SAMPLES]
    event = cls(at=AT, **{name: SAMPLES[name] for name in required})
    assert event_from_json(json.loads(json.dumps(event_to_json(event)))) == event


def test_an_event_of_a_later_version_is_named() -> None:
    with pytest.raises(KeyError, match="RideFlew"):
        event_from_json({"event": "RideFlew", "at": {"$datetime": AT.isoformat()}})
    assert not hasattr(events, "RideFlew")
