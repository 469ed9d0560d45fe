"""The SQL of destinations and deliveries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from pilothouse.hub.db import insert_into
from pilothouse.hub.outgoing.domain.delivering import TEST, TRIES_IN_ORDER, DeliveryState
from pilothouse.hub.outgoing.domain.destinations import GivenUp, Owner, Sought
from pilothouse.hub.outgoing.models import AttemptRow, DeliveryRow, DestinationRow

_OVER = (DeliveryState.DELIVERED, DeliveryState.DEAD)


class DestinationRows:
    """Queries within one session on the destinations of an owner, the hub itself when none is named."""

    def __init__(self, session: AsyncSession, owner: Owner | None = None) -> None:
        self._session = session
        owner, row = owner or Owner(), DestinationRow
        own = row.board_id.is_(None) if owner.board_id is None else row.board_id == owner.board_id
        self._own = own if owner.agent_id is None else and_(own, row.agent_id == owner.agent_id)

    async def add(self, **values: Any) -> DestinationRow:
        row = DestinationRow(**values)
        self._session.add(row)
        await self._session.flush()
        return row

    async def get(self, destination_id: str, *, lock: bool = False) -> DestinationRow | None:
        query = select(DestinationRow).where(DestinationRow.id == destination_id, self._own)
        return await self._session.scalar(query.with_for_update() if lock else query)

    async def find(self, destination_id: str) -> DestinationRow | None:
        """Whosever it is."""
        return await self._session.get(DestinationRow, destination_id)

    async def count(self) -> int:
        return await self._session.scalar(select(func.count()).select_from(DestinationRow).where(self._own)) or 0

    async def page(self, limit: int, offset: int) -> tuple[Sequence[DestinationRow], int]:
        """The oldest first, and how many there are."""
        query = select(DestinationRow).where(self._own).order_by(DestinationRow.created_at, DestinationRow.id)
        return (await self._session.scalars(query.limit(limit).offset(offset))).all(), await self.count()

    async def enabled(self) -> Sequence[DestinationRow]:
        """Those that want to be told; none of them is changed or deleted until this transaction ends."""
        query = select(DestinationRow).where(DestinationRow.enabled, self._own).order_by(DestinationRow.id)
        return (await self._session.scalars(query.with_for_update(read=True))).all()

    async def counts(self, destination_ids: Collection[str]) -> dict[str, dict[DeliveryState, int]]:
        """How many deliveries of each are waiting and dead."""
        row = DeliveryRow
        query = (
            select(row.destination_id, row.state, func.count())
            .where(row.destination_id.in_(destination_ids), row.state != DeliveryState.DELIVERED)
            .group_by(row.destination_id, row.state)
        )
        found: dict[str, dict[DeliveryState, int]] = {one: {} for one in destination_ids}
        for destination_id, state, count in await self._session.execute(query):
            found[destination_id][state] = count
        return found

    async def remove(self, destination_id: str) -> None:
        """With everything that was delivered there."""
        own = select(DeliveryRow.id).where(DeliveryRow.destination_id == destination_id)
        await self._session.execute(delete(AttemptRow).where(AttemptRow.delivery_id.in_(own)))
        await self._session.execute(delete(DeliveryRow).where(DeliveryRow.destination_id == destination_id))
        await self._session.execute(delete(DestinationRow).where(DestinationRow.id == destination_id))


class OrganizationDestinations:
    """Queries within one session on the destinations of all boards of an organization."""

    def __init__(self, session: AsyncSession, organization_id: str) -> None:
        self._session = session
        self._own = DestinationRow.organization_id == organization_id

    async def enabled(self) -> Sequence[DestinationRow]:
        """Those that want to be told; none of them is changed or deleted until this transaction ends."""
        query = select(DestinationRow).where(DestinationRow.enabled, self._own).order_by(DestinationRow.id)
        return (await self._session.scalars(query.with_for_update(read=True))).all()

    async def of_board(self, board_id: str) -> Sequence[str]:
        query = select(DestinationRow.id).where(self._own, DestinationRow.board_id == board_id)
        return (await self._session.scalars(query)).all()

    async def of_agent(self, agent_id: str, board_id: str | None = None) -> Sequence[str]:
        query = select(DestinationRow.id).where(self._own, DestinationRow.agent_id == agent_id)
        if board_id is not None:
            query = query.where(DestinationRow.board_id == board_id)
        return (await self._session.scalars(query)).all()

    async def given_up(
        self, board_ids: Collection[str] | None, agent_id: str | None, most: int
    ) -> tuple[list[GivenUp], int]:
        """Those of these boards, of any when none are named, that something was given up for, whatever was last given
        up first; and how many there are."""
        row, own = DeliveryRow, [self._own, DeliveryRow.state == DeliveryState.DEAD]
        if board_ids is not None:
            own.append(DestinationRow.board_id.in_(board_ids))
        if agent_id is not None:
            own.append(DestinationRow.agent_id == agent_id)
        latest_at = func.max(row.finished_at)
        dead = (
            select(DestinationRow.board_id, DestinationRow.id, DestinationRow.name, func.count(row.id), latest_at)
            .join(row, row.destination_id == DestinationRow.id)
            .where(*own).group_by(DestinationRow.id)
        )  # fmt: skip
        total = await self._session.scalar(select(func.count()).select_from(dead.subquery())) or 0
        found: Iterable[Any] = await self._session.execute(
            dead.order_by(latest_at.desc(), DestinationRow.id).limit(most)
        )
        return [GivenUp(*one) for one in found], total


class DeliveryRows:
    """Queries on deliveries within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add_new(self, deliveries: Sequence[Mapping[str, Any]]) -> None:
        """Those whose event is a delivery of their destination already stay as they are."""
        new = insert_into(self._session, DeliveryRow)
        await self._session.execute(new.on_conflict_do_nothing(), list(deliveries))

    async def get(self, delivery_id: str, sought: Sought | None = None, *, lock: bool = False) -> DeliveryRow | None:
        """One of those sought."""
        wanted = _conditions(sought) if sought else []
        query = select(DeliveryRow).where(DeliveryRow.id == delivery_id, *wanted)
        return await self._session.scalar(query.with_for_update() if lock else query)

    async def page(self, sought: Sought, limit: int, offset: int) -> tuple[Sequence[DeliveryRow], int]:
        """The latest first, and how many there are."""
        wanted = _conditions(sought)
        total = await self._session.scalar(select(func.count()).select_from(DeliveryRow).where(*wanted)) or 0
        latest = (DeliveryRow.created_at.desc(), DeliveryRow.id.desc())
        query = select(DeliveryRow).where(*wanted).order_by(*latest).limit(limit).offset(offset)
        return (await self._session.scalars(query)).all(), total

    async def attempts(self, delivery_id: str, most: int) -> Sequence[AttemptRow]:
        """The latest attempts, the latest first."""
        query = select(AttemptRow).where(AttemptRow.delivery_id == delivery_id).order_by(AttemptRow.number.desc())
        return (await self._session.scalars(query.limit(most))).all()

    async def due(self, now: datetime) -> Sequence[str]:
        """The destinations that something should be attempted for."""
        enabled = select(DestinationRow.id).where(DestinationRow.enabled)
        is_wanted = or_(DeliveryRow.destination_id.in_(enabled), DeliveryRow.event_kind == TEST)
        query = select(DeliveryRow.destination_id).where(*_is_due(now), is_wanted).distinct()
        return (await self._session.scalars(query)).all()

    async def claim(
        self, destination: DestinationRow, most: int, now: datetime, until: datetime
    ) -> Sequence[DeliveryRow]:
        """Take what is due, the oldest first: until a time nobody else attempts it. A board's come in their order."""
        own = [DeliveryRow.destination_id == destination.id, *_is_due(now)]
        if destination.board_id is not None:
            own.append(_is_its_turn(destination.id))
        if not destination.enabled:
            own.append(DeliveryRow.event_kind == TEST)
        oldest = (DeliveryRow.next_attempt_at, DeliveryRow.event_sequence)
        query = select(DeliveryRow).where(*own).order_by(*oldest).limit(most).with_for_update(skip_locked=True)
        claimed = (await self._session.scalars(query)).all()
        for row in claimed:
            row.attempts += 1
            row.tries += 1
            row.leased_until = until
        return claimed

    async def add_attempt(self, **values: Any) -> None:
        await self._session.execute(insert(AttemptRow).values(**values))

    async def revive(self, destination_id: str, now: datetime) -> int:
        """Send everything dead of a destination again; how many there were."""
        revived = (
            update(DeliveryRow)
            .where(DeliveryRow.destination_id == destination_id, DeliveryRow.state == DeliveryState.DEAD)
            .values(state=DeliveryState.WAITING, tries=0, next_attempt_at=now, leased_until=None, finished_at=None)
        )
        result = await self._session.execute(revived)
        return int(getattr(result, "rowcount", 0))

    async def forget(self, before: datetime, most: int) -> None:
        """Delete what was over before a time, and of the rest all but the latest."""
        beyond = (
            select(DeliveryRow.finished_at)
            .where(DeliveryRow.state.in_(_OVER))
            .order_by(DeliveryRow.finished_at.desc())
            .offset(most)
            .limit(1)
        )
        last = await self._session.scalar(beyond)
        old = select(DeliveryRow.id).where(
            DeliveryRow.state.in_(_OVER), DeliveryRow.finished_at <= max(before, last or before)
        )
        await self._session.execute(delete(AttemptRow).where(AttemptRow.delivery_id.in_(old)))
        await self._session.execute(delete(DeliveryRow).where(DeliveryRow.id.in_(old)))


