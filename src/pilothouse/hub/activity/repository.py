"""The SQL of activity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity.domain import Sought
from pilothouse.hub.activity.models import ActivityRow


class ActivityRows:
    """Queries on changes within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, sought: Sought, limit: int, offset: int) -> tuple[Sequence[ActivityRow], int]:
        """The latest first, and how many there are whatever the cursor."""
        query = select(ActivityRow).where(*_conditions(sought)).order_by(ActivityRow.sequence.desc())
        rows = (await self._session.scalars(query.limit(limit).offset(offset))).all()
        every = select(func.count()).select_from(ActivityRow).where(*_conditions(replace(sought, before_sequence=None)))
        return rows, await self._session.scalar(every) or 0

    async def after(self, board_id: str, sequence: int, limit: int) -> Sequence[ActivityRow]:
        """What changed on a board after a number, the earliest first."""
        later = (ActivityRow.board_id == board_id, ActivityRow.sequence > sequence)
        query = select(ActivityRow).where(*later).order_by(ActivityRow.sequence).limit(limit)
        return (await self._session.scalars(query)).all()

    async def latest(self, board_id: str, sequence: int, limit: int) -> Sequence[ActivityRow]:
        """The latest that changed on a board after a number, in order."""
        later = (ActivityRow.board_id == board_id, ActivityRow.sequence > sequence)
        query = select(ActivityRow).where(*later).order_by(ActivityRow.sequence.desc()).limit(limit)
        return list(reversed((await self._session.scalars(query)).all()))

    async def forget(self, before: datetime, most: int) -> int:
        """Delete the earliest that changed before a time; how many they were."""
        row = ActivityRow
        old = select(row.organization_id, row.sequence).where(row.recorded_at < before).limit(most)
        found = (await self._session.execute(old)).all()
        if found:
            of_these = tuple_(row.organization_id, row.sequence).in_([tuple(one) for one in found])
            await self._session.execute(delete(row).where(of_these))
        return len(found)


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    row = ActivityRow
    conditions: list[ColumnElement[bool]] = [row.organization_id == sought.organization_id]
    for column, value in (
        (row.board_id, sought.board_id), (row.subject_kind, sought.subject_kind),
        (row.subject_id, sought.subject_id), (row.actor_id, sought.actor_id),
    ):  # fmt: skip
        if value is not None:
            conditions.append(column == value)
    if sought.boards is not None:
        visible = row.board_id.in_(sorted(sought.boards))
        conditions.append(or_(visible, row.board_id.is_(None)) if sought.organization_wide else visible)
    elif not sought.organization_wide:
        conditions.append(row.board_id.is_not(None))
    if sought.kinds:
        conditions.append(or_(*(row.kind == one if "." in one else row.kind.like(f"{one}.%") for one in sought.kinds)))
    if sought.since is not None:
        conditions.append(row.recorded_at >= sought.since)
    if sought.until is not None:
        conditions.append(row.recorded_at < sought.until)
    if sought.before_sequence is not None:
        conditions.append(row.sequence < sought.before_sequence)
    return conditions
