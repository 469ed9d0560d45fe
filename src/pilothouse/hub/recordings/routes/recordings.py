"""Lists of recordings, one recording, its bytes."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from pilothouse.hub.identity.auth import Reader, Reading, ThisHub
from pilothouse.hub.recordings.auth import OnlyRobot, RecordingWitness
from pilothouse.hub.recordings.routes.filters import Cursor, Filters, InOrder, OfRobot
from pilothouse.hub.recordings.routes.services import Services
from pilothouse.web import Paging
from pilothouse.web.ranges import LIFETIME_S, RangeResponse, remember
from pilothouse.wire import Recording, RecordingList

router = APIRouter(prefix="/api/sessions", tags=["recordings"])

# A token may be revoked at any time; whoever knows the password keeps it until the hub is started anew.
REVOKED_WITHIN_S = 1.0
MCAP_MEDIA_TYPE = "application/octet-stream"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
BYTES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The whole file", "content": {MCAP_MEDIA_TYPE: _BINARY}},
    206: {
        "description": "The ranges asked for",
        "content": {MCAP_MEDIA_TYPE: _BINARY, "multipart/byteranges": _BINARY},
    },
    307: {"description": "The bytes are in the bucket; `Location` is good for some minutes"},
    304: {"description": "The file has not changed since"},
}


@router.get("", summary="List recordings, newest first")
async def list_recordings(
    _caller: Reader,
    services: Services,
    session: Reading,
    only_robot: OnlyRobot,
    page: Paging,
    sought: Filters,
    ordering: InOrder,
    robot_id: OfRobot = None,
    cursor: Cursor = None,
) -> RecordingList:
    """`robots` names every robot that has recordings, whatever the filter says. `next_cursor` leads on without gaps or
    repeats while recordings come and go; a `cursor` takes the place of `offset`."""
    return await services.recordings.page(
        session, robot_id=robot_id, only_robot=only_robot, limit=page.limit, offset=page.offset, sought=sought,
        ordering=ordering, cursor=cursor,
    )  # fmt: skip


@router.get("/{session_id}", summary="Get a recording")
async def get_recording(
    _caller: RecordingWitness, services: Services, session: Reading, only_robot: OnlyRobot, session_id: str
) -> Recording:
    return await services.recordings.get(session, session_id, only_robot=only_robot)


@router.head("/{session_id}/mcap", summary="Ask about the MCAP file", responses=BYTES, response_class=Response)
@router.get("/{session_id}/mcap", summary="Read the MCAP file", responses=BYTES, response_class=Response)
async def read_recording(
    caller: Reader,
    services: Services,
    session: Reading,
    only_robot: OnlyRobot,
    hub: ThisHub,
    session_id: str,
    request: Request,
) -> Response:
    """Whole or in ranges (RFC 9110: one or many, suffix, `If-Range`); a damaged file is served as it is. A hub that
    keeps recordings in a bucket may answer 307 with an address there, though never to the script of a page: ours may
    talk to nobody but the hub."""
    content = await services.recordings.content_of(session, session_id, only_robot=only_robot)
    may_redirect = hub.settings.storage_redirect and request.method == "GET" and not _is_for_a_script(request)
    if may_redirect and (address := await content.address()):
        return RedirectResponse(address, status_code=307, headers={"Cache-Control": "no-store"})
    if hub.settings.accel_prefix and (path := content.path_for_proxy()):
        return _handed_on(f"{hub.settings.accel_prefix.rstrip('/')}/{path}", session_id)
    answer = RangeResponse(content.source, media_type=MCAP_MEDIA_TYPE, filename=f"{session_id}.mcap")
    return remember(request, answer, lifetime_s=LIFETIME_S if caller.token_id is None else REVOKED_WITHIN_S)


def _is_for_a_script(request: Request) -> bool:
    """Browsers say what they fetch something for, and no page can make them say something else."""
    return request.headers.get("sec-fetch-dest") == "empty"


def _handed_on(address: str, session_id: str) -> Response:
    """The proxy in front reads the file itself; the rights were checked here."""
    disposition = f'attachment; filename="{session_id}.mcap"'
    headers = {"X-Accel-Redirect": address, "Content-Disposition": disposition, "Cache-Control": "private"}
    return Response(media_type=MCAP_MEDIA_TYPE, headers=headers)
