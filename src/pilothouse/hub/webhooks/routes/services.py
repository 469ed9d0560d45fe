"""How routes get at the services of this slice."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from pilothouse.hub.webhooks.service import WebhookServices


async def _services(connection: HTTPConnection) -> WebhookServices:
    services = connection.app.state.webhooks
    assert isinstance(services, WebhookServices)
    return services


Services = Annotated[WebhookServices, Depends(_services)]
