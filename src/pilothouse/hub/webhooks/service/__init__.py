"""What can be done with webhooks."""

from pilothouse.hub.webhooks.service.everything import WebhookServices, build_services

__all__ = ["WebhookServices", "build_services"]
