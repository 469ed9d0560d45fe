"""Recordings, annotations, uploads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import BigId, Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WAITING = sa.text("state = 'indexing'")


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", BigId, nullable=False),
        sa.Column("session_id", sa.String(200), nullable=False),
        sa.Column("file_name", sa.String(800), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("robot_id", sa.String(100), nullable=False),
        sa.Column("delivered_by", sa.String(100), nullable=True),
        sa.Column("announced_robot_id", sa.String(100), nullable=True),
        sa.Column("label", sa.String(500), nullable=False),
        sa.Column("reason", sa.String(100), nullable=True),
        sa.Column("incident_id", sa.String(100), nullable=True),
        sa.Column("trigger", Json, nullable=True),
        sa.Column("drops", Json, nullable=False),
        sa.Column("channels", Json, nullable=False),
        sa.Column("message_count", sa.BigInteger(), nullable=False),
        sa.Column("started_ns", sa.BigInteger(), nullable=True),
        sa.Column("ended_ns", sa.BigInteger(), nullable=True),
        sa.Column("recorded_ns", sa.BigInteger(), nullable=False),
        sa.Column("damage", sa.Text(), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("indexed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_recordings"),
        sa.UniqueConstraint("session_id", name="uq_recordings_session_id"),
        sa.UniqueConstraint("file_name", name="uq_recordings_file_name"),
        sa.CheckConstraint("state IN ('indexing', 'ok', 'damaged', 'recovering')", name=op.f("ck_recordings_state")),
    )
    op.create_index("ix_recordings_recorded_ns_id", "recordings", ["recorded_ns", "id"])
    op.create_index("ix_recordings_robot_id_recorded_ns_id", "recordings", ["robot_id", "recorded_ns", "id"])
    op.create_index("ix_recordings_incident_id", "recordings", ["incident_id"])
    op.create_index("ix_recordings_indexing", "recordings", ["id"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_table(
        "annotations",
        sa.Column("id", BigId, nullable=False),
        sa.Column("session_id", sa.String(200), nullable=False),
        sa.Column("time_ns", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_annotations"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_annotations_session_id_time_ns_id", "annotations", ["session_id", "time_ns", "id"])
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("session_id", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("robot_id", sa.String(100), nullable=True),
        sa.Column("delivered_by", sa.String(100), nullable=True),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
        sa.UniqueConstraint("session_id", name="uq_uploads_session_id"),
    )
    op.create_index("ix_uploads_expires_at", "uploads", ["expires_at"])


def downgrade() -> None:
    op.drop_table("uploads")
    op.drop_table("annotations")
    op.drop_table("recordings")
