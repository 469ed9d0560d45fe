"""Repositories, debug sessions, their commands, output and artifacts, and the workers that run them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import BigId, Json, UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_batches()
    _create_repositories()
    _create_workers()
    _create_secrets()
    _create_sessions()
    _create_artifacts()
    _create_commands()
    _create_controls()
    _create_tickets()
    _create_output()


def downgrade() -> None:
    op.drop_table("lab_output")
    op.drop_table("lab_tickets")
    op.drop_table("lab_controls")
    op.drop_table("lab_commands")
    op.drop_table("lab_artifacts")
    op.drop_table("lab_sessions")
    op.drop_table("lab_secrets")
    op.drop_table("lab_workers")
    op.drop_table("lab_repositories")
    op.drop_table("lab_batches")


def _create_batches() -> None:
    op.create_table(
        "lab_batches",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=True),
        sa.Column("repository", sa.String(100), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lab_batches"),
    )
    op.create_index("ix_lab_batches_created_at_id", "lab_batches", ["created_at", "id"])


def _create_repositories() -> None:
    op.create_table(
        "lab_repositories",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("remote_url", sa.Text(), nullable=False),
        sa.Column("default_branch", sa.String(200), nullable=False),
        sa.Column("setup", Json, nullable=True),
        sa.Column("max_parallel", sa.Integer(), nullable=True),
        sa.Column("metadata", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lab_repositories"),
        sa.UniqueConstraint("name", name="uq_lab_repositories_name"),
    )


def _create_workers() -> None:
    op.create_table(
        "lab_workers",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("host", sa.String(200), nullable=False),
        sa.Column("process", sa.String(100), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(20), nullable=False),
        sa.Column("offer", Json, nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lab_workers"),
    )
    op.create_index("ix_lab_workers_lease_until", "lab_workers", ["lease_until"])


def _create_secrets() -> None:
    op.create_table(
        "lab_secrets",
        sa.Column("repository_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("repository_id", "name", name="pk_lab_secrets"),
        sa.ForeignKeyConstraint(
            ["repository_id"],
            ["lab_repositories.id"],
            name="fk_lab_secrets_repository_id_lab_repositories",
            ondelete="CASCADE",
        ),
    )


def _create_sessions() -> None:
    op.create_table(
        "lab_sessions",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("repository_id", sa.String(40), nullable=False),
        sa.Column("repository", sa.String(100), nullable=False),
        sa.Column("batch_id", sa.String(40), nullable=True),
        sa.Column("batch_place", sa.Integer(), nullable=True),
        sa.Column("commit_sha", sa.String(64), nullable=True),
        sa.Column("ref", sa.String(200), nullable=True),
        sa.Column("patch_hash", sa.String(64), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("turn", sa.String(20), nullable=False),
        sa.Column("waiting_since", UtcDateTime(), nullable=True),
        sa.Column("worker_id", sa.String(40), nullable=True),
        sa.Column("worker", sa.String(200), nullable=True),
        sa.Column("sandbox_level", sa.String(20), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reason_code", sa.String(100), nullable=True),
        sa.Column("metadata", Json, nullable=False),
        sa.Column("labels", Json, nullable=False),
        sa.Column("recordings", Json, nullable=False),
        sa.Column("incident_id", sa.String(100), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("run", Json, nullable=False),
        sa.Column("end_when_done", sa.Boolean(), nullable=False),
        sa.Column("next_sequence", sa.Integer(), nullable=False),
        sa.Column("output_end", sa.BigInteger(), nullable=False),
        sa.Column("timings", Json, nullable=False),
        sa.Column("summary", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lab_sessions"),
        sa.CheckConstraint(
            "state IN ('pending', 'preparing', 'active', 'completed', 'failed', 'cancelled', 'expired')",
            name=op.f("ck_lab_sessions_state"),
        ),
        sa.CheckConstraint("turn IN ('none', 'waiting', 'taken')", name=op.f("ck_lab_sessions_turn")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["lab_batches.id"], name="fk_lab_sessions_batch_id_lab_batches", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["repository_id"],
            ["lab_repositories.id"],
            name="fk_lab_sessions_repository_id_lab_repositories",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_lab_sessions_batch_id", "lab_sessions", ["batch_id"])
    op.create_index("ix_lab_sessions_created_at_id", "lab_sessions", ["created_at", "id"])
    op.create_index("ix_lab_sessions_incident_id_created_at_id", "lab_sessions", ["incident_id", "created_at", "id"])
    op.create_index(
        "ix_lab_sessions_repository_id_created_at_id", "lab_sessions", ["repository_id", "created_at", "id"]
    )
    op.create_index("ix_lab_sessions_state_expires_at", "lab_sessions", ["state", "expires_at"])
    op.create_index(
        "ix_lab_sessions_waiting",
        "lab_sessions",
        ["priority", "waiting_since"],
        sqlite_where=sa.text("turn = 'waiting'"),
        postgresql_where=sa.text("turn = 'waiting'"),
    )
    op.create_index("ix_lab_sessions_worker_id", "lab_sessions", ["worker_id"])


def _create_artifacts() -> None:
    op.create_table(
        "lab_artifacts",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("session_id", sa.String(40), nullable=False),
        sa.Column("command_id", sa.String(40), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content_type", sa.String(200), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lab_artifacts"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["lab_sessions.id"], name="fk_lab_artifacts_session_id_lab_sessions", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_lab_artifacts_expires_at", "lab_artifacts", ["expires_at"])
    op.create_index("ix_lab_artifacts_session_id_created_at_id", "lab_artifacts", ["session_id", "created_at", "id"])


def _create_commands() -> None:
    op.create_table(
        "lab_commands",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("session_id", sa.String(40), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("termination_reason", sa.String(20), nullable=True),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("signal", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("argv", Json, nullable=False),
        sa.Column("cwd", sa.String(1000), nullable=False),
        sa.Column("network", sa.String(20), nullable=False),
        sa.Column("run", Json, nullable=False),
        sa.Column("interactive", sa.Boolean(), nullable=False),
        sa.Column("idempotent", sa.Boolean(), nullable=False),
        sa.Column("debugged", sa.Boolean(), nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("wall_s", sa.Float(), nullable=True),
        sa.Column("cpu_s", sa.Float(), nullable=True),
        sa.Column("peak_memory_bytes", sa.BigInteger(), nullable=True),
        sa.Column("output_base", sa.BigInteger(), nullable=True),
        sa.Column("output_end", sa.BigInteger(), nullable=False),
        sa.Column("stdout_bytes", sa.BigInteger(), nullable=False),
        sa.Column("stderr_bytes", sa.BigInteger(), nullable=False),
        sa.Column("dropped_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_lab_commands"),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'lost')",
            name=op.f("ck_lab_commands_state"),
        ),
        sa.CheckConstraint(
            "termination_reason IN ('exit', 'signal', 'timeout', 'idle_timeout', 'oom', 'pids', 'disk',"
            " 'cancelled', 'lost', 'setup_failed')",
            name=op.f("ck_lab_commands_termination_reason"),
        ),
        sa.CheckConstraint("network IN ('none', 'allowlist', 'full')", name=op.f("ck_lab_commands_network")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["lab_sessions.id"], name="fk_lab_commands_session_id_lab_sessions", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("session_id", "sequence", name="uq_lab_commands_session_id_sequence"),
    )
    op.create_index("ix_lab_commands_session_id_state_sequence", "lab_commands", ["session_id", "state", "sequence"])


def _create_controls() -> None:
    op.create_table(
        "lab_controls",
        sa.Column("id", BigId, nullable=False),
        sa.Column("session_id", sa.String(40), nullable=False),
        sa.Column("command_id", sa.String(40), nullable=True),
        sa.Column("worker_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("request", Json, nullable=False),
        sa.Column("answer", Json, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lab_controls"),
        sa.CheckConstraint(
            "kind IN ('cancel', 'end', 'stdin', 'signal', 'read', 'write', 'collect', 'debug')",
            name=op.f("ck_lab_controls_kind"),
        ),
        sa.CheckConstraint("state IN ('waiting', 'done', 'failed')", name=op.f("ck_lab_controls_state")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["lab_sessions.id"], name="fk_lab_controls_session_id_lab_sessions", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_lab_controls_created_at", "lab_controls", ["created_at"])
    op.create_index("ix_lab_controls_session_id", "lab_controls", ["session_id"])
    op.create_index(
        "ix_lab_controls_waiting",
        "lab_controls",
        ["worker_id", "id"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _create_tickets() -> None:
    op.create_table(
        "lab_tickets",
        sa.Column("secret_sha256", sa.String(64), nullable=False),
        sa.Column("session_id", sa.String(40), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("token_id", sa.String(40), nullable=True),
        sa.Column("made_for", sa.String(200), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("secret_sha256", name="pk_lab_tickets"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["lab_sessions.id"], name="fk_lab_tickets_session_id_lab_sessions", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_lab_tickets_expires_at", "lab_tickets", ["expires_at"])


def _create_output() -> None:
    op.create_table(
        "lab_output",
        sa.Column("command_id", sa.String(40), nullable=False),
        sa.Column("offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("stdout_bytes", sa.Integer(), nullable=False),
        sa.Column("stderr_bytes", sa.Integer(), nullable=False),
        sa.Column("frames", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("key", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("command_id", "offset", name="pk_lab_output"),
        sa.ForeignKeyConstraint(
            ["command_id"], ["lab_commands.id"], name="fk_lab_output_command_id_lab_commands", ondelete="CASCADE"
        ),
    )
