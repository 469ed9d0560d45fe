"""Every agent of this hub, for whoever asks who works on a board."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.identity.domain import BoardRights
from pilothouse.hub.identity.domain.agents import AgentRecord, AgentsSought, Beat, Liveness
from pilothouse.hub.identity.models.agents import AgentRow
from pilothouse.hub.identity.repository.agents import AgentRows

_FIELDS = tuple(field.name for field in fields(AgentRecord))


class AgentRegister:
    """The table of agents. What may be done to it is decided above, by who asks."""

    async def one(self, session: AsyncSession, agent_id: str, *, lock: bool = False) -> AgentRecord | None:
        row = await AgentRows(session).by_id(agent_id, lock=lock)
        return None if row is None else _record(row)

    async def several(self, session: AsyncSession, agent_ids: Collection[str]) -> dict[str, AgentRecord]:
        """Those of them that there are."""
        return {record.id: record for record in await AgentRows(session).records(agent_ids)}

    async def of_board(self, session: AsyncSession, board_id: str) -> list[AgentRecord]:
        """All of a board, the earliest first."""
        return [_record(row) for row in await AgentRows(session).of_board(board_id)]

    async def made_by(self, session: AsyncSession, board_id: str, lead_id: str) -> list[AgentRecord]:
        """The workers of a board that a lead made, the earliest first."""
        return [one for one in await self.of_board(session, board_id) if one.spawned_by == lead_id]

    async def counts(self, session: AsyncSession, board_ids: Collection[str]) -> dict[str, int]:
        """How many agents each of these boards has; one without agents is left out."""
        return await AgentRows(session).counts(board_ids)

    async def by_liveness(self, session: AsyncSession, rights: BoardRights) -> dict[Liveness, int]:
        """How many agents there are on the boards that somebody sees, by whether they are heard of."""
        boards = None if rights.all_read else rights.readable
        return await AgentRows(session).by_liveness(AgentsSought(rights.organization_id or "", boards=boards))

    async def page(
        self, session: AsyncSession, sought: AgentsSought, limit: int, offset: int
    ) -> tuple[Sequence[AgentRecord], int]:
        """The latest first, and how many there are."""
        rows, total = await AgentRows(session).page(sought, limit, offset)
        return [_record(row) for row in rows], total

    async def add(self, session: AsyncSession, record: AgentRecord) -> None:
        row = AgentRow(**{name: getattr(record, name) for name in _FIELDS})
        await AgentRows(session).add(row)

    async def change(self, session: AsyncSession, agent_id: str, values: Mapping[str, Any]) -> AgentRecord:
        """Set fields of an agent that is there."""
        row = await AgentRows(session).by_id(agent_id)
        assert row is not None
        for name, value in values.items():
            setattr(row, name, value)
        await session.flush()
        return _record(row)

    async def remove(self, session: AsyncSession, agent_id: str) -> bool:
        """Whether there was one."""
        return await AgentRows(session).delete(agent_id)

    async def hold(self, session: AsyncSession, agent_ids: Collection[str]) -> dict[str, tuple[int, Liveness]]:
        """The version and the liveness of those that there are, and that nobody else changes until this transaction
        ends."""
        return await AgentRows(session).hold(agent_ids)

    async def versions(self, session: AsyncSession, agent_ids: Collection[str]) -> dict[str, int]:
        """The version of each that there is."""
        return await AgentRows(session).versions(agent_ids)

    async def beat(
        self, session: AsyncSession, beats: Mapping[str, Beat], arrived: Collection[str], now: datetime
    ) -> None:
        """Write the latest heartbeats of agents that are held; those who have arrived count as online from now on."""
        alike: dict[Beat, list[str]] = {}
        for agent_id, latest in beats.items():
            alike.setdefault(latest, []).append(agent_id)
        rows = AgentRows(session)
        for latest, agent_ids in alike.items():
            await rows.beat(agent_ids, latest)
        if arrived:
            await rows.come_online(arrived, now)

    async def is_any_overdue(self, session: AsyncSession, now: datetime, listening_s: float) -> bool:
        """Whether anybody was not heard of for too long."""
        return await AgentRows(session).is_any_due(now, listening_s)

    async def miss(
        self, session: AsyncSession, liveness: Liveness, now: datetime, listening_s: float
    ) -> list[AgentRecord]:
        """Those not heard of for so long that they count as stale, or offline, from now on, as they were; of several
        hubs one finds each."""
        rows = await AgentRows(session).overdue(liveness, now, listening_s)
        before = [_record(row) for row in rows]
        for row in rows:
            row.liveness, row.liveness_since = liveness, now
        await session.flush()
        return before


def _record(row: AgentRow) -> AgentRecord:
    return AgentRecord(**{name: getattr(row, name) for name in _FIELDS})
