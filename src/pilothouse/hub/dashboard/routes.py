"""The dashboard's numbers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from pilothouse.hub.dashboard.domain import Range
from pilothouse.hub.dashboard.schemas import Dashboard
from pilothouse.hub.dashboard.service import Dashboards
from pilothouse.hub.identity.auth import Member, Reading, TheAccess
from pilothouse.web.kept import kept

router = APIRouter(prefix="/api/v1/metrics", tags=["activity"])


@router.get("/dashboard", summary="How work goes")
async def show_dashboard(
    caller: Member,
    access: TheAccess,
    session: Reading,
    dashboards: Annotated[Dashboards, Depends(kept("dashboards", Dashboards))],
    over: Annotated[Range, Query(alias="range", description="How far back")] = Range.WEEK,
) -> Dashboard:
    """Tasks by state, work in progress, cycle time, approvals that wait and how long decisions take, agents online, and
    incidents: over the boards that you see."""
    return await dashboards.show(session, caller, await access.boards(session, caller), over)
