"""Where a board's events go, as people and agents see and change it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import Activity
from pilothouse.hub.identity import Caller
from pilothouse.hub.memory import Place
from pilothouse.hub.outgoing.domain.addresses import AddressPolicy
from pilothouse.hub.outgoing.domain.delivering import DeliveryState, DestinationKind
from pilothouse.hub.outgoing.models import DestinationRow
from pilothouse.hub.outgoing.repository import DestinationRows
from pilothouse.hub.outgoing.schemas import NewSecret
from pilothouse.hub.outgoing.service.secrets import address_of, new_secret
from pilothouse.hub.webhooks.domain.states import (
    MOST_SUBSCRIPTIONS,
    NothingToChange,
    TooManyWebhooks,
    UnknownSubscription,
    WebhookChanged,
)
from pilothouse.hub.webhooks.repository import CursorRows
from pilothouse.hub.webhooks.schemas import (
    MadeSubscription,
    NewSubscription,
    Subscription,
    SubscriptionChange,
    SubscriptionList,
)
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id


class Subscriptions:
    """Every address that a board's events are posted to. An agent sees its own, people all of the board."""

    def __init__(self, activity: Activity, policy: AddressPolicy, clock: Clock) -> None:
        self._activity = activity
        self._policy = policy
        self._clock = clock

    async def create(self, session: AsyncSession, caller: Caller, place: Place, new: NewSubscription) -> Subscription:
        """A new one, with a secret, see ``secret_of``. Raises DestinationUnusable, AddressForbidden,
        TooManyWebhooks."""
        rows, now = DestinationRows(session, place.board_id), self._now()
        if await rows.count() >= MOST_SUBSCRIPTIONS:
            raise TooManyWebhooks(limit=MOST_SUBSCRIPTIONS)
        await CursorRows(session).begin(place.organization_id, await self._activity.last(place.organization_id))
        row = await rows.add(
            id=new_id("sub"), organization_id=place.organization_id, board_id=place.board_id, agent_id=caller.agent_id,
            kind=DestinationKind.WEBHOOK, name=new.name, enabled=new.enabled, url=self._policy.checked(new.url),
            recipients=[], filters={"kinds": list(dict.fromkeys(new.kinds))}, secret=new_secret(),
            previous_secret=None, previous_until=None, created_at=now, created_by=caller.title, changed_at=now,
            version=1,
        )  # fmt: skip
        self._note(session, caller, row, "subscription.created", None, _told(row))
        return _shown(row, {})

    async def secret_of(self, session: AsyncSession, caller: Caller, place: Place, subscription_id: str) -> str | None:
        """For the answer to whoever has just made it, and for nothing else."""
        return (await self._found(session, caller, place, subscription_id)).secret

    async def page(
        self, session: AsyncSession, caller: Caller, place: Place, limit: int, offset: int
    ) -> SubscriptionList:
        """The oldest first."""
        rows = DestinationRows(session, place.board_id, caller.agent_id)
        found, total = await rows.page(limit, offset)
        counts = await rows.counts([row.id for row in found])
        items = [_shown(row, counts[row.id]) for row in found]
        return SubscriptionList(items=items, total=total, limit=limit, offset=offset)

    async def get(self, session: AsyncSession, caller: Caller, place: Place, subscription_id: str) -> Subscription:
        """One of them; raises UnknownSubscription."""
        row = await self._found(session, caller, place, subscription_id)
        return _shown(row, (await DestinationRows(session).counts([row.id]))[row.id])

    async def change(
        self, session: AsyncSession, caller: Caller, place: Place, subscription_id: str, change: SubscriptionChange
    ) -> Subscription:
        """What waits for it goes to where it is then."""
        row = await self._found(session, caller, place, subscription_id, lock=True)
        if change.version is not None and change.version != row.version:
            raise WebhookChanged(version=row.version)
        values = change.model_dump(exclude_unset=True, exclude_none=True, exclude={"version"})
        if not values:
            raise NothingToChange
        before, url = _told(row), row.url
        if "kinds" in values:
            row.filters = {"kinds": list(dict.fromkeys(values.pop("kinds")))}
        if "url" in values:
            row.url = self._policy.checked(values.pop("url"))
        for name, value in values.items():
            setattr(row, name, value)
        row.version += 1
        row.changed_at = self._now()
        after = _told(row) | ({"url": "another"} if row.url != url else {})
        self._note(session, caller, row, "subscription.updated", before, after)
        await session.flush()
        return await self.get(session, caller, place, subscription_id)

    async def rotate(
        self, session: AsyncSession, caller: Caller, place: Place, subscription_id: str, wanted: NewSecret
    ) -> MadeSubscription:
        """A new secret; the old one signs beside it for a while."""
        row = await self._found(session, caller, place, subscription_id, lock=True)
        now = self._now()
        row.previous_secret = row.secret if wanted.overlap_s else None
        row.previous_until = now + timedelta(seconds=wanted.overlap_s) if wanted.overlap_s else None
        row.secret, row.version, row.changed_at = new_secret(), row.version + 1, now
        self._note(session, caller, row, "subscription.secret_rotated", None, {"overlap_s": wanted.overlap_s})
        await session.flush()
        shown = await self.get(session, caller, place, subscription_id)
        return MadeSubscription(**shown.model_dump(), secret=row.secret)

    async def remove(self, session: AsyncSession, caller: Caller, place: Place, subscription_id: str) -> None:
        """With the log of what was posted there."""
        row = await self._found(session, caller, place, subscription_id, lock=True)
        self._note(session, caller, row, "subscription.deleted", _told(row), None)
        await DestinationRows(session).remove(row.id)

    async def check(self, session: AsyncSession, caller: Caller, place: Place, subscription_id: str) -> None:
        """Raise UnknownSubscription unless the caller sees it."""
        await self._found(session, caller, place, subscription_id)

    def died(self, session: AsyncSession, row: DestinationRow, delivery_id: str, problem: str | None) -> None:
        """Something for this address was given up."""
        if row.board_id is not None:
            self._note(session, None, row, "subscription.dead", None, {"delivery_id": delivery_id, "problem": problem})

    def _note(
        self, session: AsyncSession, caller: Caller | None, row: DestinationRow, kind: str,
        before: dict[str, Any] | None, after: dict[str, Any] | None,
    ) -> None:  # fmt: skip
        assert row.organization_id is not None
        self._activity.note(
            session, caller, organization_id=row.organization_id, board_id=row.board_id, kind=kind,
            subject=("subscription", row.id), before=before, after=after,
        )  # fmt: skip

    async def _found(
        self, session: AsyncSession, caller: Caller, place: Place, subscription_id: str, *, lock: bool = False
    ) -> DestinationRow:
        rows = DestinationRows(session, place.board_id, caller.agent_id)
        row = await rows.get(subscription_id, lock=lock)
        if row is None:
            raise UnknownSubscription
        return row

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def _told(row: DestinationRow) -> dict[str, Any]:
    """A subscription as the activity has it: without its secret, and without what of its address may be one."""
    told = {name: getattr(row, name) for name in ("id", "agent_id", "name", "enabled", "version")}
    return {**told, "address": address_of(row.kind, row.url), "kinds": row.filters.get("kinds", [])}


def _shown(row: DestinationRow, counts: Mapping[DeliveryState, int]) -> Subscription:
    names = ("id", "organization_id", "board_id", "agent_id", "name", "enabled", "created_at", "created_by",
             "changed_at", "version")  # fmt: skip
    return Subscription(
        **{name: getattr(row, name) for name in names}, address=address_of(row.kind, row.url),
        kinds=row.filters.get("kinds", []), previous_secret_until=row.previous_until,
        waiting=counts.get(DeliveryState.WAITING, 0), dead=counts.get(DeliveryState.DEAD, 0),
    )  # fmt: skip
