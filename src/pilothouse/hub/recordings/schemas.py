"""Answers of the administrator's routes; recordings and annotations are in ``pilothouse.wire``."""

from __future__ import annotations

from pydantic import BaseModel, Field


class DiskUse(BaseModel):
    """What recordings take, and what they may take."""

    used_bytes: int = Field(ge=0, description="Bytes of all recordings")
    used_mb: float = Field(ge=0, description="The same in units of 10⁶ bytes")
    cap_mb: int = Field(ge=0, description="The cap in units of 2²⁰ bytes; 0 is no cap")
    cap_enabled: bool
    session_count: int = Field(ge=0)


class Rescanned(BaseModel):
    """What a look at the sessions directory changed."""

    added: int = Field(ge=0, description="Files that were not known")
    updated: int = Field(ge=0, description="Files that were replaced or changed")
    removed: int = Field(ge=0, description="Recordings whose file is gone")
    damaged: int = Field(ge=0, description="Recordings that cannot be read, among all")
    waiting: int = Field(ge=0, description="Files that are still being written, and recordings not indexed yet")
    session_count: int = Field(ge=0, description="Recordings known now")


class Swept(BaseModel):
    """What a retention sweep deleted."""

    deleted_ids: list[str] = Field(description="Ids of the deleted recordings, in the order of deletion")
    bytes_freed: int = Field(ge=0)
    bytes_after: int = Field(ge=0, description="Bytes of all recordings afterwards")
    cap_bytes: int = Field(ge=0, description="The cap in bytes; 0 is no cap, and nothing is deleted")


class DirectUploadCompleted(BaseModel):
    """The recording is in its place and will be indexed."""

    session_id: str
