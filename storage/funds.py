"""Funds: money held for rides, spent by rides, paid in fees, given back; and the ledger of every cent.

The rule: one conditional UPDATE moves a fund's balances, so it is never overspent however many ask at once,
and the ledger's entry is written with it or not at all. An entry moves money between the five accounts of
its fund and sums to zero (a CHECK), and is never altered (a trigger). The lock order is conversation, ride,
fund: this comes last. Money is US cents.

A ride's hold lies in both places: `ride.hold_cents` says what the fund holds for it, so both change
together here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, get_args

import sqlalchemy as sa

from storage.tables import Fund, FundEntry, FundRule, Ride, table
from storage.tables.going import LIVE_RIDES, EntryKind, InterviewKind
from storage.types import as_row

FUND, RULE, ENTRY, RIDE = table(Fund), table(FundRule), table(FundEntry), table(Ride)
BOT = "bot"
ACCOUNTS: Final = ("budget", "free", "held", "spent", "fees")
ENDS: Final = ("settle", "release", "fee")
PURPOSES: Final[tuple[InterviewKind, ...]] = get_args(InterviewKind)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a fund pays for one purpose; None is no limit. Hours are for the pick-up, on the place's wall
    clock, `until_hour` not included; a trip is the way to one appointment and home."""

    ride_limit_cents: int | None = None
    person_trips: int | None = None
    max_miles: int | None = None
    days_ahead: int | None = None
    from_hour: int | None = None
    until_hour: int | None = None
    approval_over_cents: int | None = None


@dataclass(frozen=True, slots=True)
class FundRow:
    """A fund as it stands."""

    id: int
    name: str
    grant_code: str | None
    budget_cents: int
    held_cents: int
    spent_cents: int
    fees_cents: int
    area: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    open: bool

    @property
    def left_cents(self) -> int:
        """What can still be held: the account `free`."""
        return self.budget_cents - self.held_cents - self.spent_cents - self.fees_cents


_SELECT = sa.select(*(FUND.c[name] for name in FundRow.__dataclass_fields__))
_RULES = sa.select(RULE.c.fund_id, RULE.c.purpose, *(RULE.c[name] for name in Rule.__dataclass_fields__))


def add_fund(
    connection: sa.Connection,
    *,
    name: str,
    budget_cents: int,
    now: datetime,
    grant_code: str | None = None,
    ride_limit_cents: int | None = None,
    area: str | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    purposes: Collection[InterviewKind] = PURPOSES,
    actor: str = BOT,
) -> int:
    """Open a fund for these purposes and return its id; the first entry of its ledger is the budget."""
    values = {"name": name, "budget_cents": 0, "grant_code": grant_code, "area": area}
    dates = {"starts_at": starts_at, "ends_at": ends_at, "created_at": now}
    made = int(
        connection.execute(sa.insert(FUND).values(**values, **dates).returning(FUND.c.id)).scalar_one()
    )
    for purpose in purposes:
        set_rule(connection, made, purpose, Rule(ride_limit_cents=ride_limit_cents))
    adjust(connection, made, budget_cents, actor, now)
    return made


def set_rule(connection: sa.Connection, fund_id: int, purpose: InterviewKind, rule: Rule) -> None:
    """Have this fund pay for a purpose by this rule from now on."""
    at = sa.and_(RULE.c.fund_id == fund_id, RULE.c.purpose == purpose)
    if connection.execute(sa.update(RULE).where(at).values(**as_row(rule))).rowcount == 0:
        connection.execute(sa.insert(RULE).values(fund_id=fund_id, purpose=purpose, **as_row(rule)))


def rules_of(connection: sa.Connection, fund_id: int) -> dict[InterviewKind, Rule]:
    """Give a fund's rules by purpose; it pays for no other."""
    rows = connection.execute(_RULES.where(RULE.c.fund_id == fund_id).order_by(RULE.c.id)).mappings()
    return {row["purpose"]: _rule(row) for row in rows}


def fund(connection: sa.Connection, fund_id: int) -> FundRow | None:
    """Return a fund by its id."""
    row = connection.execute(_SELECT.where(FUND.c.id == fund_id)).mappings().first()
    return None if row is None else FundRow(**row)


def every_fund(connection: sa.Connection) -> list[FundRow]:
    """List all funds, closed and future ones too, by name."""
    return [FundRow(**row) for row in connection.execute(_SELECT.order_by(FUND.c.name)).mappings()]


def open_funds(connection: sa.Connection, now: datetime, grant_code: str | None = None) -> list[FundRow]:
    """List the funds that may pay now; those of the person's grant first, then the ones for everybody."""
    statement = _SELECT.where(_may_pay(now, grant_code)).order_by(FUND.c.grant_code.is_(None), FUND.c.id)
    return [FundRow(**row) for row in connection.execute(statement).mappings()]


def funds_for(
    connection: sa.Connection, purpose: InterviewKind, now: datetime, grant_code: str | None = None
) -> list[tuple[FundRow, Rule]]:
    """List the funds that may pay for a purpose now, each with its rule for it, in the same order."""
    rows = connection.execute(_RULES.where(RULE.c.purpose == purpose)).mappings()
    rules = {row["fund_id"]: _rule(row) for row in rows}
    return [(one, rules[one.id]) for one in open_funds(connection, now, grant_code) if one.id in rules]


def rule_for(connection: sa.Connection, fund_id: int, purpose: InterviewKind) -> Rule | None:
    """Give a fund's rule for a purpose; None: it pays for none of these."""
    return rules_of(connection, fund_id).get(purpose)


