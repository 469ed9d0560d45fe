"""What can be done with notifications."""

from pilothouse.hub.notifications.service.deliveries import Deliveries
from pilothouse.hub.notifications.service.delivering import Delivering
from pilothouse.hub.notifications.service.destinations import Destinations
from pilothouse.hub.notifications.service.everything import Notifications, build_services
from pilothouse.hub.notifications.service.following import Following

__all__ = ["Deliveries", "Delivering", "Destinations", "Following", "Notifications", "build_services"]
