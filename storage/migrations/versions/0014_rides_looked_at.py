"""Indexes for the looks at live rides of a company, and at money that is held."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LIVE = sa.text("state IN ('held', 'booking', 'booked', 'accepted', 'arriving', 'in_progress')")
HOLDS = sa.text("hold_cents > 0")


def upgrade() -> None:
    """Bring the schema here."""
    op.create_index("ix_ride_live", "ride", ["provider"], sqlite_where=LIVE, postgresql_where=LIVE)
    op.create_index("ix_ride_hold", "ride", ["hold_cents"], sqlite_where=HOLDS, postgresql_where=HOLDS)
