"""What can be wrong with agents."""

from __future__ import annotations

from pilothouse.kit.errors import Conflict, Forbidden, NotFound


class UnknownAgent(NotFound):
    """No agent {agent_id} is known here."""


class AgentNameTaken(Conflict):
    """This board has an agent named {name} already; choose another name."""


class BoardFull(Conflict):
    """This board takes {most} agents and has as many; remove one or raise max_agents."""


class LeadTaken(Conflict):
    """This board has a lead already, {lead}; a board has at most one. Make that one a worker first."""


class AgentChanged(Conflict):
    """Somebody else changed this agent meanwhile; it is at version {version} now, read it again."""


class BoardMismatch(Forbidden):
    """This agent works on the board {board_id}, and a heartbeat moves nobody; a person moves agents."""


class NameMismatch(Forbidden):
    """This token is the agent {name}'s; each agent has a token of its own."""


class LeadsOnly(Forbidden):
    """Only the lead of a board may do this; ask it, or a person."""


class NotSpawned(Forbidden):
    """The agent {agent_id} was registered by a person, and only people remove it; a lead tends the workers that leads
    of its board made."""


class BeyondOwnBudget(Forbidden):
    """A lead gives its workers at most what it has itself, and its {budget} is {most}."""
