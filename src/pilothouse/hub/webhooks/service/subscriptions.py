"""Where a board's events go, as people and agents see and change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import Activity
from pilothouse.hub.identity import Caller
from pilothouse.hub.memory import Place
from pilothouse.hub.outgoing.domain.delivering import DeliveryState, DestinationKind
from pilothouse.hub.outgoing.domain.destinations import DeadDelivery, Destination, NewDestination, Owner
from pilothouse.hub.outgoing.schemas import NewSecret
from pilothouse.hub.outgoing.service import Outgoing
from pilothouse.hub.outgoing.service.secrets import address_of
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


class Subscriptions:
    """Every address that a board's events are posted to. An agent sees its own, people all of the board."""

    def __init__(self, activity: Activity, outgoing: Outgoing) -> None:
        self._activity = activity
        self._policy = outgoing.policy
        self._destinations = outgoing.destinations

    async def create(
        self, session: AsyncSession, caller: Caller, place: Place, new: NewSubscription
    ) -> tuple[Subscription, str | None]:
        """A new one, and its secret for the answer to whoever made it. Raises DestinationUnusable, AddressForbidden,
        TooManyWebhooks."""
        if await self._destinations.count(session, Owner(place.board_id)) >= MOST_SUBSCRIPTIONS:
            raise TooManyWebhooks(limit=MOST_SUBSCRIPTIONS)
        await CursorRows(session).begin(place.organization_id, await self._activity.last(place.organization_id))
        wanted = NewDestination(
            DestinationKind.WEBHOOK, new.name, new.enabled, self._policy.checked(new.url), recipients=(),
            filters=_filters(new.kinds), created_by=caller.title,
        )  # fmt: skip
        made = await self._destinations.add(session, _owner(caller, place), wanted, "sub")
        self._note(session, caller, made, "subscription.created", None, _told(made))
        return _shown(made, {}), made.secret

    async def page(
        self, session: AsyncSession, caller: Caller, place: Place, limit: int, offset: int
    ) -> SubscriptionList:
        """The oldest first."""
        found, total = await self._destinations.page(session, _owner(caller, place), limit, offset)
        counts = await self._destinations.counts(session, [one.id for one in found])
        items = [_shown(one, counts[one.id]) for one in found]
        return SubscriptionList(items=items, total=total, limit=limit, offset=offset)

    async def get(self, session: AsyncSession, caller: Caller, place: Place, subscription_id: str) -> Subscription:
        """One of them; raises UnknownSubscription."""
        found = await self._found(session, caller, place, subscription_id)
        return _shown(found, (await self._destinations.counts(session, [found.id]))[found.id])

    async def change(
        self, session: AsyncSession, caller: Caller, place: Place, subscription_id: str, change: SubscriptionChange
    ) -> Subscription:
        """What waits for it goes to where it is then."""
        found = await self._found(session, caller, place, subscription_id, lock=True)
        if change.version is not None and change.version != found.version:
            raise WebhookChanged(version=found.version)
        values = change.model_dump(exclude_unset=True, exclude_none=True, exclude={"version"})
        if not values:
            raise NothingToChange
        if "kinds" in values:
            values["filters"] = _filters(values.pop("kinds"))
        if "url" in values:
            values["url"] = self._policy.checked(values["url"])
        changed = await self._destinations.change(session, found.id, values)
        after = _told(changed) | ({"url": "another"} if changed.url != found.url else {})
        self._note(session, caller, changed, "subscription.updated", _told(found), after)
        return await self.get(session, caller, place, subscription_id)

    async def rotate(
        self, session: AsyncSession, caller: Caller, place: Place, subscription_id: str, wanted: NewSecret
    ) -> MadeSubscription:
        """A new secret; the old one signs beside it for a while."""
        found = await self._found(session, caller, place, subscription_id, lock=True)
        rotated = await self._destinations.rotate(session, found.id, wanted.overlap_s)
        self._note(session, caller, found, "subscription.secret_rotated", None, {"overlap_s": wanted.overlap_s})
        shown = await self.get(session, caller, place, subscription_id)
        return MadeSubscription(**shown.model_dump(), secret=rotated.secret)

    async def remove(self, session: AsyncSession, caller: Caller, place: Place, subscription_id: str) -> None:
        """With the log of what was posted there."""
        found = await self._found(session, caller, place, subscription_id, lock=True)
        self._note(session, caller, found, "subscription.deleted", _told(found), None)
        await self._destinations.remove(session, found.id)

    async def check(self, session: AsyncSession, caller: Caller, place: Place, subscription_id: str) -> None:
        """Raise UnknownSubscription unless the caller sees it."""
        await self._found(session, caller, place, subscription_id)

    def died(self, session: AsyncSession, destination: Destination, dead: DeadDelivery) -> None:
        """Something for this address was given up."""
        if destination.board_id is not None:
            told = {"delivery_id": dead.id, "problem": dead.problem}
            self._note(session, None, destination, "subscription.dead", None, told)

    def _note(
        self, session: AsyncSession, caller: Caller | None, row: Destination, kind: str,
        before: dict[str, Any] | None, after: dict[str, Any] | None,
    ) -> None:  # fmt: skip
        assert row.organization_id is not None
        self._activity.note(
            session, caller, organization_id=row.organization_id, board_id=row.board_id, kind=kind,
            subject=("subscription", row.id), before=before, after=after,
        )  # fmt: skip

    async def _found(
        self, session: AsyncSession, caller: Caller, place: Place, subscription_id: str, *, lock: bool = False
    ) -> Destination:
        found = await self._destinations.one(session, _owner(caller, place), subscription_id, lock=lock)
        if found is None:
            raise UnknownSubscription
        return found


def _owner(caller: Caller, place: Place) -> Owner:
    """An agent has its own, people have all of the board."""
    return Owner(place.board_id, caller.agent_id, place.organization_id)


def _filters(kinds: Iterable[str]) -> dict[str, list[str]]:
    return {"kinds": list(dict.fromkeys(kinds))}


def _told(row: Destination) -> dict[str, Any]:
    """A subscription as the activity has it: without its secret, and without what of its address may be one."""
    told = {name: getattr(row, name) for name in ("id", "agent_id", "name", "enabled", "version")}
    return {**told, "address": address_of(row.kind, row.url), "kinds": row.filters.get("kinds", [])}


def _shown(row: Destination, counts: Mapping[DeliveryState, int]) -> Subscription:
    names = ("id", "organization_id", "board_id", "agent_id", "name", "enabled", "created_at", "created_by",
             "changed_at", "version")  # fmt: skip
    return Subscription(
        **{name: getattr(row, name) for name in names}, address=address_of(row.kind, row.url),
        kinds=row.filters.get("kinds", []), previous_secret_until=row.previous_until,
        waiting=counts.get(DeliveryState.WAITING, 0), dead=counts.get(DeliveryState.DEAD, 0),
    )  # fmt: skip
