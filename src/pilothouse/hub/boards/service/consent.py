"""Boards have a say in when an incident is over."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.approvals import DONE_ACTION
from pilothouse.hub.boards.domain.problems import IncidentNotApproved
from pilothouse.hub.boards.repository import ApprovalRows, BoardRows, TaskRows
from pilothouse.kit.clock import Clock, at


class Consent:
    """Asked before an incident is resolved or put aside."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def check(self, session: AsyncSession, incident_id: str) -> None:
        """Raise IncidentNotApproved when a board wants a task of this incident approved, and it is not."""
        for task in await TaskRows(session).of_incident(incident_id):
            board = await BoardRows(session).one(task.board_id)
            if board is None or not board.require_approval_to_resolve_incidents:
                continue
            rows, now = ApprovalRows(session), at(self._clock.now_ns())
            if not await rows.valid_of(task.id, DONE_ACTION, task.content_version, now, with_used=True):
                raise IncidentNotApproved(task_id=task.id)
