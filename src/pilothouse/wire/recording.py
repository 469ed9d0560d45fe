"""Recordings and annotations as the recorder answers them and the hub lists them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from pilothouse.wire.base import Label, Message, Moment
from pilothouse.wire.preview import PreviewSeries
from pilothouse.wire.trigger import TriggerFired

AnnotationBody = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]


class SaveRequest(Message):
    """Ask the recorder to capture what led up to now."""

    label: Label | None = None


class SavedRecording(Message):
    """What the recorder answers to ``POST /sessions/save``."""

    session_id: str
    path: str
    duration_s: float
    topics: list[str]
    size_bytes: int
    label: str


class RecordingState(StrEnum):
    ANNOUNCED = "announced"
    """The robot has told of it; its bytes have not come yet."""
    INDEXING = "indexing"
    OK = "ok"
    DAMAGED = "damaged"
    RECOVERING = "recovering"


class TopicSummary(Message):
    """One topic of a recording."""

    topic: str
    message_type: str = ""
    encoding: str = ""
    message_count: int = 0
    rate_hz: float | None = None


class Recording(Message):
    """One recording as the hub knows it."""

    session_id: str
    robot_id: str
    label: str
    started_at: Moment | None
    ended_at: Moment | None
    duration_s: float
    topics: list[str]
    size_bytes: int
    state: RecordingState
    message_count: int = 0
    annotation_count: int = 0
    damage: str | None = Field(None, description="Why the file cannot be read, when state is damaged")
    trigger: TriggerFired | None = None
    incident_id: str | None = None
    reason: str | None = None
    sha256: str | None = None
    channels: list[TopicSummary] = Field(default_factory=list, description="Lists leave them out")
    drops: dict[str, int] = Field(default_factory=dict)
    announced_at: Moment | None = Field(None, description="When its robot told of it, before its bytes came")
    indexed_at: Moment | None = None
    pinned_at: Moment | None = Field(None, description="Since when nothing deletes it; null when it is not pinned")
    pinned_by: str | None = None
    pin_reason: str | None = None
    preview: list[PreviewSeries] | None = Field(None, description="A glance at what led to it; lists leave it out")


class RecordingList(Message):
    """A page of recordings, newest first, and every robot that has any."""

    sessions: list[Recording]
    robots: list[str]
    total: int
    limit: int
    offset: int
    next_cursor: str | None = Field(None, description="Where the next page begins; null on the last")


class NewAnnotation(Message):
    """A remark at a time of a recording."""

    time_ns: int = Field(ge=0, lt=2**63, description="Nanoseconds from the start of the recording")
    body: AnnotationBody


class AnnotationUpdate(Message):
    """A new wording; the time stays unless given."""

    body: AnnotationBody
    time_ns: int | None = Field(None, ge=0, lt=2**63)


class Annotation(Message):
    id: int
    session_id: str
    time_ns: int
    body: str
    created_at: Moment
    updated_at: Moment


class AnnotationList(Message):
    annotations: list[Annotation]
    total: int
    limit: int
    offset: int
