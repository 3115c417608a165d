"""Putting caseworkers on the roster, from the command line and the console alike.

The rule: nobody is on the roster whom no text can wake; a number that talks with us as a person's is refused,
for a reply to an alarm would be taken for theirs. Who does it is audited.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

import sqlalchemy as sa

from storage import audit, on_call, points, staff
from storage.on_call import ShiftRow
from storage.staff import CaseworkerRow

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EVERY_DAY: Final = "every day"
_NUMBER: Final[Mapping[str, int]] = {day.casefold(): number for number, day in enumerate(DAYS)}


class BadShift(ValueError):
    """What was asked for cannot be put on the roster; the message says why, in words for the page."""


@dataclass(frozen=True, slots=True)
class NewShift:
    """As typed: `days` "every day", "Mon-Fri", "Sat, Sun", "2027-12-25"; clocks "17:00"; place in line."""

    email: str
    days: str = EVERY_DAY
    starts: str = "00:00"
    ends: str = "00:00"
    place: str = "1"
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One shift in words, and why no alarm would reach them ("" where one does)."""

    id: int
    caseworker_id: int
    name: str
    when: str
    place: int
    trouble: str


def add(connection: sa.Connection, new: NewShift, actor: str, zone: str, now: datetime) -> CaseworkerRow:
    """Put somebody on the roster, in their own zone, else `zone`; raises BadShift."""
    who = staff.caseworker_by_email(connection, new.email)
    if who is None:
        raise BadShift("Nobody signs in with that e-mail address.")
    days, starts, ends = list(read_days(new.days)), _clock(new.starts), _clock(new.ends)
    if not re.fullmatch("[1-9]", new.place.strip()):
        raise BadShift("The place in line is a number from 1 to 9.")
    _reachable(connection, who, new.phone, actor, now)
    for day in days:
        on_call.add_shift(
            connection,
            who.id,
            weekday=day if isinstance(day, int) else None,
            day=day if isinstance(day, date) else None,
            starts=starts,
            ends=ends,
            zone=who.zone or zone,
            place=int(new.place),
            now=now,
        )
    details = {"days": new.days, "from": new.starts, "to": new.ends}
    audit.append(connection, actor=actor, action="added_shift", object=who.actor, now=now, details=details)
    return who


def remove(connection: sa.Connection, shift_id: int, actor: str, now: datetime) -> bool:
    """Take a shift off the roster; False where there is none."""
    if not on_call.remove_shift(connection, shift_id):
        return False
    audit.append(connection, actor=actor, action="removed_shift", object=f"shift:{shift_id}", now=now)
    return True


def listed(connection: sa.Connection) -> list[Listed]:
    """List the roster in words, in the order in which people are called."""
    people = {who.id: who for who in staff.active_staff(connection)}
    roster = on_call.shifts(connection)
    found = [(one, people[one.caseworker_id]) for one in roster if one.caseworker_id in people]
    return [Listed(one.id, who.id, who.name, words(one), one.place, trouble(who)) for one, who in found]


def trouble(who: CaseworkerRow) -> str:
    """Say why no alarm reaches somebody; "" where one does."""
    if who.phone is None:
        return "no phone: no alarm reaches them"
    if who.no_texts_since is not None:
        return "their phone said STOP: they must text START to us"
    return ""


def words(shift: ShiftRow) -> str:
    """Write a shift as people say it: "Wed, 17:00 to 09:00 the next day"."""
    day = shift.day or (EVERY_DAY if shift.weekday is None else DAYS[shift.weekday])
    if shift.starts == shift.ends == "00:00":
        return f"{day}, all day"
    next_day = "" if shift.starts < shift.ends or shift.ends == "00:00" else " the next day"
    return f"{day}, {shift.starts} to {'24:00' if shift.ends == '00:00' else shift.ends}{next_day}"


def read_days(typed: str) -> Iterator[int | date | None]:
    """Read the days of a shift; None is every day. Raises BadShift."""
    text = typed.strip().casefold()
    if text in (EVERY_DAY, "daily", ""):
        yield None
        return
    for part in filter(None, re.split(r"[,\s]+", text)):
        if re.fullmatch(r"\d{4}-\d\d-\d\d", part):
            yield _date(part)
            continue
        first, _, last = part.partition("-")
        if first[:3] not in _NUMBER or (last and last[:3] not in _NUMBER):
            raise BadShift("Days are: every day, Mon-Fri, Sat, or a date like 2027-12-25.")
        begin, end = _NUMBER[first[:3]], _NUMBER[(last or first)[:3]]
        yield from ((begin + n) % 7 for n in range((end - begin) % 7 + 1))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadShift(f"{text} is no day.") from None


def _clock(text: str) -> time:
    match = re.fullmatch(r"(\d{1,2}):(\d\d)", text.strip())
    if match is None or int(match[1]) > 24 or int(match[2]) > 59 or (match[1] == "24" and match[2] != "00"):
        raise BadShift("A time is written like 17:00.")
    return time(int(match[1]) % 24, int(match[2]))


def _reachable(connection: sa.Connection, who: CaseworkerRow, typed: str, actor: str, now: datetime) -> None:
    """Hold that alarms reach them; a phone that is typed becomes theirs."""
    phone = re.sub(r"[\s().-]", "", typed) or who.phone
    if phone is None:
        raise BadShift(f"{who.name} has no phone: give the number that is to ring.")
    if not re.fullmatch(r"\+[1-9]\d{7,14}", phone):
        raise BadShift("A phone number is written with its country, like +12155550100.")
    if points.find_points(connection, {("sms", phone), ("simulator", f"sms:{phone}")}):
        raise BadShift("That number talks with us as a person's. Give another one for alarms.")
    if phone != who.phone:
        staff.change_caseworker(connection, who.id, phone=phone, no_texts_since=None)
        audit.append(connection, actor=actor, action="changed_phone", object=who.actor, now=now)
