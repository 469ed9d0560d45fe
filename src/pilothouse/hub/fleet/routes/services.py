"""How routes reach the services of this hub."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from pilothouse.hub.fleet.service import FleetServices
from pilothouse.hub.identity import Tokens


async def _services(connection: HTTPConnection) -> FleetServices:
    services = connection.app.state.fleet
    assert isinstance(services, FleetServices)
    return services


async def _tokens(connection: HTTPConnection) -> Tokens:
    tokens = connection.app.state.tokens
    assert isinstance(tokens, Tokens)
    return tokens


Services = Annotated[FleetServices, Depends(_services)]
TheTokens = Annotated[Tokens, Depends(_tokens)]
