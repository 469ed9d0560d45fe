"""Groups of boards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.names import slug_of
from pilothouse.hub.boards.domain.problems import NameTaken, UnknownBoardGroup
from pilothouse.hub.boards.models import BoardGroupRow
from pilothouse.hub.boards.repository import BoardRows, Lock, write_unique
from pilothouse.hub.boards.schemas.boards import BoardGroup, BoardGroupChange, BoardGroupList, NewBoardGroup
from pilothouse.hub.boards.service.boards import Boards, given
from pilothouse.hub.boards.service.scope import Notes, check_version, differences
from pilothouse.hub.db import change_row
from pilothouse.hub.identity import Caller
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id

_ROW = tuple(name for name in BoardGroup.model_fields if name != "board_ids")


class Groups:
    """Every group of boards; of its boards a caller sees those they may see."""

    def __init__(self, notes: Notes, boards: Boards, clock: Clock) -> None:
        self._notes = notes
        self._boards = boards
        self._clock = clock

    async def page(self, session: AsyncSession, caller: Caller, limit: int, offset: int) -> BoardGroupList:
        """The earliest first; an agent sees the group of its board."""
        own = None if caller.agent_id is None else await self._boards.visible(session, caller)
        rows, total = await BoardRows(session).groups(caller.organization_id or "", limit, offset, holding=own)
        items = await self._shown(session, caller, rows)
        return BoardGroupList(items=items, total=total, limit=limit, offset=offset)

    async def one(self, session: AsyncSession, caller: Caller, group_id: str) -> BoardGroup:
        """Raises UnknownBoardGroup."""
        group = (await self._shown(session, caller, [await self._found(session, caller, group_id)]))[0]
        if caller.agent_id is not None and not group.board_ids:
            raise UnknownBoardGroup
        return group

    async def create(self, session: AsyncSession, caller: Caller, new: NewBoardGroup) -> BoardGroup:
        """Raises NameTaken."""
        now, group_id = at(self._clock.now_ns()), new_id("grp")
        row = BoardGroupRow(
            id=group_id, organization_id=caller.organization_id, name=new.name,
            slug=new.slug or slug_of(new.name) or group_id.replace("_", "-"), description=new.description,
            created_at=now, created_by=caller.title, changed_at=now, version=1,
        )  # fmt: skip
        await write_unique(session, row, NameTaken(thing="board group", slug=row.slug))
        self._note(session, caller, row, "group.created", None, _told(row))
        return _group(row, [])

    async def change(
        self, session: AsyncSession, caller: Caller, group_id: str, change: BoardGroupChange
    ) -> BoardGroup:  # fmt: skip
        """Raises UnknownBoardGroup, Changed, NameTaken, NothingToChange."""
        row = await self._found(session, caller, group_id, Lock.HELD)
        check_version(row, change.version)
        wanted = given(change)
        was, now_is = differences({name: getattr(row, name) for name in wanted}, wanted)
        if was:
            change_row(row, now_is, at(self._clock.now_ns()))
            await write_unique(session, row, NameTaken(thing="board group", slug=row.slug))
            self._note(session, caller, row, "group.updated", was, now_is)
        return (await self._shown(session, caller, [row]))[0]

    async def delete(self, session: AsyncSession, caller: Caller, group_id: str) -> None:
        """Its boards stay. Raises UnknownBoardGroup."""
        row = await self._found(session, caller, group_id, Lock.REMOVED)
        await BoardRows(session).delete(row)
        self._note(session, caller, row, "group.deleted", _told(row), None)

    async def _found(
        self, session: AsyncSession, caller: Caller, group_id: str, lock: Lock = Lock.NONE
    ) -> BoardGroupRow:  # fmt: skip
        row = await BoardRows(session).group(group_id, lock)
        if row is None or row.organization_id != caller.organization_id:
            raise UnknownBoardGroup
        return row

    async def _shown(
        self, session: AsyncSession, caller: Caller, rows: Sequence[BoardGroupRow]
    ) -> list[BoardGroup]:  # fmt: skip
        visible = await self._boards.visible(session, caller)
        found: dict[str, list[str]] = {}
        for group_id, board_id in await BoardRows(session).in_groups([row.id for row in rows]):
            if visible is None or board_id in visible:
                found.setdefault(group_id, []).append(board_id)
        return [_group(row, found.get(row.id, [])) for row in rows]

    def _note(
        self, session: AsyncSession, caller: Caller, row: BoardGroupRow, kind: str,
        before: Mapping[str, object] | None, after: Mapping[str, object] | None,
    ) -> None:  # fmt: skip
        self._notes.in_organization(session, caller, row.organization_id, kind, row.id, before, after, row.name)


def _group(row: BoardGroupRow, board_ids: list[str]) -> BoardGroup:
    return BoardGroup(**{name: getattr(row, name) for name in _ROW}, board_ids=board_ids)


def _told(row: BoardGroupRow) -> dict[str, object]:
    return {"name": row.name, "slug": row.slug, "description": row.description}
