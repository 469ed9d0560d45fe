"""Changes for tests, made as every slice makes them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from pilothouse.hub.activity import Activity
from pilothouse.hub.composition import Hub
from pilothouse.hub.identity.domain import HOME

ROOT = "/api/v1/activity"


async def happen(
    app: FastAPI, count: int = 1, *, board_id: str | None = "board_a", kind: str = "task.updated",
    organization_id: str = HOME, subject_id: str = "task_1", **facts: Any,
) -> None:  # fmt: skip
    """So many changes by the hub itself, each in a transaction of its own."""
    hub, activity = app.state.hub, app.state.activity
    assert isinstance(hub, Hub)
    assert isinstance(activity, Activity)
    for number in range(count):
        async with hub.database.transaction() as session:
            activity.note(
                session, None, organization_id=organization_id, board_id=board_id, kind=kind,
                subject=(kind.partition(".")[0], subject_id), before={"number": number - 1, **facts},
                after={"number": number, **facts},
            )  # fmt: skip
