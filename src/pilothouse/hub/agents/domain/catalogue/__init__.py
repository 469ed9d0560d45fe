"""Every operation of mission control, in words that an agent chooses by."""

from pilothouse.hub.agents.domain.catalogue import agents
from pilothouse.hub.agents.domain.operations import by_call

CATALOGUE = by_call(agents.OPERATIONS)

__all__ = ["CATALOGUE"]
