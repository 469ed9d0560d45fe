"""Repair damaged recordings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from pilothouse.hub.identity.auth import Reading, Writing
from pilothouse.hub.repairs.auth import Operator, Viewer
from pilothouse.hub.repairs.schemas import Repair
from pilothouse.hub.repairs.service import Repairs
from pilothouse.web.kept import kept

router = APIRouter(prefix="/api/v1/recordings/{session_id}/repair", tags=["recordings"])

KnownId = Annotated[str, Path(max_length=200)]


TheRepairs = Annotated[Repairs, Depends(kept("repairs", Repairs))]


@router.post("", status_code=202, summary="Repair a recording")
async def repair_recording(caller: Operator, repairs: TheRepairs, session: Writing, session_id: KnownId) -> Repair:
    """A job reads the file to its end. What is readable of a damaged one becomes a recording of its own, which is read
    back before it is listed; the damaged file stays as it is. A recording that was listed as readable is checked the
    same way. Asked for while it waits, it is carried out once."""
    return await repairs.ask(session, session_id, by=caller.title)


@router.get("", summary="Get how the repair of a recording went")
async def get_repair(_caller: Viewer, repairs: TheRepairs, session: Reading, session_id: KnownId) -> Repair:
    return await repairs.get(session, session_id)
