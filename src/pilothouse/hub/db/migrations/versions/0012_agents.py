"""Autonomous agents, what they spent and how far they have read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import Json, UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("organization_id", sa.String(40), nullable=False),
        sa.Column("board_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("runtime", sa.String(200), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("labels", Json, nullable=False),
        sa.Column("heartbeat_interval_s", sa.Float(), nullable=False),
        sa.Column("requests_per_day", sa.Integer(), nullable=True),
        sa.Column("tasks_per_day", sa.Integer(), nullable=True),
        sa.Column("cost_micros_per_day", sa.BigInteger(), nullable=True),
        sa.Column("spawned_by", sa.String(40), nullable=True),
        sa.Column("liveness", sa.String(20), nullable=False),
        sa.Column("liveness_since", UtcDateTime(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=True),
        sa.Column("stale_at", UtcDateTime(), nullable=True),
        sa.Column("offline_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agents"),
        sa.CheckConstraint("role IN ('lead', 'worker')", name=op.f("ck_agents_role")),
        sa.CheckConstraint("liveness IN ('new', 'online', 'stale', 'offline')", name=op.f("ck_agents_liveness")),
        sa.UniqueConstraint("board_id", "name", name="uq_agents_board_id_name"),
    )
    only_leads = sa.text("role = 'lead'")
    op.create_index(
        "uq_agents_lead", "agents", ["board_id"], unique=True, sqlite_where=only_leads, postgresql_where=only_leads
    )
    for columns in (
        ["organization_id", "created_at", "id"], ["board_id", "created_at", "id"], ["liveness", "stale_at"],
        ["liveness", "offline_at"],
    ):  # fmt: skip
        op.create_index(f"ix_agents_{'_'.join(columns)}", "agents", columns)
    _create_spending()


def _create_spending() -> None:
    op.create_table(
        "agent_spending",
        sa.Column("agent_id", sa.String(40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("tasks", sa.BigInteger(), nullable=False),
        sa.Column("cost_micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", "day", name="pk_agent_spending"),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name="fk_agent_spending_agent_id_agents", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_agent_spending_day", "agent_spending", ["day"])
    op.create_table(
        "agent_inboxes",
        sa.Column("agent_id", sa.String(40), nullable=False),
        sa.Column("board_id", sa.String(40), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("agent_id", name="pk_agent_inboxes"),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name="fk_agent_inboxes_agent_id_agents", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    op.drop_table("agent_inboxes")
    op.drop_table("agent_spending")
    op.drop_table("agents")
