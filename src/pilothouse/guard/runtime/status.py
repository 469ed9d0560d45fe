"""What the guard answers of itself."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from pilothouse.guard.loop import Command, State
from pilothouse.guard.model import Enforcement


class EmergencyCause(BaseModel):
    """Why the emergency stop is latched."""

    source: str = Field(description="Who: `rest`, `websocket`, `signal`, `watchdog`, an adapter, a fallback")
    reason: str
    timestamp: float = Field(description="Seconds since the epoch")
    sinks_told: bool = Field(description="Whether every sink has taken the stop")
    problems: list[str] = Field(description="Sinks that could not be told")


class Timing(BaseModel):
    """How well the loop keeps its time, since the program started."""

    cycles: int
    deadline_misses: int = Field(description="Cycles that were not done when the next was due")
    skipped_ticks: int = Field(description="Ticks left out after a miss")
    overruns: int = Field(description="Cycles that took longer than their budget")
    late_policies: int = Field(description="Cycles in which the policy was not back in time")
    late_policies_discarded: int = Field(description="Actions that came too late and were thrown away")
    late_sources: int
    late_sinks: int
    jitter_mean_ms: float
    jitter_max_ms: float
    last_total_ms: float


class ReloadOutcome(BaseModel):
    """What became of the last change of the engine."""

    ok: bool
    detail: str
    config_hash: str
    at: float = Field(description="Seconds since the epoch")
    restart_needed_for: list[str] = Field(default=[], description="Changed sections that act at the next start")


class JointRange(BaseModel):
    """A joint as the Stackfile describes it: radians, metres when it is prismatic."""

    name: str
    unit: Literal["rad", "m"]
    lower: float | None = Field(description="null for a joint without ends")
    upper: float | None


class LoopStatus(BaseModel):
    """The state of the loop and what it is doing."""

    state: State
    possible: list[Command] = Field(description="The commands this state takes")
    active_task: str | None
    active_boundaries: list[str]
    active_fallback: str | None
    available_tasks: list[str]
    session_id: str | None = Field(description="The session under way, or the last one")
    cycle_count: int = Field(description="Cycles of this session")
    n_cycles: int = Field(description="Cycles to run; -1 is for ever")
    cycle_budget_ms: float
    control_frequency_hz: float
    mode: Enforcement
    joints: list[JointRange] = Field(description="In the order of all joint targets")
    config_hash: str
    config_version: int = Field(description="Counts the changes made to the boundaries at run time")
    emergency: EmergencyCause | None
    timing: Timing
    last_reload: ReloadOutcome | None


class GuardHealth(BaseModel):
    """A line for whoever looks in."""

    state: State
    active_task: str | None
    cycle_count: int
    deadline_misses: int
    problems: list[str]
