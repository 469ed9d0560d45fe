"""Note what changes, and read it again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity.domain import THE_HUB, Doer, Sought, bounded, stream_of
from pilothouse.hub.activity.models import ActivityRow
from pilothouse.hub.activity.repository import ActivityRows
from pilothouse.hub.activity.schemas import ActivityActor, ActivityEntry, ActivityList
from pilothouse.hub.audit import record
from pilothouse.hub.db import Database
from pilothouse.hub.events import Event, Events, Forgotten
from pilothouse.hub.identity.domain import Caller

# Others that write wait for it.
FORGOTTEN_AT_ONCE = 500


class Activity:
    """The log of what people, agents and the hub changed in organizations."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def note(
        self, session: AsyncSession, caller: Caller | Doer | None, *, organization_id: str, board_id: str | None,
        kind: str, subject: tuple[str, str], before: Mapping[str, Any] | None, after: Mapping[str, Any] | None,
        summary: str = "",
    ) -> None:  # fmt: skip
        """Write down a change in the transaction that makes it: in the log, in the organization's stream, in the audit.

        ``kind`` is ``task.updated``, ``subject`` is ``("task", id)``; ``before`` and ``after`` hold what JSON holds:
        None before what is new, None after what was deleted. No caller is the hub itself.
        """
        doer, (subject_kind, subject_id) = doer_of(caller), subject
        before, after = bounded(before), bounded(after)
        told = {
            "organization_id": organization_id,
            "board_id": board_id,
            "subject_kind": subject_kind,
            "subject_id": subject_id,
            "actor": {"kind": doer.kind, "id": doer.id, "name": doer.name},
            "summary": summary[:1_000],
            "before": before,
            "after": after,
        }
        stream = stream_of(organization_id)
        self._events.append(session, stream, kind, f"{subject_kind}:{subject_id}", told, numbered=_keep)
        record(session, kind, f"{subject_kind} {subject_id}", before=before, after=after)

    async def page(self, session: AsyncSession, sought: Sought, limit: int, offset: int) -> ActivityList:
        """The latest first."""
        rows, total = await ActivityRows(session).page(sought, limit + 1, offset)
        last = rows[limit - 1].sequence if len(rows) > limit else None
        items = [_entry(row) for row in rows[:limit]]
        return ActivityList(items=items, total=total, limit=limit, offset=offset, next_cursor=last)

    async def after(self, session: AsyncSession, board_id: str, sequence: int, limit: int) -> list[ActivityEntry]:
        """What changed on a board after a number, the earliest first."""
        return [_entry(row) for row in await ActivityRows(session).after(board_id, sequence, limit)]

    async def latest(self, session: AsyncSession, board_id: str, sequence: int, limit: int) -> list[ActivityEntry]:
        """The latest that changed on a board after a number, in order."""
        return [_entry(row) for row in await ActivityRows(session).latest(board_id, sequence, limit)]

    async def last(self, organization_id: str) -> int:
        """The number of an organization's latest change; 0 when there is none."""
        return await self._events.last(stream_of(organization_id))

    def follow(self, organization_id: str, since: int | None) -> AsyncGenerator[Event | Forgotten]:
        """Every change after a number, each once and in order, and which are no longer kept; None begins now."""
        return self._events.subscribe(stream_of(organization_id), since)

    async def forget(self, database: Database, before: datetime) -> None:
        """Delete what changed before a time, and the events of it, a little in each transaction."""
        count = FORGOTTEN_AT_ONCE
        while count == FORGOTTEN_AT_ONCE:
            async with database.transaction() as session:
                count = await ActivityRows(session).forget(before, FORGOTTEN_AT_ONCE)
        await self._events.forget(before)


def doer_of(caller: Caller | Doer | None) -> Doer:
    """A caller as the log names them."""
    if caller is None or isinstance(caller, Doer):
        return caller or THE_HUB
    kind = "person" if caller.is_person else caller.kind.value
    identity = caller.user_id if caller.is_person and caller.user_id else caller.identity
    return Doer(kind, (identity or kind)[:200], (caller.name or caller.title)[:200])


def _keep(session: AsyncSession, event: Event) -> None:
    told = dict(event.payload)
    doer = told.pop("actor")
    row = ActivityRow(**told, sequence=event.sequence, kind=event.kind, recorded_at=event.recorded_at)
    row.actor_kind, row.actor_id, row.actor_name = doer["kind"], doer["id"], doer["name"]
    session.add(row)


def _entry(row: ActivityRow) -> ActivityEntry:
    return ActivityEntry(
        sequence=row.sequence, organization_id=row.organization_id, board_id=row.board_id, kind=row.kind,
        subject_kind=row.subject_kind, subject_id=row.subject_id,
        actor=ActivityActor(kind=row.actor_kind, id=row.actor_id, name=row.actor_name), summary=row.summary,
        before=row.before, after=row.after, recorded_at=row.recorded_at,
    )  # fmt: skip
