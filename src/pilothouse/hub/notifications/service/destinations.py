"""Destinations as people see and change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.identity import Caller
from pilothouse.hub.notifications.schemas import (
    Destination,
    DestinationChange,
    DestinationList,
    Filters,
    MadeDestination,
    NewDestination,
)
from pilothouse.hub.outgoing.domain.delivering import (
    MOST_DESTINATIONS,
    DeliveryState,
    DestinationChanged,
    DestinationKind,
    DestinationUnusable,
    NothingSigned,
    TooManyDestinations,
    UnknownDestination,
)
from pilothouse.hub.outgoing.domain.destinations import Destination as Known
from pilothouse.hub.outgoing.domain.destinations import NewDestination as New
from pilothouse.hub.outgoing.domain.destinations import Owner
from pilothouse.hub.outgoing.schemas import NewSecret
from pilothouse.hub.outgoing.service import Outgoing
from pilothouse.hub.outgoing.service.secrets import address_of

THE_HUB = Owner()


class Destinations:
    """Every destination of this hub."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._destinations = outgoing.destinations
        self._policy = outgoing.policy
        self._has_mail = outgoing.has_mail

    async def create(
        self, session: AsyncSession, caller: Caller, new: NewDestination
    ) -> tuple[Destination, str | None]:
        """A new one, and a webhook's secret for the answer to whoever made it. Raises DestinationUnusable,
        AddressForbidden, TooManyDestinations."""
        if await self._destinations.count(session, THE_HUB) >= MOST_DESTINATIONS:
            raise TooManyDestinations(limit=MOST_DESTINATIONS)
        url = self._checked(new.kind, new.url, new.recipients)
        filters = new.filters.model_dump(mode="json")
        wanted = New(new.kind, new.name, new.enabled, url, new.recipients, filters, created_by=caller.title)
        made = await self._destinations.add(session, THE_HUB, wanted, "dest")
        record(session, "destination.created", made.id, after=_told(made))
        return _shown(made, {}), made.secret

    async def list(self, session: AsyncSession, limit: int, offset: int) -> DestinationList:
        """The oldest first."""
        found, total = await self._destinations.page(session, THE_HUB, limit, offset)
        counts = await self._destinations.counts(session, [one.id for one in found])
        items = [_shown(one, counts[one.id]) for one in found]
        return DestinationList(items=items, total=total, limit=limit, offset=offset)

    async def get(self, session: AsyncSession, destination_id: str) -> Destination:
        """One of them; raises UnknownDestination."""
        found = await self._found(session, destination_id)
        return _shown(found, (await self._destinations.counts(session, [found.id]))[found.id])

    async def change(self, session: AsyncSession, destination_id: str, change: DestinationChange) -> Destination:
        """What is named becomes different; what waits for this destination goes to where it is then."""
        found = await self._found(session, destination_id, lock=True)
        if change.version is not None and change.version != found.version:
            raise DestinationChanged(version=found.version)
        before, values = _told(found), change.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        values.pop("version", None)
        if "url" in values or "recipients" in values:
            recipients = values.get("recipients", found.recipients if found.kind is DestinationKind.EMAIL else [])
            values["url"] = self._checked(found.kind, values.get("url", found.url), recipients)
        is_other_url = "url" in values and values["url"] != found.url
        after = _told(replace(found, **values))
        changed = [name for name in after if before[name] != after[name]]
        if changed or is_other_url:
            await self._destinations.change(session, found.id, values)
            # What of the URL is secret is not in the log; that it changed is.
            told = {name: after[name] for name in changed} | ({"url": "another"} if is_other_url else {})
            record(
                session, "destination.changed", found.id, before={name: before[name] for name in changed}, after=told
            )  # fmt: skip
        return await self.get(session, destination_id)

    async def rotate(self, session: AsyncSession, destination_id: str, wanted: NewSecret) -> MadeDestination:
        """A new secret; the old one signs beside it for a while. Raises NothingSigned."""
        found = await self._found(session, destination_id, lock=True)
        if found.kind is not DestinationKind.WEBHOOK:
            raise NothingSigned(kind=found.kind)
        rotated = await self._destinations.rotate(session, found.id, wanted.overlap_s)
        record(session, "destination.secret_rotated", found.id, after={"overlap_s": wanted.overlap_s})
        shown = await self.get(session, destination_id)
        return MadeDestination(**shown.model_dump(), secret=rotated.secret)

    async def remove(self, session: AsyncSession, destination_id: str) -> None:
        """With everything that was delivered there."""
        found = await self._found(session, destination_id, lock=True)
        record(session, "destination.deleted", found.id, before=_told(found))
        await self._destinations.remove(session, found.id)

    def _checked(self, kind: DestinationKind, url: str | None, recipients: Sequence[str]) -> str | None:
        """The URL as it is used."""
        if kind is DestinationKind.EMAIL:
            if url is not None or not recipients:
                raise DestinationUnusable(reason="Mail goes to recipients; give at least one, and no url.")
            if not self._has_mail:
                raise DestinationUnusable(reason="There is no mail server; set PILOTHOUSE_NOTIFY_SMTP_HOST.")
            return None
        if url is None or recipients:
            raise DestinationUnusable(reason=f"A destination of kind {kind} has a url, and no recipients.")
        return self._policy.checked(url)

    async def _found(self, session: AsyncSession, destination_id: str, *, lock: bool = False) -> Known:
        found = await self._destinations.one(session, THE_HUB, destination_id, lock=lock)
        if found is None:
            raise UnknownDestination
        return found


def _told(row: Known) -> dict[str, Any]:
    """A destination as the audit log has it."""
    return {
        "kind": row.kind.value, "name": row.name, "enabled": row.enabled, "address": address_of(row.kind, row.url),
        "recipients": list(row.recipients), "filters": dict(row.filters),
    }  # fmt: skip


def _shown(row: Known, counts: Mapping[DeliveryState, int]) -> Destination:
    return Destination(
        id=row.id, kind=row.kind, name=row.name, enabled=row.enabled, address=address_of(row.kind, row.url),
        recipients=list(row.recipients), filters=Filters.model_validate(row.filters),
        previous_secret_until=row.previous_until, created_at=row.created_at, created_by=row.created_by,
        changed_at=row.changed_at, version=row.version, waiting=counts.get(DeliveryState.WAITING, 0),
        dead=counts.get(DeliveryState.DEAD, 0),
    )  # fmt: skip
