"""Disk use, rescan and retention."""

from __future__ import annotations

from fastapi import APIRouter

from pilothouse.hub.identity.auth import Decided, Operator, Reading
from pilothouse.hub.recordings.routes.services import Services
from pilothouse.hub.recordings.schemas import DiskUse, Rescanned, SweepPlan, Swept

router = APIRouter(prefix="/api/admin", tags=["administration"])


@router.get("/disk", summary="Disk use and retention cap")
async def read_disk_use(services: Services, session: Reading, _caller: Operator) -> DiskUse:
    return await services.recordings.disk_use(session)


@router.post("/rescan", summary="Rescan the sessions directory")
async def rescan(services: Services, _caller: Operator, _decided: Decided) -> Rescanned:
    """Compares the whole directory with the index at once, and tries damaged files again."""
    return await services.watch.rescan()


@router.get("/sweep", summary="See what a retention sweep would delete")
async def preview_sweep(services: Services, _caller: Operator) -> SweepPlan:
    """Nothing is deleted."""
    return await services.retention.preview()


@router.post("/sweep", summary="Force a retention sweep now")
async def sweep(services: Services, _caller: Operator, _decided: Decided) -> Swept:
    """Deletes the oldest recordings until the rest fits under the cap; annotated ones go last."""
    return await services.retention.sweep()
