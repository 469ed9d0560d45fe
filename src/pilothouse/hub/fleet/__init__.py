"""Robots: which there are, and how they are."""

from pilothouse.hub.fleet.service import Robots

__all__ = ["Robots"]
