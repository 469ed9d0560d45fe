"""What of all boards was given up."""

from __future__ import annotations

from fastapi import APIRouter

from pilothouse.hub.identity.auth import Member, Reading, TheAccess
from pilothouse.hub.webhooks.routes.services import Services
from pilothouse.hub.webhooks.schemas import GivenUpList
from pilothouse.web import Paging

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])


@router.get("/given-up", summary="List webhooks and subscriptions that something was given up for")
async def list_given_up(
    caller: Member, access: TheAccess, services: Services, session: Reading, page: Paging
) -> GivenUpList:
    """Of the boards that you may see, whatever was last given up first."""
    rights = await access.boards(session, caller)
    return await services.given_up.page(session, caller, rights, page.limit, page.offset)
