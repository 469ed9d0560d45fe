"""The SQL of what agents spent and have read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.agents.domain.budgets import Spent
from pilothouse.hub.agents.models import InboxRow, SpendingRow
from pilothouse.hub.db import insert_into


class SpendingRows:
    """Queries on spending within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def on(self, day: date, agent_ids: Collection[str]) -> dict[str, Spent]:
        """What each of these agents used up on a day; one that used nothing is left out."""
        row = SpendingRow
        query = select(row.agent_id, row.requests, row.tasks, row.cost_micros)
        found = await self._session.execute(query.where(row.day == day, row.agent_id.in_(agent_ids)))
        return {agent_id: Spent(day, requests, tasks, cost) for agent_id, requests, tasks, cost in found}

    async def days(self, agent_id: str, limit: int) -> list[Spent]:
        """The latest days on which an agent used anything up."""
        query = select(SpendingRow).where(SpendingRow.agent_id == agent_id).order_by(SpendingRow.day.desc())
        return [_spent(row) for row in await self._session.scalars(query.limit(limit))]

    async def add(self, more: Mapping[str, Spent]) -> None:
        """Count more of what agents used up, each on its day; of agents that are there."""
        new = insert_into(self._session, SpendingRow)
        kept = SpendingRow.__table__.c
        counts = {name: kept[name] + new.excluded[name] for name in ("requests", "tasks", "cost_micros")}
        statement = new.on_conflict_do_update(index_elements=["agent_id", "day"], set_=counts)
        # In one order, so that two hubs that write at once do not wait for each other in a circle.
        values = [_values(agent_id, more[agent_id]) for agent_id in sorted(more)]
        await (await self._session.connection()).execute(statement, values)

    async def forget(self, before: date) -> None:
        await self._session.execute(delete(SpendingRow).where(SpendingRow.day < before))


class InboxRows:
    """Queries on inboxes within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def read_to(self, agent_id: str, board_id: str) -> int | None:
        """The last change an agent has acknowledged on its board."""
        own = (InboxRow.agent_id == agent_id, InboxRow.board_id == board_id)
        return await self._session.scalar(select(InboxRow.sequence).where(*own))

    async def acknowledge(self, agent_id: str, board_id: str, sequence: int, now: datetime | None) -> None:
        """Never back, unless the agent works on another board than before."""
        values = {"agent_id": agent_id, "board_id": board_id, "sequence": sequence, "acknowledged_at": now}
        new = insert_into(self._session, InboxRow).values(**values)
        kept = InboxRow.__table__.c
        said = {name: new.excluded[name] for name in ("board_id", "sequence", "acknowledged_at")}
        is_further = (kept.sequence < new.excluded.sequence) | (kept.board_id != new.excluded.board_id)
        statement = new.on_conflict_do_update(index_elements=["agent_id"], set_=said, where=is_further)
        await self._session.execute(statement)


def _values(agent_id: str, spent: Spent) -> dict[str, Any]:
    return {
        "agent_id": agent_id,
        "day": spent.day,
        "requests": spent.requests,
        "tasks": spent.tasks,
        "cost_micros": spent.cost_micros,
    }


def _spent(row: SpendingRow) -> Spent:
    return Spent(row.day, row.requests, row.tasks, row.cost_micros)
