"""The same session against many recordings or commits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from pilothouse.hub.db import answer_once
from pilothouse.hub.identity.auth import OnceKey, Reading, ThisHub, Writing
from pilothouse.hub.lab.auth import SessionReader, SessionWriter, check_scope
from pilothouse.hub.lab.routes.services import TheLab
from pilothouse.kit.clock import at
from pilothouse.web import Paging, body_limit
from pilothouse.wire.lab import LabBatch, LabBatchList, NewLabBatch

router = APIRouter(prefix="/batches", tags=["debug sessions"])

BatchPath = Annotated[str, Path(max_length=40)]


@router.post("", status_code=201, summary="Make a session for each recording or commit", **body_limit(16 << 20))
async def create_batch(
    caller: SessionWriter, lab: TheLab, session: Writing, hub: ThisHub, once: OnceKey, new: NewLabBatch
) -> LabBatch:
    """All of them or none. Each ends with its last command. Commands need `commands:write` as well, recordings and
    incidents `fleet:read`."""
    if new.session.commands:
        check_scope(caller, ["commands:write"])
    now = at(hub.clock.now_ns())
    return await answer_once(session, once, now, LabBatch, lambda: lab.batches.create(session, caller, new))


@router.get("", summary="List batches, newest first")
async def list_batches(caller: SessionReader, lab: TheLab, session: Reading, page: Paging) -> LabBatchList:
    """Without their matrices."""
    return await lab.batches.page(session, caller, page.limit, page.offset)


@router.get("/{batch_id}", summary="Get a batch with its matrix of results")
async def get_batch(caller: SessionReader, lab: TheLab, session: Reading, batch_id: BatchPath) -> LabBatch:
    return await lab.batches.get(session, caller, batch_id)
