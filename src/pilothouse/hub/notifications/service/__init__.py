"""What can be done with notifications."""

from pilothouse.hub.notifications.service.destinations import Destinations
from pilothouse.hub.notifications.service.everything import Notifications, build_services
from pilothouse.hub.notifications.service.following import Following

__all__ = ["Destinations", "Following", "Notifications", "build_services"]
