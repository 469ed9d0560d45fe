"""The SQL of rules and of incidents on boards."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Cursor, insert_into
from pilothouse.hub.triage.models import BoardIncidentRow, IncidentRuleRow, TriageCursorRow


def cursor(session: AsyncSession) -> Cursor:
    """How far incidents have been followed."""
    return Cursor(session, TriageCursorRow)


class RuleRows:
    """Queries on the rules of boards within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, **values: Any) -> IncidentRuleRow:
        row = IncidentRuleRow(**values)
        self._session.add(row)
        await self._session.flush()
        return row

    async def get(self, board_id: str, rule_id: str, *, lock: bool = False) -> IncidentRuleRow | None:
        query = select(IncidentRuleRow).where(IncidentRuleRow.id == rule_id, IncidentRuleRow.board_id == board_id)
        return await self._session.scalar(query.with_for_update() if lock else query)

    async def count(self, board_id: str) -> int:
        own = IncidentRuleRow.board_id == board_id
        return await self._session.scalar(select(func.count()).select_from(IncidentRuleRow).where(own)) or 0

    async def page(self, board_id: str, limit: int, offset: int) -> tuple[Sequence[IncidentRuleRow], int]:
        """The oldest first, and how many there are."""
        row = IncidentRuleRow
        query = select(row).where(row.board_id == board_id).order_by(row.created_at, row.id)
        return (await self._session.scalars(query.limit(limit).offset(offset))).all(), await self.count(board_id)

    async def enabled(self, organization_id: str) -> Sequence[IncidentRuleRow]:
        """Of all boards of an organization, the oldest first."""
        row = IncidentRuleRow
        query = select(row).where(row.enabled, row.organization_id == organization_id)
        return (await self._session.scalars(query.order_by(row.created_at, row.id))).all()

    async def remove(self, row: IncidentRuleRow) -> None:
        await self._session.delete(row)
        await self._session.flush()


class BoardIncidentRows:
    """Queries on which incident is on which board within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def boards_of(self, incident_id: str) -> frozenset[str]:
        """Boards that work on an incident, or have done so."""
        query = select(BoardIncidentRow.board_id).where(BoardIncidentRow.incident_id == incident_id)
        return frozenset(await self._session.scalars(query))

    async def get(self, board_id: str, incident_id: str) -> BoardIncidentRow | None:
        return await self._session.get(BoardIncidentRow, (board_id, incident_id))

    async def add(self, **values: Any) -> bool:
        """False when it is on the board already."""
        new = insert_into(self._session, BoardIncidentRow)
        statement = new.values(**values).on_conflict_do_nothing().returning(BoardIncidentRow.incident_id)
        return await self._session.scalar(statement) is not None

    async def set_task(self, board_id: str, incident_id: str, *, present: str | None, task_id: str | None) -> None:
        """Have another task stand for an incident where this one does."""
        row = BoardIncidentRow
        same = row.task_id.is_(None) if present is None else row.task_id == present
        own = (row.board_id == board_id, row.incident_id == incident_id, same)
        changed = update(row).where(*own).values(task_id=task_id)
        await self._session.execute(changed.execution_options(synchronize_session=False))

    async def works_on(self, board_ids: Collection[str], incident_ids: Collection[str]) -> bool:
        """Whether one of the boards has a task for one of the incidents."""
        row = BoardIncidentRow
        own = (row.board_id.in_(board_ids), row.incident_id.in_(incident_ids), row.task_id.is_not(None))
        return bool(await self._session.scalar(select(exists().where(*own))))

    async def page(self, board_id: str, limit: int, offset: int) -> tuple[Sequence[BoardIncidentRow], int]:
        """The latest first, and how many there are."""
        row, own = BoardIncidentRow, BoardIncidentRow.board_id == board_id
        total = await self._session.scalar(select(func.count()).select_from(row).where(own)) or 0
        query = select(row).where(own).order_by(row.linked_at.desc(), row.incident_id)
        return (await self._session.scalars(query.limit(limit).offset(offset))).all(), total
