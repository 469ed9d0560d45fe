"""How routes reach the services of this hub."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from pilothouse.hub.fleet.service import FleetServices
from pilothouse.hub.identity import Tokens
from pilothouse.web.kept import kept

Services = Annotated[FleetServices, Depends(kept("fleet", FleetServices))]
TheTokens = Annotated[Tokens, Depends(kept("tokens", Tokens))]
