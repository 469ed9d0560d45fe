"""Repairs of recordings, what makes incidents alike, and robots that are watched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

QUEUED = sa.text("state = 'queued'")
WAITING = sa.text("is_waiting")


def upgrade() -> None:
    op.create_table(
        "repairs",
        sa.Column("session_id", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("asked_by", sa.String(200), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("recovered_id", sa.String(200), nullable=True),
        sa.Column("message_count", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("session_id", name="pk_repairs"),
        sa.CheckConstraint("state IN ('queued', 'recovered', 'whole', 'failed')", name=op.f("ck_repairs_state")),
    )
    op.create_index("ix_repairs_queued", "repairs", ["asked_at"], sqlite_where=QUEUED, postgresql_where=QUEUED)
    op.create_table(
        "recording_signatures",
        sa.Column("session_id", sa.String(200), nullable=False),
        sa.Column("is_waiting", sa.Boolean(), nullable=False),
        sa.Column("signature", sa.String(256), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("session_id", name="pk_recording_signatures"),
    )
    op.create_index(
        "ix_recording_signatures_waiting", "recording_signatures", ["session_id"], sqlite_where=WAITING,
        postgresql_where=WAITING,
    )  # fmt: skip
    op.create_table(
        "recording_signature_bands",
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("session_id", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("band", "recorded_ns", "session_id", name="pk_recording_signature_bands"),
    )
    op.create_index("ix_recording_signature_bands_session_id", "recording_signature_bands", ["session_id"])
    op.create_table(
        "watched_robots",
        sa.Column("robot_id", sa.String(100), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("robot_id", name="pk_watched_robots"),
    )
    op.create_index("ix_incidents_label_last_occurred_at", "incidents", ["label", "last_occurred_at"])
    # What was indexed before waits for its signature; only incidents are compared.
    op.execute(
        "INSERT INTO recording_signatures (session_id, is_waiting) SELECT DISTINCT subject, true FROM incident_entries "
        "WHERE kind = 'recording' AND subject IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_index("ix_incidents_label_last_occurred_at", "incidents")
    op.drop_table("watched_robots")
    op.drop_table("recording_signature_bands")
    op.drop_table("recording_signatures")
    op.drop_table("repairs")
