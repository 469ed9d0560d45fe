"""Queries on tags and custom fields."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.models import CustomFieldBoardRow, CustomFieldRow, TagRow
from pilothouse.hub.boards.repository.boards import Lock


class TagRows:
    """Queries on tags within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def one(self, organization_id: str, tag_id: str, lock: Lock = Lock.NONE) -> TagRow | None:
        query = select(TagRow).where(TagRow.id == tag_id, TagRow.organization_id == organization_id)
        return await self._session.scalar(lock.on(query))

    async def several(
        self, organization_id: str, tag_ids: Collection[str], lock: Lock = Lock.NONE
    ) -> dict[str, TagRow]:
        query = select(TagRow).where(TagRow.organization_id == organization_id, TagRow.id.in_(tag_ids))
        return {row.id: row for row in await self._session.scalars(lock.on(query.order_by(TagRow.id)))}

    async def page(self, organization_id: str, limit: int, offset: int) -> tuple[Sequence[TagRow], int]:
        """By slug, and how many there are."""
        wanted = TagRow.organization_id == organization_id
        total = await self._session.scalar(select(func.count()).select_from(TagRow).where(wanted)) or 0
        query = select(TagRow).where(wanted).order_by(TagRow.slug, TagRow.id).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def delete(self, row: TagRow) -> None:
        await self._session.delete(row)
        await self._session.flush()


class FieldRows:
    """Queries on custom fields within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def one(self, organization_id: str, field_id: str, lock: Lock = Lock.NONE) -> CustomFieldRow | None:
        row = CustomFieldRow
        query = select(row).where(row.id == field_id, row.organization_id == organization_id)
        return await self._session.scalar(lock.on(query))

    async def page(self, organization_id: str, limit: int, offset: int) -> tuple[Sequence[CustomFieldRow], int]:
        """By key, and how many there are."""
        wanted = CustomFieldRow.organization_id == organization_id
        total = await self._session.scalar(select(func.count()).select_from(CustomFieldRow).where(wanted)) or 0
        query = select(CustomFieldRow).where(wanted).order_by(CustomFieldRow.key).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def of_board(self, organization_id: str, board_id: str) -> Sequence[CustomFieldRow]:
        """By key: those that are everywhere and those of this board."""
        on_board = select(CustomFieldBoardRow.field_id).where(CustomFieldBoardRow.board_id == board_id)
        wanted = or_(CustomFieldRow.is_everywhere, CustomFieldRow.id.in_(on_board))
        query = select(CustomFieldRow).where(CustomFieldRow.organization_id == organization_id, wanted)
        return (await self._session.scalars(query.order_by(CustomFieldRow.key))).all()

    async def boards_of(self, field_ids: Collection[str]) -> dict[str, list[str]]:
        """The boards of fields that are not everywhere."""
        query = select(CustomFieldBoardRow.field_id, CustomFieldBoardRow.board_id)
        query = query.where(CustomFieldBoardRow.field_id.in_(field_ids)).order_by(CustomFieldBoardRow.board_id)
        found: dict[str, list[str]] = {}
        for field_id, board_id in await self._session.execute(query):
            found.setdefault(field_id, []).append(board_id)
        return found

    async def put_on(self, field_id: str, board_ids: Collection[str]) -> None:
        """On these boards and no others."""
        await self._session.flush()
        await self._session.execute(delete(CustomFieldBoardRow).where(CustomFieldBoardRow.field_id == field_id))
        if board_ids:
            values = [{"field_id": field_id, "board_id": one} for one in sorted(board_ids)]
            await self._session.execute(insert(CustomFieldBoardRow), values)

    async def delete(self, row: CustomFieldRow) -> None:
        await self._session.delete(row)
        await self._session.flush()
