"""Whom the hub tells what happens, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from pilothouse.hub.db import answer_once_with_secret
from pilothouse.hub.identity.auth import OnceKey, Reading, ThisHub, Writing
from pilothouse.hub.notifications.auth import Admin, Viewer
from pilothouse.hub.notifications.domain.notices import trial
from pilothouse.hub.notifications.schemas import (
    Destination,
    DestinationChange,
    DestinationList,
    MadeDestination,
    NewDestination,
)
from pilothouse.hub.notifications.service import Notifications
from pilothouse.hub.outgoing.domain.delivering import DeliveryState
from pilothouse.hub.outgoing.domain.destinations import Destination as Known
from pilothouse.hub.outgoing.domain.destinations import Sought
from pilothouse.hub.outgoing.schemas import Delivery, DeliveryDetail, DeliveryList, NewSecret, Revived
from pilothouse.kit.clock import at
from pilothouse.web import Paging
from pilothouse.web.kept import kept

router = APIRouter(prefix="/api/v1/notifications", tags=["notifications"])

DestinationId = Annotated[str, Path(max_length=40)]
DeliveryId = Annotated[str, Path(max_length=40)]


These = Annotated[Notifications, Depends(kept("notifications", Notifications))]


@router.post("/destinations", status_code=201, summary="Add a destination")
async def create_destination(
    caller: Admin, these: These, session: Writing, hub: ThisHub, once: OnceKey, new: NewDestination
) -> MadeDestination:
    """A webhook's secret is in this answer and nowhere else: put it where the receiver checks signatures."""
    destination, secret = await answer_once_with_secret(
        session, once, at(hub.clock.now_ns()), Destination, lambda: these.destinations.create(session, caller, new)
    )
    return MadeDestination(**destination.model_dump(), secret=secret)


@router.get("/destinations", summary="List destinations, the oldest first")
async def list_destinations(_caller: Viewer, these: These, session: Reading, page: Paging) -> DestinationList:
    return await these.destinations.list(session, page.limit, page.offset)


@router.get("/destinations/{destination_id}", summary="Get a destination")
async def get_destination(
    _caller: Viewer, these: These, session: Reading, destination_id: DestinationId
) -> Destination:
    return await these.destinations.get(session, destination_id)


@router.patch("/destinations/{destination_id}", summary="Change a destination")
async def change_destination(
    _caller: Admin, these: These, session: Writing, destination_id: DestinationId, change: DestinationChange
) -> Destination:
    """One that is not enabled gets nothing new; what waits for it rests until it is enabled again."""
    return await these.destinations.change(session, destination_id, change)


@router.delete("/destinations/{destination_id}", status_code=204, summary="Delete a destination and its log")
async def delete_destination(_caller: Admin, these: These, session: Writing, destination_id: DestinationId) -> None:
    await these.destinations.remove(session, destination_id)


@router.post("/destinations/{destination_id}/secret", summary="Give a webhook a new secret")
async def rotate_destination_secret(
    _caller: Admin, these: These, session: Writing, destination_id: DestinationId, wanted: NewSecret
) -> MadeDestination:
    """Messages carry the signatures of both until the overlap ends, so that the receiver can change over in peace."""
    return await these.destinations.rotate(session, destination_id, wanted)


@router.post("/destinations/{destination_id}/test", status_code=202, summary="Send a message to see that it works")
async def try_destination(
    _caller: Admin, these: These, session: Writing, hub: ThisHub, destination_id: DestinationId
) -> Delivery:
    """Tried once. What came of it: `GET /api/v1/notifications/deliveries/{id}`."""

    def message(destination: Known, now: datetime) -> dict[str, Any]:
        return trial(destination.id, destination.name, now).message(hub.settings.public_url)

    return await these.deliveries.test(session, destination_id, message)


@router.post("/destinations/{destination_id}/resend", status_code=202, summary="Send everything dead again")
async def resend_dead_deliveries(
    _caller: Admin, these: These, session: Writing, destination_id: DestinationId
) -> Revived:
    return await these.deliveries.resend_dead(session, destination_id)


@router.get("/deliveries", summary="List deliveries, the latest first")
async def list_deliveries(
    _caller: Viewer,
    these: These,
    session: Reading,
    page: Paging,
    destination_id: Annotated[str | None, Query(max_length=40)] = None,
    state: Annotated[DeliveryState | None, Query(description="`dead` are those that were given up")] = None,
    kind: Annotated[str | None, Query(max_length=100, description="Of the event")] = None,
    subject: Annotated[str | None, Query(max_length=300, description="What the event is about")] = None,
) -> DeliveryList:
    sought = Sought(destination_id, state, kind, subject)
    return await these.deliveries.list(session, sought, page.limit, page.offset)


@router.get("/deliveries/{delivery_id}", summary="Get a delivery and its attempts")
async def get_delivery(_caller: Viewer, these: These, session: Reading, delivery_id: DeliveryId) -> DeliveryDetail:
    return await these.deliveries.get(session, delivery_id)


@router.post("/deliveries/{delivery_id}/resend", status_code=202, summary="Send a delivery again")
async def resend_delivery(_caller: Admin, these: These, session: Writing, delivery_id: DeliveryId) -> Delivery:
    """One that was given up, or one that its receiver has lost: under the same id."""
    return await these.deliveries.resend(session, delivery_id)
