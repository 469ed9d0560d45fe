"""What can be wrong with agents."""

from __future__ import annotations

from pilothouse.kit.errors import Conflict, Forbidden, Invalid, NotFound


class UnknownAgent(NotFound):
    """No agent {agent_id} is known here."""


class AgentNameTaken(Conflict):
    """This board has an agent named {name} already; choose another name."""


class LeadPresent(Conflict):
    """This board has a lead already, {name}; make that one a worker or remove it first."""


class TooManyAgents(Conflict):
    """This board takes {most} agents and has them; remove one, or let a board admin raise max_agents."""


class AgentChanged(Conflict):
    """Somebody else changed this agent meanwhile; it is at version {version} now, read it again."""


class NothingToChange(Invalid):
    """Name at least one field that is to be different."""


class BoardMismatch(Forbidden):
    """This agent works on the board {board_id}, and a heartbeat moves nobody; a person moves agents."""


class NameMismatch(Forbidden):
    """This token is the agent {name}'s; each agent has a token of its own."""


class LeadsOnly(Forbidden):
    """Only the lead of a board may do this; ask it, or a person."""


class NotSpawned(Forbidden):
    """The agent {agent_id} was registered by a person, and only people remove or change it; a lead tends the workers
    that leads of its board made."""


class BeyondOwnBudget(Forbidden):
    """A lead gives its workers at most what it has itself: {budget} is limited to {most} a day."""
