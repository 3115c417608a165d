"""Funds: money held for rides, spent by rides, given back; and the ledger of all of it.

The rule: one conditional UPDATE moves the money, so a fund is never overspent however many ask at once,
and the ledger line is written with it or not at all. The lock order is conversation, ride, fund: this
comes last. Money is US cents.

A ride's hold lies in both places: `ride.hold_cents` says what the fund holds for it, so both change
together here.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from storage.tables import Fund, FundEntry, Ride, table
from storage.tables.going import EntryKind

FUND, ENTRY, RIDE = table(Fund), table(FundEntry), table(Ride)
BOT = "bot"


@dataclass(frozen=True, slots=True)
class FundRow:
    """A fund as it stands."""

    id: int
    name: str
    grant_code: str | None
    budget_cents: int
    held_cents: int
    spent_cents: int
    ride_limit_cents: int | None

    @property
    def left_cents(self) -> int:
        """What can still be held."""
        return self.budget_cents - self.held_cents - self.spent_cents


_SELECT = sa.select(*(FUND.c[name] for name in FundRow.__dataclass_fields__))


def add_fund(
    connection: sa.Connection,
    *,
    name: str,
    budget_cents: int,
    now: datetime,
    grant_code: str | None = None,
    ride_limit_cents: int | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> int:
    """Open a fund and return its id."""
    values = {"name": name, "budget_cents": budget_cents, "grant_code": grant_code}
    limits = {"ride_limit_cents": ride_limit_cents, "starts_at": starts_at, "ends_at": ends_at}
    statement = sa.insert(FUND).values(**values, **limits, created_at=now).returning(FUND.c.id)
    return int(connection.execute(statement).scalar_one())


def fund(connection: sa.Connection, fund_id: int) -> FundRow | None:
    """Return a fund by its id."""
    row = connection.execute(_SELECT.where(FUND.c.id == fund_id)).mappings().first()
    return None if row is None else FundRow(**row)


def open_funds(connection: sa.Connection, now: datetime, grant_code: str | None = None) -> list[FundRow]:
    """List the funds that may pay now; those of the person's grant first, then the ones for everybody."""
    statement = _SELECT.where(
        FUND.c.open,
        sa.or_(FUND.c.starts_at.is_(None), FUND.c.starts_at <= now),
        sa.or_(FUND.c.ends_at.is_(None), FUND.c.ends_at > now),
        sa.or_(FUND.c.grant_code.is_(None), FUND.c.grant_code == grant_code),
    ).order_by(FUND.c.grant_code.is_(None), FUND.c.id)
    return [FundRow(**row) for row in connection.execute(statement).mappings()]


def hold(connection: sa.Connection, fund_id: int, ride_id: int, cents: int, now: datetime) -> bool:
    """Hold money for a ride that holds none; False, changing nothing, when the fund has not got it."""
    if not _move(connection, fund_id, now, "hold", ride_id=ride_id, held=cents):
        return False
    at = RIDE.c.id == ride_id
    connection.execute(
        sa.update(RIDE).where(at).values(fund_id=fund_id, hold_cents=RIDE.c.hold_cents + cents)
    )
    return True


def raise_hold(connection: sa.Connection, ride_id: int, to_cents: int, now: datetime) -> bool:
    """Hold this much in all for a ride; False, changing nothing, when the fund has not so much left."""
    fund_id, held = _held(connection, ride_id)
    if fund_id is None or not _move(connection, fund_id, now, "raise", ride_id=ride_id, held=to_cents - held):
        return False
    connection.execute(sa.update(RIDE).where(RIDE.c.id == ride_id).values(hold_cents=to_cents))
    return True


def settle(connection: sa.Connection, ride_id: int, cost_cents: int, now: datetime) -> bool:
    """Pay what the ride cost out of its hold and give the rest back; a ride ends once, again changes nothing.

    A cost above the hold is taken from what is left; False, changing nothing, when that is not enough.
    """
    return _end(connection, ride_id, "settle", cost_cents, now)


def release(connection: sa.Connection, ride_id: int, now: datetime) -> bool:
    """Give a ride's whole hold back: it was not driven and cost nothing."""
    return _end(connection, ride_id, "release", 0, now)


def charge_fee(connection: sa.Connection, ride_id: int, fee_cents: int, now: datetime) -> bool:
    """Pay a fee (late cancel, no-show) out of the hold, give the rest back; False if that is not enough."""
    if not _end(connection, ride_id, "fee", fee_cents, now):
        return False
    connection.execute(sa.update(RIDE).where(RIDE.c.id == ride_id).values(fee_cents=fee_cents))
    return True


def adjust(connection: sa.Connection, fund_id: int, budget_change: int, actor: str, now: datetime) -> bool:
    """Give a fund more or less to spend, by a human; False when that is less than held and spent already."""
    return _move(connection, fund_id, now, "adjust", budget=budget_change, actor=actor)


def entries(connection: sa.Connection, fund_id: int) -> list[sa.Row[tuple[object, ...]]]:
    """List the ledger of a fund, the oldest line first."""
    return list(connection.execute(sa.select(ENTRY).where(ENTRY.c.fund_id == fund_id).order_by(ENTRY.c.id)))


def _end(connection: sa.Connection, ride_id: int, kind: EntryKind, cost: int, now: datetime) -> bool:
    fund_id, held = _held(connection, ride_id)
    if fund_id is None:
        return False
    once = f"end:{ride_id}"
    if connection.execute(sa.select(ENTRY.c.id).where(ENTRY.c.dedupe_key == once)).first() is not None:
        return True
    if not _move(connection, fund_id, now, kind, ride_id=ride_id, held=-held, spent=cost, once=once):
        return False
    connection.execute(sa.update(RIDE).where(RIDE.c.id == ride_id).values(hold_cents=0))
    return True


def _held(connection: sa.Connection, ride_id: int) -> tuple[int | None, int]:
    statement = sa.select(RIDE.c.fund_id, RIDE.c.hold_cents).where(RIDE.c.id == ride_id)
    row = connection.execute(statement.with_for_update()).one()
    return row.fund_id, row.hold_cents


def _move(
    connection: sa.Connection,
    fund_id: int,
    now: datetime,
    kind: EntryKind,
    *,
    ride_id: int | None = None,
    held: int = 0,
    spent: int = 0,
    budget: int = 0,
    actor: str = BOT,
    once: str | None = None,
) -> bool:
    """Move the money if it is there, and write the line; the condition and the change are one statement."""
    after = FUND.c.held_cents + held + FUND.c.spent_cents + spent
    enough = after <= FUND.c.budget_cents + budget if held + spent - budget > 0 else sa.true()
    statement = (
        sa.update(FUND)
        .where(FUND.c.id == fund_id, FUND.c.held_cents + held >= 0, enough)
        .values(
            held_cents=FUND.c.held_cents + held,
            spent_cents=FUND.c.spent_cents + spent,
            budget_cents=FUND.c.budget_cents + budget,
        )
    )
    if connection.execute(statement).rowcount != 1:
        return False
    line = {
        "fund_id": fund_id,
        "ride_id": ride_id,
        "kind": kind,
        "actor": actor,
        "at": now,
        "dedupe_key": once,
    }
    change = {"held_change": held, "spent_change": spent, "budget_change": budget}
    connection.execute(sa.insert(ENTRY).values(**line, **change))
    return True
