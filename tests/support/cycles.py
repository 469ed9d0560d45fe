"""Cycles of a guard, as the loop makes them."""

from __future__ import annotations

from typing import Any

from pilothouse.guard.model import (
    Action,
    Cycle,
    Decision,
    Enforcement,
    GuardStatus,
    Latency,
    Layer,
    Observation,
    RiskLevel,
    Verdict,
)

START_S = 1_700_000_000.0
SESSION = "sess_20231114_221320_abc123"
ROBOT_JOINTS = 6


def cycle(
    cycle_id: int = 0,
    decision: Decision = Decision.PASS,
    *,
    risk_level: RiskLevel = RiskLevel.NORMAL,
    session_id: str = SESSION,
    period_s: float = 0.02,
    images: dict[str, bytes] | None = None,
    timestamp: float | None = None,
    **facts: Any,
) -> Cycle:
    """One cycle of a six-joint arm; MotionGuard (L1) decided, OODGuard (L0) passed."""
    joints = tuple(0.1 * joint + 0.001 * cycle_id for joint in range(ROBOT_JOINTS))
    requested = Action(joints, gripper=0.04)
    allowed = requested if decision in (Decision.PASS, Decision.CLAMP) else None
    reasons = () if decision is Decision.PASS else (f"joint 2 would be at 9 rad in cycle {cycle_id}",)
    boundary = None if decision is Decision.PASS else "limits"
    statuses = (
        GuardStatus("OODGuard", Layer.L0, Decision.PASS, latency_ms=0.01),
        GuardStatus("MotionGuard", Layer.L1, decision, "".join(reasons), boundary, 0.02),
    )
    verdict = Verdict(
        decision, allowed, requested, reasons, statuses, boundary, Layer.L1 if boundary else None,
        "hold" if allowed is None else None,
    )  # fmt: skip
    at = START_S + cycle_id * period_s if timestamp is None else timestamp
    observation = Observation(at, joints, (0.0,) * ROBOT_JOINTS, channels={"temp": 40.0}, images=images or {})
    values: dict[str, Any] = {
        "cycle_id": cycle_id,
        "trace_id": f"00000000-0000-4000-a000-{cycle_id:012x}",
        "session_id": session_id,
        "timestamp": at,
        "monotonic_ns": 1_000_000 * cycle_id,
        "verdict": verdict,
        "executed": allowed,
        "observation": observation,
        "risk_level": risk_level,
        "latency": Latency(0.1, 0.5, 0.04, 0.2, 0.84),
        "task": "default",
        "active_boundaries": ("limits", "workspace"),
        "deadline_ms": period_s * 1000,
        "config_hash": "c0ffee",
        "mode": Enforcement.ENFORCE,
    }
    return Cycle(**{**values, **facts})
