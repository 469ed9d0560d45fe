"""Agents, their liveness, what they spend, and what waits for them."""

from pilothouse.hub.agents.service.agents import Agents, Made
from pilothouse.hub.agents.service.boards import BoardPorts, with_boards
from pilothouse.hub.agents.service.describing import describe_operations
from pilothouse.hub.agents.service.everything import AgentServices, build_services
from pilothouse.hub.agents.service.inbox import Inboxes
from pilothouse.hub.agents.service.rollcall import RollCall
from pilothouse.hub.agents.service.spending import Spendings

__all__ = [
    "AgentServices",
    "Agents",
    "BoardPorts",
    "Inboxes",
    "Made",
    "RollCall",
    "Spendings",
    "build_services",
    "describe_operations",
    "with_boards",
]
