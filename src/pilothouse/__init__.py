"""Pilothouse: mission control and flight recorder for robots and autonomous agents."""

__version__ = "0.1.0"
