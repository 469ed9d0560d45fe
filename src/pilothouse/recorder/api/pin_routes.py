"""Keep a recording on the robot, whatever retention says."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel

from pilothouse.recorder.keeping.keeper import Keeper


class Pinned(BaseModel):
    """Whether a recording may be removed."""

    session_id: str
    pinned: bool


async def _keeper(request: Request) -> Keeper:
    return cast("Keeper", request.app.state.recorder.keeper)


Keeping = Annotated[Keeper, Depends(_keeper)]
SessionId = Annotated[str, Path(max_length=300)]

PATHS = ("/sessions/{session_id}/pin",)
router = APIRouter(tags=["recorder"])


@router.put("/sessions/{session_id}/pin", summary="Keep a recording")
async def pin(keeper: Keeping, session_id: SessionId) -> Pinned:
    """From now on it is never removed, however old it gets and however full the disk is."""
    keeper.pin(session_id, is_pinned=True)
    return Pinned(session_id=session_id, pinned=True)


@router.delete("/sessions/{session_id}/pin", summary="Let go of a recording")
async def unpin(keeper: Keeping, session_id: SessionId) -> Pinned:
    """Retention may remove it again."""
    keeper.pin(session_id, is_pinned=False)
    return Pinned(session_id=session_id, pinned=False)
