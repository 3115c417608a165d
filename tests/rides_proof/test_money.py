"""No fund is overspent however many ask at once, each leg nets to its receipt; and the checks can fail."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from storage import funds
from storage.tables import FundEntry, Ride, table
from tests.rides_proof.money import NOW, overspent, prove, unbalanced
from tests.storage.samples import a_fund, a_ride, an_interview, someone

ENTRY, RIDE = table(FundEntry), table(Ride)


def test_300_contended_attempts(database_url: str) -> None:
    figures = prove(database_url, 300, seed=1)
    assert figures.why == ()
    assert figures.ok
    assert figures.attempts == figures.held + figures.refused == 300
    assert min(figures.held, figures.refused) > 30  # the money was there, and it was not


# --- each check can fail ----------------------------------------------------------------------------


def an_ended_leg(connection: sa.Connection) -> int:
    """A leg held for 15 dollars from a fund of 20, driven for 12."""
    fund = a_fund(connection, 2000)
    ride = a_ride(connection, an_interview(connection, someone(connection)))
    funds.hold(connection, fund, ride.id, 1500, NOW)
    funds.settle(connection, ride.id, 1200, NOW)
    connection.execute(sa.update(RIDE).values(state="completed", final_cents=1200))
    return ride.id


def entry(connection: sa.Connection, **cents: int) -> None:
    """Write an entry past the code that moves money."""
    (fund_id,) = connection.execute(sa.select(ENTRY.c.fund_id).distinct()).one()
    values = {"fund_id": fund_id, "kind": "adjust", "actor": "test", "at": NOW}
    connection.execute(sa.insert(ENTRY).values(**values, **cents))


def test_nothing_is_found_where_nothing_is_wrong(connection: sa.Connection) -> None:
    an_ended_leg(connection)
    assert [*overspent(connection), *unbalanced(connection)] == []


def test_a_fund_below_zero_is_found_though_it_recovers(connection: sa.Connection) -> None:
    an_ended_leg(connection)
    entry(connection, free_cents=-900, held_cents=900)  # 8 dollars were free
    entry(connection, free_cents=900, held_cents=-900)
    (why,) = overspent(connection)
    assert "had -100 cents free" in why


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda c: entry(c, free_cents=-100, held_cents=100), "stands apart from its ledger"),
        (lambda c: c.execute(sa.update(RIDE).values(final_cents=1300)), "nets to"),
        (lambda c: c.execute(sa.update(RIDE).values(hold_cents=300)), "nets to"),
        (lambda c: c.execute(sa.update(RIDE).values(state="cancelled")), "nets to"),
    ],
    ids=["fund", "receipt", "hold", "not driven"],
)
def test_books_that_do_not_agree_are_found(
    connection: sa.Connection, spoil: Callable[[sa.Connection], object], why: str
) -> None:
    an_ended_leg(connection)
    spoil(connection)
    (found,) = unbalanced(connection)
    assert why in found


def test_an_entry_out_of_balance_is_found(connection: sa.Connection) -> None:
    """The database refuses one; where it did not, the proof would tell."""
    an_ended_leg(connection)
    unchecked = {
        "sqlite": "PRAGMA ignore_check_constraints = ON",
        "postgresql": "ALTER TABLE fund_entry DROP CONSTRAINT ck_fund_entry_balanced",
    }
    with connection.begin_nested() as for_now:
        connection.exec_driver_sql(unchecked[connection.dialect.name])
        entry(connection, held_cents=100)
        assert "does not sum to zero" in next(unbalanced(connection))
        for_now.rollback()
