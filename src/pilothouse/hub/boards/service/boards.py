"""Boards: which there are, who may see them, what they ask for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.names import slug_of
from pilothouse.hub.boards.domain.problems import (
    BoardHasAgents,
    BoardNotWritable,
    NameTaken,
    NothingToChange,
    OnlyPeopleSetPolicy,
    UnknownBoard,
    UnknownBoardGroup,
)
from pilothouse.hub.boards.models import BoardRow
from pilothouse.hub.boards.repository import BoardRows, Lock, write_unique
from pilothouse.hub.boards.schemas.boards import Board, BoardChange, BoardList, BoardSettings, NewBoard
from pilothouse.hub.boards.service.scope import Notes, OnBoard, check_version, differences
from pilothouse.hub.db import change_row
from pilothouse.hub.identity import Access, Caller
from pilothouse.hub.identity.service import AgentRegister
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id

# What decides which approvals are needed and who gives them: not for programs to change.
APPROVAL_SETTINGS = frozenset(
    {
        "approval_policy",
        "require_approval_for_done",
        "require_approval_to_resolve_incidents",
        "allow_deciding_own_requests",
    }
)
_MAY_BE_NULL = frozenset({"group_id", "max_agents"})
_ROW = tuple(Board.model_fields)


class Boards:
    """Every board, by who may see it."""

    def __init__(self, notes: Notes, access: Access, agents: AgentRegister, clock: Clock) -> None:
        self._notes = notes
        self._access = access
        self._agents = agents
        self._clock = clock

    async def open(
        self, session: AsyncSession, caller: Caller, board_id: str, *, writing: bool = False, keep: bool = True
    ) -> OnBoard:
        """A board that the caller may see; raises UnknownBoard, BoardNotWritable."""
        rights = await self._access.boards(session, caller)
        if not rights.reads(board_id):
            raise UnknownBoard
        row = await BoardRows(session).one(board_id, Lock.KEPT if writing and keep else Lock.NONE)
        if row is None or row.organization_id != rights.organization_id:
            raise UnknownBoard
        if writing and not rights.writes(board_id):
            raise BoardNotWritable
        return OnBoard(caller, row, rights.writes(board_id))

    async def sight(self, session: AsyncSession, caller: Caller, board_id: str) -> str:
        """The organization of a board that the caller may see if it is there at all; raises UnknownBoard."""
        rights = await self._access.boards(session, caller)
        if not rights.reads(board_id) or rights.organization_id is None:
            raise UnknownBoard
        return rights.organization_id

    async def open_as_hub(self, session: AsyncSession, board_id: str) -> OnBoard | None:
        """A board for what the hub does by itself; None when it is gone."""
        row = await BoardRows(session).one(board_id, Lock.KEPT)
        return None if row is None else OnBoard(None, row, can_write=True)

    async def hold(self, session: AsyncSession, board_id: str) -> BoardRow | None:
        """A board that nobody else changes, and registers nobody on, until this transaction ends."""
        return await BoardRows(session).one(board_id, Lock.HELD)

    async def visible(self, session: AsyncSession, caller: Caller) -> Collection[str] | None:
        """Ids of the boards that a caller may see; None is all of the organization's."""
        rights = await self._access.boards(session, caller)
        return None if rights.all_read else rights.readable

    async def page(
        self, session: AsyncSession, caller: Caller, limit: int, offset: int, *,
        group_id: str | None = None, text: str | None = None,
    ) -> BoardList:  # fmt: skip
        """Those that a caller may see, the earliest first."""
        visible = await self.visible(session, caller)
        rows, total = await BoardRows(session).page(
            caller.organization_id or "", visible, limit, offset, group_id=group_id, text=text
        )
        return BoardList(items=[as_board(row) for row in rows], total=total, limit=limit, offset=offset)

    async def create(self, session: AsyncSession, caller: Caller, new: NewBoard) -> Board:
        """Raises NameTaken, UnknownBoardGroup, OnlyPeopleSetPolicy."""
        organization_id = caller.organization_id or ""
        plain = BoardSettings().model_dump()
        settings = new.model_dump(include=set(plain), mode="json")
        if not caller.is_person and any(settings[name] != plain[name] for name in APPROVAL_SETTINGS):
            raise OnlyPeopleSetPolicy
        await self._check_group(session, organization_id, new.group_id)
        now, board_id = at(self._clock.now_ns()), new_id("brd")
        row = BoardRow(
            id=board_id, organization_id=organization_id, group_id=new.group_id, name=new.name,
            slug=new.slug or slug_of(new.name) or board_id.replace("_", "-"), description=new.description,
            objective=new.objective, **settings, created_at=now, created_by=caller.title, changed_at=now, version=1,
        )  # fmt: skip
        await write_unique(session, row, NameTaken(thing="board", slug=row.slug))
        board = as_board(row)
        told = board.model_dump(mode="json")
        self._notes.in_organization(
            session, caller, organization_id, "board.created", row.id, None, told, f"made {row.name}", row.id
        )
        return board

    async def change(self, session: AsyncSession, on: OnBoard, change: BoardChange) -> Board:
        """Raises Changed, NameTaken, UnknownBoardGroup, OnlyPeopleSetPolicy, NothingToChange."""
        row = await BoardRows(session).one(on.board.id, Lock.HELD)
        if row is None:
            raise UnknownBoard
        check_version(row, change.version)
        wanted = given(change, _MAY_BE_NULL)
        before = {name: getattr(row, name) for name in wanted}
        is_policy = any(name in APPROVAL_SETTINGS and before[name] != value for name, value in wanted.items())
        if is_policy and (on.caller is None or not on.caller.is_person):
            raise OnlyPeopleSetPolicy
        if wanted.get("group_id") is not None:
            await self._check_group(session, row.organization_id, wanted["group_id"])
        was, now_is = differences(before, wanted)
        if not was:
            return as_board(row)
        change_row(row, now_is, at(self._clock.now_ns()))
        await write_unique(session, row, NameTaken(thing="board", slug=row.slug))
        self._notes.of(session, on, "board.updated", row.id, was, now_is, f"changed {', '.join(now_is)}")
        return as_board(row)

    async def delete(self, session: AsyncSession, on: OnBoard) -> None:
        """With its tasks; its history stays. Raises BoardHasAgents."""
        row = await BoardRows(session).one(on.board.id, Lock.REMOVED)
        if row is None:
            raise UnknownBoard
        if count := (await self._agents.counts(session, [row.id])).get(row.id):
            raise BoardHasAgents(count=count)
        before = as_board(row).model_dump(mode="json")
        await BoardRows(session).delete(row)
        await self._access.forget_board(session, row.id)
        self._notes.of(session, on, "board.deleted", row.id, before, None, f"deleted {row.name}")

    async def _check_group(self, session: AsyncSession, organization_id: str, group_id: str | None) -> None:
        if group_id is None:
            return
        group = await BoardRows(session).group(group_id, Lock.KEPT)
        if group is None or group.organization_id != organization_id:
            raise UnknownBoardGroup


def as_board(row: BoardRow) -> Board:
    return Board(**{name: getattr(row, name) for name in _ROW})


def given(change: Any, may_be_null: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The fields that a change names; raises NothingToChange. Null is a value only where it can be one."""
    wanted = change.model_dump(exclude_unset=True, exclude={"version"}, mode="json")
    wanted = {name: value for name, value in wanted.items() if value is not None or name in may_be_null}
    if not wanted:
        raise NothingToChange
    return dict(wanted)
