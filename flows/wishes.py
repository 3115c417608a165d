"""What a person wants of a job and what their days allow: one frozen value, read off their record.

The rule: everything may be unknown, hours and settings carry no reasons, and what cannot be read is left out:
a wish is never guessed. Names are those of the facts a flow keeps, so that a record and a stored wish are
read alike.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, time
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast, get_args

from flows.views import PlaceView

Value = TypeVar("Value")
Travel: TypeAlias = Literal["walk", "bus", "car", "bike", "ride"]
Shift: TypeAlias = Literal["day", "evening", "night"]
Lift: TypeAlias = Literal["light", "some", "heavy"]
Document: TypeAlias = Literal["have", "ordered", "missing"]
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedHours:
    """Hours of a week that are taken, without a reason; `day` counts from Monday, 0."""

    day: int
    starts: time
    ends: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The person's side of a match; None and () mean that we were not told.

    `home` is their usual pick-up place and `pin` where that is (latitude, longitude), or the middle of their
    ZIP. `travel` is how they get to work once free rides stop ("ride": somebody drives them). `avoid` are
    settings of jobs, `documents` a name and where it stands, pay is in cents, `release_month` is "2027-02".
    """

    home: PlaceView | None = None
    pin: tuple[float, float] | None = None
    travel: tuple[Travel, ...] = ()
    max_minutes: int | None = None
    shifts: tuple[Shift, ...] = ()
    earliest: date | None = None
    home_by: time | None = None
    fixed_hours: tuple[FixedHours, ...] = ()
    avoid: tuple[str, ...] = ()
    documents: Mapping[str, Document] = field(default_factory=dict)
    done_before: str | None = None
    certificates: tuple[str, ...] = ()
    lift: Lift | None = None
    pay_floor_cents: int | None = None
    weekly_need_cents: int | None = None
    release_month: str | None = None
    adult: bool | None = None


def read_wishes(kept: Mapping[str, Any]) -> Wishes:
    """Read the wishes off a record or a stored value; names that are none of theirs are passed by."""
    found = {name: read(kept[name]) for name, read in _READ.items() if kept.get(name) is not None}
    return Wishes(**{name: value for name, value in found.items() if value is not None})


def write_wishes(wishes: Wishes) -> dict[str, Any]:
    """Lay wishes out as JSON that `read_wishes` reads again; what is not known is left out."""
    plain = {one.name: _plain(getattr(wishes, one.name)) for one in fields(wishes)}
    return {name: value for name, value in plain.items() if value not in (None, [], {})}


def _plain(value: Any) -> Any:
    match value:
        case FixedHours(day=day, starts=starts, ends=ends):
            return {"day": day, "from": starts.isoformat("minutes"), "to": ends.isoformat("minutes")}
        case date() | time():
            return value.isoformat()
        case tuple():
            return [_plain(one) for one in value]
        case Mapping():
            return dict(value)
        case _:
            return value


def _words(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return tuple(word for word in value.replace(",", " ").split() if word)
    return tuple(str(one) for one in value) if isinstance(value, Iterable) else None


def _some_of(kind: Any, value: Any) -> tuple[Any, ...]:
    return tuple(word for word in _words(value) or () if word in get_args(kind))


def _clock(value: Any) -> time | None:
    match value:
        case time():
            return value
        case str():
            return _or_none(time.fromisoformat, value)
        case _:
            return None


def _day(value: Any) -> date | None:
    match value:
        case date():
            return value
        case str():
            return _or_none(date.fromisoformat, value[:10])
        case _:
            return None


def _or_none(read: Callable[[str], Value], value: str) -> Value | None:
    try:
        return read(value)
    except ValueError:
        return None


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _hours(value: Any) -> tuple[FixedHours, ...]:
    rows = value if isinstance(value, Iterable) and not isinstance(value, str | Mapping) else ()
    read = (_fixed(row) for row in rows if isinstance(row, Mapping))
    return tuple(one for one in read if one is not None)


def _fixed(row: Mapping[str, Any]) -> FixedHours | None:
    day, starts, ends = row.get("day"), _clock(row.get("from")), _clock(row.get("to"))
    if isinstance(day, str) and day[:3].lower() in WEEKDAYS:
        day = WEEKDAYS.index(day[:3].lower())
    if not isinstance(day, int) or not 0 <= day < 7 or starts is None or ends is None:
        return None
    return FixedHours(day=day, starts=starts, ends=ends)


def _documents(value: Any) -> Mapping[str, Document] | None:
    if not isinstance(value, Mapping):
        return None
    return {str(name): one for name, one in value.items() if one in get_args(Document)}


def _pin(value: Any) -> tuple[float, float] | None:
    match value:
        case [int() | float() as lat, int() | float() as lon] | (
            int() | float() as lat,
            int() | float() as lon,
        ):
            return float(lat), float(lon)
        case _:
            return None


def _place(value: Any) -> PlaceView | None:
    return cast(PlaceView, dict(value)) if isinstance(value, Mapping) and "label" in value else None


def _text(value: Any) -> str | None:
    return str(value).strip() or None


_READ: Final[Mapping[str, Any]] = {
    "home": _place,
    "pin": _pin,
    "travel": lambda value: _some_of(Travel, value),
    "max_minutes": _number,
    "shifts": lambda value: _some_of(Shift, value),
    "earliest": _day,
    "home_by": _clock,
    "fixed_hours": _hours,
    "avoid": _words,
    "documents": _documents,
    "done_before": lambda value: _text(", ".join(value) if isinstance(value, list | tuple) else value),
    "certificates": _words,
    "lift": lambda value: value if value in get_args(Lift) else None,
    "pay_floor_cents": _number,
    "weekly_need_cents": _number,
    "release_month": _text,
    "adult": lambda value: value if isinstance(value, bool) else None,
}
