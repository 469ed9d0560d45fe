"""Foundation: events, robots, remembered answers, job failures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_streams",
        sa.Column("stream", sa.String(200), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name="pk_event_streams"),
    )
    op.create_table(
        "events",
        sa.Column("stream", sa.String(200), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "sequence", name="pk_events"),
        sa.ForeignKeyConstraint(["stream"], ["event_streams.stream"], name="fk_events_stream_event_streams"),
    )
    op.create_table(
        "robots",
        sa.Column("robot_id", sa.String(100), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=True),
        sa.Column("interval_s", sa.Float(), nullable=True),
        sa.Column("heartbeat", Json, nullable=True),
        sa.PrimaryKeyConstraint("robot_id", name="pk_robots"),
    )
    op.create_table(
        "answers",
        sa.Column("scope", sa.String(200), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("body", Json, nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name="pk_answers"),
    )
    op.create_index("ix_answers_expires_at", "answers", ["expires_at"])
    op.create_table(
        "job_failures",
        sa.Column("job", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("job", "subject", name="pk_job_failures"),
    )


def downgrade() -> None:
    op.drop_table("job_failures")
    op.drop_index("ix_answers_expires_at", table_name="answers")
    op.drop_table("answers")
    op.drop_table("robots")
    op.drop_table("events")
    op.drop_table("event_streams")
