"""Tokens of robots."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from pilothouse.hub.fleet.auth import RobotOrOperator
from pilothouse.hub.fleet.routes.services import Services, TheTokens
from pilothouse.hub.identity import check_speaks_for
from pilothouse.hub.identity.auth import Admin, Reading, Writing
from pilothouse.web import Paging
from pilothouse.wire import RobotToken
from pilothouse.wire.base import RobotId
from pilothouse.wire.token import TokenList

router = APIRouter(prefix="/api/v1/robots/{robot_id}", tags=["fleet"])


@router.post("/token", status_code=201, summary="Replace a robot's token")
async def replace_robot_token(
    caller: RobotOrOperator, services: Services, session: Writing, robot_id: RobotId
) -> RobotToken:
    """A new token in the place of the present one, which stays good until the new one is first used, or for 24 hours:
    an answer that gets lost locks nobody out. A robot asks for its own."""
    check_speaks_for(caller, [robot_id])
    return await services.robots.new_token(session, robot_id, caller)


@router.get("/tokens", summary="List a robot's tokens")
async def list_robot_tokens(
    _caller: Admin, services: Services, tokens: TheTokens, session: Reading, robot_id: RobotId, page: Paging
) -> TokenList:
    """Newest first, those that ended included; without their secrets."""
    await services.robots.check_known(session, robot_id)
    return await tokens.page(session, robot_id=robot_id, limit=page.limit, offset=page.offset)


@router.delete("/tokens/{token_id}", status_code=204, summary="End a robot's token")
async def revoke_robot_token(
    _caller: Admin,
    tokens: TheTokens,
    session: Writing,
    robot_id: RobotId,
    token_id: Annotated[str, Path(max_length=40)],
) -> None:
    """It opens nothing from now on."""
    await tokens.revoke(session, token_id, robot_id=robot_id)
