"""What a list of recordings could be narrowed to."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter

from pilothouse.hub.identity.auth import Reader, Reading
from pilothouse.hub.recordings.auth import OnlyRobot
from pilothouse.hub.recordings.routes.filters import Filters, OfRobot
from pilothouse.hub.recordings.routes.services import Services
from pilothouse.hub.recordings.schemas import Facets

router = APIRouter(prefix="/api/v1/recordings", tags=["recordings"])


@router.get("/facets", summary="Count recordings by robot, label, rule, reason, state and topic")
async def count_facets(
    _caller: Reader,
    services: Services,
    session: Reading,
    only_robot: OnlyRobot,
    sought: Filters,
    robot_id: OfRobot = None,
) -> Facets:
    """Of the recordings that the same filters list."""
    return await services.recordings.facets(session, replace(sought, robot_id=robot_id), only_robot=only_robot)
