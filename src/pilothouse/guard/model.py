"""What the guard speaks of: observations, actions, verdicts, cycles. Values only; no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pilothouse.wire.risk_event import RiskLevel

__all__ = [
    "Action",
    "Cycle",
    "Decision",
    "Enforcement",
    "GuardStatus",
    "Latency",
    "Layer",
    "Observation",
    "Pose",
    "RiskLevel",
    "Verdict",
]


class Decision(StrEnum):
    """What a guard says of an action, from harmless to severe."""

    PASS = "PASS"  # noqa: S105 - a verdict
    CLAMP = "CLAMP"
    REJECT = "REJECT"
    FAULT = "FAULT"

    @property
    def severity(self) -> int:
        return _SEVERITY[self]


_SEVERITY = {Decision.PASS: 0, Decision.CLAMP: 1, Decision.REJECT: 2, Decision.FAULT: 3}


class Layer(StrEnum):
    """L0 out-of-distribution, L1 motion, L2 task, L3 hardware."""

    L0 = "L0"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"


class Enforcement(StrEnum):
    """What a decision does: acts; is reported and counted but not acted on; is only written down."""

    ENFORCE = "enforce"
    MONITOR = "monitor"
    LOG_ONLY = "log_only"


@dataclass(frozen=True, slots=True)
class Pose:
    """``position`` in metres, ``quaternion`` as x, y, z, w; both in the robot's base frame."""

    position: tuple[float, float, float]
    quaternion: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Observation:
    """What the robot sensed. Joints in the Stackfile's order; radians (metres for prismatic joints) and seconds.

    ``timestamp`` is when it was true, seconds since the epoch. ``jacobian`` has six rows (linear x, y, z, then angular)
    of one column per joint, base frame, at the tool. ``channels`` are named hardware readings; ``images`` are JPEG.
    """

    timestamp: float
    joint_positions: tuple[float, ...]
    joint_velocities: tuple[float, ...] | None = None
    end_effector: Pose | None = None
    jacobian: tuple[tuple[float, ...], ...] | None = None
    gripper: float | None = None
    channels: Mapping[str, float] = field(default_factory=dict)
    features: tuple[float, ...] | None = None
    images: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Action:
    """Joint position targets in the Stackfile's order, radians (metres for prismatic joints), and the gripper's."""

    joint_positions: tuple[float, ...]
    gripper: float | None = None


@dataclass(frozen=True, slots=True)
class GuardStatus:
    """What one guard said in one cycle; ``boundary`` is who decided within it."""

    name: str
    layer: Layer
    decision: Decision
    reason: str = ""
    boundary: str | None = None
    latency_ms: float = 0.0
    mode: Enforcement = Enforcement.ENFORCE


@dataclass(frozen=True, slots=True)
class Verdict:
    """The most severe decision of all enforcing guards; ties go to the higher layer.

    ``action`` is what may be sent, None when nothing may. ``fallback`` is the one named by ``boundary``, who decided.
    """

    decision: Decision
    action: Action | None
    requested: Action | None
    reasons: tuple[str, ...] = ()
    guard_statuses: tuple[GuardStatus, ...] = ()
    boundary: str | None = None
    layer: Layer | None = None
    fallback: str | None = None
    mode: Enforcement = Enforcement.ENFORCE


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds spent in each stage of a cycle."""

    obs: float = 0.0
    policy: float = 0.0
    validate: float = 0.0
    sink: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Cycle:
    """One turn of the loop, as telemetry, risk log and loopback get it. ``executed`` is what was really sent.

    ``failure_type`` names what went wrong when the decision is FAULT or a fallback stepped in: ``policy_late``,
    ``policy_exception``, ``policy_away``, ``observation_stale``, ``source_exception``, ``sink_exception``,
    ``sink_late``, ``solver``, ``estop``, …
    """

    cycle_id: int
    trace_id: str
    session_id: str
    timestamp: float
    monotonic_ns: int
    verdict: Verdict
    executed: Action | None
    observation: Observation | None
    risk_level: RiskLevel
    latency: Latency
    task: str | None
    active_boundaries: tuple[str, ...]
    deadline_ms: float
    config_hash: str
    fallback_triggered: str | None = None
    failure_type: str | None = None
    mode: Enforcement = Enforcement.ENFORCE
