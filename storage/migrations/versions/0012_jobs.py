"""Jobs: employers, jobs and their sources, matches, wishes, hires and how it went after."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    """Bring the schema here."""
    op.create_table(
        "employer",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("policy_source", sa.String(), nullable=True),
        sa.Column("policy_at", MOMENT, nullable=True),
        sa.Column("policy_by", sa.String(), nullable=True),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "policy IN ('unknown', 'says_fair_chance', 'told_us_hires', 'has_hired_ours')",
            name=op.f("ck_employer_policy"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employer")),
        sa.UniqueConstraint("key", name=op.f("uq_employer_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "job_feed",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=True),
        sa.Column("every_hours", sa.Integer(), nullable=False),
        sa.Column("last_at", MOMENT, nullable=True),
        sa.Column("last_result", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("format IN ('csv', 'json_ld', 'xml')", name=op.f("ck_job_feed_format")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_feed")),
        sa.UniqueConstraint("name", name=op.f("uq_job_feed_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "job_import",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_import")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_job_import_source_at"), "job_import", ["source", "at"])

    op.create_table(
        "employer_evidence",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("employer_id", ID, nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.CheckConstraint(
            "policy IN ('unknown', 'says_fair_chance', 'told_us_hires', 'has_hired_ours')",
            name=op.f("ck_employer_evidence_policy"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"],
            ["employer.id"],
            name=op.f("fk_employer_evidence_employer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employer_evidence")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_employer_evidence_employer_id"), "employer_evidence", ["employer_id"])

    op.create_table(
        "job",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("employer_id", ID, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("city", sa.String(), nullable=True),
        sa.Column("state_code", sa.String(), nullable=True),
        sa.Column("zip", sa.String(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("days", JSON, nullable=False),
        sa.Column("shifts", JSON, nullable=False),
        sa.Column("pay_low_cents", sa.Integer(), nullable=True),
        sa.Column("pay_high_cents", sa.Integer(), nullable=True),
        sa.Column("pay_per", sa.String(), nullable=True),
        sa.Column("requirements", JSON, nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("apply_how", JSON, nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("valid_through", MOMENT, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("order_at", MOMENT, nullable=True),
        sa.Column("ordered_by", ID, nullable=True),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("pay_per IN ('hour', 'week', 'month', 'year')", name=op.f("ck_job_pay_per")),
        sa.CheckConstraint("state IN ('open', 'paused', 'expired', 'filled')", name=op.f("ck_job_state")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.id"], name=op.f("fk_job_employer_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ordered_by"], ["caseworker.id"], name=op.f("fk_job_ordered_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_job_source_external_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_job_employer_id"), "job", ["employer_id"])
    op.create_index(op.f("ix_job_lat_lon"), "job", ["lat", "lon"])
    op.create_index(
        "ix_job_open",
        "job",
        ["id"],
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_job_valid",
        "job",
        ["valid_through"],
        sqlite_where=sa.text("state IN ('open', 'paused')"),
        postgresql_where=sa.text("state IN ('open', 'paused')"),
    )

    op.create_table(
        "job_match",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("shown_at", MOMENT, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('found', 'shown', 'details', 'interested', 'not_for_me', 'applied', 'gone')",
            name=op.f("ck_job_match_state"),
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_job_match_job_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_job_match_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_match")),
        sa.UniqueConstraint("person_id", "job_id", name=op.f("uq_job_match_person_id_job_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_job_match_job_id"), "job_match", ["job_id"])

    op.create_table(
        "job_wish",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("wishes", sa.LargeBinary(), nullable=False),
        sa.Column("weekly_at", MOMENT, nullable=True),
        sa.Column("daily", sa.Boolean(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_job_wish_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_wish")),
        sa.UniqueConstraint("person_id", name=op.f("uq_job_wish_person_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_job_wish_weekly",
        "job_wish",
        ["weekly_at"],
        sqlite_where=sa.text("weekly_at IS NOT NULL"),
        postgresql_where=sa.text("weekly_at IS NOT NULL"),
    )

    op.create_table(
        "hire",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("interview_id", ID, nullable=True),
        sa.Column("job_id", ID, nullable=True),
        sa.Column("employer_id", ID, nullable=True),
        sa.Column("employer", sa.LargeBinary(), nullable=True),
        sa.Column("title", sa.LargeBinary(), nullable=True),
        sa.Column("starts_on", sa.String(), nullable=True),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("pay_cents", sa.Integer(), nullable=True),
        sa.Column("pay_per", sa.String(), nullable=True),
        sa.Column("temporary", sa.Boolean(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("ended_on", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("pay_per IN ('hour', 'week', 'month', 'year')", name=op.f("ck_hire_pay_per")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.id"], name=op.f("fk_hire_employer_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.id"], name=op.f("fk_hire_interview_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_hire_job_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_hire_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hire")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_hire_employer_id"), "hire", ["employer_id"])
    op.create_index(op.f("ix_hire_interview_id"), "hire", ["interview_id"])
    op.create_index(op.f("ix_hire_job_id"), "hire", ["job_id"])
    op.create_index(op.f("ix_hire_person_id"), "hire", ["person_id"])

    op.create_table(
        "follow_up",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("hire_id", ID, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("due_on", sa.String(), nullable=False),
        sa.Column("window_from", sa.String(), nullable=False),
        sa.Column("window_to", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("employed", sa.Boolean(), nullable=True),
        sa.Column("evidence_kind", sa.String(), nullable=True),
        sa.Column("evidence_at", MOMENT, nullable=True),
        sa.Column("photo_id", ID, nullable=True),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('30', '60', '90', 'q1', 'q2', 'q3', 'q4')", name=op.f("ck_follow_up_kind")
        ),
        sa.CheckConstraint(
            "state IN ('due', 'asked', 'answered', 'unknown')", name=op.f("ck_follow_up_state")
        ),
        sa.ForeignKeyConstraint(
            ["hire_id"], ["hire.id"], name=op.f("fk_follow_up_hire_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_follow_up_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photo.id"], name=op.f("fk_follow_up_photo_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
        sa.UniqueConstraint("person_id", "hire_id", "kind", name=op.f("uq_follow_up_person_id_hire_id_kind")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_follow_up_due",
        "follow_up",
        ["due_on"],
        sqlite_where=sa.text("state IN ('due', 'asked')"),
        postgresql_where=sa.text("state IN ('due', 'asked')"),
    )
    op.create_index(op.f("ix_follow_up_hire_id"), "follow_up", ["hire_id"])
    op.create_index(op.f("ix_follow_up_photo_id"), "follow_up", ["photo_id"])
