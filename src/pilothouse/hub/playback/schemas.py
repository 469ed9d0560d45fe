"""What is answered about the contents of a recording. Times are seconds from its start, unless they end in `_ns`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class TopicFields(BaseModel):
    """The numbers in a topic's messages, as far as its first message shows them."""

    topic: str
    message_type: str
    message_count: int
    fields: list[str] = Field(description="Paths within the message, such as `pose.position.x`")
    problem: str | None = Field(None, description="Why its messages cannot be decoded, if they cannot")


class FieldTree(BaseModel):
    topics: list[TopicFields]


class DecodedMessage(BaseModel):
    """One message; `message` is null and `problem` says why when it cannot be decoded."""

    time_s: float
    log_time_ns: int
    publish_time_ns: int
    message: Any = None
    problem: str | None = None


class DecodedMessages(BaseModel):
    topic: str
    items: list[DecodedMessage]
    next_start: float | None = Field(None, description="Where to go on; null at the end")
    left_out: int = Field(0, description="Messages of the last time that were too many for one answer")


class Series(BaseModel):
    """One field over time; of many points those that show its lowest and highest values are left."""

    field: str
    times_s: list[float]
    values: list[float | None] = Field(description="null where a message has no finite number there")
    message_count: int = Field(description="Messages in the window, before they were thinned out")
    lowest: float | None
    highest: float | None


class SeriesList(BaseModel):
    start_ns: int = Field(description="Log time of the start of the recording")
    duration_s: float
    series: list[Series]
