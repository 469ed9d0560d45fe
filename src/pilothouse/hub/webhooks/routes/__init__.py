"""The routes of this slice."""

from pilothouse.hub.webhooks.routes import ingest, subscriptions, webhooks

ROUTERS = (ingest.router, webhooks.router, subscriptions.router)
PUBLIC = ingest.PUBLIC
