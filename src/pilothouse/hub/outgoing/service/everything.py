"""What delivers, put together."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.hub.db import Database
from pilothouse.hub.outgoing.domain.addresses import AddressPolicy
from pilothouse.hub.outgoing.service.deliveries import Deliveries
from pilothouse.hub.outgoing.service.delivering import Delivering
from pilothouse.hub.outgoing.service.destinations import Destinations
from pilothouse.hub.outgoing.service.mailing import MailServer
from pilothouse.hub.outgoing.service.outside import Outside
from pilothouse.hub.outgoing.service.sending import Sender
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Which addresses are allowed, what was delivered, and what delivers."""

    policy: AddressPolicy
    destinations: Destinations
    deliveries: Deliveries
    delivering: Delivering
    has_mail: bool


def build_services(settings: HubSettings, database: Database, clock: Clock) -> Outgoing:
    """Start nothing."""
    mail_server = _mail_server(settings)
    outside = Outside(private_addresses=settings.notify_private_addresses)
    sender = Sender(outside, mail_server, timeout_s=settings.notify_timeout_s)
    delivering = Delivering(database, sender, clock, log_days=settings.notify_log_days)
    return Outgoing(
        policy=AddressPolicy(settings.notify_private_addresses, settings.notify_plain_http),
        destinations=Destinations(clock),
        deliveries=Deliveries(clock, wake=delivering.wake),
        delivering=delivering,
        has_mail=mail_server is not None,
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
