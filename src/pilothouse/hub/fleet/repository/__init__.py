"""The SQL of the fleet; private to this slice."""

from pilothouse.hub.fleet.repository.enrolments import EnrolmentRows
from pilothouse.hub.fleet.repository.health import Changed, HealthRows
from pilothouse.hub.fleet.repository.robots import Beaten, RobotRows, Wanted

__all__ = ["Beaten", "Changed", "EnrolmentRows", "HealthRows", "RobotRows", "Wanted"]
