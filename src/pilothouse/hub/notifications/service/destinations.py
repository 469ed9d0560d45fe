"""Destinations as people see and change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
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
from pilothouse.hub.outgoing.domain.addresses import AddressPolicy
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
from pilothouse.hub.outgoing.models import DestinationRow
from pilothouse.hub.outgoing.repository import DestinationRows
from pilothouse.hub.outgoing.schemas import NewSecret
from pilothouse.hub.outgoing.service.secrets import address_of, new_secret
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id


class Destinations:
    """Every destination of this hub."""

    def __init__(self, clock: Clock, policy: AddressPolicy, *, has_mail: bool) -> None:
        self._clock = clock
        self._policy = policy
        self._has_mail = has_mail

    async def create(self, session: AsyncSession, caller: Caller, new: NewDestination) -> Destination:
        """A new one; a webhook's secret is made with it, see ``secret_of``. Raises DestinationUnusable,
        AddressForbidden, TooManyDestinations."""
        rows, now = DestinationRows(session), self._now()
        if await rows.count() >= MOST_DESTINATIONS:
            raise TooManyDestinations(limit=MOST_DESTINATIONS)
        url = self._checked(new.kind, new.url, new.recipients)
        row = await rows.add(
            id=new_id("dest"), kind=new.kind, name=new.name, enabled=new.enabled, url=url,
            recipients=list(new.recipients), filters=new.filters.model_dump(mode="json"),
            secret=new_secret() if new.kind is DestinationKind.WEBHOOK else None, previous_secret=None,
            previous_until=None, created_at=now, created_by=caller.title, changed_at=now, version=1,
        )  # fmt: skip
        record(session, "destination.created", row.id, after=_told(row))
        return _shown(row, {})

    async def secret_of(self, session: AsyncSession, destination_id: str) -> str | None:
        """For the answer to whoever has just made it, and for nothing else."""
        return (await self._found(session, destination_id)).secret

    async def list(self, session: AsyncSession, limit: int, offset: int) -> DestinationList:
        """The oldest first."""
        rows, total = await DestinationRows(session).page(limit, offset)
        counts = await DestinationRows(session).counts([row.id for row in rows])
        items = [_shown(row, counts[row.id]) for row in rows]
        return DestinationList(items=items, total=total, limit=limit, offset=offset)

    async def get(self, session: AsyncSession, destination_id: str) -> Destination:
        """One of them; raises UnknownDestination."""
        row = await self._found(session, destination_id)
        return _shown(row, (await DestinationRows(session).counts([row.id]))[row.id])

    async def change(self, session: AsyncSession, destination_id: str, change: DestinationChange) -> Destination:
        """What is named becomes different; what waits for this destination goes to where it is then."""
        row = await self._found(session, destination_id, lock=True)
        if change.version is not None and change.version != row.version:
            raise DestinationChanged(version=row.version)
        before, values = _told(row), change.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        values.pop("version", None)
        if "url" in values or "recipients" in values:
            recipients = values.get("recipients", row.recipients if row.kind is DestinationKind.EMAIL else [])
            values["url"] = self._checked(row.kind, values.get("url", row.url), recipients)
        is_other_url = "url" in values and values["url"] != row.url
        for name, value in values.items():
            setattr(row, name, value)
        after = _told(row)
        changed = [name for name in after if before[name] != after[name]]
        if changed or is_other_url:
            row.version += 1
            row.changed_at = self._now()
            # What of the URL is secret is not in the log; that it changed is.
            told = {name: after[name] for name in changed} | ({"url": "another"} if is_other_url else {})
            record(
                session, "destination.changed", row.id, before={name: before[name] for name in changed}, after=told
            )  # fmt: skip
        await session.flush()
        return await self.get(session, destination_id)

    async def rotate(self, session: AsyncSession, destination_id: str, wanted: NewSecret) -> MadeDestination:
        """A new secret; the old one signs beside it for a while. Raises NothingSigned."""
        row = await self._found(session, destination_id, lock=True)
        if row.kind is not DestinationKind.WEBHOOK:
            raise NothingSigned(kind=row.kind)
        now = self._now()
        row.previous_secret = row.secret if wanted.overlap_s else None
        row.previous_until = now + timedelta(seconds=wanted.overlap_s) if wanted.overlap_s else None
        row.secret, row.version, row.changed_at = new_secret(), row.version + 1, now
        record(session, "destination.secret_rotated", row.id, after={"overlap_s": wanted.overlap_s})
        await session.flush()
        shown = await self.get(session, destination_id)
        return MadeDestination(**shown.model_dump(), secret=row.secret)

    async def remove(self, session: AsyncSession, destination_id: str) -> None:
        """With everything that was delivered there."""
        row = await self._found(session, destination_id, lock=True)
        record(session, "destination.deleted", row.id, before=_told(row))
        await DestinationRows(session).remove(row.id)

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

    async def _found(self, session: AsyncSession, destination_id: str, *, lock: bool = False) -> DestinationRow:
        row = await DestinationRows(session).get(destination_id, lock=lock)
        if row is None:
            raise UnknownDestination
        return row

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def _told(row: DestinationRow) -> dict[str, Any]:
    """A destination as the audit log has it."""
    return {
        "kind": row.kind.value, "name": row.name, "enabled": row.enabled, "address": address_of(row.kind, row.url),
        "recipients": list(row.recipients), "filters": dict(row.filters),
    }  # fmt: skip


def _shown(row: DestinationRow, counts: Mapping[DeliveryState, int]) -> Destination:
    return Destination(
        id=row.id, kind=row.kind, name=row.name, enabled=row.enabled, address=address_of(row.kind, row.url),
        recipients=row.recipients, filters=Filters.model_validate(row.filters),
        previous_secret_until=row.previous_until, created_at=row.created_at, created_by=row.created_by,
        changed_at=row.changed_at, version=row.version, waiting=counts.get(DeliveryState.WAITING, 0),
        dead=counts.get(DeliveryState.DEAD, 0),
    )  # fmt: skip
