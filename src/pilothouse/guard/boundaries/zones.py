"""Boxes in the base frame."""

from __future__ import annotations

from pilothouse.guard.boundaries.task_settings import Zone
from pilothouse.guard.kinematics.rotations import Vector


def is_inside(zone: Zone, point: Vector) -> bool:
    """Its walls included."""
    return all(low <= here <= high for low, here, high in zip(zone.lower_m, point, zone.upper_m, strict=True))
