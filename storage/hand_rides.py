"""Legs that people book by hand: what is asked of them, what they marked, and what nobody needs any more.

The rule: one row for each leg, by the leg's own ref, so asking twice asks once. Every change is a
compare-and-set on the version it was decided on. Who and where are sealed; a row goes with its person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from storage import audit
from storage.attention import finish_items, need_human
from storage.rides import ride_by_ref, wake_ride
from storage.staff import CaseworkerRow, may_see, visible_people
from storage.subjects import subject
from storage.tables import HandRide, table
from storage.tables.hands import OPEN_HANDS, HandState
from storage.types import as_row

HAND = table(HandRide)

TO_BOOK, TO_CALL_OFF, TO_SEND, TO_FINISH = (
    "ride to book by hand",
    "ride to call off by hand",
    "car home to send by hand",
    "ride by hand to finish",
)
"""Why a human is put on such a leg."""

SHOWN_AFTER = timedelta(hours=12)
"""A leg nobody needs any more stays on the list this long: whoever booked its car has to call it off."""


@dataclass(frozen=True, slots=True)
class HandRow:
    """A leg booked by hand as it stands; money in US cents, moments aware UTC."""

    id: int
    person_id: int
    ref: str
    state: HandState
    rider: str
    phone: str
    pickup: Mapping[str, Any]
    dropoff: Mapping[str, Any]
    flexible: bool
    day: str | None
    pickup_at: datetime | None
    drive_minutes: int
    answer_by: datetime
    called_at: datetime | None
    call_off_at: datetime | None
    car: Mapping[str, str] | None
    fare_cents: int
    fee_cents: int
    final_cents: int | None
    version: int
    changed_at: datetime

    @property
    def ends(self) -> datetime:
        """Say when the ride should be over: a flexible one nobody asked for, by noon UTC of the next day."""
        if (begins := self.pickup_at or self.called_at) is not None:
            return begins + timedelta(minutes=self.drive_minutes)
        day = datetime.fromisoformat(self.day).replace(tzinfo=UTC) if self.day else self.answer_by
        return day + timedelta(hours=36)

    @property
    def open(self) -> bool:
        """Say whether somebody still has something to do for it."""
        return self.state in OPEN_HANDS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHand:
    """What staff are asked to book."""

    ref: str
    rider: str
    phone: str
    pickup: Mapping[str, Any]
    dropoff: Mapping[str, Any]
    flexible: bool
    day: str | None
    pickup_at: datetime | None
    drive_minutes: int
    answer_by: datetime
    fare_cents: int


_SELECT = sa.select(*(HAND.c[name] for name in HandRow.__dataclass_fields__))


def ask(connection: sa.Connection, new: NewHand, now: datetime) -> HandRow | None:
    """Ask staff to book a leg of ours, once; returns it as it stands. None where no leg has this ref."""
    leg = ride_by_ref(connection, new.ref)
    if leg is None:
        return None
    values = {**as_row(new), "person_id": leg.person_id, "changed_at": now, "created_at": now}
    connection.execute(insert(HAND).values(**values).on_conflict_do_nothing(index_elements=["ref"]))
    return hand_ride(connection, new.ref)


def hand_ride(connection: sa.Connection, ref: str) -> HandRow | None:
    """Return the leg of this ref."""
    return _one(connection, HAND.c.ref == ref)


def hand_ride_by_id(connection: sa.Connection, id_: int) -> HandRow | None:
    """Return a leg by its row's id."""
    return _one(connection, HAND.c.id == id_)


def booked_by_hand(connection: sa.Connection) -> list[HandRow]:
    """List every leg somebody has booked and that is not over, the oldest first."""
    return _list(connection, HAND.c.state.in_([state for state in OPEN_HANDS if state != "asked"]))


def to_do(connection: sa.Connection, people: sa.Select[int], now: datetime) -> list[HandRow]:
    """List these people's legs somebody has to do something for, or called off just now; soonest first."""
    recent = sa.and_(HAND.c.state == "dropped", HAND.c.changed_at > now - SHOWN_AFTER)
    mine = sa.and_(HAND.c.person_id.in_(people), sa.or_(HAND.c.state.in_(OPEN_HANDS), recent))
    rows = _list(connection, mine)
    return sorted(rows, key=lambda row: (not row.open, row.pickup_at or row.answer_by, row.id))


