"""Activity, memory of boards, and webhooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import BigId, Json, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


# A destination of the hub itself belongs to no board.
OF_BOARDS = ("organization_id", "board_id", "agent_id")

# Words are letters and digits: everything between them separates.
WORDS_POSTGRES = (
    "to_tsvector('simple', regexp_replace(left(content || ' ' || author_name || ' ' || tags\\:\\:text, 200000),"
    r" '[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+', ' ', 'g'))"
)
_NOTE = (
    "INSERT INTO memory_search (rowid, words) SELECT new.number, new.content || ' ' || new.author_name || ' ' || "
    "coalesce((SELECT group_concat(value, ' ') FROM json_each(new.tags)), '');"
)
_FORGET = "DELETE FROM memory_search WHERE rowid = old.number;"
TRIGGERS = {
    "memory_search_insert": f"AFTER INSERT ON memory_entries BEGIN {_NOTE} END",
    "memory_search_update": f"AFTER UPDATE OF content, tags ON memory_entries BEGIN {_FORGET} {_NOTE} END",
    "memory_search_delete": f"AFTER DELETE ON memory_entries BEGIN {_FORGET} END",
}


def upgrade() -> None:
    _create_activity()
    _create_memory()
    _create_webhooks()
    _create_triage()
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


def _create_memory() -> None:
    op.create_table(
        "memory_entries",
        sa.Column("number", BigId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("organization_id", sa.String(100), nullable=False),
        sa.Column("board_id", sa.String(40), nullable=True),
        sa.Column("group_id", sa.String(40), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("is_chat", sa.Boolean(), nullable=False),
        sa.Column("untrusted", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("author_kind", sa.String(20), nullable=False),
        sa.Column("author_id", sa.String(200), nullable=False),
        sa.Column("author_name", sa.String(200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_memory_entries"),
        sa.UniqueConstraint("id", name="uq_memory_entries_id"),
        _refers("memory_entries", "board_id", "boards"),
        _refers("memory_entries", "group_id", "board_groups"),
    )
    for columns in (["board_id", "number"], ["group_id", "number"]):
        op.create_index(f"ix_memory_entries_{'_'.join(columns)}", "memory_entries", columns)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE memory_search USING fts5(words, detail = none)")
        for name, does in TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {name} {does}")
        return
    op.execute(f"ALTER TABLE memory_entries ADD COLUMN words tsvector GENERATED ALWAYS AS ({WORDS_POSTGRES}) STORED")
    op.execute("CREATE INDEX ix_memory_entries_words ON memory_entries USING gin (words)")


def _create_webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("organization_id", sa.String(100), nullable=False),
        sa.Column("board_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("signature", sa.String(20), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("secret", sa.String(200), nullable=True),
        sa.Column("previous_secret", sa.String(200), nullable=True),
        sa.Column("previous_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
        sa.CheckConstraint("signature IN ('required', 'none')", name=op.f("ck_webhooks_signature")),
        sa.CheckConstraint("action IN ('memory', 'task', 'both')", name=op.f("ck_webhooks_action")),
        _refers("webhooks", "board_id", "boards"),
    )
    op.create_index("ix_webhooks_board_id_created_at", "webhooks", ["board_id", "created_at"])
    op.create_table(
        "webhook_payloads",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("webhook_id", sa.String(40), nullable=False),
        sa.Column("delivery_id", sa.String(200), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("source_ip", sa.String(100), nullable=False),
        sa.Column("form", sa.String(20), nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("memory_id", sa.String(40), nullable=True),
        sa.Column("task_id", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_payloads"),
        sa.CheckConstraint("form IN ('standard', 'stripe', 'github', 'none')", name=op.f("ck_webhook_payloads_form")),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'dead')", name=op.f("ck_webhook_payloads_state")),
        _refers("webhook_payloads", "webhook_id", "webhooks"),
        sa.UniqueConstraint("webhook_id", "delivery_id", name="uq_webhook_payloads_webhook_id_delivery_id"),
    )
    for columns in (["webhook_id", "received_at", "id"], ["state", "received_at"], ["finished_at"]):
        op.create_index(f"ix_webhook_payloads_{'_'.join(columns)}", "webhook_payloads", columns)
    op.create_table(
        "subscription_cursors",
        sa.Column("organization_id", sa.String(100), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", name="pk_subscription_cursors"),
    )


def _create_triage() -> None:
    op.create_table(
        "incident_rules",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("organization_id", sa.String(100), nullable=False),
        sa.Column("board_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("min_severity", sa.String(20), nullable=True),
        sa.Column("robot_ids", Json, nullable=False),
        sa.Column("labels", Json, nullable=False),
        sa.Column("incident_rules", Json, nullable=False),
        sa.Column("priority", sa.String(20), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident_rules"),
        sa.CheckConstraint(
            "min_severity IN ('low', 'medium', 'high', 'critical')", name=op.f("ck_incident_rules_min_severity")
        ),
        sa.CheckConstraint("priority IN ('low', 'medium', 'high', 'urgent')", name=op.f("ck_incident_rules_priority")),
        _refers("incident_rules", "board_id", "boards"),
    )
    op.create_index("ix_incident_rules_board_id_created_at", "incident_rules", ["board_id", "created_at"])
    op.create_table(
        "board_incidents",
        sa.Column("board_id", sa.String(40), nullable=False),
        sa.Column("incident_id", sa.String(100), nullable=False),
        sa.Column("task_id", sa.String(40), nullable=True),
        sa.Column("rule_id", sa.String(40), nullable=True),
        sa.Column("linked_at", UtcDateTime(), nullable=False),
        sa.Column("linked_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "incident_id", name="pk_board_incidents"),
        _refers("board_incidents", "board_id", "boards"),
        _refers("board_incidents", "incident_id", "incidents", ondelete=None),
        _refers("board_incidents", "task_id", "tasks", ondelete="SET NULL"),
    )
    for column in ("incident_id", "task_id"):
        op.create_index(f"ix_board_incidents_{column}", "board_incidents", [column])
    op.create_table(
        "triage_cursor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_triage_cursor"),
    )
    # What happened before there were rules becomes nobody's task.
    op.execute(
        "INSERT INTO triage_cursor (id, sequence)"
        " SELECT 1, COALESCE(MAX(last_sequence), 0) FROM event_streams WHERE stream = 'hub'"
    )


def _refers(table: str, column: str, to: str, ondelete: str | None = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}_{to}", ondelete=ondelete)


def downgrade() -> None:
    for table in ("triage_cursor", "board_incidents", "incident_rules"):
        op.drop_table(table)
    for table in ("subscription_cursors", "webhook_payloads", "webhooks"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE memory_search")
    op.drop_table("memory_entries")
    op.drop_index("ix_notification_destinations_board_id_created_at", "notification_destinations")
    with op.batch_alter_table("notification_destinations") as changing:
        for name in OF_BOARDS:
            changing.drop_column(name)
    op.drop_table("activity")
