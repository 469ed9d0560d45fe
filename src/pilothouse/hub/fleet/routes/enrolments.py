"""Letting robots in."""

from __future__ import annotations

from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Path
from starlette.requests import HTTPConnection

from pilothouse.hub.fleet.routes.services import Services
from pilothouse.hub.identity.auth import Admin, Reading, Writing
from pilothouse.hub.identity.auth.origins import OwnAddress
from pilothouse.web import Paging
from pilothouse.wire import Enrolment, EnrolRequest, NewEnrolment, RobotToken
from pilothouse.wire.robot import OpenEnrolmentList

ENROL_PATH = "/api/v1/robots/enroll"

router = APIRouter(prefix="/api/v1/robots", tags=["enrolment"])


class _Attempts:
    """Whoever has no credential yet may guess so often; the limit itself is a setting of the hub."""

    openapi_extension: ClassVar = {"x-ratelimit-window-s": 60, "x-ratelimit-scope": "enrolment per client address"}

    async def __call__(self, connection: HTTPConnection) -> None:
        await connection.app.state.enrolment_limit.count(connection)


@router.post("/enrolments", status_code=201, summary="Make a code that lets a robot in")
async def create_enrolment(
    caller: Admin, services: Services, session: Writing, new: NewEnrolment, address: OwnAddress
) -> Enrolment:
    """A code that lets one robot in, once. This answer is the only one that holds it."""
    return await services.enrolments.create(session, new, caller, address)


@router.get("/enrolments", summary="List the codes that wait for a robot")
async def list_enrolments(_caller: Admin, services: Services, session: Reading, page: Paging) -> OpenEnrolmentList:
    """Codes that wait for their robot, without the codes."""
    return await services.enrolments.page(session, limit=page.limit, offset=page.offset)


@router.delete("/enrolments/{enrolment_id}", status_code=204, summary="Take a code back")
async def revoke_enrolment(
    _caller: Admin, services: Services, session: Writing, enrolment_id: Annotated[str, Path(max_length=40)]
) -> None:
    """The code lets nobody in any more."""
    await services.enrolments.revoke(session, enrolment_id)


@router.post(
    "/enroll", status_code=201, dependencies=[Depends(_Attempts())], summary="Trade a code for a robot's token"
)
async def enrol(services: Services, request: EnrolRequest) -> RobotToken:
    """A robot trades its code for a token of its own. Public: the code is the credential."""
    return await services.enrolments.enrol(request)
