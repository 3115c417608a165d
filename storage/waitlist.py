"""Who asked for a ride and got none for want of money: in the order they asked, by purpose and date.

The rule: an appointment waits at most once. An offer is a soft promise: until it lapses its money is not
given to somebody who asks later, though only the fund's own hold is sure.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from storage.tables import RideWait, table
from storage.tables.going import InterviewKind

WAIT = table(RideWait)
_OPEN = sa.text("state <> 'over'")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One appointment without a ride, for want of money; `until` is when a car is too late for it."""

    id: int
    person_id: int
    interview_id: int
    purpose: InterviewKind
    cents: int
    until: datetime
    state: str
    fund_id: int | None
    asked_at: datetime
    lapses_at: datetime | None


_SELECT = sa.select(*(WAIT.c[name] for name in Waiting.__dataclass_fields__))


def wait(
    connection: sa.Connection,
    *,
    person_id: int,
    interview_id: int,
    purpose: InterviewKind,
    cents: int,
    until: datetime,
    now: datetime,
) -> None:
    """Put an appointment on the list; one that is there keeps its place, and is brought up to date."""
    values = {"person_id": person_id, "interview_id": interview_id, "purpose": purpose, "state": "waiting"}
    new = insert(WAIT).values(**values, cents=cents, until=until, asked_at=now)
    kept = {"state": "waiting", "cents": cents, "until": until, "fund_id": None, "lapses_at": None}
    connection.execute(
        new.on_conflict_do_update(index_elements=["interview_id"], index_where=_OPEN, set_=kept)
    )


def on_list(connection: sa.Connection, state: str | None = None) -> list[Waiting]:
    """List who waits or has an offer, the first to ask first."""
    at = WAIT.c.state != "over" if state is None else WAIT.c.state == state
    rows = connection.execute(_SELECT.where(at).order_by(WAIT.c.asked_at, WAIT.c.id)).mappings()
    return [Waiting(**row) for row in rows]


def offered_cents(connection: sa.Connection, now: datetime, *, but: int | None = None) -> dict[int, int]:
    """Sum what is offered and not answered yet, by fund; a person's own offer (`but`) is theirs to take."""
    total = sa.select(WAIT.c.fund_id, sa.func.sum(WAIT.c.cents)).where(
        WAIT.c.state == "offered", WAIT.c.lapses_at > now, WAIT.c.fund_id.is_not(None)
    )
    if but is not None:
        total = total.where(WAIT.c.person_id != but)
    return {fund_id: int(cents) for fund_id, cents in connection.execute(total.group_by(WAIT.c.fund_id))}


def offer(connection: sa.Connection, wait_id: int, fund_id: int, lapses_at: datetime, now: datetime) -> bool:
    """Note that somebody who waits is offered a ride; False when another was faster."""
    at = sa.and_(WAIT.c.id == wait_id, WAIT.c.state == "waiting")
    values = {"state": "offered", "fund_id": fund_id, "offered_at": now, "lapses_at": lapses_at}
    return connection.execute(sa.update(WAIT).where(at).values(**values)).rowcount == 1


def end(connection: sa.Connection, interview_id: int, now: datetime) -> bool:
    """Take an appointment off the list: it has a ride, needs none, or it is too late; False: it was not
    there."""
    at = sa.and_(WAIT.c.interview_id == interview_id, WAIT.c.state != "over")
    return connection.execute(sa.update(WAIT).where(at).values(state="over", ended_at=now)).rowcount > 0
