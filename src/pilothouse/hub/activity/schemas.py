"""What is told of a change, in lists and in streams alike."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, BaseModel, Field

from pilothouse.hub.events import Event


class ActivityActor(BaseModel):
    """Who made a change."""

    kind: str = Field(description="`person`, `agent`, `token`, … or `system`, which is the hub itself")
    id: str
    name: str


class ActivityEntry(BaseModel):
    """One change. `sequence` counts within the organization; it is the id of the same change in every stream."""

    sequence: int
    organization_id: str
    board_id: str | None
    kind: str = Field(examples=["task.updated"])
    subject_kind: str = Field(examples=["task"])
    subject_id: str
    actor: ActivityActor
    summary: str
    before: dict[str, Any] | None = Field(description="What was changed, as it was; null for what is new")
    after: dict[str, Any] | None = Field(description="The same as it is now; null for what was deleted")
    recorded_at: AwareDatetime

    @classmethod
    def told(cls, event: Event) -> ActivityEntry:
        """From its event."""
        return cls.model_validate(
            {**event.payload, "sequence": event.sequence, "kind": event.kind, "recorded_at": event.recorded_at}
        )


class ActivityList(BaseModel):
    """Changes, the latest first. There is more where `next_cursor` is set."""

    items: list[ActivityEntry]
    total: int = Field(description="Of all pages, whatever the cursor")
    limit: int
    offset: int
    next_cursor: int | None = Field(description="Give it as `cursor` for what came before; null at the end")
