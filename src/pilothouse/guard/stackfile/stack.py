"""The Stackfile as a whole."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr

from pilothouse.guard.boundaries import BoundaryConfig
from pilothouse.guard.stackfile.adapters import PolicyConfig, SinkConfig, SourceConfig
from pilothouse.guard.stackfile.base import Name, Section
from pilothouse.guard.stackfile.fallbacks import EmergencyStopConfig, FallbackConfig, HoldPositionConfig
from pilothouse.guard.stackfile.robot import RobotConfig
from pilothouse.guard.stackfile.sections import (
    GuardConfig,
    LoopbackConfig,
    RiskConfig,
    SafetyConfig,
    TaskConfig,
    TelemetryConfig,
)

# What a Stackfile without fallbacks falls back to.
HOLD, STOP = "hold_position", "emergency_stop"


def _own_fallbacks() -> dict[str, FallbackConfig]:
    return {HOLD: HoldPositionConfig(), STOP: EmergencyStopConfig()}


class Stackfile(Section):
    """What the robot is, what holds, and what happens otherwise. Made by ``load``, which checks all of it."""

    version: Literal[1] = Field(description="Of this format: 1")
    robot: RobotConfig = Field(description="Joints with limits and units, gripper, tool, kinematics")
    sources: dict[Name, SourceConfig] = Field(
        default_factory=dict, max_length=16, description="Where observations come from; together they are one"
    )
    policy: PolicyConfig | None = Field(None, description="Who decides what to do")
    sinks: dict[Name, SinkConfig] = Field(default_factory=dict, max_length=16, description="Where actions go")
    boundaries: Annotated[dict[Name, BoundaryConfig], Field(min_length=1, max_length=200)] = Field(
        description="What must hold, by name"
    )
    guards: dict[Name, GuardConfig] = Field(
        default_factory=dict,
        max_length=32,
        description="Boundaries that report together; one guard per layer when absent",
    )
    tasks: Annotated[dict[Name, TaskConfig], Field(min_length=1, max_length=200)] = Field(
        description="What holds while each task runs; start runs `default` unless told otherwise"
    )
    fallbacks: dict[Name, FallbackConfig] = Field(
        default_factory=_own_fallbacks,
        max_length=64,
        description="What is done instead, by name; hold_position and emergency_stop when absent",
    )
    safety: SafetyConfig = Field(default_factory=SafetyConfig, description="How often, how fast, how old")
    risk: RiskConfig = Field(default_factory=RiskConfig, description="When the risk level rises, what the log keeps")
    loopback: LoopbackConfig | None = Field(None, description="Recording of every cycle; none when absent")
    telemetry: TelemetryConfig = Field(default_factory=TelemetryConfig, description="What clients are told")

    _directory: Path = PrivateAttr(default_factory=Path.cwd)

    @property
    def directory(self) -> Path:
        """Where relative paths in it begin: the directory of its file."""
        return self._directory

    @cached_property
    def config_hash(self) -> str:
        """SHA-256 of everything it says, defaults included: equal hashes guard equally."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()

    def path(self, relative: Path) -> Path:
        """A path in it, made absolute."""
        return self._directory / relative.expanduser()
