"""All boards of somebody, and the approvals that wait on them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.states import Actor, ApprovalStatus
from pilothouse.hub.boards.models import BoardRow
from pilothouse.hub.boards.repository import ApprovalRows, ApprovalsSought, Asker, BoardRows
from pilothouse.hub.boards.schemas.approvals import Approval
from pilothouse.hub.boards.schemas.overview import BoardApproval, BoardApprovalList, BoardOverview, SeenBoard
from pilothouse.hub.boards.service.approvals import shown_approvals
from pilothouse.hub.boards.service.boards import as_board
from pilothouse.hub.boards.service.scope import actor_of
from pilothouse.hub.boards.service.snapshots import Snapshots
from pilothouse.hub.identity import Access, BoardRights, Caller
from pilothouse.kit.clock import Clock, at


class Overview:
    """What spans boards; of each only what the caller may see."""

    def __init__(self, access: Access, snapshots: Snapshots, clock: Clock) -> None:
        self._access = access
        self._snapshots = snapshots
        self._clock = clock

    async def boards(
        self, session: AsyncSession, caller: Caller, limit: int, offset: int, *,
        group_id: str | None = None, text: str | None = None,
    ) -> BoardOverview:  # fmt: skip
        """With how much is on each, the earliest first."""
        rights = await self._access.boards(session, caller)
        rows, total = await BoardRows(session).page(
            caller.organization_id or "", None if rights.all_read else rights.readable, limit, offset,
            group_id=group_id, text=text,
        )  # fmt: skip
        counts = await self._snapshots.counts(session, [row.id for row in rows])
        items = [SeenBoard(board=as_board(row), counts=counts[row.id], can_write=rights.writes(row.id)) for row in rows]
        return BoardOverview(items=items, total=total, limit=limit, offset=offset)

    async def approvals(
        self, session: AsyncSession, caller: Caller, sought: ApprovalsSought, limit: int, offset: int, *,
        waiting_for_caller: bool = False,
    ) -> BoardApprovalList:  # fmt: skip
        """Of all boards, the latest first; ``waiting_for_caller`` are those that the caller may decide now."""
        rights, now = await self._access.boards(session, caller), at(self._clock.now_ns())
        actor = actor_of(caller)
        sees = None if rights.all_read else rights.readable
        decides = None if rights.all_write else rights.writable
        asker = Asker(actor.id, decides, now) if waiting_for_caller else None
        if asker is not None and not caller.is_person:
            return BoardApprovalList(items=[], total=0, limit=limit, offset=offset)
        found, total = await ApprovalRows(session).across(
            caller.organization_id or "", sees, sought, asker, limit, offset
        )
        boards = {row.id: board for row, board in found}
        items = [
            _on_board(approval, boards[approval.id], _may_decide(approval, boards[approval.id], actor, rights, now))
            for approval in await shown_approvals(session, [row for row, _ in found])
        ]
        return BoardApprovalList(items=items, total=total, limit=limit, offset=offset)


def _on_board(approval: Approval, board: BoardRow, can_decide: bool) -> BoardApproval:
    return BoardApproval(**dict(approval), board_name=board.name, can_decide=can_decide)


def _may_decide(approval: Approval, board: BoardRow, actor: Actor, rights: BoardRights, now: datetime) -> bool:
    if approval.status is not ApprovalStatus.PENDING or approval.expires_at <= now or not rights.writes(board.id):
        return False
    asked = Actor(approval.requested_by_kind, approval.requested_by_id, approval.requested_by_name)
    return actor.kind.is_person and (board.allow_deciding_own_requests or not actor.is_same(asked))
