"""What an agent may spend in a day, counted from midnight UTC."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from pilothouse.kit.errors import Throttled

# Costs are kept in millionths, so that a thousand small ones add up to what they are.
MICROS = 1_000_000


# An agent that has spent everything still says that it lives, what it has cost, and learns what it may.
FREE_ROUTES = frozenset({"/api/v1/agent/heartbeat", "/api/v1/agent/usage", "/api/v1/agent/manifest"})


class RequestBudgetSpent(Throttled):
    """{who} made the {limit} requests allowed in a day; this agent may go on at {resets_at}."""


class TaskBudgetSpent(Throttled):
    """{who} created or claimed the {limit} tasks allowed in a day; this agent may go on at {resets_at}."""


class CostBudgetSpent(Throttled):
    """{who} reported the cost of {limit} allowed in a day; until {resets_at} this agent may read, release what it holds
    and say that it lives."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """What is allowed in a day; None is without limit. ``who`` has spent it once it is spent."""

    requests: int | None = None
    tasks: int | None = None
    cost_micros: int | None = None
    who: str = "This agent has"


@dataclass(frozen=True, slots=True)
class Spent:
    """What one agent has used up on one day."""

    day: date
    requests: int = 0
    tasks: int = 0
    cost_micros: int = 0

    def on(self, day: date) -> Spent:
        """The same day's, or nothing: each day begins with nothing spent."""
        return self if self.day == day else Spent(day)

    def and_more(self, more: Spent) -> Spent:
        """Both together, on the later of the two days."""
        if self.day != more.day:
            return max(self, more, key=lambda spent: spent.day)
        tasks, requests = self.tasks + more.tasks, self.requests + more.requests
        return Spent(self.day, requests, tasks, self.cost_micros + more.cost_micros)


def is_free(route: str) -> bool:
    """Whether requests to a route are not counted."""
    return route in FREE_ROUTES


def costs(method: str, route: str) -> bool:
    """Whether a request goes on with the work. One that has spent its money may look, and give back what it holds."""
    return method not in ("GET", "HEAD") and not route.endswith(("/release", "/inbox/ack"))


def day_of(now: datetime) -> date:
    return now.astimezone(UTC).date()


def resets_at(day: date) -> datetime:
    """When the next day begins."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def check_requests(budgets: Budgets, spent: Spent, now: datetime) -> None:
    """Raise RequestBudgetSpent when one more would be too many."""
    if budgets.requests is not None and spent.requests >= budgets.requests:
        raise RequestBudgetSpent(who=budgets.who, limit=budgets.requests, **_until(spent.day, now))


def check_tasks(budgets: Budgets, spent: Spent, now: datetime) -> None:
    """Raise TaskBudgetSpent when one more would be too many."""
    if budgets.tasks is not None and spent.tasks >= budgets.tasks:
        raise TaskBudgetSpent(who=budgets.who, limit=budgets.tasks, **_until(spent.day, now))


def check_cost(budgets: Budgets, spent: Spent, now: datetime) -> None:
    """Raise CostBudgetSpent once as much was reported as is allowed."""
    if budgets.cost_micros is not None and spent.cost_micros >= budgets.cost_micros:
        raise CostBudgetSpent(who=budgets.who, limit=cost(budgets.cost_micros), **_until(spent.day, now))


def least(wanted: int | None, most: int | None) -> int | None:
    """A budget that is within another one; None is without limit."""
    return min((one for one in (wanted, most) if one is not None), default=None)


def micros(amount: float) -> int:
    """An amount in millionths."""
    return round(Fraction(str(amount)) * MICROS)


def cost(amount_micros: int) -> float:
    return amount_micros / MICROS


def _until(day: date, now: datetime) -> dict[str, object]:
    end = resets_at(day)
    wait_s = max(1, math.ceil((end - now).total_seconds()))
    return {"resets_at": end.isoformat().replace("+00:00", "Z"), "retry_after_s": wait_s}
