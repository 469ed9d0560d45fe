"""Rows of annotations."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.recordings.models import AnnotationRow, RecordingRow


class AnnotationRows:
    """Queries on annotations within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, session_id: str, *, limit: int, offset: int) -> Sequence[AnnotationRow]:
        """In the order of the recording's time."""
        query = (
            select(AnnotationRow)
            .where(AnnotationRow.session_id == session_id)
            .order_by(AnnotationRow.time_ns, AnnotationRow.id)
        )
        return (await self._session.scalars(query.limit(limit).offset(offset))).all()

    async def count(self, session_id: str) -> int:
        query = select(func.count(AnnotationRow.id)).where(AnnotationRow.session_id == session_id)
        return await self._session.scalar(query) or 0

    async def get(self, annotation_id: int, *, lock: bool = False) -> tuple[AnnotationRow, str] | None:
        """An annotation of a recording that is here, with the recording's robot."""
        query = (
            select(AnnotationRow, RecordingRow.robot_id)
            .join(RecordingRow, RecordingRow.session_id == AnnotationRow.session_id)
            .where(AnnotationRow.id == annotation_id)
        )
        if lock:
            query = query.with_for_update(of=AnnotationRow)
        return (await self._session.execute(query)).first()

    async def add(self, row: AnnotationRow) -> AnnotationRow:
        self._session.add(row)
        await self._session.flush()
        return row

    async def delete(self, row: AnnotationRow) -> None:
        await self._session.delete(row)
