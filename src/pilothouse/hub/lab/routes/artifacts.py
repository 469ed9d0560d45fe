"""What sessions leave."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from pilothouse.hub.identity.auth import Decided, Reading, ThisHub
from pilothouse.hub.lab.auth import ArtifactLister, ArtifactReader, CommandWriter
from pilothouse.hub.lab.domain.asking import inside
from pilothouse.hub.lab.routes.services import ArtifactPath, SessionPath, TheLab
from pilothouse.web import Paging, body_limit
from pilothouse.web.ranges import RangeResponse
from pilothouse.wire.lab import LabArtifact, LabArtifactCollection, LabArtifactList

router = APIRouter(prefix="/sessions/{session_id}/artifacts", tags=["debug sessions"])

MAX_UPLOAD_BYTES = 256 << 20
BYTES = {"schema": {"type": "string", "format": "binary"}}


@router.get("", summary="List the artifacts of a session, the earliest first")
async def list_artifacts(
    caller: ArtifactLister, lab: TheLab, session: Reading, session_id: SessionPath, page: Paging
) -> LabArtifactList:
    row = await lab.sessions.row(session, caller, session_id)
    return await lab.artifacts.page(session, row.id, page.limit, page.offset)


@router.get(
    "/{artifact_id}",
    summary="Download an artifact",
    response_class=Response,
    responses={
        200: {"description": "Its bytes", "content": {"application/octet-stream": BYTES}},
        206: {"description": "A part of them", "content": {"application/octet-stream": BYTES}},
        304: {"description": "Nothing new"},
    },
)
async def download_artifact(
    caller: ArtifactReader, hub: ThisHub, lab: TheLab, session_id: SessionPath, artifact_id: ArtifactPath
) -> Response:
    """Whole or in ranges. `ETag` is its SHA-256."""
    async with hub.database.reading() as session:
        row = await lab.sessions.row(session, caller, session_id)
        artifact = await lab.artifacts.get(session, row.id, artifact_id)
    # What guests made is never shown as a page of this hub: it is there to be saved.
    return RangeResponse(
        lab.artifacts.source(artifact),
        etag=artifact.sha256,
        last_modified_s=artifact.created_at.timestamp(),
        media_type="application/octet-stream",
        filename=artifact.path.rsplit("/", 1)[-1],
        headers={"X-Artifact-Type": artifact.content_type, "Digest": f"sha-256={artifact.sha256}"},
    )


@router.post("", status_code=201, summary="Keep files of the checkout as they are now")
async def collect_artifacts(
    caller: CommandWriter,
    hub: ThisHub,
    lab: TheLab,
    session_id: SessionPath,
    new: LabArtifactCollection,
    _decided: Decided,
) -> LabArtifactList:
    """`*` and `?` stay within a name, `**` crosses directories, links are not followed. What could not be kept is said
    in the session's `summary.problems`. A session that is over, or not yet ready, has no checkout: 409."""
    async with hub.database.reading() as session:
        row = await lab.sessions.row(session, caller, session_id)
    kept = await lab.controls.collect(row, list(new.globs))
    return LabArtifactList(items=kept, total=len(kept), limit=max(1, len(kept)), offset=0)


@router.put(
    "",
    status_code=201,
    summary="Add a file to the artifacts of a session",
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": BYTES}}},
    **body_limit(MAX_UPLOAD_BYTES),
)
async def upload_artifact(
    request: Request,
    caller: CommandWriter,
    hub: ThisHub,
    lab: TheLab,
    session_id: SessionPath,
    path: Annotated[str, Query(min_length=1, max_length=500, description="What it is to be called")],
    _decided: Decided,
) -> LabArtifact:
    """From outside: what a command line has, or another program. It counts like those that commands leave."""
    place = inside(path)
    async with hub.database.reading() as session:
        row = await lab.sessions.row(session, caller, session_id)
    return await lab.artifacts.take_in(row.id, place, request.stream())
