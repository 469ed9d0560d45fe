"""Which agents have worked on a task: its review is not theirs to end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pilothouse.hub.db.base import Json

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TASKS = sa.table(
    "tasks", sa.column("id"), sa.column("status"), sa.column("assigned_kind"), sa.column("assigned_id"),
    sa.column("worked_by", Json),
)  # fmt: skip
AGENTS = sa.table("agents", sa.column("id"), sa.column("spawned_by"))
UNDER_WAY = ("in_progress", "review")


def upgrade() -> None:
    op.add_column("tasks", sa.Column("worked_by", Json, nullable=False, server_default=sa.text("'[]'")))
    held = (
        sa.select(TASKS.c.id, TASKS.c.assigned_id, AGENTS.c.spawned_by)
        .select_from(TASKS.outerjoin(AGENTS, AGENTS.c.id == TASKS.c.assigned_id))
        .where(TASKS.c.status.in_(UNDER_WAY), TASKS.c.assigned_kind.in_(("lead", "worker")))
    )
    for task_id, agent_id, lead_id in op.get_bind().execute(held).all():
        worked_by = sorted({agent_id, lead_id or agent_id})
        op.execute(sa.update(TASKS).where(TASKS.c.id == task_id).values(worked_by=worked_by))


def downgrade() -> None:
    op.drop_column("tasks", "worked_by")
