"""The SQL of the fleet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.fleet.models import RobotRow


async def add_or_update(session: AsyncSession, robot_id: str, now: datetime, seen: dict[str, Any]) -> bool:
    """One statement; True when the robot was not known before."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    new = insert(RobotRow).values(robot_id=robot_id, first_seen_at=now, **seen)
    if seen:
        statement = new.on_conflict_do_update(index_elements=["robot_id"], set_=seen)
        first_seen_at = await session.scalar(statement.returning(RobotRow.first_seen_at))
        return first_seen_at == now
    return await session.scalar(new.on_conflict_do_nothing().returning(RobotRow.robot_id)) is not None


async def get(session: AsyncSession, robot_id: str) -> RobotRow | None:
    return await session.get(RobotRow, robot_id)


async def page(session: AsyncSession, limit: int, offset: int) -> tuple[list[RobotRow], int]:
    """Robots by name, and how many there are."""
    total = await session.scalar(select(func.count()).select_from(RobotRow)) or 0
    found = await session.scalars(select(RobotRow).order_by(RobotRow.robot_id).limit(limit).offset(offset))
    return list(found), total
