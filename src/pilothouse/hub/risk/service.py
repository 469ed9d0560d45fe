"""Risk events arrive in batches, each counts once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.events import HUB_STREAM, Events
from pilothouse.hub.fleet import Robots
from pilothouse.hub.risk.domain import RANKS, worst
from pilothouse.hub.risk.models import RiskEventRow
from pilothouse.hub.risk.repository import RiskEventRows, Wanted
from pilothouse.hub.risk.schemas import RobotRisk, RobotRiskList
from pilothouse.kit.clock import Clock, at
from pilothouse.wire import RiskEvent, RiskEventBatch, RiskEventList, RiskEventsAccepted, RiskLevel

_LEVELS = tuple(RiskLevel)


class RiskEvents:
    """What guards reported."""

    def __init__(self, events: Events, robots: Robots, clock: Clock) -> None:
        self._events = events
        self._robots = robots
        self._clock = clock

    async def take(self, session: AsyncSession, batch: RiskEventBatch) -> RiskEventsAccepted:
        """Keep what is new; tell once for each robot of the batch."""
        now = at(self._clock.now_ns())
        first = {(one.robot_id, one.event_id): one for one in reversed(batch.events)}
        # In one order, so that two deliveries of the same events do not wait for each other in a circle.
        rows = [_row(first[key], now) for key in sorted(first)]
        added = await RiskEventRows(session).add_new(rows)
        for robot_id, keys in groupby(sorted(added), key=lambda key: key[0]):
            await self._robots.seen_in_recording(session, robot_id)
            self._tell(session, robot_id, [first[key] for key in keys])
        return RiskEventsAccepted(accepted=len(added), duplicates=len(batch.events) - len(added))

    async def page(self, session: AsyncSession, wanted: Wanted, limit: int, offset: int) -> RiskEventList:
        """The latest first."""
        rows, total = await RiskEventRows(session).page(wanted, limit, offset)
        return RiskEventList(items=[_shown(row) for row in rows], total=total, limit=limit, offset=offset)

    async def by_robot(self, session: AsyncSession, wanted: Wanted, limit: int, offset: int) -> RobotRiskList:
        """Whoever reported last comes first."""
        rows = RiskEventRows(session)
        reported, total = await rows.by_robot(wanted, limit, offset)
        latest = await rows.latest(wanted, reported)
        boundaries = await rows.boundaries(wanted, [one.robot_id for one in reported])
        items = [
            RobotRisk(
                robot_id=one.robot_id, events=one.events, clamped=one.clamped, rejected=one.rejected,
                worst_risk_level=_LEVELS[one.worst_rank], boundaries=boundaries.get(one.robot_id, []),
                latest=_shown(latest[one.robot_id]),
            )
            for one in reported
        ]  # fmt: skip
        return RobotRiskList(items=items, total=total, limit=limit, offset=offset)

    def _tell(self, session: AsyncSession, robot_id: str, events: Sequence[RiskEvent]) -> None:
        last = max(events, key=lambda one: one.occurred_at)
        facts = {
            "robot_id": robot_id,
            "count": len(events),
            "worst_risk_level": worst(one.risk_level for one in events),
            "outcomes": dict(Counter(one.outcome for one in events)),
            "incident_ids": _some({one.incident_id for one in events if one.incident_id}),
            "latest": last.model_dump(
                mode="json",
                include={"event_id", "occurred_at", "outcome", "decision", "risk_level", "boundary", "reason"},
            ),
        }
        self._events.append(session, HUB_STREAM, "risk.reported", robot_id, facts)


def _some(incident_ids: Iterable[str]) -> list[str]:
    return sorted(incident_ids)[:50]


def _row(event: RiskEvent, now: datetime) -> dict[str, Any]:
    return {
        **event.model_dump(mode="python"),
        "risk_level": event.risk_level.value,
        "risk_rank": RANKS[event.risk_level],
        "received_at": now,
    }


def _shown(row: RiskEventRow) -> RiskEvent:
    return RiskEvent.model_validate(row, from_attributes=True)
