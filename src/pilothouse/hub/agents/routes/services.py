"""What the routes of agents are given."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path

from pilothouse.hub.agents.service import AgentServices
from pilothouse.web.kept import kept

Services = Annotated[AgentServices, Depends(kept("agents", AgentServices))]
AgentPath = Annotated[str, Path(max_length=40)]
