"""A recording straight to the hub's object store, when the hub offers that."""

from __future__ import annotations

from pydantic import Field

from pilothouse.wire.base import Message, Moment, RobotId, SessionId

DIRECT_PATH = "/api/v1/recordings/direct"


class DirectUploadRequest(Message):
    """May this file be put straight into the store?"""

    session_id: SessionId
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    robot_id: RobotId
    size_bytes: int = Field(ge=0)


class DirectUpload(Message):
    """Where to PUT the file, whole and with exactly these headers; no credential of the hub goes along."""

    url: str = Field(max_length=8_000, pattern=r"^https?://")
    headers: dict[str, str] = Field(default_factory=dict, max_length=50)
    upload_id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")
    expires_at: Moment | None = None


class DirectUploadOffer(Message):
    """``upload`` is null when the file is to come through the hub, by tus."""

    upload: DirectUpload | None = None
