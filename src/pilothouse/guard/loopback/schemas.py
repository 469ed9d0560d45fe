"""What is answered about recorded sessions."""

from __future__ import annotations

from pydantic import BaseModel, Field


class SessionRow(BaseModel):
    """One session in the list; times are Unix seconds."""

    session_id: str
    filename: str = Field(description="Its first file")
    size_mb: float = Field(description="Of all its files, in millions of bytes")
    created_at: float
    rotated_at: float | None = Field(description="When its last file was closed; null while it is recorded")
    file_count: int
    total_cycles: int
    violation_cycles: int = Field(description="Rejected ones, faults among them")
    clamp_cycles: int
    has_images: bool


class SessionList(BaseModel):
    sessions: list[SessionRow]


class SessionDetail(BaseModel):
    """One session, over all its files; times are Unix seconds."""

    session_id: str
    filename: str
    size_mb: float
    start_time: float
    end_time: float | None = Field(description="Null while it is recorded")
    total_cycles: int
    violation_cycles: int
    clamp_cycles: int
    has_images: bool
    compression: str
    channels: list[str]
