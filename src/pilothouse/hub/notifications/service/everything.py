"""The services of this slice, put together."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database
from pilothouse.hub.events import HUB_STREAM, Events
from pilothouse.hub.fleet import Robots
from pilothouse.hub.notifications.service.destinations import Destinations
from pilothouse.hub.notifications.service.following import Following
from pilothouse.hub.outgoing.models import DeliveryRow, DestinationRow
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
    outgoing: Outgoing, database: Database, events: Events, robots: Robots, clock: Clock
) -> Notifications:
    """Start nothing."""

    def tell_death(session: AsyncSession, row: DeliveryRow, destination: DestinationRow) -> None:
        if destination.board_id is None:
            facts = {"id": row.id, "destination_id": row.destination_id, "problem": row.problem}
            events.append(session, HUB_STREAM, "notification.dead", row.id, facts)

    outgoing.delivering.when_dead.append(tell_death)
    return Notifications(
        destinations=Destinations(clock, outgoing.policy, has_mail=outgoing.has_mail),
        deliveries=outgoing.deliveries,
        following=Following(database, events, robots, clock, wake=outgoing.delivering.wake),
        delivering=outgoing.delivering,
    )
