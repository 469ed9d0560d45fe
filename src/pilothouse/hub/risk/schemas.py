"""What is answered of risk events beside the messages of ``wire``."""

from __future__ import annotations

from pydantic import BaseModel, Field

from pilothouse.wire import RiskEvent, RiskLevel


class RobotRisk(BaseModel):
    """What the guard of one robot reported, of the events that were asked for."""

    robot_id: str
    events: int
    clamped: int
    rejected: int
    worst_risk_level: RiskLevel
    boundaries: list[str] = Field(description="Which ones decided, by name")
    latest: RiskEvent


class RobotRiskList(BaseModel):
    items: list[RobotRisk]
    total: int = Field(description="Of robots")
    limit: int
    offset: int
