"""Every operation of mission control, in words that an agent chooses by."""

from pilothouse.hub.agents.domain.catalogue import agents, boards, conversations, people
from pilothouse.hub.agents.domain.operations import by_call

CATALOGUE = by_call((*people.OPERATIONS, *boards.OPERATIONS, *agents.OPERATIONS, *conversations.OPERATIONS))

__all__ = ["CATALOGUE"]
