"""Backtests and what they found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backtests",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("triggers", Json, nullable=False),
        sa.Column("rules", Json, nullable=False),
        sa.Column("around_s", sa.Float(), nullable=False),
        sa.Column("session_ids", Json, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_backtests"),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'cancelled')", name=op.f("ck_backtests_state")),
    )
    op.create_index("ix_backtests_state", "backtests", ["state"])
    op.create_index("ix_backtests_created_at_id", "backtests", ["created_at", "id"])
    op.create_table(
        "backtest_results",
        sa.Column("backtest_id", sa.String(40), nullable=False),
        sa.Column("session_id", sa.String(200), nullable=False),
        sa.Column("robot_id", sa.String(100), nullable=False),
        sa.Column("firing_count", sa.Integer(), nullable=False),
        sa.Column("firings", Json, nullable=False),
        sa.Column("warnings", Json, nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("backtest_id", "session_id", name="pk_backtest_results"),
        sa.ForeignKeyConstraint(
            ["backtest_id"], ["backtests.id"], name="fk_backtest_results_backtest_id_backtests", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    op.drop_table("backtest_results")
    op.drop_table("backtests")
