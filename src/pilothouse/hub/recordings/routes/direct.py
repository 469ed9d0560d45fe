"""Files that robots put straight into the bucket, where there is one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from pilothouse.hub.identity.auth import Writer
from pilothouse.hub.recordings.auth import OnlyRobot
from pilothouse.hub.recordings.domain.tus import Announced
from pilothouse.hub.recordings.routes.services import Services
from pilothouse.hub.recordings.schemas import DirectUploadCompleted
from pilothouse.wire import DirectUpload, DirectUploadOffer, DirectUploadRequest, UploadMetadata
from pilothouse.wire.direct import DIRECT_PATH

router = APIRouter(prefix=DIRECT_PATH, tags=["uploads"])


@router.post("", summary="Ask for a place in the bucket for a recording")
async def offer_direct_upload(
    _caller: Writer, services: Services, only_robot: OnlyRobot, asked: DirectUploadRequest
) -> DirectUploadOffer:
    """`upload` is null when the file is to come through the hub by tus: because the hub keeps recordings on a disk,
    has this one already, or because the file is too large for one request to the bucket."""
    metadata = UploadMetadata(session_id=asked.session_id, sha256=asked.sha256, robot_id=asked.robot_id)
    place = await services.uploads.offer_direct(Announced(metadata, asked.size_bytes), only_robot=only_robot)
    if place is None:
        return DirectUploadOffer()
    upload_id, address = place
    return DirectUploadOffer(upload=DirectUpload(url=address.url, upload_id=upload_id, expires_at=address.expires_at))


@router.post("/{upload_id}/complete", summary="Say that a recording is in the bucket")
async def complete_direct_upload(
    _caller: Writer,
    services: Services,
    only_robot: OnlyRobot,
    upload_id: Annotated[str, Path(max_length=40)],
) -> DirectUploadCompleted:
    """The hub reads it once, to compare its digest with the announced one, before it answers: this may take a while."""
    progress = await services.uploads.accept_direct(upload_id, only_robot=only_robot)
    return DirectUploadCompleted(session_id=progress.metadata.session_id)
