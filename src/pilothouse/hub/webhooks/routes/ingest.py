"""Where others post to: no credential but their signature."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from starlette.requests import HTTPConnection, Request

from pilothouse.hub.settings import HubSettings
from pilothouse.hub.webhooks.routes.services import Services
from pilothouse.hub.webhooks.schemas import Accepted
from pilothouse.hub.webhooks.service.incoming import Request as Incoming
from pilothouse.web.addresses import client_address

router = APIRouter(prefix="/api/v1/boards/{board_id}/webhooks", tags=["webhooks"])

PUBLIC = "POST /api/v1/boards/{board_id}/webhooks/{webhook_id}"
_BODY: dict[str, Any] = {
    "requestBody": {
        "description": "Anything, up to 1 MiB",
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class _Attempts:
    """Whoever knows the address may post so often; the limit itself is a setting of the hub."""

    def openapi_extension(self, settings: object) -> dict[str, Any]:
        most = settings.webhook_attempts if isinstance(settings, HubSettings) else None
        window = {"x-ratelimit-window-s": 60, "x-ratelimit-scope": "webhook per client address"}
        return {"x-ratelimit-limit": most, **window}

    async def __call__(self, connection: HTTPConnection) -> None:
        await connection.app.state.webhook_limit.count(connection)


@router.post(
    "/{webhook_id}",
    status_code=202,
    summary="Post to a webhook",
    dependencies=[Depends(_Attempts())],
    openapi_extra=_BODY,
)
async def take_webhook(
    request: Request,
    services: Services,
    board_id: Annotated[str, Path(max_length=100)],
    webhook_id: Annotated[str, Path(max_length=100)],
) -> Accepted:
    """Public: signed with `X-Hub-Signature-256` and `X-GitHub-Delivery`, with `webhook-id`, `webhook-timestamp` and
    `webhook-signature`, or with `Stripe-Signature`; times may be five minutes off. 202 once it is durable; the same
    delivery sent again gets the same id and is carried out once."""
    webhook = await services.incoming.opened(board_id, webhook_id)
    # The service refuses what is longer than a mebibyte as soon as it is known to be, before it is all here.
    body = await request.body()
    sender = Incoming(dict(request.headers), client_address(request))
    return await services.incoming.take(webhook, sender, body)
