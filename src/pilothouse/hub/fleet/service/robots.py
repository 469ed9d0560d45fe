"""Robots are let in and say that they live; recordings show that they were there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.events import HUB_STREAM, Events
from pilothouse.hub.fleet.domain import RobotIsRetired, RobotRetired, UnknownRobot, expected, hour_of
from pilothouse.hub.fleet.models import RobotRow
from pilothouse.hub.fleet.repository import Changed, HealthRows, RobotRows, Wanted
from pilothouse.hub.fleet.service.health import tell_change
from pilothouse.hub.identity import Caller, Tokens
from pilothouse.kit.clock import Clock, at
from pilothouse.wire import DeliveryAlert, Heartbeat, HeartbeatAccepted, Robot, RobotList, RobotToken
from pilothouse.wire.robot import Health, RobotUpdate

CountRecordings = Callable[[AsyncSession, Collection[str]], Awaitable[Mapping[str, int]]]
"""How many recordings each of these robots has; given by the slice that knows, which stands above this one."""


async def none_known(_session: AsyncSession, _robot_ids: Collection[str]) -> Mapping[str, int]:
    return {}


IsWatched = Callable[[str], bool]
"""Whether anybody wants to see this robot live; given by the slice that knows, which stands above this one."""


def nobody_watches(_robot_id: str) -> bool:
    return False


class Robots:
    """Every robot known by enrolment, by heartbeat or by recording."""

    def __init__(
        self,
        events: Events,
        clock: Clock,
        count_recordings: CountRecordings = none_known,
        tokens: Tokens | None = None,
    ) -> None:
        self._events = events
        self._clock = clock
        self._count_recordings = count_recordings
        self._tokens = tokens
        self.is_watched: IsWatched = nobody_watches

    async def beat(self, session: AsyncSession, heartbeat: Heartbeat) -> HeartbeatAccepted:
        """A robot says that it lives; raises RobotRetired."""
        now = self._now()
        skew_s = None if heartbeat.sent_at is None else (heartbeat.sent_at - now).total_seconds()
        robot_id = heartbeat.robot_id
        alerts = await self._untold(session, heartbeat) if heartbeat.alerts else []
        found = await RobotRows(session).beat(robot_id, now, _said(heartbeat, now, skew_s))
        if found is None:
            raise RobotRetired(robot_id=robot_id)
        await HealthRows(session).count(
            robot_id,
            hour_of(now),
            disk_free=heartbeat.disk_free_bytes,
            depth=heartbeat.outbox_depth,
            skew_s=skew_s,
        )
        if found.is_new:
            self._tell(session, "robot.appeared", robot_id)
        elif found.health != Health.HEALTHY:
            await self._recovered(session, Changed(robot_id, found.health, Health.HEALTHY, now), now)
        for alert in alerts:
            self._tell(
                session, f"robot.{alert.kind.value}", robot_id, **alert.model_dump(mode="json", exclude={"kind"})
            )
        watched = {"is_watched": True} if self.is_watched(robot_id) else {}
        return HeartbeatAccepted(ok=True, robot_id=robot_id, received_at=now, **watched)

    async def _untold(self, session: AsyncSession, heartbeat: Heartbeat) -> Sequence[DeliveryAlert]:
        """Its alerts without those of the heartbeat before: it sends them again until it hears that they arrived."""
        row = await RobotRows(session).get(heartbeat.robot_id)
        before = row.heartbeat.get("alerts", []) if row is not None and row.heartbeat else []
        told = {one.get("alert_id") for one in before}
        return [one for one in heartbeat.alerts if one.alert_id not in told]

    async def seen_in_recording(self, session: AsyncSession, robot_id: str) -> None:
        """A recording names this robot: from now on it is known."""
        if await RobotRows(session).add_new(robot_id, self._now()):
            self._tell(session, "robot.appeared", robot_id)

    async def let_in(
        self, session: AsyncSession, robot_id: str, *, site: str | None, tags: Sequence[str], versions: dict[str, str]
    ) -> None:
        """A robot showed a code that was made for it; one that was retired is back."""
        await self.seen_in_recording(session, robot_id)
        rows = RobotRows(session)
        about: dict[str, Any] = {"site": site, "versions": versions}
        given = {key: value for key, value in about.items() if value}
        await rows.change(robot_id, enrolled_at=self._now(), retired_at=None, **given)
        if tags:
            await rows.set_tags(robot_id, tags)
        self._tell(session, "robot.enrolled", robot_id)

    async def new_token(self, session: AsyncSession, robot_id: str, maker: Caller) -> RobotToken:
        """A token in the place of the robot's present one; raises UnknownRobot and RobotIsRetired."""
        assert self._tokens is not None
        if (await self._row(session, robot_id)).retired_at is not None:
            raise RobotIsRetired(robot_id=robot_id)
        return await self._tokens.give_robot(session, robot_id, maker)

    async def retire(self, session: AsyncSession, robot_id: str) -> Robot:
        """Its tokens end, its heartbeats are refused, what it recorded stays; twice is once."""
        assert self._tokens is not None
        row = await self._row(session, robot_id)
        await self._tokens.revoke_robot(session, robot_id)
        if row.retired_at is None:
            quiet = {"health": None, "health_since": None, "stale_at": None, "silent_at": None}
            await RobotRows(session).change(robot_id, retired_at=self._now(), **quiet)
            self._tell(session, "robot.retired", robot_id)
        await session.refresh(row)
        return await self._shown(session, row)

    async def change(self, session: AsyncSession, robot_id: str, change: RobotUpdate) -> Robot:
        """Name, site and tags, as far as they were sent."""
        row = await self._row(session, robot_id)
        sent = change.model_fields_set
        values = {name: getattr(change, name) for name in ("name", "site") if name in sent}
        if values:
            await RobotRows(session).change(robot_id, **values)
        if "tags" in sent:
            await RobotRows(session).set_tags(robot_id, change.tags or [])
        await session.refresh(row)
        robot = await self._shown(session, row)
        self._tell(session, "robot.changed", robot_id, name=robot.name, site=robot.site, tags=robot.tags)
        return robot

    async def list(self, session: AsyncSession, wanted: Wanted, limit: int, offset: int) -> RobotList:
        """A page of robots by name."""
        rows, total = await RobotRows(session).page(wanted, limit, offset)
        robot_ids = [row.robot_id for row in rows]
        tags = await RobotRows(session).tags(robot_ids)
        counts = await self._count_recordings(session, robot_ids)
        items = [_robot(row, tags.get(row.robot_id, []), counts.get(row.robot_id, 0)) for row in rows]
        by_health = await RobotRows(session).by_health(wanted)
        return RobotList(items=items, total=total, limit=limit, offset=offset, by_health=by_health)

    async def get(self, session: AsyncSession, robot_id: str) -> Robot:
        """One robot; raises UnknownRobot."""
        return await self._shown(session, await self._row(session, robot_id))

    async def at_site(self, session: AsyncSession, site: str) -> Sequence[str]:
        """Ids of the robots of a site, those that are retired among them."""
        return await RobotRows(session).at_site(site)

    async def sites(self, session: AsyncSession, robot_ids: Collection[str]) -> dict[str, str | None]:
        """Where each of these robots is, of those that are known."""
        return await RobotRows(session).sites(robot_ids)

    async def check_known(self, session: AsyncSession, robot_id: str) -> None:
        """Raise UnknownRobot."""
        await self._row(session, robot_id)

    async def _row(self, session: AsyncSession, robot_id: str) -> RobotRow:
        row = await RobotRows(session).get(robot_id)
        if row is None:
            raise UnknownRobot(robot_id=robot_id)
        return row

    async def _shown(self, session: AsyncSession, row: RobotRow) -> Robot:
        tags = await RobotRows(session).tags([row.robot_id])
        counts = await self._count_recordings(session, [row.robot_id])
        return _robot(row, tags.get(row.robot_id, []), counts.get(row.robot_id, 0))

    async def _recovered(self, session: AsyncSession, changed: Changed, now: datetime) -> None:
        await RobotRows(session).change(changed.robot_id, health=changed.health, health_since=now)
        await HealthRows(session).remember([changed], now)
        tell_change(self._events, session, changed)

    def _tell(self, session: AsyncSession, kind: str, robot_id: str, **facts: object) -> None:
        self._events.append(session, HUB_STREAM, kind, robot_id, {"robot_id": robot_id, **facts})

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def _said(heartbeat: Heartbeat, now: datetime, skew_s: float | None) -> dict[str, Any]:
    """The columns that a heartbeat sets."""
    again = expected(now, heartbeat.interval_s)
    return {
        "last_seen_at": now,
        "interval_s": heartbeat.interval_s,
        "heartbeat": heartbeat.model_dump(mode="json", exclude_unset=True),
        "stale_at": again.stale_at,
        "silent_at": again.silent_at,
        "clock_skew_s": skew_s,
        "versions": heartbeat.versions or None,
    }


def _robot(row: RobotRow, tags: list[str], recordings: int) -> Robot:
    return Robot(
        robot_id=row.robot_id,
        name=row.name,
        site=row.site,
        tags=tags,
        versions=row.versions or {},
        health=row.health,
        health_since=row.health_since,
        clock_skew_s=row.clock_skew_s,
        first_seen_at=row.first_seen_at,
        enrolled_at=row.enrolled_at,
        retired_at=row.retired_at,
        last_seen_at=row.last_seen_at,
        interval_s=row.interval_s,
        recordings=recordings,
        heartbeat=None if row.heartbeat is None else Heartbeat.model_validate(row.heartbeat),
    )
