"""The services of this slice, put together."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import Activity
from pilothouse.hub.boards.service import BoardServices, KnownBoards
from pilothouse.hub.composition import Hub
from pilothouse.hub.memory import Memory
from pilothouse.hub.outgoing.domain.destinations import DeadDelivery, Destination
from pilothouse.hub.outgoing.service import Deliveries, Outgoing
from pilothouse.hub.webhooks.service.delivering import Delivering
from pilothouse.hub.webhooks.service.following import Following
from pilothouse.hub.webhooks.service.given_up import GivenUps
from pilothouse.hub.webhooks.service.incoming import Incoming
from pilothouse.hub.webhooks.service.subscriptions import Subscriptions
from pilothouse.hub.webhooks.service.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class WebhookServices:
    """What comes in, what goes out, and those that carry it."""

    webhooks: Webhooks
    incoming: Incoming
    delivering: Delivering
    subscriptions: Subscriptions
    deliveries: Deliveries
    following: Following
    given_up: GivenUps


def build_services(
    hub: Hub, activity: Activity, memory: Memory, outgoing: Outgoing, boards: BoardServices
) -> WebhookServices:
    """Start nothing."""
    log_days = hub.settings.webhook_log_days
    subscriptions = Subscriptions(activity, outgoing)

    def tell_death(session: AsyncSession, dead: DeadDelivery, destination: Destination) -> None:
        subscriptions.died(session, destination, dead)

    outgoing.delivering.when_dead.append(tell_death)
    return WebhookServices(
        webhooks=Webhooks(activity, hub.jobs, hub.clock),
        incoming=Incoming(hub.database, hub.jobs, hub.clock),
        delivering=Delivering(hub.database, activity, memory, boards, hub.clock, log_days=log_days),
        subscriptions=subscriptions,
        deliveries=outgoing.deliveries,
        following=Following(hub.database, hub.events, hub.clock, outgoing),
        given_up=GivenUps(outgoing.destinations, KnownBoards()),
    )
