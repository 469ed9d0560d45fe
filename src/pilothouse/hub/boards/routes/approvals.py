"""Approvals of a board."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse
from starlette.requests import Request

from pilothouse.hub.activity.routes import EVENT_STREAM
from pilothouse.hub.activity.routes.streaming import board_stream
from pilothouse.hub.boards.auth import BoardFollowed, BoardRead, BoardWrite, Services
from pilothouse.hub.boards.domain.states import ApprovalStatus
from pilothouse.hub.boards.repository import ApprovalsSought
from pilothouse.hub.boards.routes.versions import IfMatch, seen
from pilothouse.hub.boards.schemas.approvals import Approval, ApprovalChange, ApprovalList, NewApproval
from pilothouse.hub.db import answer_once
from pilothouse.hub.identity.auth import Member, OnceKey, Reading, ThisHub, Writing
from pilothouse.kit.clock import at
from pilothouse.web import Paging
from pilothouse.web.streams import EventStream, Since

router = APIRouter(prefix="/api/v1/boards/{board_id}/approvals", tags=["approvals"])

ApprovalPath = Annotated[str, Path(min_length=1, max_length=100)]


async def _sought(
    status: ApprovalStatus | None = None,
    task_id: Annotated[str | None, Query(max_length=100)] = None,
    action_type: Annotated[str | None, Query(max_length=100)] = None,
    requested_by: Annotated[str | None, Query(max_length=100, description="The id of who asked")] = None,
) -> ApprovalsSought:
    return ApprovalsSought(status, task_id, action_type, requested_by)


@router.get("", summary="List approvals, the latest first")
async def list_approvals(
    on: BoardRead, services: Services, session: Reading, page: Paging,
    sought: Annotated[ApprovalsSought, Depends(_sought)],
) -> ApprovalList:  # fmt: skip
    return await services.approvals.page(session, [on.board.id], sought, page.limit, page.offset)


@router.post("", status_code=201, summary="Ask for an approval")
async def request_approval(
    on: BoardWrite, services: Services, session: Writing, hub: ThisHub, once: OnceKey, new: NewApproval
) -> Approval:
    """Bound to exactly what is sent and to the tasks as they are now: when one of them changes or goes back, it is
    void. A task has one pending approval at a time. People decide, or the policy that people have set for the board."""
    now = at(hub.clock.now_ns())
    return await answer_once(session, once, now, Approval, lambda: services.approvals.request(session, on, new))


@router.get("/stream", summary="Follow approvals, live", response_class=StreamingResponse, responses=EVENT_STREAM)
async def stream_approvals(request: Request, caller: Member, on: BoardFollowed, since: Since) -> EventStream:
    """`approval.requested`, `approval.approved`, `approval.rejected`, `approval.voided`, `approval.expired`,
    `approval.withdrawn`, `approval.used`."""
    return await board_stream(request, caller, on.board.id, ("approval",), since)


@router.get("/{approval_id}", summary="Get an approval with all that was shown and decided")
async def get_approval(on: BoardRead, services: Services, session: Reading, approval_id: ApprovalPath) -> Approval:
    return await services.approvals.one(session, on, approval_id)


@router.patch("/{approval_id}", summary="Approve or reject")
async def decide_approval(
    on: BoardWrite, services: Services, session: Writing, approval_id: ApprovalPath, version: IfMatch,
    change: ApprovalChange,
) -> Approval:  # fmt: skip
    """Only a person, once, and not on their own request unless the board allows it. Send the `version` or `digest` you
    have seen: you decide about that and nothing else."""
    return await services.approvals.decide(session, on, approval_id, seen(change, version))


@router.post("/{approval_id}/withdraw", summary="Take back a request of your own")
async def withdraw_approval(
    on: BoardWrite, services: Services, session: Writing, approval_id: ApprovalPath
) -> Approval:
    """As long as nobody has decided."""
    return await services.approvals.withdraw(session, on, approval_id)
