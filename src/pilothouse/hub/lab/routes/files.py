"""Files of a checkout, read and written while the session lives."""

from __future__ import annotations

import mimetypes

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pilothouse.hub.identity.auth import Decided, ThisHub
from pilothouse.hub.lab.auth import CommandWriter, SessionReader
from pilothouse.hub.lab.domain.asking import inside
from pilothouse.hub.lab.routes.services import FilePath, SessionPath, TheLab
from pilothouse.web import body_limit
from pilothouse.wire.lab import LabWrittenFile

router = APIRouter(prefix="/sessions/{session_id}/files", tags=["debug sessions"])

MAX_FILE_BYTES = 64 << 20
BYTES = {"schema": {"type": "string", "format": "binary"}}


@router.get(
    "/{path:path}",
    summary="Read a file of the checkout",
    response_class=Response,
    responses={200: {"description": "Its bytes", "content": {"application/octet-stream": BYTES}}},
)
async def read_session_file(
    caller: SessionReader, hub: ThisHub, lab: TheLab, session_id: SessionPath, path: FilePath
) -> Response:
    """As it is now, whatever runs meanwhile; 64 MiB at most. Links that lead outside are not followed."""
    place = inside(path)
    async with hub.database.reading() as session:
        row = await lab.sessions.row(session, caller, session_id)
    content = await lab.controls.read_file(row, place)
    # What guests wrote is never shown as a page of this hub.
    headers = {"Content-Disposition": "attachment", "X-File-Type": mimetypes.guess_type(place)[0] or ""}
    return Response(content, media_type="application/octet-stream", headers=headers)


@router.put(
    "/{path:path}",
    summary="Write a file into the checkout",
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": BYTES}}},
    **body_limit(MAX_FILE_BYTES),
)
async def write_session_file(
    request: Request,
    caller: CommandWriter,
    hub: ThisHub,
    lab: TheLab,
    session_id: SessionPath,
    path: FilePath,
    _decided: Decided,
) -> LabWrittenFile:
    """Whole or not at all; directories on the way are made."""
    place = inside(path)
    async with hub.database.reading() as session:
        row = await lab.sessions.row(session, caller, session_id)
    return await lab.controls.write_file(row, place, await request.body())
