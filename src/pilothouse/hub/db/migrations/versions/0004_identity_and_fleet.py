"""Tokens, enrolments, and how robots are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import BigId, Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

HEALTHS = "health IN ('healthy', 'stale', 'silent')"
ROBOT_COLUMNS = (
    ("name", sa.String(200)),
    ("site", sa.String(200)),
    ("versions", Json),
    ("health", sa.String(10)),
    ("health_since", UtcDateTime()),
    ("stale_at", UtcDateTime()),
    ("silent_at", UtcDateTime()),
    ("clock_skew_s", sa.Float()),
    ("enrolled_at", UtcDateTime()),
    ("retired_at", UtcDateTime()),
)


def upgrade() -> None:
    _tokens()
    _enrolments()
    with op.batch_alter_table("robots") as robots:
        for name, kind in ROBOT_COLUMNS:
            robots.add_column(sa.Column(name, kind, nullable=True))
        robots.create_check_constraint(op.f("ck_robots_health"), HEALTHS)
    op.create_index("ix_robots_health_stale_at", "robots", ["health", "stale_at"])
    op.create_index("ix_robots_health_silent_at", "robots", ["health", "silent_at"])
    op.create_index("ix_robots_site_robot_id", "robots", ["site", "robot_id"])
    op.create_table(
        "robot_tags",
        sa.Column("robot_id", sa.String(100), nullable=False),
        sa.Column("tag", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("robot_id", "tag", name="pk_robot_tags"),
        sa.ForeignKeyConstraint(["robot_id"], ["robots.robot_id"], name="fk_robot_tags_robot_id_robots"),
    )
    op.create_index("ix_robot_tags_tag_robot_id", "robot_tags", ["tag", "robot_id"])
    _health()


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("prefix", sa.String(40), nullable=False),
        sa.Column("secret_sha256", sa.String(64), nullable=False),
        sa.Column("robot_id", sa.String(100), nullable=True),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("superseded_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("prefix", name="uq_tokens_prefix"),
        sa.CheckConstraint("kind IN ('robot', 'api')", name=op.f("ck_tokens_kind")),
    )
    op.create_index("ix_tokens_kind_created_at_id", "tokens", ["kind", "created_at", "id"])
    op.create_index("ix_tokens_robot_id_created_at_id", "tokens", ["robot_id", "created_at", "id"])


def _enrolments() -> None:
    op.create_table(
        "enrolments",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("code_sha256", sa.String(64), nullable=False),
        sa.Column("robot_id", sa.String(100), nullable=True),
        sa.Column("site", sa.String(200), nullable=True),
        sa.Column("tags", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("used_by", sa.String(100), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_enrolments"),
        sa.UniqueConstraint("code_sha256", name="uq_enrolments_code_sha256"),
    )
    op.create_index("ix_enrolments_expires_at", "enrolments", ["expires_at"])


def _health() -> None:
    op.create_table(
        "robot_health_changes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("robot_id", sa.String(100), nullable=False),
        sa.Column("health", sa.String(10), nullable=False),
        sa.Column("previous", sa.String(10), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_robot_health_changes"),
        sa.CheckConstraint(HEALTHS, name=op.f("ck_robot_health_changes_health")),
    )
    op.create_index("ix_robot_health_changes_robot_id_id", "robot_health_changes", ["robot_id", "id"])
    op.create_index("ix_robot_health_changes_changed_at", "robot_health_changes", ["changed_at"])
    op.create_table(
        "robot_health_hours",
        sa.Column("robot_id", sa.String(100), nullable=False),
        sa.Column("hour_at", UtcDateTime(), nullable=False),
        sa.Column("heartbeats", sa.Integer(), nullable=False),
        sa.Column("least_disk_free_bytes", sa.BigInteger(), nullable=True),
        sa.Column("most_outbox_depth", sa.BigInteger(), nullable=True),
        sa.Column("clock_skew_s", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("robot_id", "hour_at", name="pk_robot_health_hours"),
    )
    op.create_index("ix_robot_health_hours_hour_at", "robot_health_hours", ["hour_at"])


def downgrade() -> None:
    op.drop_table("robot_health_hours")
    op.drop_table("robot_health_changes")
    op.drop_table("robot_tags")
    for index in ("ix_robots_site_robot_id", "ix_robots_health_silent_at", "ix_robots_health_stale_at"):
        op.drop_index(index, table_name="robots")
    with op.batch_alter_table("robots") as robots:
        robots.drop_constraint(op.f("ck_robots_health"), type_="check")
        for name, _kind in reversed(ROBOT_COLUMNS):
            robots.drop_column(name)
    op.drop_table("enrolments")
    op.drop_table("tokens")
