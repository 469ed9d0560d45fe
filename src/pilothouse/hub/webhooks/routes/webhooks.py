"""Webhooks of a board and what came in through them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from pilothouse.hub.db import answer_once_with_secret
from pilothouse.hub.identity.auth import OnceKey, Reading, ThisHub, Writing
from pilothouse.hub.outgoing.schemas import NewSecret
from pilothouse.hub.webhooks.auth import BoardKeep, BoardRead, caller_of, place_of
from pilothouse.hub.webhooks.domain.states import PayloadState
from pilothouse.hub.webhooks.routes.services import Services
from pilothouse.hub.webhooks.schemas import (
    MadeWebhook,
    NewWebhook,
    Payload,
    PayloadDetail,
    PayloadList,
    Webhook,
    WebhookChange,
    WebhookList,
)
from pilothouse.kit.clock import at
from pilothouse.web import Paging

router = APIRouter(prefix="/api/v1/boards/{board_id}/webhooks", tags=["webhooks"])

WebhookId = Annotated[str, Path(max_length=100)]
PayloadId = Annotated[str, Path(max_length=100)]


@router.post("", status_code=201, summary="Make an address for others to post to")
async def create_webhook(
    board: BoardKeep, services: Services, session: Writing, hub: ThisHub, once: OnceKey, new: NewWebhook
) -> MadeWebhook:
    """The secret is in this answer and nowhere else: put it where the sender signs."""
    webhook, secret = await answer_once_with_secret(
        session, once, at(hub.clock.now_ns()), Webhook,
        lambda: services.webhooks.create(session, caller_of(board), place_of(board), new),
    )  # fmt: skip
    return MadeWebhook(**webhook.model_dump(), secret=secret)


@router.get("", summary="List webhooks, the oldest first")
async def list_webhooks(board: BoardRead, services: Services, session: Reading, page: Paging) -> WebhookList:
    return await services.webhooks.page(session, place_of(board), page.limit, page.offset)


@router.get("/{webhook_id}", summary="Get a webhook")
async def get_webhook(board: BoardRead, services: Services, session: Reading, webhook_id: WebhookId) -> Webhook:
    return await services.webhooks.get(session, place_of(board), webhook_id)


@router.patch("/{webhook_id}", summary="Change a webhook")
async def change_webhook(
    board: BoardKeep, services: Services, session: Writing, webhook_id: WebhookId, change: WebhookChange
) -> Webhook:
    """One that asks for signatures again, and has no secret, takes nothing until it is given one."""
    return await services.webhooks.change(session, caller_of(board), place_of(board), webhook_id, change)


@router.delete("/{webhook_id}", status_code=204, summary="Delete a webhook and what came in through it")
async def delete_webhook(board: BoardKeep, services: Services, session: Writing, webhook_id: WebhookId) -> None:
    """The memory and the tasks that it made stay."""
    await services.webhooks.remove(session, caller_of(board), place_of(board), webhook_id)


@router.post("/{webhook_id}/secret", summary="Give a webhook a new secret")
async def rotate_webhook_secret(
    board: BoardKeep, services: Services, session: Writing, webhook_id: WebhookId, wanted: NewSecret
) -> MadeWebhook:
    """The old one is good beside it until the overlap ends, so that the sender can change over in peace."""
    return await services.webhooks.rotate(session, caller_of(board), place_of(board), webhook_id, wanted)


@router.get("/{webhook_id}/payloads", summary="List what came in, the latest first")
async def list_payloads(
    board: BoardRead,
    services: Services,
    session: Reading,
    page: Paging,
    webhook_id: WebhookId,
    state: Annotated[PayloadState | None, Query(description="`dead` are those that were given up")] = None,
) -> PayloadList:
    return await services.webhooks.payloads(session, place_of(board), webhook_id, state, page.limit, page.offset)


@router.get("/{webhook_id}/payloads/{payload_id}", summary="Get what came in, as data from outside")
async def get_payload(
    board: BoardRead, services: Services, session: Reading, webhook_id: WebhookId, payload_id: PayloadId
) -> PayloadDetail:
    return await services.webhooks.payload(session, caller_of(board), place_of(board), webhook_id, payload_id)


@router.post("/{webhook_id}/payloads/{payload_id}/run", status_code=202, summary="Carry out again what was given up")
async def run_payload(
    board: BoardKeep, services: Services, session: Writing, webhook_id: WebhookId, payload_id: PayloadId
) -> Payload:
    """What was delivered stays as it is."""
    return await services.webhooks.run_again(session, caller_of(board), place_of(board), webhook_id, payload_id)
