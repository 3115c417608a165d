"""Wall clocks and quiet hours: when a thing that we start may reach a person.

A wall clock keeps its meaning over a clock change: 5:10 stays 5:10. Where a change makes a wall time happen
twice the first is meant; where it skips it, the moment the clock jumped to. Replies, ride days and crisis
texts have no hours. A person's own hours stand in place of the usual ones and may go past midnight; where
two zones may be theirs, we start a talk only when both allow it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Hours:
    """The part of a day, in the person's own zone, in which we may start a talk.

    Where `closes` is not after `opens`, it ends on the next day ("22:00 to 6:00").
    """

    opens: time = time(9)
    closes: time = time(20)

    def hold(self, at: time) -> bool:
        """Say whether a time of day lies inside."""
        if self.opens < self.closes:
            return self.opens <= at < self.closes
        return at >= self.opens or at < self.closes


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
    if hours.hold(local.time()):
        return moment.astimezone(UTC)
    later = timedelta(days=0 if local.time() < hours.opens else 1)
    return to_utc(datetime.combine(local.date() + later, hours.opens), zone)


def next_in_all(moment: datetime, zones: Sequence[str], hours: Hours) -> datetime:
    """Return the first moment from `moment` on that lies inside the hours in every one of these zones.

    Where the zones are so far apart that no such moment exists, the first zone decides.
    """
    at = moment.astimezone(UTC)
    for _ in range(2 * len(zones) + 2):
        allowed = max(next_allowed(at, zone, hours) for zone in zones)
        if allowed == at:
            return at
        at = allowed
    return next_allowed(moment, zones[0], hours)


def zones_of(zone: str, other_zones: str | None) -> tuple[str, ...]:
    """List the zones a person may be in, the likeliest first."""
    return (zone, *(other_zones or "").split())


def own_hours(usual: Hours, texts_from: str | None, texts_to: str | None) -> Hours:
    """Give a person's own hours ("14:00" to "22:00") where they named them, else the usual ones."""
    if not texts_from or not texts_to:
        return usual
    return Hours(opens=time.fromisoformat(texts_from), closes=time.fromisoformat(texts_to))


def next_change(zone: str, after: datetime, within: timedelta) -> datetime | None:
    """Return when the clocks of a zone change next, aware UTC; None if not within that time."""
    here, end = after.astimezone(UTC), after.astimezone(UTC) + within
    before = here.astimezone(ZoneInfo(zone)).utcoffset()
    while here < end:
        step = min(here + timedelta(hours=12), end)
        if step.astimezone(ZoneInfo(zone)).utcoffset() != before:
            return _exactly(zone, here, step)
        here = step
    return None


def _exactly(zone: str, low: datetime, high: datetime) -> datetime:
    """Find the change between two moments, to the minute."""
    before = low.astimezone(ZoneInfo(zone)).utcoffset()
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        if middle.astimezone(ZoneInfo(zone)).utcoffset() == before:
            low = middle
        else:
            high = middle
    return (high + timedelta(seconds=30)).replace(second=0, microsecond=0)
