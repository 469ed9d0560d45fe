"""Incidents and everything that touched them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import BigId, Json, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATES = "'open', 'investigating', 'mitigated', 'resolved', 'duplicate', 'wont_fix'"
SEVERITIES = "'low', 'medium', 'high', 'critical'"


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("severity", sa.String(20), nullable=False),
        sa.Column("severity_rank", sa.SmallInteger(), nullable=False),
        sa.Column("severity_by_person", sa.Boolean(), nullable=False),
        sa.Column("robot_id", sa.String(100), nullable=True),
        sa.Column("rule", sa.String(200), nullable=False),
        sa.Column("label", sa.String(500), nullable=False),
        sa.Column("opened_by", sa.String(200), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("last_occurred_at", UtcDateTime(), nullable=False),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("root_cause", sa.Text(), nullable=True),
        sa.Column("ticket_url", sa.Text(), nullable=True),
        sa.Column("duplicate_of", sa.String(100), nullable=True),
        sa.Column("recording_count", sa.Integer(), nullable=False),
        sa.Column("risk_event_count", sa.Integer(), nullable=False),
        sa.Column("alert_count", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_incidents_state")),
        sa.CheckConstraint(f"severity IN ({SEVERITIES})", name=op.f("ck_incidents_severity")),
    )
    op.create_index("ix_incidents_opened_at_id", "incidents", ["opened_at", "id"])
    op.create_index("ix_incidents_state_severity_rank_opened_at", "incidents", ["state", "severity_rank", "opened_at"])
    op.create_index("ix_incidents_robot_id_opened_at", "incidents", ["robot_id", "opened_at"])
    op.create_index("ix_incidents_rule_last_occurred_at", "incidents", ["rule", "last_occurred_at"])
    op.create_table(
        "incident_aliases",
        sa.Column("alias", sa.String(100), nullable=False),
        sa.Column("incident_id", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("alias", name="pk_incident_aliases"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_incident_aliases_incident_id_incidents"),
    )
    op.create_index("ix_incident_aliases_incident_id", "incident_aliases", ["incident_id"])
    op.create_table(
        "incident_entries",
        sa.Column("id", BigId, nullable=False),
        sa.Column("incident_id", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(50), nullable=False),
        sa.Column("subject", sa.String(300), nullable=True),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident_entries"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_incident_entries_incident_id_incidents"),
        sa.UniqueConstraint("incident_id", "kind", "subject", name="uq_incident_entries_incident_id_kind_subject"),
    )
    op.create_index(
        "ix_incident_entries_incident_id_occurred_at_id", "incident_entries", ["incident_id", "occurred_at", "id"]
    )
    op.create_index("ix_incident_entries_kind_subject", "incident_entries", ["kind", "subject"])
    cursor = op.create_table(
        "incident_cursor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident_cursor"),
    )
    op.bulk_insert(cursor, [{"id": 1, "sequence": 0}])


def downgrade() -> None:
    op.drop_table("incident_cursor")
    op.drop_table("incident_entries")
    op.drop_table("incident_aliases")
    op.drop_table("incidents")
