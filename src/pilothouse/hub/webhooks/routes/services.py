"""How routes get at the services of this slice."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from pilothouse.hub.webhooks.service import WebhookServices
from pilothouse.web.kept import kept

Services = Annotated[WebhookServices, Depends(kept("webhooks", WebhookServices))]
