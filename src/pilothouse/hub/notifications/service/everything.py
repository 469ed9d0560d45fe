"""The services of this slice, put together."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database
from pilothouse.hub.events import HUB_STREAM, Events
from pilothouse.hub.fleet import Robots
from pilothouse.hub.notifications.service.destinations import Destinations
from pilothouse.hub.notifications.service.following import Following
from pilothouse.hub.outgoing.domain.destinations import DeadDelivery, Destination
from pilothouse.hub.outgoing.service import Deliveries, Delivering, Outgoing
from pilothouse.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class Notifications:
    """Where to tell, what was told, and the two that tell."""

    destinations: Destinations
    deliveries: Deliveries
    following: Following
    delivering: Delivering


def build_services(
    outgoing: Outgoing, database: Database, events: Events, robots: Robots, clock: Clock, *, public_url: str | None
) -> Notifications:
    """Start nothing."""

    def tell_death(session: AsyncSession, dead: DeadDelivery, destination: Destination) -> None:
        if destination.board_id is None:
            events.append(session, HUB_STREAM, "notification.dead", dead.id, asdict(dead))

    outgoing.delivering.when_dead.append(tell_death)
    return Notifications(
        destinations=Destinations(outgoing),
        deliveries=outgoing.deliveries,
        following=Following(database, events, robots, clock, outgoing, public_url),
        delivering=outgoing.delivering,
    )
