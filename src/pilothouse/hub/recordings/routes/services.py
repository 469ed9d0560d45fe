"""How routes reach the services of this hub."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from pilothouse.hub.recordings.service import RecordingServices
from pilothouse.web.kept import kept

Services = Annotated[RecordingServices, Depends(kept("recordings", RecordingServices))]
