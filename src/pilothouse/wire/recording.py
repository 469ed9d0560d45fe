"""Recordings and annotations as the recorder answers them and the hub lists them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, computed_field, model_validator

from pilothouse.wire.base import Label, Message, Moment, Text
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


class TopicSummary(Message):
    """One topic of a recording."""

    topic: Text
    message_type: Text = ""
    encoding: Text = ""
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


AnnotationTag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class NewAnnotation(Message):
    """A remark at a time of a recording, or at a span of it."""

    time_ns: int = Field(ge=0, lt=2**63, description="Nanoseconds from the start of the recording")
    end_time_ns: int | None = Field(None, ge=0, lt=2**63, description="End of the span; not before `time_ns`")
    body: AnnotationBody
    tags: list[AnnotationTag] = Field(default_factory=list, max_length=20)

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.end_time_ns is not None and self.end_time_ns < self.time_ns:
            raise ValueError("end_time_ns must not be before time_ns")
        return self


class AnnotationUpdate(Message):
    """A new wording; time, end and tags stay unless given. An end of null makes a span a time again."""

    body: AnnotationBody
    time_ns: int | None = Field(None, ge=0, lt=2**63)
    end_time_ns: int | None = Field(None, ge=0, lt=2**63)
    tags: list[AnnotationTag] | None = Field(None, max_length=20)


class Annotation(Message):
    id: int
    session_id: str
    time_ns: int
    end_time_ns: int | None = Field(None, description="End of the span; null for a remark at one time")
    body: str
    author: str = Field("", description="Who wrote it, as they signed in")
    tags: list[str] = Field(default_factory=list)
    created_at: Moment
    updated_at: Moment


class AnnotationList(Message):
    annotations: list[Annotation]
    total: int
    limit: int
    offset: int

    @computed_field(description="The same, by the name they have in every list")  # type: ignore[prop-decorator]
    @property
    def items(self) -> list[Annotation]:
        return self.annotations
