"""Destinations of notifications, deliveries and their attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import Json, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notification_destinations",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("recipients", Json, nullable=False),
        sa.Column("filters", Json, nullable=False),
        sa.Column("secret", sa.String(100), nullable=True),
        sa.Column("previous_secret", sa.String(100), nullable=True),
        sa.Column("previous_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notification_destinations"),
        sa.CheckConstraint("kind IN ('webhook', 'slack', 'email')", name=op.f("ck_notification_destinations_kind")),
    )
    op.create_index("ix_notification_destinations_created_at_id", "notification_destinations", ["created_at", "id"])
    _create_deliveries()
    op.create_table(
        "notification_attempts",
        sa.Column("delivery_id", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("is_delivered", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("delivery_id", "number", name="pk_notification_attempts"),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["notifications.id"], name="fk_notification_attempts_delivery_id_notifications",
            ondelete="CASCADE",
        ),
    )  # fmt: skip
    op.create_table(
        "notification_cursor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notification_cursor"),
    )
    # What happened before there were destinations is not told to those that come.
    op.execute(
        "INSERT INTO notification_cursor (id, sequence)"
        " SELECT 1, COALESCE(MAX(last_sequence), 0) FROM event_streams WHERE stream = 'hub'"
    )


def _create_deliveries() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("destination_id", sa.String(40), nullable=False),
        sa.Column("event_sequence", sa.BigInteger(), nullable=True),
        sa.Column("event_kind", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("message", Json, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("most_tries", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'dead')", name=op.f("ck_notifications_state")),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["notification_destinations.id"],
            name="fk_notifications_destination_id_notification_destinations", ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "destination_id", "event_sequence", name="uq_notifications_destination_id_event_sequence"
        ),
    )  # fmt: skip
    for columns in (
        ["state", "next_attempt_at"], ["destination_id", "state", "next_attempt_at"], ["created_at", "id"],
        ["finished_at"],
    ):  # fmt: skip
        op.create_index(f"ix_notifications_{'_'.join(columns)}", "notifications", columns)


def downgrade() -> None:
    op.drop_table("notification_cursor")
    op.drop_table("notification_attempts")
    op.drop_table("notifications")
    op.drop_table("notification_destinations")
