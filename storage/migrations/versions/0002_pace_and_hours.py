"""How fast each sender goes, each person's own hours, and which words a yes was for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
WAITING = "state IN ('queued', 'sending', 'unsure')"


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "pace",
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("refilled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("sent_today", sa.Integer(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sender", name=op.f("pk_pace")),
    )
    op.create_table(
        "chat_pace",
        sa.Column(
            "contact_point_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("busy_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_point.id"],
            name=op.f("fk_chat_pace_contact_point_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contact_point_id", name=op.f("pk_chat_pace")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lang", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("shown", sa.String(), nullable=True))

    with op.batch_alter_table("contact_point", schema=None) as batch_op:
        batch_op.add_column(sa.Column("discreet", sa.Boolean(), nullable=True))

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_message_ready",
            ["channel", "priority", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text(WAITING),
            postgresql_where=sa.text(WAITING),
        )

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("other_zones", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("texts_from", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("texts_to", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("early_ok", sa.Boolean(), nullable=True))
