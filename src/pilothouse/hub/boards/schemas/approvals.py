"""Approvals: what is asked for, what was shown, what was decided."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from pilothouse.hub.boards.domain.states import ActorKind, ApprovalStatus
from pilothouse.hub.boards.schemas.boards import DAY_S, MINUTE_S, ActionType, Confidence, Version
from pilothouse.hub.boards.schemas.tasks import Id, Text, Words
from pilothouse.wire.base import Message, Moment

Criterion = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Artifact(Message):
    """Something to look at before deciding."""

    model_config = ConfigDict(extra="forbid")

    name: Criterion
    url: str | None = Field(None, max_length=2_000)
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    size_bytes: int | None = Field(None, ge=0, le=2**53)


class NewApproval(Message):
    """Whoever decides sees all of it, and the tasks as they are now."""

    action_type: ActionType = Field(description='What is to be allowed; "task.done" lets the tasks be done')
    reason: Words
    confidence: Confidence = Field(description="How sure whoever asks is, in percent")
    payload: dict[str, JsonValue] = Field(default_factory=dict, max_length=200)
    rubric_scores: dict[Criterion, Confidence] = Field(default_factory=dict, max_length=100)
    task_ids: list[Id] = Field(default_factory=list, max_length=50)
    artifacts: list[Artifact] = Field(default_factory=list, max_length=100)
    lab_session_ids: list[Id] = Field(default_factory=list, max_length=100)
    expires_in_s: int | None = Field(None, ge=MINUTE_S, le=30 * DAY_S, description="The board's when absent")


class ShownTask(BaseModel):
    """A task as it was when the approval was asked for."""

    model_config = ConfigDict(extra="ignore")

    id: str
    content_version: int
    title: str
    description: str
    custom_fields: dict[str, JsonValue]
    incident_id: str | None
    depends_on_ids: list[str]
    assigned_id: str | None


class Shown(BaseModel):
    """Exactly what whoever decides sees; the digest of an approval is the SHA-256 of this."""

    action_type: str
    reason: str
    confidence: float
    payload: dict[str, JsonValue]
    rubric_scores: dict[str, float]
    tasks: list[ShownTask]
    artifacts: list[Artifact]
    lab_session_ids: list[str]


class ApprovalDecision(BaseModel):
    """What was decided; kept for ever."""

    status: ApprovalStatus
    decided_by_kind: ActorKind = Field(description="`person`, or `hub` for the board's policy")
    decided_by_id: str
    decided_by_name: str
    note: str
    digest: str
    decided_at: Moment


class Approval(BaseModel):
    """Good for one use, until `expires_at`, and only for what was shown."""

    id: str
    board_id: str
    action_type: str
    status: ApprovalStatus
    confidence: float
    shown: Shown
    digest: str = Field(description="SHA-256 of what was shown")
    task_ids: list[str]
    requested_by_kind: ActorKind
    requested_by_id: str
    requested_by_name: str
    void_reason: str | None
    created_at: Moment
    changed_at: Moment
    expires_at: Moment
    used_at: Moment | None
    used_for: str | None
    version: int
    decisions: list[ApprovalDecision]


class ApprovalList(BaseModel):
    """The latest first."""

    items: list[Approval]
    total: int
    limit: int
    offset: int


class Verdict(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"


class ApprovalChange(BaseModel):
    """A decision. `version` and `digest` are what you have seen: 409 when it is something else by now."""

    model_config = ConfigDict(extra="forbid")

    status: Verdict
    note: Text = ""
    version: Version | None = None
    digest: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
