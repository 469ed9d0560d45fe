"""The SQL of agents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import UtcDateTime
from pilothouse.hub.identity.domain.agents import (
    OFFLINE_INTERVALS,
    STALE_INTERVALS,
    AgentRecord,
    AgentsSought,
    Beat,
    Liveness,
)
from pilothouse.hub.identity.models.agents import AgentRow

_RECORD = tuple(getattr(AgentRow, field.name) for field in fields(AgentRecord))
_TABLE = AgentRow.__table__
assert isinstance(_TABLE, Table)
_AMONG = _TABLE.c.id.in_(bindparam("agent_ids", expanding=True))
# Made once: hundreds of times a second, making them would cost more than running them.
_HOLD = (
    select(_TABLE.c.id, _TABLE.c.version, _TABLE.c.liveness)
    .where(_AMONG)
    .order_by(_TABLE.c.id)
    .with_for_update(key_share=True)
)
_SEEN_AT = bindparam("seen_at", type_=UtcDateTime())
_BEAT = (
    update(_TABLE)
    .where(_AMONG, or_(_TABLE.c.last_seen_at.is_(None), _TABLE.c.last_seen_at < _SEEN_AT))
    .values(
        last_seen_at=_SEEN_AT,
        stale_at=bindparam("due_stale_at", type_=UtcDateTime()),
        offline_at=bindparam("due_offline_at", type_=UtcDateTime()),
        status=bindparam("said"),
    )
)


class AgentRows:
    """Queries on agents within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def by_id(self, agent_id: str, *, lock: bool = False) -> AgentRow | None:
        query = select(AgentRow).where(AgentRow.id == agent_id)
        # What is written down for an agent refers to it, and must not wait for whoever holds it.
        return await self._session.scalar(query.with_for_update(key_share=True) if lock else query)

    async def records(self, agent_ids: Collection[str]) -> list[AgentRecord]:
        found = await self._session.execute(select(*_RECORD).where(AgentRow.id.in_(agent_ids)))
        return [AgentRecord(*row) for row in found]

    async def add(self, row: AgentRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def delete(self, agent_id: str) -> bool:
        """Whether there was one."""
        gone = delete(AgentRow).where(AgentRow.id == agent_id).returning(AgentRow.id)
        return await self._session.scalar(gone) is not None

    async def of_board(self, board_id: str) -> Sequence[AgentRow]:
        """All of a board, the earliest first."""
        query = select(AgentRow).where(AgentRow.board_id == board_id).order_by(AgentRow.created_at, AgentRow.id)
        return (await self._session.scalars(query)).all()

    async def counts(self, board_ids: Collection[str]) -> dict[str, int]:
        """How many agents each of these boards has; one without agents is left out."""
        query = select(AgentRow.board_id, func.count().label("agents")).where(AgentRow.board_id.in_(board_ids))
        found = await self._session.execute(query.group_by(AgentRow.board_id))
        return {row.board_id: row.agents for row in found}

    async def by_liveness(self, sought: AgentsSought) -> dict[Liveness, int]:
        """How many there are of each."""
        query = select(AgentRow.liveness, func.count()).where(*_conditions(sought)).group_by(AgentRow.liveness)
        return dict((await self._session.execute(query)).all())

    async def page(self, sought: AgentsSought, limit: int, offset: int) -> tuple[Sequence[AgentRow], int]:
        """The latest first, and how many there are."""
        wanted = _conditions(sought)
        total = await self._session.scalar(select(func.count()).select_from(AgentRow).where(*wanted)) or 0
        latest = (AgentRow.created_at.desc(), AgentRow.id.desc())
        query = select(AgentRow).where(*wanted).order_by(*latest).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def hold(self, agent_ids: Collection[str]) -> dict[str, tuple[int, Liveness]]:
        """The version and the liveness of those that there are. They are locked in one order, so that two hubs that
        write at once do not wait for each other in a circle."""
        found = await (await self._session.connection()).execute(_HOLD, {"agent_ids": list(agent_ids)})
        return {agent_id: (version, liveness) for agent_id, version, liveness in found}

    async def versions(self, agent_ids: Collection[str]) -> dict[str, int]:
        """The version of each that there is."""
        query = select(AgentRow.id, AgentRow.version).where(AgentRow.id.in_(agent_ids))
        return dict((await self._session.execute(query)).all())

    async def beat(self, agent_ids: Collection[str], latest: Beat) -> None:
        """Write the same heartbeat for these; what another process wrote later stays."""
        values = {
            "seen_at": latest.seen_at, "due_stale_at": latest.stale_at, "due_offline_at": latest.offline_at,
            "said": latest.status, "agent_ids": list(agent_ids),
        }  # fmt: skip
        await (await self._session.connection()).execute(_BEAT, values)

    async def come_online(self, agent_ids: Collection[str], now: datetime) -> None:
        statement = update(AgentRow).where(AgentRow.id.in_(agent_ids))
        values = {"liveness": Liveness.ONLINE, "liveness_since": now}
        await (await self._session.connection()).execute(statement.values(**values))

    async def is_any_due(self, now: datetime, listening_s: float) -> bool:
        """Whether ``overdue`` would find any."""
        due = or_(*(_is_due(liveness, now, listening_s) for liveness in (Liveness.STALE, Liveness.OFFLINE)))
        return await self._session.scalar(select(AgentRow.id).where(due).limit(1)) is not None

    async def overdue(self, liveness: Liveness, now: datetime, listening_s: float) -> Sequence[AgentRow]:
        """Those that count as stale, or offline, from now on; they are locked, by one hub at a time.

        Nobody is blamed for what was said while no hub listened: ``listening_s`` is for how long this one has.
        """
        query = select(AgentRow).where(_is_due(liveness, now, listening_s)).order_by(AgentRow.id)
        return (await self._session.scalars(query.with_for_update(skip_locked=True, key_share=True))).all()


def _is_due(liveness: Liveness, now: datetime, listening_s: float) -> ColumnElement[bool]:
    is_stale = liveness == Liveness.STALE
    due_at = AgentRow.stale_at if is_stale else AgentRow.offline_at
    intervals = STALE_INTERVALS if is_stale else OFFLINE_INTERVALS
    was = (Liveness.ONLINE,) if is_stale else (Liveness.ONLINE, Liveness.STALE)
    heard_for = AgentRow.heartbeat_interval_s * intervals <= listening_s
    return and_(AgentRow.liveness.in_(was), due_at <= now, heard_for)


def _conditions(sought: AgentsSought) -> list[ColumnElement[bool]]:
    row = AgentRow
    conditions: list[ColumnElement[bool]] = [row.organization_id == sought.organization_id]
    if sought.boards is not None:
        conditions.append(row.board_id.in_(sorted(sought.boards)))
    for column, value in ((row.board_id, sought.board_id), (row.role, sought.role), (row.liveness, sought.liveness)):
        if value is not None:
            conditions.append(column == value)
    if sought.text:
        conditions.append(row.name.icontains(sought.text, autoescape=True))
    return conditions
