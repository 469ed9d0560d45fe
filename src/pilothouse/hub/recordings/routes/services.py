"""How routes reach the services of this hub."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from pilothouse.hub.recordings.service import RecordingServices


async def _services(connection: HTTPConnection) -> RecordingServices:
    services = connection.app.state.recordings
    assert isinstance(services, RecordingServices)
    return services


Services = Annotated[RecordingServices, Depends(_services)]
