"""Pins and deletions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from pilothouse.hub.identity.auth import Operator, Writing
from pilothouse.hub.recordings.routes.services import Services
from pilothouse.hub.recordings.schemas import Deleted, DeletionRequest, Pin
from pilothouse.wire import Recording

router = APIRouter(prefix="/api/v1/recordings", tags=["recordings"])

KnownId = Annotated[str, Path(max_length=200)]
Why = Annotated[str, Query(max_length=500, description="For the audit log")]


@router.put("/{session_id}/pin", summary="Pin a recording")
async def pin_recording(
    services: Services, session: Writing, caller: Operator, session_id: KnownId, pin: Pin
) -> Recording:
    """Nothing deletes it until it is unpinned: no retention, no person."""
    return await services.keeping.pin(session, session_id, reason=pin.reason, by=caller.title)


@router.delete("/{session_id}/pin", status_code=204, summary="Unpin a recording")
async def unpin_recording(services: Services, session: Writing, _caller: Operator, session_id: KnownId) -> None:
    await services.keeping.unpin(session, session_id)


@router.delete("/{session_id}", status_code=204, summary="Delete a recording")
async def delete_recording(
    services: Services, session: Writing, _caller: Operator, session_id: KnownId, reason: Why = ""
) -> None:
    """It is gone from every list at once, its file soon after. It does not come back by being announced or seen
    again, only by being delivered anew. A pinned one stays (409)."""
    await services.keeping.delete_one(session, session_id, reason=reason)


@router.post("/deletions", status_code=202, summary="Delete several recordings")
async def delete_recordings(
    services: Services, session: Writing, _caller: Operator, request: DeletionRequest
) -> Deleted:
    """Pinned and unknown ones are named and left out."""
    return await services.keeping.delete(session, request.session_ids, reason=request.reason)