def change(connection: sa.Connection, row: HandRow, now: datetime, **values: Any) -> HandRow | None:
    """Set columns if the leg is still as this row shows it; None when another was faster."""
    at = sa.and_(HAND.c.id == row.id, HAND.c.version == row.version)
    if "state" in values and values["state"] != row.state:
        values["changed_at"] = now
    changed = connection.execute(sa.update(HAND).where(at).values(version=row.version + 1, **values))
    return hand_ride(connection, row.ref) if changed.rowcount else None


def drop(connection: sa.Connection, ref: str, now: datetime) -> None:
    """Let go of a leg that nobody needs any more; what was asked of staff for it is settled.

    Nothing happens where this leg was never booked by hand, or is over for those who drove it, too.
    """
    row = hand_ride(connection, ref)
    if row is None or not row.open:
        return
    change(connection, row, now, state="dropped")
    for kind in (TO_BOOK, TO_SEND, TO_FINISH):
        settled(connection, row, kind, now)
    if row.state != "asked" and now < row.ends:
        put_on_list(connection, row, TO_CALL_OFF, "The ride is not needed any more.", now, now)


def put_on_list(
    connection: sa.Connection,
    row: HandRow,
    kind: str,
    words: str,
    due_at: datetime,
    now: datetime,
    *,
    urgent: bool = False,
) -> None:
    """Have a human do something for this leg by then."""
    about = _about(connection, row)
    need_human(connection, row.person_id, kind, words, due_at, now, urgent=urgent, about=about)


def settled(
    connection: sa.Connection, row: HandRow, kind: str, now: datetime, caseworker_id: int | None = None
) -> None:
    """Take this leg off the list for this reason."""
    finish_items(connection, row.person_id, kind, now, caseworker_id, about=_about(connection, row))


def wake_leg(connection: sa.Connection, row: HandRow, now: datetime) -> None:
    """Have the rides' worker look at this leg at once: a human marked something."""
    leg = ride_by_ref(connection, row.ref)
    if leg is not None:
        wake_ride(connection, leg.id, now)


def _about(connection: sa.Connection, row: HandRow) -> str:
    leg = ride_by_ref(connection, row.ref)
    return subject("ride", leg.id) if leg is not None else f"hand_ride:{row.id}"


def _one(connection: sa.Connection, where: sa.ColumnElement[bool]) -> HandRow | None:
    row: Mapping[Any, Any] | None = connection.execute(_SELECT.where(where)).mappings().one_or_none()
    return None if row is None else HandRow(**row)


def _list(connection: sa.Connection, where: sa.ColumnElement[bool]) -> list[HandRow]:
    return [HandRow(**row) for row in connection.execute(_SELECT.where(where).order_by(HAND.c.id)).mappings()]


# --- what a caseworker sees and marks -------------------------------------------------------------


def read_to_do(connection: sa.Connection, who: CaseworkerRow, now: datetime) -> list[HandRow]:
    """List the legs of the people this caseworker may see; audited."""
    audit.append(connection, actor=who.actor, action="read_rides_by_hand", object="list", now=now)
    return to_do(connection, visible_people(who), now)


def seen_hand_ride(connection: sa.Connection, who: CaseworkerRow, id_: int, now: datetime) -> HandRow | None:
    """Find a leg of somebody this caseworker may see; a refused look is audited."""
    row = hand_ride_by_id(connection, id_)
    if row is not None and may_see(connection, who, row.person_id):
        return row
    audit.append(
        connection, actor=who.actor, action="refused_ride_by_hand", object=f"hand_ride:{id_}", now=now
    )
    return None


def mark(
    connection: sa.Connection,
    who: CaseworkerRow,
    row: HandRow,
    values: Mapping[str, Any],
    settles: Sequence[str],
    now: datetime,
) -> bool:
    """Write what a caseworker marked, settle what they were asked for, and have the leg looked at; audited.

    False when somebody else was faster.
    """
    if change(connection, row, now, caseworker_id=who.id, **values) is None:
        return False
    for kind in settles:
        settled(connection, row, kind, now, who.id)
    wake_leg(connection, row, now)
    details = {"state": values["state"]}
    object_ = f"person:{row.person_id}"
    audit.append(
        connection, actor=who.actor, action="marked_ride_by_hand", object=object_, now=now, details=details
    )
    return True
