"""Who registers agents, and who calls as one."""

from __future__ import annotations

from pilothouse.hub.identity.auth import AgentCaller, Member, Person

__all__ = ["AgentCaller", "Member", "Person", "only_agents"]


async def only_agents(_caller: AgentCaller) -> None:
    """For routes whose own signature lets others in too."""
