"""What the routes of agents are given."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path
from starlette.requests import HTTPConnection

from pilothouse.hub.agents.service import AgentServices


async def _services(connection: HTTPConnection) -> AgentServices:
    services = connection.app.state.agents
    assert isinstance(services, AgentServices)
    return services


Services = Annotated[AgentServices, Depends(_services)]
AgentPath = Annotated[str, Path(max_length=40)]
