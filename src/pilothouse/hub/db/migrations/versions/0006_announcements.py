"""Recordings that were announced, and those that were deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import Json, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BEFORE = "state IN ('indexing', 'ok', 'damaged', 'recovering')"
AFTER = "state IN ('announced', 'indexing', 'ok', 'damaged', 'recovering')"


def upgrade() -> None:
    with op.batch_alter_table("recordings") as recordings:
        recordings.add_column(sa.Column("announced_at", UtcDateTime(), nullable=True))
        recordings.add_column(sa.Column("preview", Json, nullable=True))
        recordings.drop_constraint(op.f("ck_recordings_state"), type_="check")
        recordings.create_check_constraint(op.f("ck_recordings_state"), AFTER)
    op.create_table(
        "deleted_recordings",
        sa.Column("session_id", sa.String(200), nullable=False),
        sa.Column("robot_id", sa.String(100), nullable=False),
        sa.Column("why", sa.String(20), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_deleted_recordings"),
    )
    op.create_index("ix_deleted_recordings_deleted_at", "deleted_recordings", ["deleted_at"])


def downgrade() -> None:
    op.drop_table("deleted_recordings")
    op.execute("DELETE FROM recordings WHERE state = 'announced'")
    with op.batch_alter_table("recordings") as recordings:
        recordings.drop_constraint(op.f("ck_recordings_state"), type_="check")
        recordings.create_check_constraint(op.f("ck_recordings_state"), BEFORE)
        recordings.drop_column("preview")
        recordings.drop_column("announced_at")
