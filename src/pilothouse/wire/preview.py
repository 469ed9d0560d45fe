"""A glance at a recording before its bytes come."""

from __future__ import annotations

from pydantic import Field

from pilothouse.wire.base import Message


class PreviewSeries(Message):
    """A few points of one field: message times in nanoseconds since the epoch, and the values."""

    field: str = Field(max_length=500, description="/topic.path.to.field")
    times_ns: list[int] = Field(max_length=500)
    values: list[float | None] = Field(max_length=500)
