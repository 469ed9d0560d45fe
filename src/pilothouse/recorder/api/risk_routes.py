"""Where the guard on the robot reports what it decided."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request

from pilothouse.recorder.recorder import Recorder
from pilothouse.wire import RiskEventBatch, RiskEventsAccepted

PATHS = ("/risk-events",)
router = APIRouter(tags=["recorder"])


@router.post("/risk-events", summary="Report what a guard decided")
async def report(request: Request, batch: RiskEventBatch) -> RiskEventsAccepted:
    """Take what a guard decided; it is on disk when this answers, and goes to the hub in order. Twice is once."""
    recorder: Recorder = request.app.state.recorder
    return await asyncio.to_thread(recorder.report_risk, batch.events)
