"""Heartbeats, robots, how they are let in, and the live feed of what happens."""

from pilothouse.hub.fleet.routes import enrolments, events, robots, tokens

# The enrolment routes come first: their paths look like robots' names.
ROUTERS = (enrolments.router, robots.router, tokens.router, events.router)

__all__ = ["ROUTERS", "enrolments"]
