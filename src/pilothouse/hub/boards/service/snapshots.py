"""Everything that is needed to draw a board, or a group of boards, at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import Activity
from pilothouse.hub.boards.domain.problems import UnknownBoardGroup
from pilothouse.hub.boards.domain.states import ApprovalStatus
from pilothouse.hub.boards.repository import ApprovalRows, ApprovalsSought, BoardRows, TaskViews
from pilothouse.hub.boards.schemas.approvals import Approval
from pilothouse.hub.boards.schemas.snapshots import (
    BoardAgent,
    BoardCounts,
    BoardGroupSnapshot,
    BoardSnapshot,
    GroupedBoard,
)
from pilothouse.hub.boards.service.approvals import Approvals
from pilothouse.hub.boards.service.boards import as_board
from pilothouse.hub.boards.service.fields import CustomFields
from pilothouse.hub.boards.service.groups import Groups
from pilothouse.hub.boards.service.ports import RecentMemory
from pilothouse.hub.boards.service.scope import OnBoard
from pilothouse.hub.boards.service.tags import Tags
from pilothouse.hub.identity import Caller
from pilothouse.hub.identity.service import AgentRegister

# As many as a person scrolls through; lists have the rest.
MOST_TASKS = 2_000
MOST_TAGS = 1_000
MOST_APPROVALS = 200
MOST_MEMORY = 50
MOST_BOARDS = 200
_AGENT = tuple(BoardAgent.model_fields)


class Snapshots:
    """What a client draws first; then it follows the stream from ``sequence``."""

    def __init__(
        self, activity: Activity, groups: Groups, tags: Tags, fields: CustomFields, approvals: Approvals,
        agents: AgentRegister, memory: RecentMemory,
    ) -> None:  # fmt: skip
        self._activity = activity
        self._groups = groups
        self._tags = tags
        self._fields = fields
        self._approvals = approvals
        self._agents = agents
        self.memory = memory

    async def place(self, organization_id: str) -> int:
        """How far the streams are; asked before anything is read, so that nothing falls in between."""
        return await self._activity.last(organization_id)

    async def board(self, session: AsyncSession, on: OnBoard, sequence: int) -> bytes:
        """A `BoardSnapshot` as JSON: the board as it is at this place of its streams, or later."""
        board_id, organization_id = on.board.id, on.board.organization_id
        counts = await self.counts(session, [board_id])
        tasks = await TaskViews(session).of_board(board_id, MOST_TASKS)
        total = sum(getattr(counts[board_id], name) for name in ("inbox", "in_progress", "review", "done"))
        assert on.caller is not None
        snapshot = BoardSnapshot(
            sequence=sequence, can_write=on.can_write, board=as_board(on.board), counts=counts[board_id],
            tasks=[], tasks_left_out=max(0, total - MOST_TASKS),
            tags=(await self._tags.page(session, organization_id, MOST_TAGS, 0)).items,
            custom_fields=await self._fields.of_board(session, organization_id, board_id),
            agents=await self._agents_of(session, [board_id]),
            pending_approvals=await self._pending(session, [board_id]),
            memory=await self._recent(session, on.caller, board_id=board_id, group_id=None),
        )  # fmt: skip
        return msgspec.json.encode({**snapshot.model_dump(mode="json"), "tasks": msgspec.Raw(tasks)})

    async def group(self, session: AsyncSession, caller: Caller, group_id: str, sequence: int) -> BoardGroupSnapshot:
        """Raises UnknownBoardGroup; of its boards those that the caller may see."""
        group = await self._groups.one(session, caller, group_id)
        organization_id = caller.organization_id or ""
        rows, _total = await BoardRows(session).page(organization_id, group.board_ids, MOST_BOARDS, 0)
        if group.organization_id != organization_id:
            raise UnknownBoardGroup
        board_ids = [row.id for row in rows]
        counts = await self.counts(session, board_ids)
        return BoardGroupSnapshot(
            sequence=sequence, group=group,
            boards=[GroupedBoard(board=as_board(row), counts=counts[row.id]) for row in rows],
            agents=await self._agents_of(session, board_ids),
            pending_approvals=await self._pending(session, board_ids),
            memory=await self._recent(session, caller, board_id=None, group_id=group_id),
        )  # fmt: skip

    async def counts(self, session: AsyncSession, board_ids: Sequence[str]) -> dict[str, BoardCounts]:
        """How much is on each of these boards."""
        if not board_ids:
            return {}
        tasks = await TaskViews(session).counts(board_ids)
        pending = await ApprovalRows(session).counts_pending(board_ids)
        agents = await self._agents.counts(session, board_ids)
        return {
            one: BoardCounts(**tasks.get(one, {}), pending_approvals=pending.get(one, 0), agents=agents.get(one, 0))
            for one in board_ids
        }

    async def _agents_of(self, session: AsyncSession, board_ids: Sequence[str]) -> list[BoardAgent]:
        found = [record for board_id in board_ids for record in await self._agents.of_board(session, board_id)]
        return [BoardAgent(**{name: getattr(record, name) for name in _AGENT}) for record in found]

    async def _pending(self, session: AsyncSession, board_ids: Sequence[str]) -> list[Approval]:
        sought = ApprovalsSought(status=ApprovalStatus.PENDING)
        return (await self._approvals.page(session, board_ids, sought, MOST_APPROVALS, 0)).items

    async def _recent(
        self, session: AsyncSession, caller: Caller, *, board_id: str | None, group_id: str | None
    ) -> list[dict[str, Any]]:  # fmt: skip
        return await self.memory.recent(session, caller, board_id=board_id, group_id=group_id, limit=MOST_MEMORY)
