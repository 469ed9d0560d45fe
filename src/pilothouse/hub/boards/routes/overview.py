"""What spans boards: how much is on each, and the approvals of all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from pilothouse.hub.boards.auth import Services
from pilothouse.hub.boards.domain.states import ApprovalStatus
from pilothouse.hub.boards.repository import ApprovalsSought
from pilothouse.hub.boards.schemas.overview import BoardApprovalList, BoardOverview
from pilothouse.hub.identity.auth import Member, Reading
from pilothouse.web import Paging

router = APIRouter(prefix="/api/v1/boards")


@router.get("/overview", tags=["boards"], summary="List boards with how much is on each")
async def overlook_boards(
    caller: Member,
    services: Services,
    session: Reading,
    page: Paging,
    group_id: Annotated[str | None, Query(max_length=40, description="Only of this group")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Words in the name")] = None,
) -> BoardOverview:
    """Those that you may see, and whether you may change them."""
    return await services.overview.boards(session, caller, page.limit, page.offset, group_id=group_id, text=q)


@router.get("/approvals", tags=["approvals"], summary="List approvals of all boards, the latest first")
async def list_approvals_of_boards(
    caller: Member,
    services: Services,
    session: Reading,
    page: Paging,
    status: ApprovalStatus | None = None,
    *,
    waiting_for_me: Annotated[bool, Query(description="Only what you may decide now, as a person")] = False,
) -> BoardApprovalList:
    """Of the boards that you may see."""
    sought = ApprovalsSought(status)
    return await services.overview.approvals(
        session, caller, sought, page.limit, page.offset, waiting_for_caller=waiting_for_me
    )
