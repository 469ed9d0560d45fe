"""What was found in a cycle, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from pilothouse.guard.boundaries import Boundary
from pilothouse.guard.engine.plan import PlannedGuard
from pilothouse.guard.model import Decision, Enforcement, Layer

Of = TypeVar("Of", bound=Boundary)
Owned = tuple[PlannedGuard, Of]
"""A boundary with the guard that reports it."""


class Finding(NamedTuple):
    """One boundary objects. ``guard`` is None for what the engine itself sees to."""

    decision: Decision
    boundary: str
    layer: Layer | None
    reason: str
    fallback: str | None
    guard: PlannedGuard | None

    @property
    def reported(self) -> bool:
        return self.guard is None or self.guard.mode is not Enforcement.LOG_ONLY


def against(decision: Decision, boundary: Boundary, reason: str, guard: PlannedGuard, fallback: str | None) -> Finding:
    """A finding of a boundary; its own fallback, or the task's."""
    return Finding(decision, boundary.name, guard.layer, reason, boundary.fallback or fallback, guard)


def worst(findings: list[Finding], ranks: Mapping[str, int]) -> Finding | None:
    """Who decides: the most severe decision, of those the most severe fallback, of those the higher layer."""
    enforced = [one for one in findings if one.guard is None or one.guard.enforces]
    if len(enforced) <= 1:
        return enforced[0] if enforced else None
    return most_severe(enforced, ranks)


def most_severe(findings: list[Finding], ranks: Mapping[str, int]) -> Finding:
    """Of several, at least one; of those alike in everything the first."""
    most = findings[0]
    if len(findings) == 1:
        return most
    for one in findings[1:]:
        if one.decision is not most.decision:
            is_worse = one.decision.severity > most.decision.severity
        else:
            rank = highest = 0
            if one.fallback != most.fallback:
                rank, highest = ranks.get(one.fallback or "", 0), ranks.get(most.fallback or "", 0)
            is_worse = rank > highest or (rank == highest and (one.layer or "") > (most.layer or ""))
        if is_worse:
            most = one
    return most
