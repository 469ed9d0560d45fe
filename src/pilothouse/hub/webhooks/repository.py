"""The SQL of webhooks, payloads and how far boards' events were told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import insert_into
from pilothouse.hub.outgoing.domain.destinations import GivenUp
from pilothouse.hub.webhooks.domain.states import PayloadState
from pilothouse.hub.webhooks.models import PayloadRow, SubscriptionCursorRow, WebhookRow

_LISTED = [column for column in PayloadRow.__table__.c if column.name not in ("body", "headers")]


class WebhookRows:
    """Queries on webhooks within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, **values: Any) -> WebhookRow:
        row = WebhookRow(**values)
        self._session.add(row)
        await self._session.flush()
        return row

    async def get(self, board_id: str, webhook_id: str, *, lock: bool = False) -> WebhookRow | None:
        query = select(WebhookRow).where(WebhookRow.id == webhook_id, WebhookRow.board_id == board_id)
        return await self._session.scalar(query.with_for_update() if lock else query)

    async def count(self, board_id: str) -> int:
        own = WebhookRow.board_id == board_id
        return await self._session.scalar(select(func.count()).select_from(WebhookRow).where(own)) or 0

    async def page(self, board_id: str, limit: int, offset: int) -> tuple[Sequence[WebhookRow], int]:
        """The oldest first, and how many there are."""
        query = select(WebhookRow).where(WebhookRow.board_id == board_id).order_by(WebhookRow.created_at, WebhookRow.id)
        return (await self._session.scalars(query.limit(limit).offset(offset))).all(), await self.count(board_id)

    async def counts(self, webhook_ids: Collection[str]) -> dict[str, dict[PayloadState, int]]:
        """How many payloads of each are waiting and dead."""
        row = PayloadRow
        query = (
            select(row.webhook_id, row.state, func.count())
            .where(row.webhook_id.in_(webhook_ids), row.state != PayloadState.DELIVERED)
            .group_by(row.webhook_id, row.state)
        )
        found: dict[str, dict[PayloadState, int]] = {one: {} for one in webhook_ids}
        for webhook_id, state, count in await self._session.execute(query):
            found[webhook_id][state] = count
        return found

    async def given_up(
        self, organization_id: str, board_ids: Collection[str] | None, most: int
    ) -> tuple[list[GivenUp], int]:
        """Those of these boards, of any when none are named, that have a payload that was given up, whatever was last
        given up first; and how many there are."""
        hook, row = WebhookRow, PayloadRow
        own = [hook.organization_id == organization_id, row.state == PayloadState.DEAD]
        if board_ids is not None:
            own.append(hook.board_id.in_(board_ids))
        latest_at = func.max(row.finished_at)
        dead = (
            select(hook.board_id, hook.id, hook.name, func.count(row.id), latest_at)
            .join(row, row.webhook_id == hook.id).where(*own).group_by(hook.id)
        )  # fmt: skip
        total = await self._session.scalar(select(func.count()).select_from(dead.subquery())) or 0
        found: Iterable[Any] = await self._session.execute(dead.order_by(latest_at.desc(), hook.id).limit(most))
        return [GivenUp(*one) for one in found], total

    async def remove(self, row: WebhookRow) -> None:
        """With everything that came in through it."""
        await self._session.execute(delete(PayloadRow).where(PayloadRow.webhook_id == row.id))
        await self._session.delete(row)
        await self._session.flush()


class PayloadRows:
    """Queries on payloads within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add_new(self, values: dict[str, Any]) -> str:
        """Its id, or that of the payload that came under the same delivery id before."""
        statement = insert_into(self._session, PayloadRow).values(**values).on_conflict_do_nothing()
        added = await self._session.scalar(statement.returning(PayloadRow.id))
        return str(added or await self.known(values["webhook_id"], values["delivery_id"]))

    async def known(self, webhook_id: str, delivery_id: str) -> str | None:
        """The id of what came under this delivery id."""
        own = (PayloadRow.webhook_id == webhook_id, PayloadRow.delivery_id == delivery_id)
        return await self._session.scalar(select(PayloadRow.id).where(*own))

    async def get(self, payload_id: str, webhook_id: str | None = None, *, lock: bool = False) -> PayloadRow | None:
        query = select(PayloadRow).where(PayloadRow.id == payload_id)
        if webhook_id is not None:
            query = query.where(PayloadRow.webhook_id == webhook_id)
        return await self._session.scalar(query.with_for_update() if lock else query)

    async def webhook_of(self, row: PayloadRow) -> WebhookRow:
        found = await self._session.get(WebhookRow, row.webhook_id)
        assert found is not None
        return found

    async def page(
        self, webhook_id: str, state: PayloadState | None, limit: int, offset: int
    ) -> tuple[Sequence[Any], int]:
        """The latest first, without what was sent, and how many there are."""
        wanted = [PayloadRow.webhook_id == webhook_id]
        if state is not None:
            wanted.append(PayloadRow.state == state)
        total = await self._session.scalar(select(func.count()).select_from(PayloadRow).where(*wanted)) or 0
        latest = (PayloadRow.received_at.desc(), PayloadRow.id.desc())
        query = select(*_LISTED).where(*wanted).order_by(*latest).limit(limit).offset(offset)
        return (await self._session.execute(query)).all(), total

    async def waiting(self, limit: int) -> Sequence[str]:
        """The oldest of those that are still to be delivered."""
        query = select(PayloadRow.id).where(PayloadRow.state == PayloadState.WAITING).order_by(PayloadRow.received_at)
        return (await self._session.scalars(query.limit(limit))).all()

    async def forget(self, before: datetime) -> None:
        """Delete what was over before a time."""
        await self._session.execute(delete(PayloadRow).where(PayloadRow.finished_at < before))


class CursorRows:
    """How far the changes of organizations were followed."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def begin(self, organization_id: str, sequence: int) -> None:
        """From here on, unless it is followed already."""
        values = {"organization_id": organization_id, "sequence": sequence}
        statement = insert_into(self._session, SubscriptionCursorRow).values(**values)
        await self._session.execute(statement.on_conflict_do_nothing())

    async def all(self) -> dict[str, int]:
        row = SubscriptionCursorRow
        found = await self._session.execute(select(row.organization_id, row.sequence))
        return {one.organization_id: one.sequence for one in found}

    async def lock(self, organization_id: str) -> int:
        """Until this transaction ends nobody else makes deliveries of this organization's changes."""
        row = SubscriptionCursorRow
        query = select(row.sequence).where(row.organization_id == organization_id).with_for_update()
        return await self._session.scalar(query) or 0

    async def advance(self, organization_id: str, sequence: int) -> None:
        row = SubscriptionCursorRow
        await self._session.execute(update(row).where(row.organization_id == organization_id).values(sequence=sequence))
