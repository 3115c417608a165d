"""Money: held, spent, given back, never more than there is; and a ledger nobody can alter."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, IntegrityError

from storage import funds
from storage.funds import Rule
from storage.rides import RideRow
from storage.tables import Fund, FundEntry, Person, Ride, table
from tests.storage.samples import NOW, a_fund, a_ride, an_interview, someone

FUND, ENTRY, RIDE, PERSON = table(Fund), table(FundEntry), table(Ride), table(Person)
CENTS = [ENTRY.c[f"{account}_cents"] for account in funds.ACCOUNTS]


def money(connection: sa.Connection, fund_id: int) -> tuple[int, int, int]:
    """Held, spent with fees, left."""
    row = funds.fund(connection, fund_id)
    assert row is not None
    return row.held_cents, row.spent_cents + row.fees_cents, row.left_cents


def ledger(connection: sa.Connection, fund_id: int) -> list[tuple[object, ...]]:
    """Each entry: what kind, and budget, free, held, spent, fees."""
    statement = sa.select(ENTRY.c.kind, *CENTS).where(ENTRY.c.fund_id == fund_id).order_by(ENTRY.c.id)
    return [tuple(row) for row in connection.execute(statement)]


def a_leg(connection: sa.Connection, address: str = "+15555550101") -> RideRow:
    return a_ride(connection, an_interview(connection, someone(connection, address)))


def test_hold_raise_settle(connection: sa.Connection) -> None:
    fund, ride = a_fund(connection, 5000), a_leg(connection)
    assert funds.hold(connection, fund, ride.id, 1500, NOW)
    assert funds.raise_hold(connection, ride.id, 2000, NOW)
    assert money(connection, fund) == (2000, 0, 3000)
    assert funds.settle(connection, ride.id, 1800, NOW)
    assert money(connection, fund) == (0, 1800, 3200)
    assert ledger(connection, fund) == [
        ("adjust", -5000, 5000, 0, 0, 0),
        ("hold", 0, -1500, 1500, 0, 0),
        ("raise", 0, -500, 500, 0, 0),
        ("settle", 0, 200, -2000, 1800, 0),
    ]


def test_a_ride_ends_once(connection: sa.Connection) -> None:
    fund, ride = a_fund(connection, 5000), a_leg(connection)
    assert funds.hold(connection, fund, ride.id, 1500, NOW)
    assert funds.settle(connection, ride.id, 1200, NOW)
    assert funds.settle(connection, ride.id, 1200, NOW)
    assert funds.release(connection, ride.id, NOW)
    assert money(connection, fund) == (0, 1200, 3800)
    assert len(ledger(connection, fund)) == 3


def test_a_later_receipt_puts_the_cost_right(connection: sa.Connection) -> None:
    fund, ride = a_fund(connection, 5000), a_leg(connection)
    funds.hold(connection, fund, ride.id, 1500, NOW)
    funds.settle(connection, ride.id, 1200, NOW)
    assert funds.settle(connection, ride.id, 1350, NOW)
    assert ledger(connection, fund)[-1] == ("adjust", 0, -150, 0, 150, 0)
    assert not funds.settle(connection, ride.id, 5001, NOW)  # more than there ever was
    assert money(connection, fund) == (0, 1350, 3650)


def test_a_fee_that_comes_after_the_release_is_paid(connection: sa.Connection) -> None:
    fund, ride = a_fund(connection, 5000), a_leg(connection)
    funds.hold(connection, fund, ride.id, 1500, NOW)
    funds.release(connection, ride.id, NOW)
    assert funds.charge_fee(connection, ride.id, 500, NOW)
    assert funds.charge_fee(connection, ride.id, 500, NOW)
    assert money(connection, fund) == (0, 500, 4500)


def test_what_is_not_there_is_not_held(connection: sa.Connection) -> None:
    fund, ride = a_fund(connection, 1000), a_leg(connection)
    assert not funds.hold(connection, fund, ride.id, 1001, NOW)
    assert funds.hold(connection, fund, ride.id, 800, NOW)
    assert not funds.raise_hold(connection, ride.id, 1001, NOW)
    assert not funds.settle(connection, ride.id, 1001, NOW)
    assert money(connection, fund) == (800, 0, 200)
    assert funds.settle(connection, ride.id, 1000, NOW)
    assert money(connection, fund) == (0, 1000, 0)


def test_a_fee_is_paid_and_the_rest_comes_back(connection: sa.Connection) -> None:
    fund = a_fund(connection, 5000)
    meeting = an_interview(connection, someone(connection))
    out, home = a_ride(connection, meeting), a_ride(connection, meeting, "home")
    for ride in (out, home):
        assert funds.hold(connection, fund, ride.id, 1500, NOW)
    assert funds.charge_fee(connection, out.id, 500, NOW)
    assert funds.release(connection, home.id, NOW)
    assert money(connection, fund) == (0, 500, 4500)
    assert ledger(connection, fund)[-2:] == [
        ("fee", 0, 1000, -1500, 0, 500),
        ("release", 0, 1500, -1500, 0, 0),
    ]


def test_staff_cannot_take_away_what_is_held(connection: sa.Connection) -> None:
    fund, ride = a_fund(connection, 1000), a_leg(connection)
    assert funds.hold(connection, fund, ride.id, 800, NOW)
    assert not funds.adjust(connection, fund, -201, "caseworker:1", NOW)
    assert funds.adjust(connection, fund, -200, "caseworker:1", NOW)
    assert funds.adjust(connection, fund, 5000, "caseworker:1", NOW)
    assert money(connection, fund) == (800, 0, 5000)


def test_the_last_line_of_defence_is_the_database(connection: sa.Connection) -> None:
    fund = a_fund(connection, 1000)
    for values in ({"held_cents": 1001}, {"spent_cents": 1001}, {"fees_cents": 1001}, {"held_cents": -1}):
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(sa.update(FUND).where(FUND.c.id == fund).values(**values))


def test_a_fund_is_never_overspent_however_many_ask_at_once(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        fund = a_fund(connection, 10_000)
        people = [someone(connection, f"+1555555020{n}") for n in range(10)]
        legs = [
            a_ride(connection, an_interview(connection, one), leg).id
            for one in people
            for leg in ("out", "home")
        ]

    def ask(ride_id: int) -> bool:
        with engine.begin() as connection:
            return funds.hold(connection, fund, ride_id, 1500, NOW)

    with ThreadPoolExecutor(8) as threads:
        held = list(threads.map(ask, legs))
    assert held.count(True) == 6
    with engine.begin() as connection:
        assert money(connection, fund) == (9000, 0, 1000)
        sums = sa.select(sa.func.sum(ENTRY.c.held_cents), sa.func.count()).where(ENTRY.c.kind == "hold")
        assert tuple(connection.execute(sums).one()) == (9000, 6)
        assert connection.execute(sa.select(sa.func.sum(RIDE.c.hold_cents))).scalar_one() == 9000


# --- the ledger -------------------------------------------------------------------------------------


def test_the_ledger_adds_up_to_the_fund(connection: sa.Connection) -> None:
    fund = a_fund(connection, 9000)
    meeting = an_interview(connection, someone(connection))
    out, home = a_ride(connection, meeting), a_ride(connection, meeting, "home")
    funds.hold(connection, fund, out.id, 1000, NOW)
    funds.hold(connection, fund, home.id, 1000, NOW)
    funds.raise_hold(connection, home.id, 700, NOW)
    funds.settle(connection, out.id, 1300, NOW)
    funds.adjust(connection, fund, 500, "caseworker:1", NOW)
    kinds = [line.kind for line in funds.entries(connection, fund)]
    assert kinds == ["adjust", "hold", "hold", "raise", "settle", "adjust"]
    sums = connection.execute(sa.select(*(sa.func.sum(column) for column in CENTS))).one()
    held, spent, left = money(connection, fund)
    assert tuple(sums) == (-9500, left, held, spent, 0) == (-9500, 7500, 700, 1300, 0)


def test_an_entry_that_does_not_balance_is_refused(connection: sa.Connection) -> None:
    fund = a_fund(connection, 1000)
    values = {"fund_id": fund, "kind": "hold", "actor": "test", "at": NOW}
    with pytest.raises(IntegrityError), connection.begin_nested():
        connection.execute(sa.insert(ENTRY).values(**values, held_cents=100, free_cents=-99))
    connection.execute(sa.insert(ENTRY).values(**values, held_cents=100, free_cents=-100))


def test_a_second_end_of_a_ride_is_refused(connection: sa.Connection) -> None:
    fund, ride = a_fund(connection, 5000), a_leg(connection)
    funds.hold(connection, fund, ride.id, 1500, NOW)
    funds.settle(connection, ride.id, 1500, NOW)
    values = {"fund_id": fund, "ride_id": ride.id, "kind": "release", "actor": "test", "at": NOW}
    with pytest.raises(IntegrityError), connection.begin_nested():
        connection.execute(sa.insert(ENTRY).values(**values, held_cents=-100, free_cents=100))


@pytest.mark.parametrize(
    "statement",
    [
        sa.update(ENTRY).values(held_cents=1, free_cents=-1),
        sa.update(ENTRY).values(actor="nobody"),
        sa.update(ENTRY).values(ride_id=None, kind="fee"),
        sa.update(ENTRY).values(fund_id=ENTRY.c.fund_id + 1),
        sa.delete(ENTRY),
    ],
    ids=["cents", "actor", "kind", "fund", "delete"],
)
def test_the_ledger_is_only_appended_to(connection: sa.Connection, statement: sa.Executable) -> None:
    fund, ride = a_fund(connection, 5000), a_leg(connection)
    funds.hold(connection, fund, ride.id, 1500, NOW)
    with pytest.raises(DatabaseError, match="only appended to"), connection.begin_nested():
        connection.execute(statement)
    assert len(ledger(connection, fund)) == 2


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_the_ledger_cannot_be_emptied_either(connection: sa.Connection) -> None:
    a_fund(connection, 5000)
    with pytest.raises(DatabaseError, match="only appended to"), connection.begin_nested():
        connection.exec_driver_sql("TRUNCATE fund_entry")


def test_an_erased_persons_money_stays_in_the_books_without_them(connection: sa.Connection) -> None:
    fund, ride = a_fund(connection, 5000), a_leg(connection)
    funds.hold(connection, fund, ride.id, 1500, NOW)
    funds.settle(connection, ride.id, 1200, NOW)
    before = ledger(connection, fund)
    connection.execute(sa.delete(PERSON).where(PERSON.c.id == ride.person_id))
    assert ledger(connection, fund) == before
    assert {line.ride_id for line in funds.entries(connection, fund)} == {None}


# --- which fund -------------------------------------------------------------------------------------


def test_the_grants_own_fund_pays_first(connection: sa.Connection) -> None:
    general = funds.add_fund(connection, name="all", budget_cents=100, now=NOW)
    own = funds.add_fund(connection, name="own", budget_cents=100, now=NOW, grant_code="G1")
    funds.add_fund(connection, name="other", budget_cents=100, now=NOW, grant_code="G2")
    funds.add_fund(connection, name="over", budget_cents=100, now=NOW, ends_at=NOW)
    assert [fund.id for fund in funds.open_funds(connection, NOW, "G1")] == [own, general]
    assert [fund.id for fund in funds.open_funds(connection, NOW)] == [general]


def test_a_fund_pays_for_its_purposes_by_its_rules(connection: sa.Connection) -> None:
    work = funds.add_fund(connection, name="work", budget_cents=100, now=NOW, purposes=["work"])
    every = funds.add_fund(connection, name="all", budget_cents=100, now=NOW)
    funds.set_rule(connection, every, "work", Rule(person_trips=15))
    funds.set_rule(connection, every, "work", Rule(person_trips=20))
    found = [(fund.id, rule) for fund, rule in funds.funds_for(connection, "work", NOW)]
    assert found == [(work, Rule()), (every, Rule(person_trips=20))]
    assert [fund.id for fund, _ in funds.funds_for(connection, "training", NOW)] == [every]
    assert funds.rule_for(connection, work, "training") is None


def test_a_trip_is_an_appointment_and_none_that_came_to_nothing(connection: sa.Connection) -> None:
    fund, one = a_fund(connection, 90_000), someone(connection)
    legs = []
    for _ in range(3):
        meeting = an_interview(connection, one)
        legs += [a_ride(connection, meeting), a_ride(connection, meeting, "home")]
    for leg in legs:
        funds.hold(connection, fund, leg.id, 1000, NOW)
    assert funds.trips_used(connection, fund, one.person_id, "interview") == 3
    assert funds.trips_used(connection, fund, one.person_id, "interview", but=legs[0].interview_id) == 2
    assert funds.trips_used(connection, fund, one.person_id, "work") == 0
    over = [leg.id for leg in legs[2:]]
    connection.execute(sa.update(RIDE).where(RIDE.c.id.in_(over)).values(state="cancelled"))
    assert funds.trips_used(connection, fund, one.person_id, "interview") == 1
    funds.charge_fee(connection, over[0], 500, NOW)  # called off too late: it cost money
    assert funds.trips_used(connection, fund, one.person_id, "interview") == 2
