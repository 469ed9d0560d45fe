"""Answers of the administrator's routes; recordings and annotations are in ``pilothouse.wire``."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from pilothouse.wire.base import Moment, SessionId


class DiskUse(BaseModel):
    """What recordings take, and what they may take."""

    used_bytes: int = Field(ge=0, description="Bytes of all recordings")
    used_mb: float = Field(ge=0, description="The same in units of 10⁶ bytes")
    cap_mb: int = Field(ge=0, description="The cap in units of 2²⁰ bytes; 0 is no cap")
    cap_enabled: bool
    session_count: int = Field(ge=0)


class FacetValue(BaseModel):
    value: str
    count: int = Field(ge=1, description="Recordings that have it")


class Facets(BaseModel):
    """What a list could be narrowed to, the commonest first, at most 100 of each."""

    robots: list[FacetValue] = Field(default_factory=list)
    labels: list[FacetValue] = Field(default_factory=list)
    triggers: list[FacetValue] = Field(default_factory=list)
    reasons: list[FacetValue] = Field(default_factory=list)
    states: list[FacetValue] = Field(default_factory=list)
    topics: list[FacetValue] = Field(default_factory=list)


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


class SweepItem(BaseModel):
    """A recording that a sweep would delete."""

    session_id: str
    robot_id: str
    size_bytes: int = Field(ge=0)
    recorded_at: Moment = Field(description="When it was recorded")


class SweepPlan(BaseModel):
    """What a retention sweep would delete now."""

    items: list[SweepItem] = Field(description="In the order of deletion; the first 1,000")
    total: int = Field(ge=0, description="Recordings that would go, those that are not listed included")
    bytes_freed: int = Field(ge=0)
    bytes_after: int = Field(ge=0, description="Bytes of all recordings afterwards")
    cap_bytes: int = Field(ge=0, description="The cap in bytes; 0 is no cap")


class DirectUploadCompleted(BaseModel):
    """The recording is in its place and will be indexed."""

    session_id: str


class Pin(BaseModel):
    """Why nothing may delete a recording."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]


class DeletionRequest(BaseModel):
    session_ids: list[SessionId] = Field(min_length=1, max_length=500)
    reason: str = Field("", max_length=500, description="For the audit log")


class Deleted(BaseModel):
    """What became of recordings that somebody wanted to delete."""

    deleted_ids: list[str]
    pinned_ids: list[str] = Field(default_factory=list, description="Pinned, and therefore still there")
    unknown_ids: list[str] = Field(default_factory=list)


LONGEST_LINK_S = 7 * 86_400


class LinkRequest(BaseModel):
    expires_in_s: int = Field(3_600, ge=60, le=LONGEST_LINK_S, description="How long the link is good; 7 days at most")


class OpenLinks(BaseModel):
    """Addresses that start a viewer on the recording, at the moment of its trigger."""

    lichtblick: str
    foxglove: str


class SignedLink(BaseModel):
    """An address that needs no credential."""

    url: str
    expires_at: Moment
    open: OpenLinks
