"""What a task has to do with an incident, said on both, by those who may."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.problems import IncidentNotOnBoard, OnlyPeopleUnlink, UnknownIncidentOnTask
from pilothouse.hub.boards.models import TaskRow
from pilothouse.hub.boards.repository import TaskRows
from pilothouse.hub.boards.service.ports import BoardIncidents, KnownIncidents, NoBoardIncidents
from pilothouse.hub.boards.service.scope import OnBoard


class IncidentLinks:
    """An incident that a board works on shows its agents what the fleet recorded: only people who may see that bring
    one to a board, whatever way they do it."""

    def __init__(self, known: KnownIncidents) -> None:
        self._known = known
        self.boards: BoardIncidents = NoBoardIncidents()

    async def checked(
        self, session: AsyncSession, on: OnBoard, incident_id: str | None, present: str | None = None
    ) -> str | None:
        """The incident by its own id; raises UnknownIncidentOnTask, IncidentNotOnBoard, OnlyPeopleUnlink."""
        caller = on.caller
        brings = caller is None or caller.is_person
        if not brings and present is not None:
            raise OnlyPeopleUnlink(incident_id=present)
        if incident_id is None:
            return None
        own_id = await self._known.own_id(session, on.board.organization_id, incident_id)
        if not brings and (own_id is None or not await self.boards.works_on(session, on.board.id, own_id)):
            raise IncidentNotOnBoard(incident_id=incident_id)
        is_blind = caller is not None and caller.is_person and not caller.may_read
        if own_id is None or is_blind:
            raise UnknownIncidentOnTask(incident_id=incident_id)
        return own_id

    async def say(self, session: AsyncSession, on: OnBoard, row: TaskRow, before: str | None = None) -> None:
        """The task is about another incident than before. What the hub does by itself it says itself."""
        if before is not None:
            await self.let_go(session, row, before)
        if row.incident_id is not None and on.caller is not None:
            await self.boards.take_up(
                session, on.caller, board_id=row.board_id, task_id=row.id, incident_id=row.incident_id
            )

    async def let_go(self, session: AsyncSession, row: TaskRow, incident_id: str) -> None:
        """The task is about an incident no more, or is deleted."""
        tasks = await TaskRows(session).of_incident(incident_id)
        others = [task.id for task in tasks if task.board_id == row.board_id and task.id != row.id]
        await self.boards.let_go(
            session, board_id=row.board_id, task_id=row.id, incident_id=incident_id,
            instead=others[0] if others else None,
        )  # fmt: skip
