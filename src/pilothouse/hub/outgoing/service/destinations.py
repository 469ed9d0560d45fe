"""Where to tell, for whoever lets people or agents say it. What may be done by whom is decided there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import change_row
from pilothouse.hub.outgoing.domain.delivering import DeliveryState, DestinationKind
from pilothouse.hub.outgoing.domain.destinations import Destination, GivenUp, NewDestination, Owner
from pilothouse.hub.outgoing.models import DestinationRow
from pilothouse.hub.outgoing.repository import DestinationRows, OrganizationDestinations
from pilothouse.hub.outgoing.service.secrets import new_secret
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id

_FIELDS = tuple(field.name for field in fields(Destination))


class Destinations:
    """Every destination of this hub and of its boards."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def add(self, session: AsyncSession, owner: Owner, new: NewDestination, prefix: str) -> Destination:
        """A webhook's secret is made with it."""
        now = self._now()
        row = await DestinationRows(session).add(
            id=new_id(prefix), organization_id=owner.organization_id, board_id=owner.board_id,
            agent_id=owner.agent_id, kind=new.kind, name=new.name, enabled=new.enabled, url=new.url,
            recipients=list(new.recipients), filters=dict(new.filters),
            secret=new_secret() if new.kind is DestinationKind.WEBHOOK else None, previous_secret=None,
            previous_until=None, created_at=now, created_by=new.created_by, changed_at=now, version=1,
        )  # fmt: skip
        return record_of(row)

    async def one(
        self, session: AsyncSession, owner: Owner, destination_id: str, *, lock: bool = False
    ) -> Destination | None:
        row = await DestinationRows(session, owner).get(destination_id, lock=lock)
        return None if row is None else record_of(row)

    async def count(self, session: AsyncSession, owner: Owner) -> int:
        return await DestinationRows(session, owner).count()

    async def page(
        self, session: AsyncSession, owner: Owner, limit: int, offset: int
    ) -> tuple[list[Destination], int]:  # fmt: skip
        """The oldest first, and how many there are."""
        rows, total = await DestinationRows(session, owner).page(limit, offset)
        return [record_of(row) for row in rows], total

    async def counts(
        self, session: AsyncSession, destination_ids: Collection[str]
    ) -> dict[str, dict[DeliveryState, int]]:
        """How many deliveries of each are waiting and dead."""
        return await DestinationRows(session).counts(destination_ids)

    async def change(self, session: AsyncSession, destination_id: str, values: Mapping[str, Any]) -> Destination:
        """One that is there and locked; it is at the next version then."""
        row = await self._known(session, destination_id)
        change_row(row, values, self._now())
        await session.flush()
        return record_of(row)

    async def rotate(self, session: AsyncSession, destination_id: str, overlap_s: float) -> Destination:
        """A new secret; the old one signs beside it for a while."""
        previous = None
        if overlap_s:
            previous = (await self._known(session, destination_id)).secret
        until = self._now() + timedelta(seconds=overlap_s) if overlap_s else None
        values = {"secret": new_secret(), "previous_secret": previous, "previous_until": until}
        return await self.change(session, destination_id, values)

    async def remove(self, session: AsyncSession, destination_id: str) -> None:
        """With everything that was delivered there."""
        await DestinationRows(session).remove(destination_id)

    async def listening(self, session: AsyncSession, organization_id: str | None = None) -> Sequence[Destination]:
        """Those of all boards of an organization, or of the hub itself, that want to be told; none of them is changed
        or deleted until this transaction ends."""
        if organization_id is None:
            return [record_of(row) for row in await DestinationRows(session).enabled()]
        return [record_of(row) for row in await OrganizationDestinations(session, organization_id).enabled()]

    async def given_up(
        self, session: AsyncSession, organization_id: str, board_ids: Collection[str] | None, agent_id: str | None,
        most: int,
    ) -> tuple[list[GivenUp], int]:  # fmt: skip
        """Those of an organization's boards that something was given up for, and how many there are."""
        return await OrganizationDestinations(session, organization_id).given_up(board_ids, agent_id, most)

    async def end_of_board(self, session: AsyncSession, organization_id: str, board_id: str) -> None:
        """A board is gone, and so is whoever was told of it."""
        for destination_id in await OrganizationDestinations(session, organization_id).of_board(board_id):
            await self.remove(session, destination_id)

    async def end_of_agent(
        self, session: AsyncSession, organization_id: str, agent_id: str, board_id: str | None = None
    ) -> None:
        """An agent is gone, or from a board, and so is what it had itself told."""
        for destination_id in await OrganizationDestinations(session, organization_id).of_agent(agent_id, board_id):
            await self.remove(session, destination_id)

    async def _known(self, session: AsyncSession, destination_id: str) -> DestinationRow:
        row = await DestinationRows(session).find(destination_id)
        assert row is not None
        return row

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def record_of(row: DestinationRow) -> Destination:
    """A row as others may hold it."""
    return Destination(**{name: getattr(row, name) for name in _FIELDS})
