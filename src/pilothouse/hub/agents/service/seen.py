"""What this process remembers of the agents it has heard of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from pilothouse.hub.agents.domain.budgets import Budgets, Spent
from pilothouse.hub.identity import Caller
from pilothouse.hub.identity.domain.agents import AgentRecord


@dataclass(slots=True)
class Seen:
    """One agent: as it was last read, what it had spent then, and the requests since that are not written yet.

    A lead spends what the workers it made spend, too. ``caller`` is None until it has asked for something itself.
    """

    caller: Caller | None
    record: AgentRecord
    spent: Spent
    requests: int = 0
    day: date | None = None
    """The day on which these requests came."""

    def total(self, day: date) -> Spent:
        """What it has used up today, what is not written yet included."""
        spent = self.spent.on(day)
        return replace(spent, requests=spent.requests + self.requests) if self.day == day else spent


def budgets_of(record: AgentRecord, *, asked_by: str | None = None) -> Budgets:
    """What an agent may spend; asked by a worker that it made, the two draw from the same."""
    who = (
        "This agent has" if asked_by in (None, record.id) else "This agent's lead and the workers it made have together"
    )
    return Budgets(record.requests_per_day, record.tasks_per_day, record.cost_micros_per_day, who)
