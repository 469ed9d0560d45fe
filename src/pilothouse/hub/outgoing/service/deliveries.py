"""The delivery log, and sending again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.db import after_commit
from pilothouse.hub.outgoing.domain.delivering import (
    TEST,
    DeliveryState,
    StillWaiting,
    UnknownDelivery,
    UnknownDestination,
)
from pilothouse.hub.outgoing.domain.destinations import Destination, Owner, Sought
from pilothouse.hub.outgoing.models import AttemptRow, DeliveryRow
from pilothouse.hub.outgoing.repository import DeliveryRows, DestinationRows
from pilothouse.hub.outgoing.schemas import Delivery, DeliveryAttempt, DeliveryDetail, DeliveryList, Revived
from pilothouse.hub.outgoing.service.destinations import record_of
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id

SHOWN_ATTEMPTS = 100


Trial = Callable[[Destination, datetime], dict[str, Any]]
"""What the test button sends to a destination."""


class Deliveries:
    """Every delivery until it is forgotten: those of one board, or those of the hub itself, which are of none."""

    def __init__(self, clock: Clock, *, wake: Callable[[], object]) -> None:
        self._clock = clock
        self._wake = wake

    async def begin(self, session: AsyncSession, deliveries: Sequence[Mapping[str, Any]]) -> None:
        """Deliver these, made by ``delivery_values``, from when the transaction is committed; an event that is a
        delivery of its destination already stays as it is."""
        if deliveries:
            await DeliveryRows(session).add_new(deliveries)
            after_commit(session, self._wake)

    async def list(self, session: AsyncSession, sought: Sought, limit: int, offset: int) -> DeliveryList:
        """The latest first."""
        rows, total = await DeliveryRows(session).page(sought, limit, offset)
        return DeliveryList(items=[_shown(row) for row in rows], total=total, limit=limit, offset=offset)

    async def get(self, session: AsyncSession, delivery_id: str, board_id: str | None = None) -> DeliveryDetail:
        """One of them with its attempts; raises UnknownDelivery."""
        row = await self._found(session, delivery_id, board_id)
        attempts = await DeliveryRows(session).attempts(row.id, SHOWN_ATTEMPTS)
        return DeliveryDetail(
            **_shown(row).model_dump(), message=row.message, log=[_attempt(one) for one in attempts]
        )  # fmt: skip

    async def test(
        self, session: AsyncSession, destination_id: str, trial: Trial, board_id: str | None = None
    ) -> Delivery:
        """Send a message that says that it works, once, even where the destination is switched off for the rest."""
        destination = await DestinationRows(session, Owner(board_id)).get(destination_id, lock=True)
        if destination is None:
            raise UnknownDestination
        now = self._now()
        values = delivery_values(
            destination.id, kind=TEST, subject=destination.id, sequence=None,
            message=trial(record_of(destination), now), now=now, most_tries=1,
        )  # fmt: skip
        await self.begin(session, [values])
        record(session, "destination.tested", destination.id, after={"delivery_id": values["id"]})
        return _shown(await self._found(session, values["id"], board_id))

    async def resend(self, session: AsyncSession, delivery_id: str, board_id: str | None = None) -> Delivery:
        """Under the same id, as if it were new; raises UnknownDelivery, StillWaiting."""
        row = await self._found(session, delivery_id, board_id, lock=True)
        if row.state is DeliveryState.WAITING:
            raise StillWaiting
        record(session, "delivery.sent_again", row.id, before={"state": row.state.value})
        row.state, row.tries, row.next_attempt_at = DeliveryState.WAITING, 0, self._now()
        row.leased_until = row.finished_at = None
        after_commit(session, self._wake)
        await session.flush()
        return _shown(row)

    async def resend_dead(self, session: AsyncSession, destination_id: str, board_id: str | None = None) -> Revived:
        """Everything of a destination that was given up; raises UnknownDestination."""
        if await DestinationRows(session, Owner(board_id)).get(destination_id) is None:
            raise UnknownDestination
        count = await DeliveryRows(session).revive(destination_id, self._now())
        record(session, "destination.dead_sent_again", destination_id, after={"deliveries": count})
        after_commit(session, self._wake)
        return Revived(deliveries=count)

    async def _found(
        self, session: AsyncSession, delivery_id: str, board_id: str | None, *, lock: bool = False
    ) -> DeliveryRow:
        row = await DeliveryRows(session).get(delivery_id, Sought(board_id=board_id), lock=lock)
        if row is None:
            raise UnknownDelivery
        return row

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def delivery_values(
    destination_id: str, *, kind: str, subject: str, sequence: int | None, message: dict[str, Any], now: datetime,
    most_tries: int,
) -> dict[str, Any]:  # fmt: skip
    """A new delivery, due at once."""
    return {
        "id": new_id("msg"), "destination_id": destination_id, "event_sequence": sequence, "event_kind": kind,
        "subject": subject, "message": message, "state": DeliveryState.WAITING, "attempts": 0, "tries": 0,
        "most_tries": most_tries, "next_attempt_at": now, "leased_until": None, "problem": None, "created_at": now,
        "finished_at": None,
    }  # fmt: skip


def _shown(row: DeliveryRow) -> Delivery:
    is_waiting = row.state is DeliveryState.WAITING
    fields = Delivery.model_fields.keys() - {"next_attempt_at"}
    values = {name: getattr(row, name) for name in fields}
    return Delivery(**values, next_attempt_at=row.next_attempt_at if is_waiting else None)


def _attempt(row: AttemptRow) -> DeliveryAttempt:
    return DeliveryAttempt(**{name: getattr(row, name) for name in DeliveryAttempt.model_fields})
