"""The SQL of the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit.domain import Anchor, Entry
from pilothouse.hub.audit.models import AuditHeadRow, AuditRow

_HEAD = 1
_FIELDS = Entry.__dataclass_fields__.keys()


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries are meant; None means any."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditRows:
    """Queries on the log within one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def head(self, *, lock: bool = False) -> Anchor:
        """The last entry; locked, nobody else appends until this transaction ends."""
        query = select(AuditHeadRow.sequence, AuditHeadRow.hash).where(AuditHeadRow.id == _HEAD)
        found = (await self._session.execute(query.with_for_update() if lock else query)).one()
        return Anchor(found.sequence, found.hash)

    async def append(self, entries: Sequence[Entry]) -> None:
        """Add entries, and move the head to the last."""
        await self._session.execute(insert(AuditRow), [asdict(entry) for entry in entries])
        last = entries[-1]
        moved = update(AuditHeadRow).where(AuditHeadRow.id == _HEAD).values(sequence=last.sequence, hash=last.hash)
        await self._session.execute(moved)

    async def after(self, sequence: int, limit: int) -> list[Entry]:
        """The entries that follow a number, in order."""
        query = select(AuditRow).where(AuditRow.sequence > sequence).order_by(AuditRow.sequence).limit(limit)
        return [_entry(row) for row in await self._session.scalars(query)]

    async def page(self, sought: Sought, limit: int, offset: int) -> tuple[list[Entry], int]:
        """The latest first, and how many there are."""
        wanted = _conditions(sought)
        total = await self._session.scalar(select(func.count()).select_from(AuditRow).where(*wanted)) or 0
        query = select(AuditRow).where(*wanted).order_by(AuditRow.sequence.desc()).limit(limit).offset(offset)
        return [_entry(row) for row in await self._session.scalars(query)], total


def _entry(row: AuditRow) -> Entry:
    return Entry(**{name: getattr(row, name) for name in _FIELDS})


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (AuditRow.actor, sought.actor), (AuditRow.action, sought.action), (AuditRow.subject, sought.subject),
        (AuditRow.request_id, sought.request_id),
    ):  # fmt: skip
        if value is not None:
            conditions.append(column == value)
    if sought.since is not None:
        conditions.append(AuditRow.recorded_at >= sought.since)
    if sought.until is not None:
        conditions.append(AuditRow.recorded_at < sought.until)
    return conditions
