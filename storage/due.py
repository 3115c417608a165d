"""What falls due, and who carries it out: one lease logic for messages, timers, rides and look-ups.

The rule: a row is claimed by one worker for the length of a lease, in a transaction that commits before
anything is done outside. A worker that dies loses its lease, and the row comes back. What is eligible,
and in which order, is the family's own. PostgreSQL's workers pass by each other's rows (SKIP LOCKED);
SQLite has one writer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from storage.types import UTCDateTime

LEASE = timedelta(seconds=60)
FIRST_RETRY = timedelta(seconds=15)
LONGEST_RETRY = timedelta(minutes=30)
NOW: sa.BindParameter[datetime] = sa.bindparam("now", type_=UTCDateTime())


@dataclass(frozen=True, slots=True)
class Family:
    """One table of due rows: which are still to be done, and in which order they are taken."""

    table: sa.Table
    open: sa.ColumnElement[bool]
    order: tuple[sa.ColumnElement[Any], ...]

    @property
    def ready(self) -> sa.ColumnElement[bool]:
        """The rows that may be claimed at `:now`."""
        columns = self.table.c
        free = sa.or_(columns.lease_until.is_(None), columns.lease_until <= NOW)
        return sa.and_(self.open, columns.due_at <= NOW, free)


@dataclass(frozen=True, slots=True)
class Lease:
    """A claimed row: it is ours until `until`."""

    id: int
    until: datetime
    attempts: int


def claim(
    connection: sa.Connection,
    family: Family,
    now: datetime,
    limit: int,
    *,
    only: sa.ColumnElement[bool] | None = None,
    with_: Mapping[str, Any] | None = None,
    lease: timedelta = LEASE,
) -> list[Lease]:
    """Take up to `limit` rows that are due, in the family's order, and count the attempt.

    `only` narrows what is ready, `with_` are values of its parameters.
    """
    columns = family.table.c
    ready = family.ready if only is None else sa.and_(family.ready, only)
    pick = (
        sa.select(columns.id)
        .where(ready)
        .order_by(*family.order)
        .limit(sa.bindparam("most", type_=sa.Integer))
        .with_for_update(of=family.table, skip_locked=True)
    )
    ids = list(connection.scalars(pick, {"now": now, "most": limit, **(with_ or {})}))
    return lease_these(connection, family, ids, now, lease)


def lease_these(
    connection: sa.Connection, family: Family, ids: Sequence[int], now: datetime, lease: timedelta = LEASE
) -> list[Lease]:
    """Lease these rows, which this transaction has picked, and count the attempt; in their order."""
    if not ids:
        return []
    columns = family.table.c
    until = now + lease
    take = (
        sa.update(family.table)
        .where(columns.id.in_(ids))
        .values(lease_until=until, attempts=columns.attempts + 1)
        .returning(columns.id, columns.attempts)
    )
    attempts = {row.id: row.attempts for row in connection.execute(take)}
    return [Lease(id_, until, attempts[id_]) for id_ in ids]


def finish(
    connection: sa.Connection, family: Family, lease: Lease, values: Mapping[str, Any] | None = None
) -> bool:
    """Write what came of it and let the row go; False, changing nothing, when the lease was lost."""
    return _let_go(connection, family, lease, {**(values or {}), "due_at": None})


def put_off(
    connection: sa.Connection,
    family: Family,
    lease: Lease,
    until: datetime,
    values: Mapping[str, Any] | None = None,
) -> bool:
    """Give the row back, due again at `until`; False when the lease was lost meanwhile."""
    return _let_go(connection, family, lease, {**(values or {}), "due_at": until})


def retry(
    connection: sa.Connection,
    family: Family,
    lease: Lease,
    now: datetime,
    values: Mapping[str, Any] | None = None,
) -> bool:
    """Give the row back after a failure, due again after a longer and longer wait."""
    return put_off(connection, family, lease, now + back_off(lease.attempts), values)


def back_off(attempts: int) -> timedelta:
    """Say how long to wait after so many attempts: 15 s, 30 s, 1 min … at most half an hour."""
    doublings = min(max(attempts - 1, 0), 12)
    return min(FIRST_RETRY * (1 << doublings), LONGEST_RETRY)


def next_due(
    connection: sa.Connection, families: Sequence[Family], after: datetime | None = None
) -> datetime | None:
    """Say when the next row of these families falls due or comes back from a lease; None if nothing waits.

    With `after`, only later moments count: a row of the past that waits behind another one hides nothing.
    """
    moments: list[datetime] = []
    for family in families:
        columns = family.table.c
        back = sa.case((columns.lease_until > columns.due_at, columns.lease_until), else_=columns.due_at)
        waiting = sa.and_(family.open, columns.due_at.is_not(None))
        if after is not None:
            waiting = sa.and_(waiting, back > after)
        first = connection.scalar(sa.select(sa.func.min(back, type_=UTCDateTime())).where(waiting))
        if first is not None:
            moments.append(first)
    return min(moments, default=None)


def _let_go(connection: sa.Connection, family: Family, lease: Lease, values: Mapping[str, Any]) -> bool:
    columns = family.table.c
    done = connection.execute(
        sa.update(family.table)
        .where(columns.id == lease.id, columns.lease_until == lease.until)
        .values(lease_until=None, **values)
    )
    return done.rowcount == 1
