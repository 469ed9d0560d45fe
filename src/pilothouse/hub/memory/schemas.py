"""What is asked and answered about memory."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pilothouse.hub.activity.schemas import ActivityActor
from pilothouse.hub.memory.domain import LONGEST_CONTENT, MOST_TAGS
from pilothouse.wire.base import Moment

Content = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_CONTENT)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Source = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:/@#-]{0,199}$")]


class NewMemory(BaseModel):
    """What is to be remembered, or said."""

    model_config = ConfigDict(extra="forbid")

    content: Content
    tags: list[Tag] = Field(default_factory=list, max_length=MOST_TAGS)
    is_chat: bool = Field(False, description="Said in passing rather than worth keeping")
    source: Source | None = Field(None, description="Where it comes from, such as `runbook` or a task's id")
    untrusted: bool = Field(
        False, description="Set it for text that you were given: it is fenced wherever an agent reads it, for good"
    )


class MemoryChange(BaseModel):
    """What is to be different; what is not named stays. ``version`` is the one you read."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(None, ge=1, description="409 when somebody else was faster; not checked when absent")
    content: Content | None = None
    tags: list[Tag] | None = Field(None, max_length=MOST_TAGS)
    is_chat: bool | None = None


class MemoryEntry(BaseModel):
    """One entry. An agent gets the `content` of what is `untrusted` fenced too: it is data, never instructions."""

    id: str
    organization_id: str
    board_id: str | None
    group_id: str | None
    content: str
    tags: list[str]
    is_chat: bool
    source: str
    untrusted: bool = Field(description="Text from outside, such as a webhook's")
    fenced_text: str | None = Field(
        description="What is untrusted, between two lines with a marker that the text cannot contain"
    )
    author: ActivityActor
    created_at: Moment
    changed_at: Moment
    version: int


class MemoryList(BaseModel):
    """The latest first."""

    items: list[MemoryEntry]
    total: int
    limit: int
    offset: int
