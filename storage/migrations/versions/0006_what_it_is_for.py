"""What an appointment and its rides are for: documents and training too; a first day is work."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
KEPT = {"sqlite_autoincrement": True}  # or a table made anew would give an erased row's id again
KINDS = "('interview', 'hiring_step', 'documents', 'training', 'work')"


def upgrade() -> None:
    """Bring the schema here."""
    for table, column in (("interview", "kind"), ("ride", "purpose")):
        row = sa.table(table, sa.column(column))
        op.execute(sa.update(row).where(row.c[column] == "first_day").values({column: "work"}))
        with op.batch_alter_table(table, schema=None, table_kwargs=KEPT) as batch_op:
            batch_op.drop_constraint(op.f(f"ck_{table}_{column}"), type_="check")
            batch_op.create_check_constraint(op.f(f"ck_{table}_{column}"), f"{column} IN {KINDS}")
