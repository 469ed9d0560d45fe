"""``/mcap/sessions``: recorded sessions, whole or cut."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import StreamingResponse

from pilothouse.guard.loopback.lanes import SEQUENCE_MASK
from pilothouse.guard.loopback.names import file_name
from pilothouse.guard.loopback.schemas import SessionDetail, SessionList, SessionRow
from pilothouse.guard.loopback.sessions import SessionFacts, Sessions
from pilothouse.guard.routes.streaming import streamed

router = APIRouter(prefix="/mcap/sessions", tags=["recorded sessions"])


async def _sessions(request: Request) -> Sessions:
    return cast("Sessions", request.app.state.sessions)


Recorded = Annotated[Sessions, Depends(_sessions)]
SessionId = Annotated[str, Path()]
FirstCycle = Annotated[int, Query(ge=0, le=SEQUENCE_MASK, description="First cycle to include")]
LastCycle = Annotated[int, Query(ge=-1, le=SEQUENCE_MASK, description="Last cycle to include; -1 is the last there is")]
Topics = Annotated[str | None, Query(max_length=5_000, description="Channels, separated by commas; all when absent")]
_MCAP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}}, "description": "An MCAP file"}
}


@router.get("", summary="List recorded sessions")
async def every(sessions: Recorded) -> SessionList:
    """All recorded sessions, newest first."""
    return SessionList(sessions=[_row(one) for one in await asyncio.to_thread(sessions.every)])


@router.get("/{session_id}", summary="Show a recorded session")
async def one_session(sessions: Recorded, session_id: SessionId) -> SessionDetail:
    """What a session's files say about it; its messages are not read."""
    return _detail(await asyncio.to_thread(sessions.get, session_id))


@router.get(
    "/{session_id}/download", summary="Download a recorded session", response_class=StreamingResponse, responses=_MCAP
)
async def download(
    sessions: Recorded,
    session_id: SessionId,
    start_cycle: FirstCycle = 0,
    end_cycle: LastCycle = -1,
    topics: Topics = None,
) -> StreamingResponse:
    """The session, or some of its cycles and channels, as one MCAP file."""
    wanted = None if topics is None else [one.strip() for one in topics.split(",") if one.strip()]
    cutting = await asyncio.to_thread(
        sessions.cut, session_id, start_cycle=start_cycle, end_cycle=end_cycle, topics=wanted
    )
    name = file_name(session_id, 0)
    if (start_cycle, end_cycle) != (0, -1):
        last = "end" if end_cycle == -1 else str(end_cycle)
        name = name.replace(".mcap", f"_cycles_{start_cycle}-{last}.mcap")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    body = streamed(iter(cutting), cutting.close)
    return StreamingResponse(body, media_type="application/octet-stream", headers=headers)


def _row(one: SessionFacts) -> SessionRow:
    counts = one.counts
    return SessionRow(
        session_id=one.session_id,
        filename=one.filename,
        size_mb=one.size_mb,
        created_at=one.start_s or 0.0,
        rotated_at=one.closed_at,
        file_count=len(one.parts),
        total_cycles=counts.total_cycles,
        violation_cycles=counts.violation_cycles,
        clamp_cycles=counts.clamp_cycles,
        has_images=one.has_images,
    )


def _detail(one: SessionFacts) -> SessionDetail:
    counts = one.counts
    return SessionDetail(
        session_id=one.session_id,
        filename=one.filename,
        size_mb=one.size_mb,
        start_time=one.start_s or 0.0,
        end_time=one.end_s,
        total_cycles=counts.total_cycles,
        violation_cycles=counts.violation_cycles,
        clamp_cycles=counts.clamp_cycles,
        has_images=one.has_images,
        compression=one.compression,
        channels=one.topics,
    )
