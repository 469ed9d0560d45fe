"""What a robot says about a file before it sends the bytes (tus 1.0 ``Upload-Metadata``)."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from pydantic import StringConstraints

from pilothouse.wire.base import Message, RobotId, SessionId

TUS_VERSION = "1.0.0"
UPLOADS_PATH = "/api/uploads"


class UploadMetadata(Message):
    """``session_id`` names the recording, ``sha256`` proves it, ``robot_id`` says whose it is."""

    session_id: SessionId
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    robot_id: RobotId | None = None

    def to_header(self) -> str:
        """The value of an ``Upload-Metadata`` header."""
        present = self.model_dump(exclude_none=True)
        return ",".join(f"{key} {base64.b64encode(str(value).encode()).decode()}" for key, value in present.items())

    @classmethod
    def from_header(cls, header: str) -> UploadMetadata:
        """Read the header; raises ``ValueError`` (``pydantic.ValidationError`` is one) on nonsense."""
        found: dict[str, str] = {}
        for part in filter(None, (piece.strip() for piece in header.split(","))):
            key, _, encoded = part.partition(" ")
            try:
                found[key] = base64.b64decode(encoded, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                raise ValueError(f"Upload-Metadata: the value of {key!r} is not base64 of UTF-8 text") from None
        return cls.model_validate(found)
