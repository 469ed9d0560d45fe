"""What recordings are searched, filtered and sorted by; pins; spans, authors and tags of annotations."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import Json, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PINNED = sa.text("pinned_at IS NOT NULL")
WAITING = sa.text("NOT is_removed")
INDEXES = {
    "ix_recordings_label_recorded_ns_id": ["label", "recorded_ns", "id"],
    "ix_recordings_rule_recorded_ns_id": ["rule", "recorded_ns", "id"],
    "ix_recordings_reason_recorded_ns_id": ["reason", "recorded_ns", "id"],
    "ix_recordings_state_recorded_ns_id": ["state", "recorded_ns", "id"],
    "ix_recordings_size_bytes_id": ["size_bytes", "id"],
    "ix_recordings_duration_ns_id": ["duration_ns", "id"],
}
COLUMNS: tuple[sa.Column[Any], ...] = (
    sa.Column("topics", Json, nullable=False, server_default="[]"),
    sa.Column("rule", sa.String(200), nullable=True),
    sa.Column("duration_ns", sa.BigInteger(), nullable=False, server_default="0"),
    sa.Column("pinned_at", UtcDateTime(), nullable=True),
    sa.Column("pinned_by", sa.String(200), nullable=True),
    sa.Column("pin_reason", sa.Text(), nullable=True),
)
# Which version of a file a person deleted: that one does not come back by being seen again.
DELETED_COLUMNS: tuple[sa.Column[Any], ...] = (
    sa.Column("file_name", sa.String(800), nullable=True),
    sa.Column("size_bytes", sa.BigInteger(), nullable=True),
    sa.Column("mtime_ns", sa.BigInteger(), nullable=True),
    sa.Column("is_removed", sa.Boolean(), nullable=False, server_default=sa.true()),
)
ANNOTATION_COLUMNS: tuple[sa.Column[Any], ...] = (
    sa.Column("end_time_ns", sa.BigInteger(), nullable=True),
    sa.Column("author", sa.String(200), nullable=False, server_default=""),
    sa.Column("tags", Json, nullable=False, server_default="[]"),
)
DURATION = "CASE WHEN ended_ns > started_ns THEN ended_ns - started_ns ELSE 0 END"

ADDED = {"recordings": COLUMNS, "annotations": ANNOTATION_COLUMNS, "deleted_recordings": DELETED_COLUMNS}

FILL_SQLITE = f"""
UPDATE recordings SET duration_ns = {DURATION}, rule = substr(json_extract("trigger", '$.rule'), 1, 200),
    topics = (SELECT json_group_array(json_extract(value, '$.topic')) FROM json_each(channels)
              WHERE json_extract(value, '$.message_count') > 0)
"""  # noqa: S608 - of constants
FILL_POSTGRES = f"""
UPDATE recordings SET duration_ns = {DURATION}, rule = left("trigger" ->> 'rule', 200),
    topics = jsonb_path_query_array(channels, '$[*] ? (@.message_count > 0).topic')
