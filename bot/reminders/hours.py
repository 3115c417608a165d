"""Wall clocks and quiet hours: when a thing that we start may reach a person.

A wall clock keeps its meaning over a clock change: 5:10 stays 5:10. Where a change makes a wall time happen
twice the first is meant; where it skips it, the moment the clock jumped to. Replies, ride days and crisis
texts have no hours.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Hours:
    """The part of a day, in the person's own zone, in which we may start a talk."""

    opens: time = time(9)
    closes: time = time(20)


def to_utc(wall: datetime, zone: str) -> datetime:
    """Turn a naive wall-clock time of `zone` into an aware UTC moment."""
    moment = wall.replace(tzinfo=ZoneInfo(zone), fold=0)
    return moment.astimezone(UTC)


def wall_clock(moment: datetime, zone: str) -> datetime:
    """Turn an aware moment into the naive wall-clock time of `zone`."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def next_allowed(moment: datetime, zone: str, hours: Hours) -> datetime:
    """Return `moment`, or the first moment after it that lies inside the hours; aware UTC."""
    local = wall_clock(moment, zone)
    if local.time() < hours.opens:
        return to_utc(datetime.combine(local.date(), hours.opens), zone)
    if local.time() >= hours.closes:
        return to_utc(datetime.combine(local.date() + timedelta(days=1), hours.opens), zone)
    return moment.astimezone(UTC)
