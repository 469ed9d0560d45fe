"""Boards, groups of boards, tags and custom fields."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pilothouse.hub.boards.domain.states import FieldKind
from pilothouse.wire.base import Message, Moment

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+){0,49}$", max_length=100)]
Description = Annotated[str, StringConstraints(max_length=20_000)]
ActionType = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([._-][a-z0-9]+){0,9}$", max_length=100)]
Confidence = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True)]
TagName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,99}$")]
Value = str | bool | int | float | None
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
MINUTE_S = 60
DAY_S = 86_400


class Changing(BaseModel):
    """What is to be different; what is not named stays."""

    model_config = ConfigDict(extra="forbid")

    version: Version | None = Field(None, description="The one you read: 409 when somebody else was faster")


class PolicyRule(BaseModel):
    """The board approves by itself what an agent asks for by this action type, with at least this confidence."""

    model_config = ConfigDict(extra="forbid")

    action_type: ActionType
    min_confidence: Confidence


class BoardSettings(BaseModel):
    """What a board asks for of those who work on it."""

    require_approval_for_done: bool = Field(False, description="A task is done only with an approval of `task.done`")
    require_review_before_done: bool = Field(False, description="Done follows review; no agent reviews its own work")
    comment_required_for_review: bool = Field(False, description="Whoever works on it says what was done")
    block_status_changes_with_pending_approval: bool = Field(False)
    only_lead_can_change_status: bool = Field(False, description="Workers neither claim nor move tasks")
    require_approval_to_resolve_incidents: bool = Field(
        False, description="An incident with a task here is resolved only when the task is approved"
    )
    allow_deciding_own_requests: bool = Field(False, description="People may decide what they asked for themselves")
    max_agents: int | None = Field(None, ge=0, le=10_000, description="null is without limit")
    claim_lease_s: int = Field(600, ge=MINUTE_S // 6, le=7 * DAY_S, description="How long a silent agent keeps a task")
    approval_expires_s: int = Field(DAY_S, ge=MINUTE_S, le=30 * DAY_S)
    approval_policy: list[PolicyRule] = Field(
        default_factory=list, max_length=50, description="Empty: people decide everything"
    )


class NewBoard(BoardSettings):
    name: Name
    slug: Slug | None = Field(None, description="Made of the name when absent")
    description: Description = ""
    objective: Description = Field("", description="What the board is there to reach; agents read it")
    group_id: str | None = Field(None, max_length=40)


class BoardChange(Changing):
    """`group_id` and `max_agents` can be null; other fields cannot."""

    name: Name | None = None
    slug: Slug | None = None
    description: Description | None = None
    objective: Description | None = None
    group_id: str | None = Field(None, max_length=40)
    require_approval_for_done: bool | None = None
    require_review_before_done: bool | None = None
    comment_required_for_review: bool | None = None
    block_status_changes_with_pending_approval: bool | None = None
    only_lead_can_change_status: bool | None = None
    require_approval_to_resolve_incidents: bool | None = None
    allow_deciding_own_requests: bool | None = None
    max_agents: int | None = Field(None, ge=0, le=10_000)
    claim_lease_s: int | None = Field(None, ge=MINUTE_S // 6, le=7 * DAY_S)
    approval_expires_s: int | None = Field(None, ge=MINUTE_S, le=30 * DAY_S)
    approval_policy: list[PolicyRule] | None = Field(None, max_length=50)


class Board(BoardSettings):
    id: str
    organization_id: str
    group_id: str | None
    name: str
    slug: str
    description: str
    objective: str
    created_at: Moment
    created_by: str
    changed_at: Moment
    version: int


class BoardList(BaseModel):
    items: list[Board]
    total: int
    limit: int
    offset: int


class NewBoardGroup(Message):
    name: Name
    slug: Slug | None = None
    description: Description = ""


class BoardGroupChange(Changing):
    name: Name | None = None
    slug: Slug | None = None
    description: Description | None = None


class BoardGroup(BaseModel):
    id: str
    organization_id: str
    name: str
    slug: str
    description: str
    board_ids: list[str] = Field(default_factory=list, description="Of those that you may see")
    created_at: Moment
    created_by: str
    changed_at: Moment
    version: int


class BoardGroupList(BaseModel):
    items: list[BoardGroup]
    total: int
    limit: int
    offset: int


class NewTag(Message):
    name: TagName
    slug: Slug | None = None
    colour: Colour = "#64748b"


class TagChange(Changing):
    name: TagName | None = None
    slug: Slug | None = None
    colour: Colour | None = None


class Tag(BaseModel):
    id: str
    organization_id: str
    name: str
    slug: str
    colour: str
    created_at: Moment
    changed_at: Moment
    version: int


class TagList(BaseModel):
    items: list[Tag]
    total: int
    limit: int
    offset: int


class NewCustomField(Message):
    """A field of tasks: on the boards named, or on all when none is."""

    key: Key
    name: Name
    description: Description = ""
    kind: FieldKind
    required: bool = False
    default: Value = None
    options: list[Name] = Field(default_factory=list, max_length=100, description="What an enum can be")
    board_ids: list[Annotated[str, StringConstraints(max_length=40)]] = Field(default_factory=list, max_length=500)


class CustomFieldChange(Changing):
    """Key and kind stay: tasks have values by them. `default` can be null."""

    name: Name | None = None
    description: Description | None = None
    required: bool | None = None
    default: Value = None
    options: list[Name] | None = Field(None, max_length=100)
    board_ids: list[Annotated[str, StringConstraints(max_length=40)]] | None = Field(None, max_length=500)


class CustomField(BaseModel):
    id: str
    organization_id: str
    key: str
    name: str
    description: str
    kind: FieldKind
    required: bool
    default: Value
    options: list[str]
    board_ids: list[str] = Field(description="Empty: on every board")
    created_at: Moment
    changed_at: Moment
    version: int


class CustomFieldList(BaseModel):
    items: list[CustomField]
    total: int
    limit: int
    offset: int
