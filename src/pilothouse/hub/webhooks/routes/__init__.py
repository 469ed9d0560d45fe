"""The routes of this slice."""

from pilothouse.hub.webhooks.routes import given_up, ingest, subscriptions, webhooks

ROUTERS = (given_up.router, ingest.router, webhooks.router, subscriptions.router)
PUBLIC = ingest.PUBLIC
