"""The services of this slice, put together."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.hub.db import Database
from pilothouse.hub.events import Events
from pilothouse.hub.fleet import Robots
from pilothouse.hub.notifications.service.deliveries import Deliveries
from pilothouse.hub.notifications.service.delivering import Delivering
from pilothouse.hub.notifications.service.destinations import Destinations
from pilothouse.hub.notifications.service.following import Following
from pilothouse.hub.notifications.service.mailing import MailServer
from pilothouse.hub.notifications.service.outside import Outside
from pilothouse.hub.notifications.service.sending import Sender
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class Notifications:
    """Where to tell, what was told, and the two that tell."""

    destinations: Destinations
    deliveries: Deliveries
    following: Following
    delivering: Delivering


def build_services(
    settings: HubSettings, database: Database, events: Events, robots: Robots, clock: Clock
) -> Notifications:
    """Start nothing."""
    mail_server = _mail_server(settings)
    private_addresses = settings.notify_private_addresses
    outside = Outside(private_addresses=private_addresses)
    sender = Sender(outside, mail_server, timeout_s=settings.notify_timeout_s)
    delivering = Delivering(database, events, sender, clock, log_days=settings.notify_log_days)
    return Notifications(
        destinations=Destinations(
            clock,
            private_addresses=private_addresses,
            plain_http=settings.notify_plain_http,
            has_mail=mail_server is not None,
        ),
        deliveries=Deliveries(clock, wake=delivering.wake),
        following=Following(database, events, robots, clock, wake=delivering.wake),
        delivering=delivering,
    )


def _mail_server(settings: HubSettings) -> MailServer | None:
    if settings.notify_smtp_host is None:
        return None
    password = settings.notify_smtp_password
    return MailServer(
        host=settings.notify_smtp_host,
        port=settings.notify_smtp_port,
        sender=settings.notify_smtp_from,
        security=settings.notify_smtp_security,
        user=settings.notify_smtp_user,
        password=password.get_secret_value() if password else None,
        timeout_s=settings.notify_timeout_s,
    )
