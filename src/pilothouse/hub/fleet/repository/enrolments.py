"""Rows of enrolments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.fleet.models import EnrolmentRow


class EnrolmentRows:
    """Queries on enrolments within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, row: EnrolmentRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def use(self, code_sha256: str, robot_id: str, now: datetime) -> EnrolmentRow | None:
        """Take the code for this robot, if nobody has and it is good for this robot."""
        fits = or_(EnrolmentRow.robot_id.is_(None), EnrolmentRow.robot_id == robot_id)
        statement = (
            update(EnrolmentRow)
            .where(EnrolmentRow.code_sha256 == code_sha256, fits, *_open(now))
            .values(used_at=now, used_by=robot_id)
            .returning(EnrolmentRow)
        )
        return await self._session.scalar(statement)

    async def page(self, now: datetime, limit: int, offset: int) -> tuple[Sequence[EnrolmentRow], int]:
        """Open ones, newest first, and how many there are."""
        total = await self._session.scalar(select(func.count(EnrolmentRow.id)).where(*_open(now))) or 0
        newest = (EnrolmentRow.created_at.desc(), EnrolmentRow.id.desc())
        query = select(EnrolmentRow).where(*_open(now)).order_by(*newest).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def delete_open(self, enrolment_id: str, now: datetime) -> bool:
        statement = delete(EnrolmentRow).where(EnrolmentRow.id == enrolment_id, *_open(now))
        return await self._session.scalar(statement.returning(EnrolmentRow.id)) is not None

    async def forget_ended(self, before: datetime) -> None:
        await self._session.execute(delete(EnrolmentRow).where(EnrolmentRow.expires_at < before))


def _open(now: datetime) -> list[ColumnElement[bool]]:
    return [EnrolmentRow.used_at.is_(None), EnrolmentRow.expires_at > now]
