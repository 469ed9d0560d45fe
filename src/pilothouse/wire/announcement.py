"""What the hub hears of a recording before its bytes come."""

from __future__ import annotations

from pydantic import Field

from pilothouse.wire.base import Label, Message, Moment, RobotId, SessionId, Text
from pilothouse.wire.preview import PreviewSeries
from pilothouse.wire.recording import TopicSummary
from pilothouse.wire.trigger import TriggerFired


class RecordingAnnouncement(Message):
    """Sent as soon as a capture is sealed; kilobytes, whatever the size of the recording."""

    session_id: SessionId
    robot_id: RobotId
    label: Label
    reason: str | None = Field(None, max_length=100)
    incident_id: str | None = Field(None, max_length=100)
    trigger: TriggerFired | None = None
    started_at: Moment | None = None
    ended_at: Moment | None = None
    size_bytes: int = Field(ge=0)
    message_count: int = Field(0, ge=0)
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    channels: list[TopicSummary] = Field(default_factory=list, max_length=2_000)
    drops: dict[Text, int] = Field(default_factory=dict, max_length=2_000)
    preview: list[PreviewSeries] = Field(default_factory=list, max_length=16)
