"""Where a board's events are posted to, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.service import OnBoard
from pilothouse.hub.db import answer_once_with_secret
from pilothouse.hub.identity.auth import OnceKey, Reading, ThisHub, Writing
from pilothouse.hub.outgoing.domain.delivering import TEST, DeliveryState, UnknownDelivery
from pilothouse.hub.outgoing.domain.destinations import Destination, Sought
from pilothouse.hub.outgoing.schemas import Delivery, DeliveryDetail, DeliveryList, NewSecret, Revived
from pilothouse.hub.webhooks.auth import BoardRead, BoardWrite, caller_of, place_of
from pilothouse.hub.webhooks.routes.services import Services
from pilothouse.hub.webhooks.schemas import (
    MadeSubscription,
    NewSubscription,
    Subscription,
    SubscriptionChange,
    SubscriptionList,
)
from pilothouse.hub.webhooks.service import WebhookServices
from pilothouse.kit.clock import at
from pilothouse.web import Paging

router = APIRouter(prefix="/api/v1/boards/{board_id}/subscriptions", tags=["webhooks"])

SubscriptionId = Annotated[str, Path(max_length=100)]
DeliveryId = Annotated[str, Path(max_length=100)]


@router.post("", status_code=201, summary="Have a board's events posted to an address")
async def create_subscription(
    board: BoardWrite, services: Services, session: Writing, hub: ThisHub, once: OnceKey, new: NewSubscription
) -> MadeSubscription:
    """Each is signed as standardwebhooks says and sent until it is taken, for two days: at least once, so tell
    repetitions by `webhook-id`. The secret is in this answer and nowhere else."""
    subscription, secret = await answer_once_with_secret(
        session, once, at(hub.clock.now_ns()), Subscription,
        lambda: services.subscriptions.create(session, caller_of(board), place_of(board), new),
    )  # fmt: skip
    return MadeSubscription(**subscription.model_dump(), secret=secret)


@router.get("", summary="List subscriptions, the oldest first")
async def list_subscriptions(board: BoardRead, services: Services, session: Reading, page: Paging) -> SubscriptionList:
    """An agent sees its own, people those of the whole board."""
    return await services.subscriptions.page(session, caller_of(board), place_of(board), page.limit, page.offset)


@router.get("/{subscription_id}", summary="Get a subscription")
async def get_subscription(
    board: BoardRead, services: Services, session: Reading, subscription_id: SubscriptionId
) -> Subscription:
    return await services.subscriptions.get(session, caller_of(board), place_of(board), subscription_id)


@router.patch("/{subscription_id}", summary="Change a subscription")
async def change_subscription(
    board: BoardWrite,
    services: Services,
    session: Writing,
    subscription_id: SubscriptionId,
    change: SubscriptionChange,
) -> Subscription:
    """One that is not enabled gets nothing new; what waits for it rests until it is enabled again."""
    return await services.subscriptions.change(session, caller_of(board), place_of(board), subscription_id, change)


@router.delete("/{subscription_id}", status_code=204, summary="Delete a subscription and its log")
async def delete_subscription(
    board: BoardWrite, services: Services, session: Writing, subscription_id: SubscriptionId
) -> None:
    await services.subscriptions.remove(session, caller_of(board), place_of(board), subscription_id)


@router.post("/{subscription_id}/secret", summary="Give a subscription a new secret")
async def rotate_subscription_secret(
    board: BoardWrite, services: Services, session: Writing, subscription_id: SubscriptionId, wanted: NewSecret
) -> MadeSubscription:
    """Messages carry the signatures of both until the overlap ends."""
    return await services.subscriptions.rotate(session, caller_of(board), place_of(board), subscription_id, wanted)


@router.post("/{subscription_id}/test", status_code=202, summary="Send a message to see that it works")
async def try_subscription(
    board: BoardWrite, services: Services, session: Writing, subscription_id: SubscriptionId
) -> Delivery:
    """Tried once."""
    await services.subscriptions.check(session, caller_of(board), place_of(board), subscription_id)
    return await services.deliveries.test(session, subscription_id, _trial, board.board.id)


@router.get("/{subscription_id}/deliveries", summary="List what was posted, the latest first")
async def list_subscription_deliveries(
    board: BoardRead,
    services: Services,
    session: Reading,
    page: Paging,
    subscription_id: SubscriptionId,
    state: Annotated[DeliveryState | None, Query(description="`dead` are those that were given up")] = None,
) -> DeliveryList:
    await services.subscriptions.check(session, caller_of(board), place_of(board), subscription_id)
    sought = Sought(destination_id=subscription_id, state=state, board_id=board.board.id)
    return await services.deliveries.list(session, sought, page.limit, page.offset)


@router.get("/{subscription_id}/deliveries/{delivery_id}", summary="Get what was posted, and its attempts")
async def get_subscription_delivery(
    board: BoardRead, services: Services, session: Reading, subscription_id: SubscriptionId, delivery_id: DeliveryId
) -> DeliveryDetail:
    return await _posted(board, services, session, subscription_id, delivery_id)


@router.post("/{subscription_id}/deliveries/{delivery_id}/resend", status_code=202, summary="Post it again")
async def resend_subscription_delivery(
    board: BoardWrite, services: Services, session: Writing, subscription_id: SubscriptionId, delivery_id: DeliveryId
) -> Delivery:
    """One that was given up, or one that its receiver has lost: under the same id."""
    await _posted(board, services, session, subscription_id, delivery_id)
    return await services.deliveries.resend(session, delivery_id, board.board.id)


@router.post("/{subscription_id}/resend", status_code=202, summary="Post everything dead again")
async def resend_dead_of_subscription(
    board: BoardWrite, services: Services, session: Writing, subscription_id: SubscriptionId
) -> Revived:
    await services.subscriptions.check(session, caller_of(board), place_of(board), subscription_id)
    return await services.deliveries.resend_dead(session, subscription_id, board.board.id)


async def _posted(
    board: OnBoard, services: WebhookServices, session: AsyncSession, subscription_id: str, delivery_id: str
) -> DeliveryDetail:
    """What was posted for a subscription that the caller sees; raises UnknownSubscription, UnknownDelivery."""
    await services.subscriptions.check(session, caller_of(board), place_of(board), subscription_id)
    found = await services.deliveries.get(session, delivery_id, board.board.id)
    if found.destination_id != subscription_id:
        raise UnknownDelivery
    return found


def _trial(destination: Destination, now: datetime) -> dict[str, Any]:
    told = {"subscription_id": destination.id, "board_id": destination.board_id}
    return {"type": TEST, "timestamp": now.isoformat(), "data": told}
