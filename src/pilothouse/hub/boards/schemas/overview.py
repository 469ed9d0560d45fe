"""What somebody sees of all their boards at once."""

from __future__ import annotations

from pydantic import BaseModel, Field

from pilothouse.hub.boards.schemas.approvals import Approval
from pilothouse.hub.boards.schemas.snapshots import GroupedBoard


class SeenBoard(GroupedBoard):
    can_write: bool = Field(description="Whether you may change what is on it")


class BoardOverview(BaseModel):
    """The earliest first."""

    items: list[SeenBoard]
    total: int
    limit: int
    offset: int


class BoardApproval(Approval):
    """An approval, the board it is on, and whether you are one of those who may decide it now."""

    board_name: str
    can_decide: bool


class BoardApprovalList(BaseModel):
    """The latest first."""

    items: list[BoardApproval]
    total: int
    limit: int
    offset: int
