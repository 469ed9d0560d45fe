"""From what was found against an action to the verdict on it."""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.guard.engine.findings import Finding, most_severe, worst
from pilothouse.guard.engine.plan import PlannedGuard
from pilothouse.guard.engine.spec import EngineSpec
from pilothouse.guard.model import Action, Decision, GuardStatus, Verdict


def verdict_of(
    spec: EngineSpec,
    allowed: Action | None,
    requested: Action | None,
    findings: list[Finding],
    guards: Sequence[tuple[PlannedGuard, float]] = (),
) -> Verdict:
    """``allowed`` leaves unless something forbids it; each guard comes with the seconds it took."""
    decided = worst(findings, spec.fallback_ranks) if findings else None
    statuses = tuple([_status(spec, guard, latency_s, findings) for guard, latency_s in guards])
    if decided is None:
        decision = Decision.PASS if allowed is not None else Decision.FAULT
        return Verdict(decision, allowed, requested, _reasons(findings), statuses, mode=spec.mode)
    blocked = decided.decision is not Decision.CLAMP
    return Verdict(
        decision=decided.decision,
        action=None if blocked else allowed,
        requested=requested,
        reasons=_reasons(findings),
        guard_statuses=statuses,
        boundary=decided.boundary,
        layer=decided.layer,
        fallback=decided.fallback if blocked else None,
        mode=spec.mode,
    )


def _status(spec: EngineSpec, guard: PlannedGuard, latency_s: float, findings: list[Finding]) -> GuardStatus:
    own = [one for one in findings if one.guard is guard] if findings else []
    if not own:
        return GuardStatus(guard.name, guard.layer, Decision.PASS, latency_ms=latency_s * 1e3, mode=guard.mode)
    most = most_severe(own, spec.fallback_ranks)
    return GuardStatus(guard.name, guard.layer, most.decision, most.reason, most.boundary, latency_s * 1e3, guard.mode)


def _reasons(findings: list[Finding]) -> tuple[str, ...]:
    return tuple([f"{one.boundary}: {one.reason}" for one in findings if one.reported]) if findings else ()
