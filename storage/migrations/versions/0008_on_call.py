"""Who is on call when, and the alarms that wake them. Who was on call always is on call every day, all day."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
RINGING = sa.text("state = 'ringing'")
TO_SEND = sa.text("state IN ('queued', 'sending', 'unsure')")
CALL_STATES = "('queued', 'sending', 'unsure', 'sent', 'maybe_sent', 'failed', 'dropped')"


def upgrade() -> None:
    """Bring the schema here."""
    _shifts()
    _alarms()
    _calls()
    _texts()
    op.execute(
        "INSERT INTO shift (caseworker_id, starts, ends, zone, place, created_at) "
        "SELECT id, '00:00', '00:00', coalesce(zone, 'America/New_York'), 1, created_at "
        "FROM caseworker WHERE on_call"
    )
    op.add_column("caseworker", sa.Column("no_texts_since", MOMENT, nullable=True))
    op.drop_column("caseworker", "on_call")  # in place: a table that SQLite makes anew forgets AUTOINCREMENT


def _shifts() -> None:
    op.create_table(
        "shift",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("caseworker_id", ID, nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("day", sa.String(), nullable=True),
        sa.Column("starts", sa.String(), nullable=False),
        sa.Column("ends", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("weekday IS NULL OR day IS NULL", name=op.f("ck_shift_one_kind_of_day")),
        sa.CheckConstraint("weekday IS NULL OR weekday BETWEEN 0 AND 6", name=op.f("ck_shift_weekday")),
        _to("shift", "caseworker_id", "caseworker"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_shift_caseworker_id", "shift", ["caseworker_id"])


def _alarms() -> None:
    op.create_table(
        "alarm",
        *_due(),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("item_id", ID, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answered_by", ID, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("how", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("how IN ('link', 'text', 'console')", name=op.f("ck_alarm_how")),
        sa.CheckConstraint(
            "state IN ('ringing', 'answered', 'over', 'unanswered')", name=op.f("ck_alarm_state")
        ),
        _to("alarm", "answered_by", "caseworker", "SET NULL"),
        _to("alarm", "item_id", "attention_item"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_alarm_dedupe_key")),
        sa.UniqueConstraint("item_id", name=op.f("uq_alarm_item_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alarm_due", "alarm", ["due_at"], sqlite_where=RINGING, postgresql_where=RINGING)


def _calls() -> None:
    op.create_table(
        "alarm_call",
        *_due(),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("alarm_id", ID, nullable=False),
        sa.Column("caseworker_id", ID, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("sending_since", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(f"state IN {CALL_STATES}", name=op.f("ck_alarm_call_state")),
        _to("alarm_call", "alarm_id", "alarm"),
        _to("alarm_call", "caseworker_id", "caseworker"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_call")),
        sa.UniqueConstraint("channel", "provider_id", name=op.f("uq_alarm_call_channel_provider_id")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_alarm_call_dedupe_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alarm_call_alarm_id", "alarm_call", ["alarm_id"])
    op.create_index("ix_alarm_call_caseworker_id", "alarm_call", ["caseworker_id"])
    op.create_index(
        "ix_alarm_call_due", "alarm_call", ["due_at"], sqlite_where=TO_SEND, postgresql_where=TO_SEND
    )


def _texts() -> None:
    op.create_table(
        "alarm_link",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("call_id", ID, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        _to("alarm_link", "call_id", "alarm_call"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_alarm_link_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alarm_link_call_id", "alarm_link", ["call_id"])
    op.create_table(
        "staff_text",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("caseworker_id", ID, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _to("staff_text", "caseworker_id", "caseworker"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_text")),
        sa.UniqueConstraint("channel", "provider_id", name=op.f("uq_staff_text_channel_provider_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_staff_text_caseworker_id", "staff_text", ["caseworker_id"])


def _due() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("dedupe_key", sa.String(), nullable=True),
    )


def _to(table: str, column: str, target: str, gone: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=gone
    )
