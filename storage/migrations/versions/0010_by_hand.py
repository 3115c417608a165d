"""Rides booked by hand, and ride companies a person is not sent with."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
STATES = "('asked', 'booked', 'sent', 'arriving', 'in_car', 'completed', 'no_show', 'cancelled', 'no_car', 'dropped')"
OPEN = sa.text("state IN ('asked', 'booked', 'sent', 'arriving', 'in_car')")
STANDS = sa.text("cleared_at IS NULL")


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "hand_ride",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rider", sa.LargeBinary(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("pickup", sa.LargeBinary(), nullable=False),
        sa.Column("dropoff", sa.LargeBinary(), nullable=False),
        sa.Column("flexible", sa.Boolean(), nullable=False),
        sa.Column("day", sa.String(), nullable=True),
        sa.Column("pickup_at", MOMENT, nullable=True),
        sa.Column("drive_minutes", sa.Integer(), nullable=False),
        sa.Column("answer_by", MOMENT, nullable=False),
        sa.Column("called_at", MOMENT, nullable=True),
        sa.Column("call_off_at", MOMENT, nullable=True),
        sa.Column("car", sa.LargeBinary(), nullable=True),
        sa.Column("fare_cents", sa.Integer(), nullable=False),
        sa.Column("fee_cents", sa.Integer(), nullable=False),
        sa.Column("final_cents", sa.Integer(), nullable=True),
        sa.Column("caseworker_id", ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_hand_ride_state")),
        _to("hand_ride", "person_id", "person", "CASCADE"),
        _to("hand_ride", "caseworker_id", "caseworker", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_ride")),
        sa.UniqueConstraint("ref", name=op.f("uq_hand_ride_ref")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_hand_ride_person_id", "hand_ride", ["person_id"])
    op.create_index("ix_hand_ride_open", "hand_ride", ["person_id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "ride_exclusion",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("cleared_at", MOMENT, nullable=True),
        sa.Column("cleared_by", ID, nullable=True),
        _to("ride_exclusion", "person_id", "person", "CASCADE"),
        _to("ride_exclusion", "cleared_by", "caseworker", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ride_exclusion")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ride_exclusion_person_id", "ride_exclusion", ["person_id"])
    op.create_index(
        "uq_ride_exclusion",
        "ride_exclusion",
        ["person_id", "provider"],
        unique=True,
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )


def _to(table: str, column: str, target: str, gone: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=gone
    )