def _is_its_turn(destination_id: str) -> ColumnElement[bool]:
    """Nothing that happened earlier waits, but for what has failed so often that it holds up nobody any more."""
    row, earlier = DeliveryRow, aliased(DeliveryRow)
    waits = (earlier.destination_id == destination_id, earlier.state == DeliveryState.WAITING)
    first = select(func.min(earlier.event_sequence)).where(*waits, earlier.tries < TRIES_IN_ORDER)
    # A message that somebody asked for to try it out has no place among events.
    return or_(row.event_sequence.is_(None), row.event_sequence <= first.scalar_subquery(), row.tries >= TRIES_IN_ORDER)


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    row = DeliveryRow
    is_free = or_(row.leased_until.is_(None), row.leased_until <= now)
    return row.state == DeliveryState.WAITING, row.next_attempt_at <= now, is_free


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    row = DeliveryRow
    pairs: tuple[tuple[Any, object], ...] = (
        (row.destination_id, sought.destination_id), (row.state, sought.state), (row.event_kind, sought.kind),
        (row.subject, sought.subject),
    )  # fmt: skip
    of_board = DestinationRow.board_id
    is_own = of_board.is_(None) if sought.board_id is None else of_board == sought.board_id
    conditions = [row.destination_id.in_(select(DestinationRow.id).where(is_own))]
    return conditions + [column == value for column, value in pairs if value is not None]