"""  # noqa: S608 - of constants

# Words are letters and digits: in topics and ids everything between them separates.
WORDS_POSTGRES = (
    r"to_tsvector('simple', regexp_replace(left({text}, 200000), '[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+', ' ', 'g'))"
)
RECORDING_TEXT = (
    "session_id || ' ' || robot_id || ' ' || label || ' ' || coalesce(rule, '') || ' ' || coalesce(reason, '')"
    " || ' ' || topics::text"
)
ANNOTATION_TEXT = "body || ' ' || author || ' ' || tags::text"

SEARCH_SQLITE = (
    "CREATE VIRTUAL TABLE recording_search USING fts5(words, detail = none)",
    "CREATE VIRTUAL TABLE annotation_search USING fts5(words, detail = none)",
    """CREATE TABLE recording_topics (topic TEXT NOT NULL, recording_id INTEGER NOT NULL,
       PRIMARY KEY (topic, recording_id)) WITHOUT ROWID""",
    "CREATE INDEX ix_recording_topics_recording_id ON recording_topics (recording_id)",
)
NOTE_TOPICS = "INSERT OR IGNORE INTO recording_topics SELECT value, {row}.id FROM {each} json_each({row}.topics);"
NOTE_RECORDING = (
    "INSERT INTO recording_search (rowid, words) SELECT {row}.id, {row}.session_id || ' ' || {row}.robot_id || ' ' || "
    "{row}.label || ' ' || coalesce({row}.rule, '') || ' ' || coalesce({row}.reason, '') || ' ' || "
    "coalesce((SELECT group_concat(value, ' ') FROM json_each({row}.topics)), '') {source};"
)
NOTE_ANNOTATION = (
    "INSERT INTO annotation_search (rowid, words) SELECT {row}.id, {row}.body || ' ' || {row}.author || ' ' || "
    "coalesce((SELECT group_concat(value, ' ') FROM json_each({row}.tags)), '') {source};"
)
FORGET_RECORDING = (
    "DELETE FROM recording_search WHERE rowid = old.id; DELETE FROM recording_topics WHERE recording_id = old.id;"
)
FORGET_ANNOTATION = "DELETE FROM annotation_search WHERE rowid = old.id;"
TRIGGERS = {
    "recording_search_insert": "AFTER INSERT ON recordings BEGIN {note} END",
    "recording_search_update": (
        "AFTER UPDATE OF session_id, robot_id, label, rule, reason, topics ON recordings BEGIN {forget} {note} END"
    ),
    "recording_search_delete": "AFTER DELETE ON recordings BEGIN {forget} END",
    "annotation_search_insert": "AFTER INSERT ON annotations BEGIN {note} END",
    "annotation_search_update": "AFTER UPDATE OF body, author, tags ON annotations BEGIN {forget} {note} END",
    "annotation_search_delete": "AFTER DELETE ON annotations BEGIN {forget} END",
}


def upgrade() -> None:
    for table, columns in ADDED.items():
        for column in columns:
            op.add_column(table, column._copy())
    op.create_index("ix_deleted_recordings_waiting", "deleted_recordings", ["session_id"], **_only(WAITING))
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(FILL_SQLITE if is_sqlite else FILL_POSTGRES)
    for name, indexed in INDEXES.items():
        op.create_index(name, "recordings", indexed)
    op.create_index("ix_recordings_pinned", "recordings", ["recorded_ns", "id"], **_only(PINNED))
    if is_sqlite:
        _search_in_sqlite()
    else:
        _search_in_postgres()


def _only(condition: sa.TextClause) -> dict[str, Any]:
    return {"sqlite_where": condition, "postgresql_where": condition}


def _search_in_sqlite() -> None:
    for statement in SEARCH_SQLITE:
        op.execute(statement)
    op.execute(NOTE_RECORDING.format(row="recordings", source="FROM recordings"))
    op.execute(NOTE_ANNOTATION.format(row="annotations", source="FROM annotations"))
    op.execute(NOTE_TOPICS.format(row="recordings", each="recordings,"))
    recording = NOTE_RECORDING.format(row="new", source="") + " " + NOTE_TOPICS.format(row="new", each="")
    annotation = NOTE_ANNOTATION.format(row="new", source="")
    for name, does in TRIGGERS.items():
        is_recording = name.startswith("recording")
        note, forget = (recording, FORGET_RECORDING) if is_recording else (annotation, FORGET_ANNOTATION)
        op.execute(f"CREATE TRIGGER {name} {does.format(note=note, forget=forget)}")


def _search_in_postgres() -> None:
    for table, said in (("recordings", RECORDING_TEXT), ("annotations", ANNOTATION_TEXT)):
        words = WORDS_POSTGRES.format(text=said).replace(":", r"\:")
        op.execute(f"ALTER TABLE {table} ADD COLUMN words tsvector GENERATED ALWAYS AS ({words}) STORED")
        op.execute(f"CREATE INDEX ix_{table}_words ON {table} USING gin (words)")
    op.execute("CREATE INDEX ix_recordings_topics ON recordings USING gin (topics jsonb_path_ops)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in TRIGGERS:
            op.execute(f"DROP TRIGGER {name}")
        for table in ("recording_search", "annotation_search", "recording_topics"):
            op.execute(f"DROP TABLE {table}")
    else:
        op.execute("DROP INDEX ix_recordings_topics")
        for table in ("recordings", "annotations"):
            op.execute(f"ALTER TABLE {table} DROP COLUMN words")
    for name in (*INDEXES, "ix_recordings_pinned"):
        op.drop_index(name, "recordings")
    op.drop_index("ix_deleted_recordings_waiting", "deleted_recordings")
    for table, columns in ADDED.items():
        with op.batch_alter_table(table) as changing:
            for column in columns:
                changing.drop_column(column.name)
