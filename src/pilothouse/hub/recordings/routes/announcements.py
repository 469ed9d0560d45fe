"""What robots tell of recordings before they can send them."""

from __future__ import annotations

from fastapi import APIRouter

from pilothouse.hub.identity.auth import Reporting, Writer
from pilothouse.hub.recordings.auth import OnlyRobot
from pilothouse.hub.recordings.routes.services import Services
from pilothouse.web import body_limit
from pilothouse.wire import Recording, RecordingAnnouncement

router = APIRouter(prefix="/api/v1/recordings", tags=["recordings"])

# 2,000 topics with long names, and 16 previews of 500 points.
LARGEST_ANNOUNCEMENT_BYTES = 4 << 20


@router.post("/announcements", summary="Announce a recording", **body_limit(LARGEST_ANNOUNCEMENT_BYTES))
async def announce_recording(
    _caller: Writer, services: Services, session: Reporting, only_robot: OnlyRobot, announcement: RecordingAnnouncement
) -> Recording:
    """A robot tells of a recording as soon as it has one. The recording is listed as `announced` until its bytes are
    here; then it is indexed in its place. Twice is once; a recording that was deleted stays deleted (409)."""
    return await services.announcements.take(session, announcement, only_robot=only_robot)
