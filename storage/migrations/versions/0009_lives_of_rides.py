"""The ledger of what became of interviews and rides; and which ride came instead of which."""

import sqlalchemy as sa
from alembic import op

import storage.types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the schema here; what is known of a life so far becomes its first step."""
    op.create_table(
        "lifecycle_step",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("wanted", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("at", storage.types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_lifecycle_step_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lifecycle_step")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("lifecycle_step", schema=None) as batch_op:
        batch_op.create_index("ix_lifecycle_step_person_id", ["person_id"], unique=False)
        batch_op.create_index("ix_lifecycle_step_subject_id", ["subject", "id"], unique=False)
    for about, wanted, reason in (("interview", "NULL", "NULL"), ("ride", "wanted", "reason")):
        op.execute(
            "INSERT INTO lifecycle_step (person_id, subject, before, after, wanted, version, actor, reason, at) "
            f"SELECT person_id, '{about}:' || id, NULL, state, {wanted}, version, 'bot', {reason}, updated_at "
            f"FROM {about}"
        )
    with op.batch_alter_table("ride", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.add_column(sa.Column("instead_of", ID, nullable=True))
        batch_op.add_column(sa.Column("ordered_at", storage.types.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("fee_asked_cents", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_ride_instead_of_ride"), "ride", ["instead_of"], ["id"], ondelete="SET NULL"
        )
