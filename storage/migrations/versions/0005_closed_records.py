"""An index that finds the few closed records among all people."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
CLOSED = sa.text("closed_at IS NOT NULL")


def upgrade() -> None:
    """Bring the schema here."""
    op.create_index(
        "ix_person_closed",
        "person",
        ["closed_at"],
        unique=False,
        sqlite_where=CLOSED,
        postgresql_where=CLOSED,
    )
