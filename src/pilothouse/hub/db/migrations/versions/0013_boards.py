"""Boards, tasks, comments and approvals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import BigId, Json, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ACTORS = "('person', 'lead', 'worker', 'program', 'hub')"
STATUSES = "('pending', 'approved', 'rejected', 'expired', 'voided', 'withdrawn')"
TABLES = (
    "approval_decisions", "approval_tasks", "approvals", "task_comments", "task_tags", "task_dependencies", "tasks",
    "custom_field_boards", "custom_fields", "tags", "boards", "board_groups",
)  # fmt: skip


def upgrade() -> None:
    _create_boards()
    _create_tags_and_fields()
    _create_tasks()
    _create_what_tasks_have()
    _create_approvals()
    for table, columns in (
        ("boards", ["group_id"]), ("boards", ["organization_id", "created_at", "id"]),
        ("custom_field_boards", ["board_id"]),
        ("tasks", ["board_id", "created_at", "id"]), ("tasks", ["board_id", "status", "created_at", "id"]),
        ("tasks", ["assigned_id", "status"]), ("tasks", ["lease_until"]), ("tasks", ["incident_id"]),
        ("task_dependencies", ["depends_on_id"]), ("task_tags", ["tag_id"]),
        ("task_comments", ["task_id", "created_at", "id"]),
        ("approvals", ["board_id", "created_at", "id"]), ("approvals", ["board_id", "status", "created_at", "id"]),
        ("approvals", ["status", "expires_at"]), ("approval_tasks", ["task_id"]),
        ("approval_decisions", ["approval_id"]),
    ):  # fmt: skip
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)
    op.create_index(
        "uq_approval_tasks_pending", "approval_tasks", ["task_id"], unique=True,
        postgresql_where=sa.text("is_pending"), sqlite_where=sa.text("is_pending"),
    )  # fmt: skip


def _text(name: str, length: int | None = None, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text() if length is None else sa.String(length), nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(), nullable=nullable)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _actor(table: str, name: str) -> list[sa.Column[str] | sa.CheckConstraint]:
    check = sa.CheckConstraint(f"{name}_kind IN {ACTORS}", name=op.f(f"ck_{table}_{name}_kind"))
    return [_text(f"{name}_kind", 20), _text(f"{name}_id", 100), _text(f"{name}_name", 200), check]


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _refers(table: str, column: str, to: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}_{to}", ondelete=ondelete)


def _create_boards() -> None:
    op.create_table(
        "board_groups",
        _text("id", 40), _text("organization_id", 100), _text("name", 200), _text("slug", 100), _text("description"),
        _at("created_at"), _text("created_by", 200), _at("changed_at"), _number("version"),
        _key("board_groups", "id"),
        sa.UniqueConstraint("organization_id", "slug", name="uq_board_groups_organization_id_slug"),
    )  # fmt: skip
    op.create_table(
        "boards",
        _text("id", 40), _text("organization_id", 100), _text("group_id", 40, nullable=True), _text("name", 200),
        _text("slug", 100), _text("description"), _text("objective"),
        _flag("require_approval_for_done"), _flag("require_review_before_done"), _flag("comment_required_for_review"),
        _flag("block_status_changes_with_pending_approval"), _flag("only_lead_can_change_status"),
        _flag("require_approval_to_resolve_incidents"), _flag("allow_deciding_own_requests"),
        _number("max_agents", nullable=True), _number("claim_lease_s"), _number("approval_expires_s"),
        sa.Column("approval_policy", Json, nullable=False),
        _at("created_at"), _text("created_by", 200), _at("changed_at"), _number("version"),
        _key("boards", "id"),
        _refers("boards", "group_id", "board_groups", "SET NULL"),
        sa.UniqueConstraint("organization_id", "slug", name="uq_boards_organization_id_slug"),
    )  # fmt: skip


def _create_tags_and_fields() -> None:
    op.create_table(
        "tags",
        _text("id", 40), _text("organization_id", 100), _text("name", 100), _text("slug", 100), _text("colour", 7),
        _at("created_at"), _at("changed_at"), _number("version"),
        _key("tags", "id"),
        sa.UniqueConstraint("organization_id", "slug", name="uq_tags_organization_id_slug"),
    )  # fmt: skip
    op.create_table(
        "custom_fields",
        _text("id", 40), _text("organization_id", 100), _text("key", 100), _text("name", 200), _text("description"),
        _text("kind", 20), _flag("is_required"), sa.Column("default_value", Json, nullable=False),
        sa.Column("options", Json, nullable=False), _flag("is_everywhere"),
        _at("created_at"), _at("changed_at"), _number("version"),
        _key("custom_fields", "id"),
        sa.CheckConstraint(
            "kind IN ('text', 'number', 'boolean', 'date', 'enum', 'url')", name=op.f("ck_custom_fields_kind")
        ),
        sa.UniqueConstraint("organization_id", "key", name="uq_custom_fields_organization_id_key"),
    )  # fmt: skip
    op.create_table(
        "custom_field_boards",
        _text("field_id", 40), _text("board_id", 40),
        _key("custom_field_boards", "field_id", "board_id"),
        _refers("custom_field_boards", "field_id", "custom_fields"),
        _refers("custom_field_boards", "board_id", "boards"),
    )  # fmt: skip


def _create_tasks() -> None:
    op.create_table(
        "tasks",
        _text("id", 40), _text("organization_id", 100), _text("board_id", 40), _text("title", 300),
        _text("description"), _text("status", 20), _text("priority", 20),
        sa.Column("priority_rank", sa.SmallInteger(), nullable=False),
        _text("assigned_kind", 20, nullable=True), _text("assigned_id", 100, nullable=True),
        _text("assigned_name", 200, nullable=True),
        _at("claimed_at", nullable=True), _at("lease_until", nullable=True), _at("started_at", nullable=True),
        _at("done_at", nullable=True), _at("due_at", nullable=True),
        sa.Column("custom_fields", Json, nullable=False), _text("incident_id", 100, nullable=True),
        _number("comment_count"), *_actor("tasks", "made_by"),
        _at("created_at"), _at("changed_at"), _number("version"), _number("content_version"),
        _key("tasks", "id"),
        _refers("tasks", "board_id", "boards"),
        sa.CheckConstraint("status IN ('inbox', 'in_progress', 'review', 'done')", name=op.f("ck_tasks_status")),
        sa.CheckConstraint("priority IN ('low', 'medium', 'high', 'urgent')", name=op.f("ck_tasks_priority")),
        sa.CheckConstraint(f"assigned_kind IN {ACTORS}", name=op.f("ck_tasks_assigned_kind")),
    )  # fmt: skip


def _create_what_tasks_have() -> None:
    op.create_table(
        "task_dependencies",
        _text("task_id", 40), _text("depends_on_id", 40),
        _key("task_dependencies", "task_id", "depends_on_id"),
        _refers("task_dependencies", "task_id", "tasks"),
        _refers("task_dependencies", "depends_on_id", "tasks"),
        sa.CheckConstraint("task_id <> depends_on_id", name=op.f("ck_task_dependencies_not_itself")),
    )  # fmt: skip
    op.create_table(
        "task_tags",
        _text("task_id", 40), _text("tag_id", 40),
        _key("task_tags", "task_id", "tag_id"),
        _refers("task_tags", "task_id", "tasks"),
        _refers("task_tags", "tag_id", "tags"),
    )  # fmt: skip
    op.create_table(
        "task_comments",
        _text("id", 40), _text("task_id", 40), _text("body"), *_actor("task_comments", "made_by"),
        _at("created_at"), _at("edited_at", nullable=True), _number("version"),
        _key("task_comments", "id"),
        _refers("task_comments", "task_id", "tasks"),
    )  # fmt: skip


def _create_approvals() -> None:
    op.create_table(
        "approvals",
        _text("id", 40), _text("organization_id", 100), _text("board_id", 40), _text("action_type", 100),
        _text("status", 20), sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("shown", Json, nullable=False), _text("digest", 64), *_actor("approvals", "requested_by"),
        _text("void_reason", 300, nullable=True),
        _at("created_at"), _at("changed_at"), _at("expires_at"), _at("used_at", nullable=True),
        _text("used_for", 200, nullable=True), _number("version"),
        _key("approvals", "id"),
        _refers("approvals", "board_id", "boards"),
        sa.CheckConstraint(f"status IN {STATUSES}", name=op.f("ck_approvals_status")),
    )  # fmt: skip
    op.create_table(
        "approval_tasks",
        _text("approval_id", 40), _text("task_id", 40), _number("content_version"), _flag("is_pending"),
        _at("used_at", nullable=True),
        _key("approval_tasks", "approval_id", "task_id"),
        _refers("approval_tasks", "approval_id", "approvals"),
    )  # fmt: skip
    op.create_table(
        "approval_decisions",
        sa.Column("id", BigId, nullable=False), _text("approval_id", 40), _text("status", 20),
        *_actor("approval_decisions", "decided_by"), _text("note"), _text("digest", 64), _at("decided_at"),
        _key("approval_decisions", "id"),
        _refers("approval_decisions", "approval_id", "approvals"),
        sa.CheckConstraint(f"status IN {STATUSES}", name=op.f("ck_approval_decisions_status")),
    )  # fmt: skip


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
