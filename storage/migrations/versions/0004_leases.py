"""Indexes that find the next due row, and the next lease that runs out, however many rows wait."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
LEASED, WAITING = sa.text("lease_until IS NOT NULL"), sa.text("state = 'waiting'")


def upgrade() -> None:
    """Bring the schema here."""
    op.drop_index("ix_timer_due", "timer")
    _index("ix_timer_due", "timer", ["due_at", "id"], WAITING)
    _index("ix_timer_leased", "timer", ["lease_until"], LEASED)
    _index("ix_photo_due", "photo", ["due_at"], sa.text("state = 'wanted'"))
    _index("ix_message_leased", "message", ["lease_until"], LEASED)


def _index(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)
