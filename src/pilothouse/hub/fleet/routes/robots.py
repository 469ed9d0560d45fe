"""Robots and their heartbeats."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from pilothouse.hub.fleet.domain import UnknownRobot
from pilothouse.hub.fleet.repository import Wanted
from pilothouse.hub.fleet.routes.services import Services
from pilothouse.hub.identity import Caller, check_speaks_for
from pilothouse.hub.identity.auth import Admin, Reader, Reading, Reporting, Writer, Writing
from pilothouse.web import Paging
from pilothouse.wire import Heartbeat, HeartbeatAccepted, Robot, RobotList
from pilothouse.wire.base import RobotId
from pilothouse.wire.robot import Health, RobotHealth, RobotUpdate

router = APIRouter(prefix="/api/v1", tags=["fleet"])


async def _wanted(
    caller: Reader,
    site: Annotated[str | None, Query(max_length=200)] = None,
    tag: Annotated[str | None, Query(max_length=100)] = None,
    health: Annotated[Health | Literal["unheard"] | None, Query(description="`unheard` never sent a heartbeat")] = None,
    text: Annotated[str | None, Query(max_length=200, description="In the id, the name or the site")] = None,
    retired: Annotated[bool, Query(description="Those that are retired instead of the others")] = False,
    order: Annotated[Literal["id", "trouble"], Query(description="`trouble`: silent and stale ones first")] = "id",
) -> Wanted:
    return Wanted(
        site=site, tag=tag, health=health, text=text, robot_id=caller.robot_id, retired=retired,
        worst_first=order == "trouble",
    )  # fmt: skip


@router.post("/agents/heartbeat", response_model_exclude_unset=True, summary="Say that a robot lives")
async def heartbeat(caller: Writer, services: Services, session: Reporting, heartbeat: Heartbeat) -> HeartbeatAccepted:
    """A robot says that it lives. Only `robot_id` is required."""
    check_speaks_for(caller, [heartbeat.robot_id])
    return await services.robots.beat(session, heartbeat)


@router.get("/robots", summary="List robots")
async def list_robots(
    _caller: Reader, services: Services, session: Reading, page: Paging, wanted: Annotated[Wanted, Depends(_wanted)]
) -> RobotList:
    """Robots known by enrolment, by heartbeat or by recording, by their ids. A robot sees itself."""
    return await services.robots.list(session, wanted, page.limit, page.offset)


@router.get("/robots/{robot_id}", summary="Show a robot")
async def get_robot(caller: Reader, services: Services, session: Reading, robot_id: RobotId) -> Robot:
    """One robot and its last heartbeat."""
    _check_visible(caller, robot_id)
    return await services.robots.get(session, robot_id)


@router.patch("/robots/{robot_id}", summary="Name a robot, or say where it is")
async def change_robot(
    _caller: Admin, services: Services, session: Writing, robot_id: RobotId, change: RobotUpdate
) -> Robot:
    """Name, site and tags: what is not sent stays, null clears."""
    return await services.robots.change(session, robot_id, change)


@router.get("/robots/{robot_id}/health", summary="Show how a robot is and was")
async def get_robot_health(
    caller: Reader,
    services: Services,
    session: Reading,
    robot_id: RobotId,
    changes: Annotated[int, Query(ge=0, le=200, description="How many changes to answer at most")] = 50,
    hours: Annotated[int, Query(ge=0, le=336, description="How many hours to answer at most")] = 24,
) -> RobotHealth:
    """How a robot is and how it was. `stale` after three of its own intervals without a heartbeat, `silent` after ten,
    each with two seconds to spare; a robot that does not say its interval is taken to speak once a minute."""
    _check_visible(caller, robot_id)
    return await services.healths.of_robot(session, robot_id, changes=changes, hours=hours)


@router.post("/robots/{robot_id}/retire", summary="Retire a robot")
async def retire_robot(_caller: Admin, services: Services, session: Writing, robot_id: RobotId) -> Robot:
    """Its tokens end now and its heartbeats are refused; what it recorded stays. Enrolling it again brings it back."""
    return await services.robots.retire(session, robot_id)


def _check_visible(caller: Caller, robot_id: str) -> None:
    if caller.robot_id not in (None, robot_id):
        raise UnknownRobot(robot_id=robot_id)
