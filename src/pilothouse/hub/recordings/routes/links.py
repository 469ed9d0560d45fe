"""Signed links: made by who may see a recording, followed by anybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from pilothouse.hub.identity.auth import Operator, ThisHub, Writing
from pilothouse.hub.identity.auth.origins import OwnAddress
from pilothouse.hub.recordings.auth import OnlyRobot
from pilothouse.hub.recordings.routes.recordings import BYTES, MCAP_MEDIA_TYPE
from pilothouse.hub.recordings.routes.services import Services
from pilothouse.hub.recordings.schemas import LinkRequest, SignedLink
from pilothouse.web.ranges import RangeResponse

LINK_PATH = "/api/links/{token}/{session_id}.mcap"

router = APIRouter(tags=["recordings"])

# Viewers are pages of another origin, and send nothing that would need the answer to be for them alone.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
}
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Range, If-Range, If-None-Match",
    "Access-Control-Max-Age": "86400",
}
Token = Annotated[str, Path(max_length=100)]
LinkedId = Annotated[str, Path(max_length=200)]


@router.post("/api/v1/recordings/{session_id}/links", status_code=201, summary="Make a link that expires")
async def share_recording(
    services: Services,
    session: Writing,
    _caller: Operator,
    only_robot: OnlyRobot,
    session_id: LinkedId,
    asked: LinkRequest,
    address: OwnAddress,
) -> SignedLink:
    """For viewers that cannot sign in, and for people without an account. Whoever has the link reads this one
    recording until it expires; `open` starts a viewer at the moment of the trigger."""
    return await services.sharing.share(
        session, session_id, expires_in_s=asked.expires_in_s, base_url=address, only_robot=only_robot
    )


@router.options(LINK_PATH, status_code=204, summary="Ask what another origin may do", include_in_schema=False)
async def describe_link(token: Token, session_id: LinkedId) -> Response:
    return Response(status_code=204, headers=PREFLIGHT)


@router.head(LINK_PATH, summary="Ask about a linked file", responses=BYTES, response_class=Response)
@router.get(LINK_PATH, summary="Read a linked file", responses=BYTES, response_class=Response)
async def read_link(services: Services, hub: ThisHub, token: Token, session_id: LinkedId) -> Response:
    """Needs no credential. Whole or in ranges, from any origin; 403 says whether the link is wrong or expired."""
    services.sharing.check(token, session_id)
    async with hub.database.reading() as session:
        content = await services.sharing.content(session, session_id)
    return RangeResponse(content.source, media_type=MCAP_MEDIA_TYPE, filename=f"{session_id}.mcap", headers=CORS)
