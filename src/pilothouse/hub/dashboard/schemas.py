"""What the dashboard says."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from pilothouse.wire.base import Moment


class TaskFigures(BaseModel):
    """Tasks now, and what became of them in the range."""

    by_status: dict[str, int]
    work_in_progress: int = Field(description="In progress or in review")
    overdue: int
    created: int = Field(description="Within the range")
    done: int = Field(description="Within the range")
    cycle_time_s: float | None = Field(description="Mean seconds from begun to done, of those done within the range")


class DoneOnDay(BaseModel):
    day: date
    done: int


class ApprovalFigures(BaseModel):
    waiting: int
    oldest_waiting_since: Moment | None
    decided: int = Field(description="Within the range, by people or by a board's policy")
    decision_time_s: float | None = Field(description="Mean seconds from asked to decided, of those")


class AgentFigures(BaseModel):
    total: int
    online: int
    by_liveness: dict[str, int]


class IncidentFigures(BaseModel):
    live: int = Field(description="Not closed")
    by_severity: dict[str, int] = Field(description="Of those that are live")
    opened: int = Field(description="Within the range")
    resolved: int = Field(description="Within the range")
    time_to_resolve_s: float | None = Field(description="Mean seconds, of those resolved within the range")


class Dashboard(BaseModel):
    """Over the boards that you see."""

    range: str
    since: Moment
    until: Moment
    boards: int
    tasks: TaskFigures
    throughput: list[DoneOnDay] = Field(description="Days of the range, UTC, on which something was done")
    approvals: ApprovalFigures
    agents: AgentFigures
    incidents: IncidentFigures | None = Field(description="null for who may not look at the fleet")
