"""What can be done with robots, one class for each use."""

from pilothouse.hub.fleet.service.enrolments import Enrolments
from pilothouse.hub.fleet.service.everything import FleetServices, build_services
from pilothouse.hub.fleet.service.health import RobotHealths
from pilothouse.hub.fleet.service.robots import Robots

__all__ = ["Enrolments", "FleetServices", "RobotHealths", "Robots", "build_services"]
