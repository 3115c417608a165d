"""Derive what an appointment makes us send: plan rows and an appointment in, due moments out.

Pure. The rows are authors' (flows/content/plans), the anchors come from the interview and its ride; a row
whose anchor is unknown yet (no way home so far) gives nothing, and is derived again when the appointment
changes. A row whose moment has passed goes out late only while it is still useful.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from bot.reminders.hours import to_utc, wall_clock
from flows.model import PlanRow
from flows.plans import Moment, read_moment

_SPAN = re.compile(r"^(\d+) (minute|hour|day)s?$")


@dataclass(frozen=True, slots=True)
class Appointment:
    """The anchors of a plan: the wall clock in the place's own zone, the rest aware moments."""

    at: datetime  # naive wall clock of `zone`
    zone: str
    pickup: datetime | None = None
    leave: datetime | None = None  # when to set out without a ride
    home: datetime | None = None  # when the way home was completed
    clocks: datetime | None = None  # when the clocks change there, that day or the day before


@dataclass(frozen=True, slots=True)
class Planned:
    """One row that falls due; `useful_until` is None where it never grows stale."""

    event: str
    due_at: datetime
    useful_until: datetime | None
    row: PlanRow


def derive(rows: Iterable[PlanRow], appointment: Appointment, now: datetime) -> Iterator[Planned]:
    """Yield each row's due moment, leaving out those that are no longer useful at `now`.

    `now` is aware. A late row with a `useful_until` still ahead is due at once; without one it is dropped.
    """
    for row in rows:
        due = _moment(row, appointment)
        if due is None:
            continue
        until = _until(row, due, appointment)
        if due >= now or (until is not None and until > now):
            yield Planned(row.event, due, until, row)


def _moment(moment: PlanRow | Moment, appointment: Appointment) -> datetime | None:
    """Count a moment from its anchor; None while the anchor is unknown."""
    anchor = _anchor(moment.anchor, appointment)
    if anchor is None or moment.clock is None:
        return None if anchor is None else anchor + moment.shift
    day = wall_clock(anchor, appointment.zone).date() + timedelta(days=moment.days)
    return to_utc(datetime.combine(day, time.fromisoformat(moment.clock)), appointment.zone)


def _anchor(
    name: Literal["at", "pickup", "leave", "home", "clocks"], appointment: Appointment
) -> datetime | None:
    match name:
        case "at":
            return to_utc(appointment.at, appointment.zone)
        case "pickup":
            return appointment.pickup
        case "leave":
            return appointment.leave
        case "home":
            return appointment.home
        case "clocks":
            return appointment.clocks


def _until(row: PlanRow, due: datetime, appointment: Appointment) -> datetime | None:
    """Read `useful_until`: a moment as in `when`, a span after it is due, or a clock time of that day."""
    match row.useful_until:
        case None:
            return None
        case "at":
            return to_utc(appointment.at, appointment.zone)
        case "pickup":
            return appointment.pickup or to_utc(appointment.at, appointment.zone)
        case "leave":
            return appointment.leave or to_utc(appointment.at, appointment.zone)
        case words if (moment := read_moment(words)) is not None:
            return _moment(moment, appointment)
        case words if span := _SPAN.match(words):
            return due + timedelta(**{f"{span[2]}s": int(span[1])})
        case words:
            day = wall_clock(due, appointment.zone).date()
            return to_utc(datetime.combine(day, time.fromisoformat(words)), appointment.zone)
