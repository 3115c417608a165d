"""Whether a text may leave at this hour: quiet hours, the person's own, caps, and nudges nobody answers.

The rule: what we start waits for the hours of every zone the person may be in, comes three times a day at
most, and a nudge stops after three without an answer. An answer that comes within a quarter of an hour, a
day on which they have to be somewhere, and danger know no hours and no caps. About a ride to work nobody is
woken before seven who did not say yes to that.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, TypeAlias

import sqlalchemy as sa

from bot.reminders.hours import Hours, next_in_all, own_hours, to_utc, wall_clock, zones_of
from bot.settings import Settings
from storage import started
from storage.outbox import Claimed

ANSWERS_WITHIN: Final = timedelta(minutes=15)
MOST_A_DAY: Final = 3
MOST_NUDGES: Final = 3
MORNING: Final = time(7)


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: at this moment."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Never: they have not answered the last ones."""


Verdict: TypeAlias = Later | Unanswered | None


def verdict(connection: sa.Connection, message: Claimed, settings: Settings, now: datetime) -> Verdict:
    """Say whether this text may leave now (None), later, or not at all."""
    match message.kind:
        case "nudge" | "reminder":
            return _we_start(connection, message, settings, now)
        case "reply" if now - message.at > ANSWERS_WITHIN:
            return None if _today(connection, message, now) else _in_hours(message, settings, now)
        case "ride":
            return _early(connection, message, now)
        case _:
            return None


def _we_start(connection: sa.Connection, message: Claimed, settings: Settings, now: datetime) -> Verdict:
    if (later := _in_hours(message, settings, now)) is not None:
        return later
    if _today(connection, message, now):
        return None
    midnight = _midnight(message, now)
    counted = started.started(connection, message.conversation_id, midnight)
    if message.kind == "nudge" and counted.unanswered >= MOST_NUDGES:
        return Unanswered()
    if counted.since >= MOST_A_DAY:
        return _in_hours(message, settings, _midnight(message, now, days=1)) or Later(
            _midnight(message, now, days=1)
        )
    return None


def _in_hours(message: Claimed, settings: Settings, now: datetime) -> Later | None:
    hours = own_hours(usual_hours(settings), message.texts_from, message.texts_to)
    at = next_in_all(now, zones_of(message.zone, message.other_zones), hours)
    return Later(at) if at > now else None


def usual_hours(settings: Settings) -> Hours:
    """Give the hours of this installation, in which we start texts."""
    return Hours(opens=settings.quiet_to, closes=settings.quiet_from)


def _today(connection: sa.Connection, message: Claimed, now: datetime) -> bool:
    """Say whether they have to be somewhere today: a day on which we keep nothing back."""
    first, last = _midnight(message, now), _midnight(message, now, days=1)
    return started.has_appointment(connection, message.conversation_id, first, last)


def _early(connection: sa.Connection, message: Claimed, now: datetime) -> Later | None:
    local = wall_clock(now, message.zone)
    if local.time() >= MORNING or message.early_ok or not started.is_work(connection, message.subject):
        return None
    return Later(to_utc(datetime.combine(local.date(), MORNING), message.zone))


def _midnight(message: Claimed, now: datetime, days: int = 0) -> datetime:
    day = wall_clock(now, message.zone).date() + timedelta(days=days)
    return to_utc(datetime.combine(day, time()), message.zone)
