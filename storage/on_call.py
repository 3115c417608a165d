"""The roster: who is on call at a moment, in the order in which they are called.

The rule: a shift is kept on its own wall clock, so that ten at night is ten at night in winter and summer.
Who stands in line for a person is one function, `line`; nobody is on call in any other way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from storage import lists
from storage.staff import CaseworkerRow
from storage.tables import Caseworker, Person, Shift, table
from storage.types import ID

SHIFT, STAFF, PERSON = table(Shift), table(Caseworker), table(Person)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """Hours on call: every day, on each `weekday` (0 is Monday), or on one `day` ("2027-02-24").

    `starts` and `ends` are clocks ("22:00") in `zone`; what does not end later ends on the next day.
    """

    id: int
    caseworker_id: int
    weekday: int | None
    day: str | None
    starts: str
    ends: str
    zone: str
    place: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a span, and who is called first in it; None: nobody is on call."""

    since: datetime
    until: datetime
    caseworker: CaseworkerRow | None


_SHIFTS = sa.select(*(SHIFT.c[name] for name in ShiftRow.__dataclass_fields__)).order_by(
    SHIFT.c.place, SHIFT.c.day.is_(None), SHIFT.c.id
)
_TEAM = sa.select(PERSON.c.team).where(PERSON.c.id == sa.bindparam("person", type_=ID)).scalar_subquery()
_REACHED = sa.select(
    *(STAFF.c[name] for name in CaseworkerRow.__dataclass_fields__),
    sa.func.coalesce(STAFF.c.team == _TEAM, sa.false()).label("ours"),
).where(
    STAFF.c.active,
    STAFF.c.phone.is_not(None),
    STAFF.c.no_texts_since.is_(None),
    STAFF.c.id.in_(sa.bindparam("ids", expanding=True)),
)


def add_shift(
    connection: sa.Connection,
    caseworker_id: int,
    *,
    zone: str,
    now: datetime,
    weekday: int | None = None,
    day: date | None = None,
    starts: time = time(),
    ends: time = time(),
    place: int = 1,
) -> int:
    """Put somebody on the roster; without a weekday or a day, for every day. Returns the shift's id."""
    when = {"weekday": weekday, "day": day.isoformat() if day else None, "zone": zone}
    hours = {"starts": f"{starts:%H:%M}", "ends": f"{ends:%H:%M}", "place": place, "created_at": now}
    statement = sa.insert(SHIFT).values(caseworker_id=caseworker_id, **when, **hours)
    return int(connection.execute(statement.returning(SHIFT.c.id)).scalar_one())


def remove_shift(connection: sa.Connection, shift_id: int) -> bool:
    """Take a shift off the roster; False when there is none."""
    return connection.execute(sa.delete(SHIFT).where(SHIFT.c.id == shift_id)).rowcount == 1


def shifts(connection: sa.Connection) -> list[ShiftRow]:
    """List the roster as it is called: by place in line, one day's own shifts before the weekly ones."""
    return [ShiftRow(*row) for row in lists.read(connection, _SHIFTS)]


def forget_past_shifts(connection: sa.Connection, before: date) -> int:
    """Delete shifts of single days before this one; returns how many."""
    return connection.execute(sa.delete(SHIFT).where(SHIFT.c.day < before.isoformat())).rowcount


# --- who is called ----------------------------------------------------------------------------------------


def line(connection: sa.Connection, at: datetime, person_id: int | None = None) -> list[CaseworkerRow]:
    """List who is on call at a moment, in the order in which they are called: the person's own team first."""
    return _in_line(connection, on_shift(connection, at), person_id)


def on_shift(connection: sa.Connection, at: datetime) -> list[int]:
    """Say whose shift it is at a moment, by place in line, whether or not they can be reached."""
    return list(dict.fromkeys(each.caseworker_id for each in shifts(connection) if spans(each, at, at)))


def watch(
    connection: sa.Connection, since: datetime, until: datetime, person_id: int | None = None
) -> list[Stretch]:
    """Say who is called first at every moment of a span, as stretches without gaps between them."""
    roster = shifts(connection)
    ids = list(dict.fromkeys(each.caseworker_id for each in roster))
    ranked = {who.id: who for who in _in_line(connection, ids, person_id)}
    covered = [(each.caseworker_id, span) for each in roster for span in spans(each, since, until)]
    edges = sorted({since, until, *(edge for _, span in covered for edge in span if since < edge < until)})
    stretches: list[Stretch] = []
    for begin, end in pairwise(edges):
        on = {id_ for id_, (first, last) in covered if first <= begin < last}
        who = next((one for id_, one in ranked.items() if id_ in on), None)
        if stretches and stretches[-1].caseworker == who:
            stretches[-1] = Stretch(stretches[-1].since, end, who)
        else:
            stretches.append(Stretch(begin, end, who))
    return stretches


def _in_line(connection: sa.Connection, ids: Sequence[int], person_id: int | None) -> list[CaseworkerRow]:
    """Look these caseworkers up in their order: only who works here and whose phone takes our texts."""
    if not ids:
        return []
    found = lists.read(connection, _REACHED, {"person": person_id}, ids=ids)
    rows = {row.id: (not ours, row) for *columns, ours in found for row in [CaseworkerRow(*columns)]}
    return [row for _, row in sorted((rows[id_] for id_ in ids if id_ in rows), key=lambda each: each[0])]


# --- hours ------------------------------------------------------------------------------------------------


def spans(shift: ShiftRow, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """List when this shift covers something of a span (for one moment, give it twice); aware UTC."""
    zone, starts, ends = (
        ZoneInfo(shift.zone),
        time.fromisoformat(shift.starts),
        time.fromisoformat(shift.ends),
    )
    day, last = since.astimezone(zone).date() - DAY, until.astimezone(zone).date()
    found = []
    while day <= last:
        if _is_on(shift, day):
            ending = day if starts < ends else day + DAY
            begin, end = (_moment(on, clock, zone) for on, clock in ((day, starts), (ending, ends)))
            if begin <= until and since < end:
                found.append((begin, end))
        day += DAY
    return found


def _is_on(shift: ShiftRow, day: date) -> bool:
    if shift.day is not None:
        return shift.day == day.isoformat()
    return shift.weekday in (None, day.weekday())


def _moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
