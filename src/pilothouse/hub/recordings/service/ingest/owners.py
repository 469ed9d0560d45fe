"""Whose recording an id names."""

from __future__ import annotations

from pilothouse.hub.identity import OtherRobot
from pilothouse.hub.recordings.domain.naming import robot_in


def check_owner(session_id: str, only_robot: str | None, said: str | None) -> None:
    """Raise OtherRobot when a robot brings a recording whose id, or whose sender as said beside it, is another."""
    if only_robot is not None and (robot_in(session_id) != only_robot or said not in (None, only_robot)):
        raise OtherRobot(robot_id=only_robot)
