"""What is in a recording: fields, messages, plots, frames, cuts. Times are seconds from its start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pilothouse.hub.identity.auth import ThisHub
from pilothouse.hub.playback.auth import OnlyRobot, RecordingWitness, check_evidence
from pilothouse.hub.playback.schemas import DecodedMessages, FieldTree, SeriesList
from pilothouse.hub.playback.service import Cut, Patience, Playback
from pilothouse.hub.recordings.service import Content, RecordingServices
from pilothouse.hub.recordings.service.storage.landing import in_thread
from pilothouse.web.kept import kept
from pilothouse.web.paging import MAX_LIMIT
from pilothouse.wire.base import SessionId

router = APIRouter(prefix="/api/sessions", tags=["playback"])

MCAP_MEDIA_TYPE = "application/octet-stream"
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
# A recording never changes under its id, as far as a browser's plot or image of it goes.
_KEEP = {"Cache-Control": "private, max-age=3600", "Vary": "Authorization"}

# A hundred years: beyond it a time does not fit into nanoseconds.
Seconds = Annotated[
    float, Query(ge=-3.2e9, le=3.2e9, allow_inf_nan=False, description="Seconds from the beginning of the recording")
]
Topic = Annotated[str, Query(min_length=1, max_length=500)]


ThePlayback = Annotated[Playback, Depends(kept("playback", Playback))]


async def _content(connection: HTTPConnection, hub: ThisHub, session_id: str, only_robot: str | None) -> Content:
    """Where the bytes are; the database is let go before anything is read."""
    services = connection.app.state.recordings
    assert isinstance(services, RecordingServices)
    async with hub.database.reading() as session:
        return await services.recordings.content_of(session, session_id, only_robot=only_robot)


async def _the_content(connection: HTTPConnection, hub: ThisHub, session_id: str, only_robot: OnlyRobot) -> Content:
    return await _content(connection, hub, session_id, only_robot)


TheContent = Annotated[Content, Depends(_the_content)]


async def _patience(request: Request) -> AsyncIterator[Patience]:
    """Ends with the connection: a thread must not go on reading for somebody who has gone."""
    patience = Patience()
    watching = asyncio.create_task(_watch(request, patience))
    try:
        yield patience
    finally:
        watching.cancel()


async def _watch(request: Request, patience: Patience) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    patience.give_up()


ThePatience = Annotated[Patience, Depends(_patience, scope="function")]


class CutResponse(StreamingResponse):
    """A cut on its way; its files are closed however the way ends."""

    def __init__(self, cut: Cut, headers: dict[str, str]) -> None:
        super().__init__(cut, media_type=MCAP_MEDIA_TYPE, headers=headers)
        self._cut = cut

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await in_thread(self._cut.close)


@router.get("/{session_id}/fields", summary="List the numbers that can be plotted")
async def list_fields(
    _caller: RecordingWitness, playback: ThePlayback, content: TheContent, patience: ThePatience
) -> FieldTree:
    """By topic, as far as the first message of each shows them."""
    return await playback.fields(content, patience)


@router.get("/{session_id}/messages", summary="Read decoded messages of a topic")
async def read_messages(
    _caller: RecordingWitness,
    playback: ThePlayback,
    content: TheContent,
    patience: ThePatience,
    topic: Topic,
    start: Seconds | None = None,
    end: Seconds | None = None,
    limit: Annotated[
        int, Query(ge=1, le=MAX_LIMIT, description="About how many; those of one time stay together")
    ] = 50,
) -> DecodedMessages:
    """Long arrays are cut to their first elements and say how long they were; bytes are base64. `next_start` is where
    to go on."""
    return await playback.messages(content, patience, topic, start_s=start, end_s=end, limit=limit)


@router.get("/{session_id}/series", summary="Plot fields")
async def read_series(
    _caller: RecordingWitness,
    playback: ThePlayback,
    content: TheContent,
    patience: ThePatience,
    response: Response,
    fields: Annotated[
        str,
        Query(min_length=2, max_length=8_000, description="Comma-separated: `/odom.twist.x,/battery.charge`"),
    ],
    start: Seconds | None = None,
    end: Seconds | None = None,
    points: Annotated[int, Query(ge=10, le=20_000, description="About how many points of each field")] = 2_000,
) -> SeriesList:
    """Of many messages those that show the lowest and the highest values are left, so that no peak is lost."""
    response.headers.update(_KEEP)
    wanted = [field for field in (one.strip() for one in fields.split(",")) if field]
    return await playback.series(content, patience, wanted[:64], start_s=start, end_s=end, points=points)


@router.get(
    "/{session_id}/frames",
    summary="See the image at a time",
    response_class=Response,
    responses={200: {"description": "JPEG, or what the camera sent", "content": {"image/jpeg": _BINARY}}},
)
async def read_frame(
    _caller: RecordingWitness,
    playback: ThePlayback,
    content: TheContent,
    patience: ThePatience,
    topic: Topic,
    t: Seconds = 0.0,
    or_first: Annotated[bool, Query(description="The first image when there is none until then")] = False,
) -> Response:
    """The last image at or before `t`. `X-Log-Time-Ns` says when it was recorded."""
    frame = await playback.frame(content, patience, topic, t, or_first=or_first)
    headers = {**_KEEP, "X-Log-Time-Ns": str(frame.log_time_ns), "X-Time": f"{frame.time_s:.6f}"}
    return Response(frame.picture.content, media_type=frame.picture.media_type, headers=headers)


@router.get(
    "/{session_id}/cut",
    summary="Download a part as a recording of its own",
    response_class=StreamingResponse,
    responses={200: {"description": "A valid MCAP file", "content": {MCAP_MEDIA_TYPE: _BINARY}}},
)
async def cut_recording(
    connection: HTTPConnection,
    caller: RecordingWitness,
    hub: ThisHub,
    playback: ThePlayback,
    only_robot: OnlyRobot,
    content: TheContent,
    topics: Annotated[str | None, Query(max_length=8_000, description="Comma-separated; all when absent")] = None,
    start: Seconds | None = None,
    end: Seconds | None = None,
    following: Annotated[
        list[SessionId] | None,
        Query(max_length=50, description="Recordings that go on where this one ends; one cut is made of all"),
    ] = None,
) -> StreamingResponse:
    """No message is decoded, and chunks that are wanted as a whole are passed on as they are."""
    for session_id in following or ():
        await check_evidence(connection, caller, "recording", session_id)
    others = [await _content(connection, hub, session_id, only_robot) for session_id in following or ()]
    wanted = [topic.strip() for topic in topics.split(",") if topic.strip()] if topics else None
    cut = await playback.cut([content, *others], Patience(), wanted, start, end)
    headers = {"Content-Disposition": f'attachment; filename="{content.session_id}-cut.mcap"'}
    return CutResponse(cut, headers)
