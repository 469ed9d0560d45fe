"""Risk events of guards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import BigId, Json, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "risk_events",
        sa.Column("id", BigId, nullable=False),
        sa.Column("robot_id", sa.String(100), nullable=False),
        sa.Column("event_id", sa.String(100), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("decision", sa.String(10), nullable=False),
        sa.Column("risk_level", sa.String(20), nullable=False),
        sa.Column("risk_rank", sa.SmallInteger(), nullable=False),
        sa.Column("mode", sa.String(20), nullable=False),
        sa.Column("incident_id", sa.String(100), nullable=True),
        sa.Column("task", sa.String(200), nullable=True),
        sa.Column("boundary", sa.String(200), nullable=True),
        sa.Column("layer", sa.String(2), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fallback", sa.String(200), nullable=True),
        sa.Column("cycle_id", sa.BigInteger(), nullable=True),
        sa.Column("guard_session_id", sa.String(200), nullable=True),
        sa.Column("requested", Json, nullable=True),
        sa.Column("executed", Json, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_risk_events"),
        sa.UniqueConstraint("robot_id", "event_id", name="uq_risk_events_robot_id_event_id"),
    )
    op.create_index("ix_risk_events_occurred_at_id", "risk_events", ["occurred_at", "id"])
    op.create_index("ix_risk_events_robot_id_occurred_at_id", "risk_events", ["robot_id", "occurred_at", "id"])
    op.create_index("ix_risk_events_incident_id", "risk_events", ["incident_id"])


def downgrade() -> None:
    op.drop_table("risk_events")
