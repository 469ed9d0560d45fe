"""What can be done about destinations and deliveries."""

from pilothouse.hub.outgoing.service.deliveries import Deliveries, delivery_values
from pilothouse.hub.outgoing.service.delivering import Delivering
from pilothouse.hub.outgoing.service.destinations import Destinations
from pilothouse.hub.outgoing.service.everything import Outgoing, build_services

__all__ = ["Deliveries", "Delivering", "Destinations", "Outgoing", "build_services", "delivery_values"]
