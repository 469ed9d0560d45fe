"""What the machines offer."""

from __future__ import annotations

from fastapi import APIRouter

from pilothouse.hub.identity.auth import Reading
from pilothouse.hub.lab.auth import LabReader
from pilothouse.hub.lab.routes.services import TheLab
from pilothouse.wire.lab import LabSandboxes

router = APIRouter(tags=["debug sessions"])


@router.get("/sandbox", summary="How far sessions are kept apart, worker by worker")
async def get_sandbox(_caller: LabReader, lab: TheLab, session: Reading) -> LabSandboxes:
    """Found out by trying, when the worker starts. `level` is the weakest of them."""
    return await lab.sandboxes.all(session)
