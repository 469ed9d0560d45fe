"""Repairs of recordings, and what makes incidents alike."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

QUEUED = sa.text("state = 'queued'")


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


def downgrade() -> None:
    op.drop_table("repairs")
