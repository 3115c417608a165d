"""Going to work: the plans of shifts, the days that differ, and when a shift ends."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state = 'planned'")


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "work_plan",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("place_id", ID, nullable=False),
        sa.Column("stop_place_id", ID, nullable=False),
        sa.Column("door", sa.LargeBinary(), nullable=True),
        sa.Column("rider", sa.LargeBinary(), nullable=False),
        sa.Column("employer", sa.LargeBinary(), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("first_day", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.Column("weekdays", sa.String(), nullable=False),
        sa.Column("starts", sa.String(), nullable=False),
        sa.Column("ends", sa.String(), nullable=False),
        sa.Column("onward", sa.LargeBinary(), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taper_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('planned', 'over')", name=op.f("ck_work_plan_state")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_work_plan_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_work_plan_place_id"), ondelete="NO ACTION"
        ),
        sa.ForeignKeyConstraint(
            ["stop_place_id"], ["place.id"], name=op.f("fk_work_plan_stop_place_id"), ondelete="NO ACTION"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_plan")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_work_plan_open", "work_plan", ["until"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index(op.f("ix_work_plan_person_id"), "work_plan", ["person_id"])
    op.create_table(
        "work_day",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("plan_id", ID, nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column("starts", sa.String(), nullable=True),
        sa.Column("ends", sa.String(), nullable=True),
        sa.Column("interview_id", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["work_plan.id"], name=op.f("fk_work_day_plan_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.id"], name=op.f("fk_work_day_interview_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_day")),
        sa.UniqueConstraint("plan_id", "day", name=op.f("uq_work_day_plan_id_day")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_work_day_plan_id"), "work_day", ["plan_id"])
    op.create_index(op.f("ix_work_day_interview_id"), "work_day", ["interview_id"])
    with op.batch_alter_table("interview", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
