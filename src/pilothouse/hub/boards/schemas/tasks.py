"""Tasks and comments."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pilothouse.hub.boards.domain.states import ActorKind, Priority, TaskStatus
from pilothouse.hub.boards.schemas.boards import Changing, Value
from pilothouse.wire.base import Message, Moment

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Text = Annotated[str, StringConstraints(max_length=50_000)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50_000)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Fields = Annotated[dict[Annotated[str, StringConstraints(max_length=100)], Value], Field(max_length=200)]


class NewTask(Message):
    """It begins in the inbox."""

    title: Title
    description: Text = ""
    priority: Priority = Priority.MEDIUM
    assigned_id: Id | None = Field(None, description="An agent of the board or a member; nobody when absent")
    due_at: Moment | None = None
    tag_ids: list[Id] = Field(default_factory=list, max_length=50)
    depends_on_ids: list[Id] = Field(default_factory=list, max_length=100, description="Tasks to be done before")
    custom_fields: Fields = Field(default_factory=dict)
    incident_id: Id | None = None


class TaskChange(Changing):
    """`assigned_id`, `due_at` and `incident_id` can be null. Of `custom_fields` those that are named change, and null
    clears one; `tag_ids` and `depends_on_ids` are replaced."""

    title: Title | None = None
    description: Text | None = None
    status: TaskStatus | None = None
    priority: Priority | None = None
    assigned_id: Id | None = None
    due_at: Moment | None = None
    tag_ids: list[Id] | None = Field(None, max_length=50)
    depends_on_ids: list[Id] | None = Field(None, max_length=100)
    custom_fields: Fields | None = None
    incident_id: Id | None = None
    comment: Words | None = Field(None, description="Posted as a comment with the change")


class TaskTag(BaseModel):
    id: str
    name: str
    slug: str
    colour: str


class TaskCard(BaseModel):
    """A task as it is drawn on a board. `blocked` follows from its dependencies: `blocked_by` are those not done."""

    model_config = ConfigDict(frozen=True)

    id: str
    board_id: str
    title: str
    status: TaskStatus
    priority: Priority
    blocked: bool
    blocked_by: list[str]
    depends_on_ids: list[str]
    assigned_id: str | None
    assigned_kind: ActorKind | None
    assigned_name: str | None
    claimed_at: Moment | None
    lease_until: Moment | None = Field(description="When an agent that stays silent loses it; null for people")
    started_at: Moment | None
    done_at: Moment | None
    due_at: Moment | None
    tags: list[TaskTag]
    custom_fields: dict[str, Value]
    incident_id: str | None
    comment_count: int
    pending_approval_id: str | None
    made_by_kind: ActorKind
    made_by_id: str
    made_by_name: str
    created_at: Moment
    changed_at: Moment
    version: int
    content_version: int = Field(description="What approvals are bound to")


class Task(TaskCard):
    """The same, with its description."""

    description: str


class TaskList(BaseModel):
    items: list[Task]
    total: int
    limit: int
    offset: int


class NewComment(Message):
    body: Words


class CommentChange(Changing):
    body: Words


class Comment(BaseModel):
    id: str
    task_id: str
    body: str
    made_by_kind: ActorKind
    made_by_id: str
    made_by_name: str
    created_at: Moment
    edited_at: Moment | None
    version: int


class CommentList(BaseModel):
    """The earliest first."""

    items: list[Comment]
    total: int
    limit: int
    offset: int
