"""Which incidents a board wants to work on, and how urgent they are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pilothouse.hub.boards.domain.states import Priority
from pilothouse.hub.incidents.domain.states import Severity
from pilothouse.kit.errors import Conflict, Invalid, NotFound

MOST_RULES = 100
PRIORITIES: Mapping[Severity, Priority] = {
    Severity.LOW: Priority.LOW,
    Severity.MEDIUM: Priority.MEDIUM,
    Severity.HIGH: Priority.HIGH,
    Severity.CRITICAL: Priority.URGENT,
}


class UnknownRule(NotFound):
    """No rule with this id is on this board."""


class NoFleetHere(NotFound):
    """The incidents of this hub belong to another organization than this board."""


class RuleChanged(Conflict):
    """The rule was changed since you read it: it is at version {version} now; read it again before you write."""


class TooManyRules(Conflict):
    """This board has {limit} rules already; delete one that nobody needs."""


class NothingToChange(Invalid):
    """Nothing is to be changed; give at least one field."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at of an incident."""

    severity: Severity
    robot_id: str | None
    label: str
    rule: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Which incidents become tasks; empty and None mean any."""

    min_severity: Severity | None = None
    robot_ids: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    incident_rules: frozenset[str] = frozenset()

    def wants(self, facts: Facts) -> bool:
        return (
            (self.min_severity is None or facts.severity.rank >= self.min_severity.rank)
            and (not self.robot_ids or facts.robot_id in self.robot_ids)
            and (not self.labels or facts.label in self.labels)
            and (not self.incident_rules or facts.rule in self.incident_rules)
        )
