"""Everything that a client needs to draw a board or a group of them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from pilothouse.hub.boards.schemas.approvals import Approval
from pilothouse.hub.boards.schemas.boards import Board, BoardGroup, CustomField, Tag
from pilothouse.hub.boards.schemas.tasks import TaskCard
from pilothouse.hub.identity.domain import AgentRole
from pilothouse.hub.identity.domain.agents import Liveness
from pilothouse.wire.base import Moment


class BoardAgent(BaseModel):
    """Who works on a board."""

    id: str
    board_id: str
    name: str
    role: AgentRole
    runtime: str
    liveness: Liveness
    status: str
    last_seen_at: Moment | None


class BoardCounts(BaseModel):
    inbox: int = 0
    in_progress: int = 0
    review: int = 0
    done: int = 0
    pending_approvals: int = 0
    agents: int = 0


class BoardSnapshot(BaseModel):
    """`sequence` is the place in the streams of the organization: follow with `since=` it, and nothing is missed."""

    sequence: int
    can_write: bool
    board: Board
    counts: BoardCounts
    tasks: list[TaskCard] = Field(description="What is not done first, then what was done last")
    tasks_left_out: int = Field(description="Tasks that are not shown here; lists have them")
    tags: list[Tag]
    custom_fields: list[CustomField]
    agents: list[BoardAgent]
    pending_approvals: list[Approval]
    memory: list[dict[str, Any]] = Field(description="The latest entries, the latest first")


class GroupedBoard(BaseModel):
    board: Board
    counts: BoardCounts


class BoardGroupSnapshot(BaseModel):
    sequence: int
    group: BoardGroup
    boards: list[GroupedBoard]
    agents: list[BoardAgent]
    pending_approvals: list[Approval]
    memory: list[dict[str, Any]]
