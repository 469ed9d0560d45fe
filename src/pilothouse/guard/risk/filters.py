"""Which events are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pilothouse.wire.risk_event import RiskLevel


class Outcome(StrEnum):
    """What became of an action; a fault is a reject: nothing the policy asked for was sent."""

    PASS = "pass"  # noqa: S105 - an outcome
    CLAMP = "clamp"
    REJECT = "reject"


SEVERITY: Mapping[RiskLevel, int] = {level: number for number, level in enumerate(RiskLevel)}


@dataclass(frozen=True, slots=True)
class Filter:
    """Events from ``since`` to ``until`` (both included, seconds since the epoch), and what else they must be."""

    since: float | None = None
    until: float | None = None
    min_risk_level: RiskLevel | None = None
    outcome: Outcome | None = None
    failure_type: str | None = None

    def condition(self) -> tuple[str, list[object]]:
        """As the condition of a query, with its values."""
        wanted: list[tuple[str, object]] = []
        if self.since is not None:
            wanted.append(("timestamp >= ?", self.since))
        if self.until is not None:
            wanted.append(("timestamp <= ?", self.until))
        if self.min_risk_level is not None:
            wanted.append(("level >= ?", SEVERITY[self.min_risk_level]))
        if self.outcome is not None:
            wanted.append(("outcome = ?", self.outcome.value))
        if self.failure_type is not None:
            wanted.append(("failure_type = ?", self.failure_type))
        return " AND ".join(clause for clause, _ in wanted) or "1", [value for _, value in wanted]
