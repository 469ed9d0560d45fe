"""Agents as people see them, and the surface that agents work on."""

from pilothouse.hub.agents.routes import agents, mirrored, surface

ROUTERS = (agents.router, surface.router, mirrored.router)

__all__ = ["ROUTERS"]
