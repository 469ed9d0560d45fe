"""Robots say that they live; recordings show that they were there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.events import HUB_STREAM, Events
from pilothouse.hub.fleet import repository
from pilothouse.hub.fleet.models import RobotRow
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.errors import NotFound
from pilothouse.wire import Heartbeat, HeartbeatAccepted, Robot, RobotList

CountRecordings = Callable[[AsyncSession, Collection[str]], Awaitable[Mapping[str, int]]]
"""How many recordings each of these robots has; given by the slice that knows, which stands above this one."""


class UnknownRobot(NotFound):
    """No robot {robot_id} is known here."""


async def _none_known(_session: AsyncSession, _robot_ids: Collection[str]) -> Mapping[str, int]:
    return {}


class Robots:
    """Every robot known by heartbeat or by recording."""

    def __init__(self, events: Events, clock: Clock, count_recordings: CountRecordings = _none_known) -> None:
        self._events = events
        self._clock = clock
        self._count_recordings = count_recordings

    async def beat(self, session: AsyncSession, heartbeat: Heartbeat) -> HeartbeatAccepted:
        """A robot says that it lives: one row is written."""
        now = at(self._clock.now_ns())
        said = {
            "last_seen_at": now,
            "interval_s": heartbeat.interval_s,
            "heartbeat": heartbeat.model_dump(mode="json", exclude_unset=True),
        }
        if await repository.add_or_update(session, heartbeat.robot_id, now, said):
            self._announce(session, heartbeat.robot_id)
        return HeartbeatAccepted(robot_id=heartbeat.robot_id, received_at=now)

    async def seen_in_recording(self, session: AsyncSession, robot_id: str) -> None:
        """A recording names this robot: from now on it is known."""
        if await repository.add_or_update(session, robot_id, at(self._clock.now_ns()), {}):
            self._announce(session, robot_id)

    async def list(self, session: AsyncSession, limit: int, offset: int) -> RobotList:
        """A page of robots by name."""
        rows, total = await repository.page(session, limit, offset)
        counts = await self._count_recordings(session, [row.robot_id for row in rows])
        items = [_robot(row, counts.get(row.robot_id, 0)) for row in rows]
        return RobotList(items=items, total=total, limit=limit, offset=offset)

    async def get(self, session: AsyncSession, robot_id: str) -> Robot:
        """One robot; raises UnknownRobot."""
        row = await repository.get(session, robot_id)
        if row is None:
            raise UnknownRobot(robot_id=robot_id)
        counts = await self._count_recordings(session, [robot_id])
        return _robot(row, counts.get(robot_id, 0))

    def _announce(self, session: AsyncSession, robot_id: str) -> None:
        self._events.append(session, HUB_STREAM, "robot.appeared", robot_id, {"robot_id": robot_id})


def _robot(row: RobotRow, recordings: int) -> Robot:
    return Robot(
        robot_id=row.robot_id,
        last_seen_at=row.last_seen_at,
        interval_s=row.interval_s,
        recordings=recordings,
        heartbeat=None if row.heartbeat is None else Heartbeat.model_validate(row.heartbeat),
    )
