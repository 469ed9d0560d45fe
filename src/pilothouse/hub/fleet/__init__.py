"""Robots: which there are, how they are let in, and how they are."""

from pilothouse.hub.fleet.service import FleetServices, Robots

__all__ = ["FleetServices", "Robots"]
