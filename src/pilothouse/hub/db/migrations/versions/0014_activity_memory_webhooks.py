"""Activity, memory of boards, and webhooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import Json, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


# A destination of the hub itself belongs to no board.
OF_BOARDS = ("organization_id", "board_id", "agent_id")


def upgrade() -> None:
    _create_activity()
    for name in OF_BOARDS:
        op.add_column("notification_destinations", sa.Column(name, sa.String(100), nullable=True))
    op.create_index(
        "ix_notification_destinations_board_id_created_at", "notification_destinations", ["board_id", "created_at"]
    )


def _create_activity() -> None:
    op.create_table(
        "activity",
        sa.Column("organization_id", sa.String(100), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("board_id", sa.String(100), nullable=True),
        sa.Column("kind", sa.String(100), nullable=False),
        sa.Column("subject_kind", sa.String(40), nullable=False),
        sa.Column("subject_id", sa.String(200), nullable=False),
        sa.Column("actor_kind", sa.String(20), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("before", Json, nullable=True),
        sa.Column("after", Json, nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "sequence", name="pk_activity"),
    )
    for columns in (["board_id", "sequence"], ["subject_id", "sequence"],
                    ["organization_id", "recorded_at", "sequence"]):  # fmt: skip
        op.create_index(f"ix_activity_{'_'.join(columns)}", "activity", columns)


def downgrade() -> None:
    op.drop_index("ix_notification_destinations_board_id_created_at", "notification_destinations")
    with op.batch_alter_table("notification_destinations") as changing:
        for name in OF_BOARDS:
            changing.drop_column(name)
    op.drop_table("activity")
