"""Funds with a rule for each purpose, a ledger that balances and is only appended to, and who waits for money."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PURPOSES = ("interview", "hiring_step", "documents", "training", "work")
IN_PURPOSES = f"purpose IN ({', '.join(repr(one) for one in PURPOSES)})"
ACCOUNTS = ("budget", "free", "held", "spent", "fees")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEPT = {"sqlite_autoincrement": True}  # or a table made anew would give an erased row's id again
ENDS = sa.text("kind IN ('settle', 'release', 'fee')")
WAITS = sa.text("state <> 'over'")
FIXED = ("id", "fund_id", "kind", "actor", "at", *(f"{account}_cents" for account in ACCOUNTS))


def upgrade() -> None:
    """Bring the schema here."""
    _rules()
    _funds()
    _entries()
    _waits()
    with op.batch_alter_table("ride", schema=None, table_kwargs=KEPT) as batch_op:
        batch_op.add_column(sa.Column("approval", sa.String(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_ride_approval"), "approval IN ('waiting', 'given')")
    for statement in _guards():
        op.execute(statement)


def _rules() -> None:
    """Every fund pays for every purpose, as it did, within the limit it had."""
    op.create_table(
        "fund_rule",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("fund_id", ID, nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("ride_limit_cents", sa.Integer(), nullable=True),
        sa.Column("person_trips", sa.Integer(), nullable=True),
        sa.Column("max_miles", sa.Integer(), nullable=True),
        sa.Column("days_ahead", sa.Integer(), nullable=True),
        sa.Column("from_hour", sa.Integer(), nullable=True),
        sa.Column("until_hour", sa.Integer(), nullable=True),
        sa.Column("approval_over_cents", sa.Integer(), nullable=True),
        sa.CheckConstraint(IN_PURPOSES, name=op.f("ck_fund_rule_purpose")),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["fund.id"], name=op.f("fk_fund_rule_fund_id_fund"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_rule")),
        sa.UniqueConstraint("fund_id", "purpose", name=op.f("uq_fund_rule_fund_id_purpose")),
        sqlite_autoincrement=True,
    )
    for purpose in PURPOSES:
        op.execute(
            "INSERT INTO fund_rule (fund_id, purpose, ride_limit_cents) "
            f"SELECT id, '{purpose}', ride_limit_cents FROM fund"
        )


def _funds() -> None:
    """Fees leave what is spent and have a column of their own."""
    with op.batch_alter_table("fund", schema=None, table_kwargs=KEPT) as batch_op:
        batch_op.add_column(sa.Column("fees_cents", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("area", sa.String(), nullable=True))
        batch_op.drop_column("ride_limit_cents")
        batch_op.drop_constraint(op.f("ck_fund_not_negative"), type_="check")
        batch_op.drop_constraint(op.f("ck_fund_not_overspent"), type_="check")
    paid = "SELECT coalesce(sum(spent_change), 0) FROM fund_entry WHERE fund_id = fund.id AND kind = 'fee'"
    op.execute(f"UPDATE fund SET fees_cents = ({paid}), spent_cents = spent_cents - ({paid})")
    with op.batch_alter_table("fund", schema=None, table_kwargs=KEPT) as batch_op:
        batch_op.alter_column("fees_cents", server_default=None)
        batch_op.create_check_constraint(
            op.f("ck_fund_not_negative"), "held_cents >= 0 AND spent_cents >= 0 AND fees_cents >= 0"
        )
        batch_op.create_check_constraint(
            op.f("ck_fund_not_overspent"), "held_cents + spent_cents + fees_cents <= budget_cents"
        )


def _entries() -> None:
    """Each line becomes a movement between accounts; what a fund was opened with is written down too."""
    with op.batch_alter_table("fund_entry", schema=None, table_kwargs=KEPT) as batch_op:
        for account in ACCOUNTS:
            batch_op.add_column(
                sa.Column(f"{account}_cents", sa.BigInteger(), nullable=False, server_default="0")
            )
    op.execute(
        "UPDATE fund_entry SET budget_cents = -budget_change, held_cents = held_change, "
        "free_cents = budget_change - held_change - spent_change, "
        "spent_cents = CASE WHEN kind = 'fee' THEN 0 ELSE spent_change END, "
        "fees_cents = CASE WHEN kind = 'fee' THEN spent_change ELSE 0 END"
    )
    with op.batch_alter_table("fund_entry", schema=None, table_kwargs=KEPT) as batch_op:
        batch_op.drop_constraint(op.f("uq_fund_entry_dedupe_key"), type_="unique")
        for gone in ("dedupe_key", "held_change", "spent_change", "budget_change"):
            batch_op.drop_column(gone)
        for account in ACCOUNTS:
            batch_op.alter_column(f"{account}_cents", server_default=None)
        total = " + ".join(f"{account}_cents" for account in ACCOUNTS)
        batch_op.create_check_constraint(op.f("ck_fund_entry_balanced"), f"{total} = 0")
        batch_op.create_index(
            "uq_fund_entry_end", ["ride_id"], unique=True, sqlite_where=ENDS, postgresql_where=ENDS
        )
    known = "(SELECT coalesce(sum(budget_cents), 0) FROM fund_entry WHERE fund_id = fund.id)"
    op.execute(
        "INSERT INTO fund_entry (fund_id, kind, budget_cents, free_cents, held_cents, spent_cents, "
        f"fees_cents, actor, at) SELECT id, 'adjust', -(budget_cents + {known}), budget_cents + {known}, "
        f"0, 0, 0, 'bot', created_at FROM fund WHERE budget_cents + {known} <> 0"
    )


def _waits() -> None:
    op.create_table(
        "ride_wait",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("interview_id", ID, nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("until", storage.types.UTCDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("fund_id", ID, nullable=True),
        sa.Column("asked_at", storage.types.UTCDateTime(), nullable=False),
        sa.Column("offered_at", storage.types.UTCDateTime(), nullable=True),
        sa.Column("lapses_at", storage.types.UTCDateTime(), nullable=True),
        sa.Column("ended_at", storage.types.UTCDateTime(), nullable=True),
        sa.CheckConstraint(IN_PURPOSES, name=op.f("ck_ride_wait_purpose")),
        sa.CheckConstraint("state IN ('waiting', 'offered', 'over')", name=op.f("ck_ride_wait_state")),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["fund.id"], name=op.f("fk_ride_wait_fund_id_fund"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["interview_id"],
            ["interview.id"],
            name=op.f("fk_ride_wait_interview_id_interview"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_ride_wait_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ride_wait")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ride_wait", schema=None, table_kwargs=KEPT) as batch_op:
        batch_op.create_index("ix_ride_wait_person_id", ["person_id"], unique=False)
        batch_op.create_index("ix_ride_wait_interview_id", ["interview_id"], unique=False)
        batch_op.create_index(
            "ix_ride_wait_open", ["asked_at"], unique=False, sqlite_where=WAITS, postgresql_where=WAITS
        )
        batch_op.create_index(
            "uq_ride_wait_open", ["interview_id"], unique=True, sqlite_where=WAITS, postgresql_where=WAITS
        )


def _guards() -> Iterator[str]:
    """Refuse every change of the ledger but the lost link to a ride whose person was erased.

    They name no other table: SQLite would refuse to rename one that a trigger speaks of.
    """
    words = "the ledger is only appended to"
    if op.get_bind().dialect.name == "sqlite":
        same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in FIXED)
        yield (
            "CREATE TRIGGER fund_entry_kept BEFORE UPDATE ON fund_entry "
            f"WHEN NOT (NEW.ride_id IS NULL AND {same}) BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )
        yield (
            "CREATE TRIGGER fund_entry_not_deleted BEFORE DELETE ON fund_entry "
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )
        return
    same = " AND ".join(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in FIXED)
    yield (
        "CREATE FUNCTION fund_entry_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN IF NEW.ride_id IS NULL AND {same} THEN RETURN NEW; END IF; END IF; "
        f"RAISE EXCEPTION '{words}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    yield (
        "CREATE TRIGGER fund_entry_kept BEFORE UPDATE OR DELETE ON fund_entry "
        "FOR EACH ROW EXECUTE FUNCTION fund_entry_kept()"
    )
    yield (
        "CREATE TRIGGER fund_entry_not_emptied BEFORE TRUNCATE ON fund_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION fund_entry_kept()"
    )
