"""Agents as they are shown."""

from __future__ import annotations

from pilothouse.hub.agents import schemas
from pilothouse.hub.agents.domain.budgets import Spent, cost, micros, resets_at
from pilothouse.hub.agents.domain.problems import BeyondOwnBudget
from pilothouse.hub.identity.domain.agents import AgentRecord


def shown(record: AgentRecord, spent: Spent) -> schemas.Agent:
    """An agent with what it has used up today."""
    return schemas.Agent(
        id=record.id,
        organization_id=record.organization_id,
        board_id=record.board_id,
        name=record.name,
        role=record.role,
        runtime=record.runtime,
        identity=record.identity,
        labels=record.labels,
        heartbeat_interval_s=record.heartbeat_interval_s,
        budgets=shown_budgets(record),
        spent=shown_spending(spent),
        liveness=record.liveness,
        liveness_since=record.liveness_since,
        status=record.status,
        last_seen_at=record.last_seen_at,
        spawned_by=record.spawned_by,
        created_at=record.created_at,
        created_by=record.created_by,
        changed_at=record.changed_at,
        version=record.version,
    )


def shown_budgets(record: AgentRecord) -> schemas.Budgets:
    most = record.cost_micros_per_day
    return schemas.Budgets(
        requests_per_day=record.requests_per_day,
        tasks_per_day=record.tasks_per_day,
        cost_per_day=None if most is None else cost(most),
    )


def shown_spending(spent: Spent) -> schemas.Spending:
    return schemas.Spending(
        day=spent.day,
        requests=spent.requests,
        tasks=spent.tasks,
        cost=cost(spent.cost_micros),
        resets_at=resets_at(spent.day),
    )


def columns_of(budgets: schemas.Budgets) -> dict[str, int | None]:
    """Budgets as they are kept."""
    most = budgets.cost_per_day
    return {
        "requests_per_day": budgets.requests_per_day,
        "tasks_per_day": budgets.tasks_per_day,
        "cost_micros_per_day": None if most is None else micros(most),
    }


def told(record: AgentRecord | None) -> dict[str, object] | None:
    """What the log of activity keeps of an agent; never a token."""
    if record is None:
        return None
    return {
        "name": record.name,
        "board_id": record.board_id,
        "role": record.role.value,
        "runtime": record.runtime,
        "identity": record.identity,
        "labels": record.labels,
        "heartbeat_interval_s": record.heartbeat_interval_s,
        "requests_per_day": record.requests_per_day,
        "tasks_per_day": record.tasks_per_day,
        "cost_per_day": None if record.cost_micros_per_day is None else cost(record.cost_micros_per_day),
        "spawned_by": record.spawned_by,
    }


def within(wanted: schemas.Budgets, lead: AgentRecord) -> schemas.Budgets:
    """A worker's budgets: what is not asked for is as much as the lead has. Raises BeyondOwnBudget."""
    have, sent = columns_of(schemas.Budgets()), columns_of(wanted)
    for name, value in sent.items():
        most = getattr(lead, name)
        if value is not None and most is not None and value > most:
            raise BeyondOwnBudget(budget=name.replace("cost_micros", "cost"), most=_said(name, most))
        have[name] = most if value is None else value
    micros = have["cost_micros_per_day"]
    return schemas.Budgets(
        requests_per_day=have["requests_per_day"], tasks_per_day=have["tasks_per_day"],
        cost_per_day=None if micros is None else micros / 1_000_000,
    )  # fmt: skip


def _said(name: str, most: int) -> float:
    return most / 1_000_000 if name == "cost_micros_per_day" else most