def trips_used(
    connection: sa.Connection, fund_id: int, person_id: int, purpose: InterviewKind, *, but: int | None = None
) -> int:
    """Count the appointments (but one) a fund has driven this person to, or is to; a leg called off for
    nothing, or lost, is none."""
    counts = sa.or_(
        sa.and_(RIDE.c.state.in_(LIVE_RIDES), RIDE.c.wanted == "booked"),
        RIDE.c.state == "completed",
        RIDE.c.fee_cents > 0,
    )
    at = sa.and_(RIDE.c.fund_id == fund_id, RIDE.c.person_id == person_id, RIDE.c.purpose == purpose, counts)
    if but is not None:
        at = sa.and_(at, RIDE.c.interview_id != but)
    found = connection.execute(sa.select(sa.func.count(sa.distinct(RIDE.c.interview_id))).where(at))
    return int(found.scalar_one())


# --- the money of one ride ------------------------------------------------------------------------------


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
    """Pay what the receipt says out of the hold and give the rest back; the same again changes nothing.

    A cost above the hold is taken from what is left, and a later receipt with another sum is put right by
    an `adjust`; False, changing nothing, when the fund has not enough for it.
    """
    return _end(connection, ride_id, "settle", now, spent=cost_cents)


def release(connection: sa.Connection, ride_id: int, now: datetime) -> bool:
    """Give a ride's whole hold back: it was not driven and cost nothing. One that was paid stays paid."""
    return _end(connection, ride_id, "release", now)


def charge_fee(connection: sa.Connection, ride_id: int, fee_cents: int, now: datetime) -> bool:
    """Pay a fee (late cancel, no-show) out of the hold, give the rest back; False if that is not enough."""
    if not _end(connection, ride_id, "fee", now, fees=fee_cents):
        return False
    connection.execute(sa.update(RIDE).where(RIDE.c.id == ride_id).values(fee_cents=fee_cents))
    return True


def adjust(connection: sa.Connection, fund_id: int, budget_change: int, actor: str, now: datetime) -> bool:
    """Give a fund more or less to spend, by a human; False when that is less than held and spent already."""
    return _move(connection, fund_id, now, "adjust", budget=budget_change, actor=actor)


def entries(connection: sa.Connection, fund_id: int) -> list[sa.Row[Any]]:
    """List the ledger of a fund, the oldest entry first."""
    return list(connection.execute(sa.select(ENTRY).where(ENTRY.c.fund_id == fund_id).order_by(ENTRY.c.id)))


def _end(
    connection: sa.Connection, ride_id: int, kind: EntryKind, now: datetime, spent: int = 0, fees: int = 0
) -> bool:
    fund_id, held = _held(connection, ride_id)
    if fund_id is None:
        return False
    ended, paid, charged = _net(connection, ride_id)
    if ended and (kind == "release" or (spent, fees) == (paid, charged)):
        return True
    if not _move(
        connection,
        fund_id,
        now,
        "adjust" if ended else kind,
        ride_id=ride_id,
        held=-held,
        spent=spent - paid,
        fees=fees - charged,
    ):
        return False
    connection.execute(sa.update(RIDE).where(RIDE.c.id == ride_id).values(hold_cents=0))
    return True


def _net(connection: sa.Connection, ride_id: int) -> tuple[bool, int, int]:
    """Say whether a ride has ended in the ledger, and what it has cost: spent, fees."""
    ends = sa.func.sum(sa.case((ENTRY.c.kind.in_(ENDS), 1), else_=0))
    sums = [
        sa.func.coalesce(sum_, 0)
        for sum_ in (ends, sa.func.sum(ENTRY.c.spent_cents), sa.func.sum(ENTRY.c.fees_cents))
    ]
    ended, spent, fees = connection.execute(sa.select(*sums).where(ENTRY.c.ride_id == ride_id)).one()
    return bool(ended), int(spent), int(fees)


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
    fees: int = 0,
    budget: int = 0,
    actor: str = BOT,
) -> bool:
    """Move the money if it is there, and write the entry; the condition and the change are one statement."""
    free = budget - held - spent - fees
    taken = FUND.c.held_cents + held + FUND.c.spent_cents + spent + FUND.c.fees_cents + fees
    enough = taken <= FUND.c.budget_cents + budget if free < 0 else sa.true()
    statement = (
        sa.update(FUND)
        .where(FUND.c.id == fund_id, FUND.c.held_cents + held >= 0, enough)
        .values(
            held_cents=FUND.c.held_cents + held,
            spent_cents=FUND.c.spent_cents + spent,
            fees_cents=FUND.c.fees_cents + fees,
            budget_cents=FUND.c.budget_cents + budget,
        )
    )
    if connection.execute(statement).rowcount != 1:
        return False
    line = {"fund_id": fund_id, "ride_id": ride_id, "kind": kind, "actor": actor, "at": now}
    sides = {"budget": -budget, "free": free, "held": held, "spent": spent, "fees": fees}
    cents = {f"{account}_cents": change for account, change in sides.items()}
    connection.execute(sa.insert(ENTRY).values(**line, **cents))
    return True


def _may_pay(now: datetime, grant_code: str | None) -> sa.ColumnElement[bool]:
    return sa.and_(
        FUND.c.open,
        sa.or_(FUND.c.starts_at.is_(None), FUND.c.starts_at <= now),
        sa.or_(FUND.c.ends_at.is_(None), FUND.c.ends_at > now),
        sa.or_(FUND.c.grant_code.is_(None), FUND.c.grant_code == grant_code),
    )


def _rule(row: Any) -> Rule:
    return Rule(**{name: row[name] for name in Rule.__dataclass_fields__})
