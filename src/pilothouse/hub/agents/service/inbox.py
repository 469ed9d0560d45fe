"""What changed for an agent: read in order, again and again, until it says that it has read it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import Activity
from pilothouse.hub.activity.schemas import ActivityEntry
from pilothouse.hub.agents import schemas
from pilothouse.hub.agents.domain.inbox import Change, Reader, why
from pilothouse.hub.agents.domain.problems import UnknownAgent
from pilothouse.hub.agents.repository import InboxRows
from pilothouse.hub.identity import Caller
from pilothouse.hub.identity.domain.agents import AgentRecord
from pilothouse.hub.identity.service.agents import AgentRegister
from pilothouse.kit.clock import Clock, at

# Changes of a board that one request looks through; an agent that was away for long asks again.
LOOKED_THROUGH = 2_000
PAGE = 200

TasksOf = Callable[[AsyncSession, str, str], Awaitable[Collection[str]]]
"""The tasks of a board that an agent has and that are not done."""


class Inboxes:
    """What of their boards' changes concerns agents. Nothing is kept for it but how far each has read."""

    def __init__(self, activity: Activity, register: AgentRegister, clock: Clock, tasks_of: TasksOf) -> None:
        self._activity = activity
        self._register = register
        self._clock = clock
        self._tasks_of = tasks_of

    async def open(self, session: AsyncSession, record: AgentRecord) -> None:
        """What was on its board before an agent came does not concern it."""
        last = await self._activity.last(record.organization_id)
        await InboxRows(session).acknowledge(record.id, record.board_id, last, None)

    async def read(self, session: AsyncSession, caller: Caller, limit: int, cursor: int | None) -> schemas.Inbox:
        """What comes after a cursor, or after what was acknowledged."""
        record = await self._record(session, caller)
        start = await self.read_to(session, record) if cursor is None else cursor
        return await self._page(session, record, start, limit)

    async def acknowledge(self, session: AsyncSession, caller: Caller, cursor: int) -> schemas.Inbox:
        """Everything up to the cursor has been read. What has not happened yet cannot be acknowledged."""
        record = await self._record(session, caller)
        last = await self._activity.last(record.organization_id)
        now = at(self._clock.now_ns())
        await InboxRows(session).acknowledge(record.id, record.board_id, min(cursor, last), now)
        return await self._page(session, record, await self.read_to(session, record), PAGE)

    async def read_to(self, session: AsyncSession, record: AgentRecord) -> int:
        """How far an agent has read."""
        return await InboxRows(session).read_to(record.id, record.board_id) or 0

    async def _page(self, session: AsyncSession, record: AgentRecord, start: int, limit: int) -> schemas.Inbox:
        items: list[schemas.InboxEntry] = []
        reached, is_at_end = start, False
        reader = Reader(record.id, record.name, await self._tasks_of(session, record.board_id, record.id))
        for _ in range(LOOKED_THROUGH // PAGE):
            entries = await self._activity.after(session, record.board_id, reached, PAGE)
            for entry in entries:
                reached = entry.sequence
                if (found := concerns(entry, reader)) is not None:
                    items.append(found)
                if len(items) == limit:
                    return schemas.Inbox(items=items, cursor=start, next_cursor=reached, more=True)
            if len(entries) < PAGE:
                is_at_end = True
                break
        return schemas.Inbox(items=items, cursor=start, next_cursor=reached, more=not is_at_end)

    async def _record(self, session: AsyncSession, caller: Caller) -> AgentRecord:
        assert caller.agent_id is not None
        record = await self._register.one(session, caller.agent_id)
        if record is None:
            raise UnknownAgent(agent_id=caller.agent_id)
        return record


def change_of(entry: ActivityEntry) -> Change:
    return Change(
        kind=entry.kind, subject_kind=entry.subject_kind, subject_id=entry.subject_id, actor_id=entry.actor.id,
        before=entry.before or {}, after=entry.after or {},
    )  # fmt: skip


def concerns(entry: ActivityEntry, reader: Reader) -> schemas.InboxEntry | None:
    """A change as an agent finds it in its inbox; None when it is none of its business."""
    change = change_of(entry)
    reason = why(change, reader)
    if reason is None:
        return None
    return schemas.InboxEntry(
        sequence=entry.sequence,
        reason=reason,
        kind=entry.kind,
        subject_kind=entry.subject_kind,
        subject_id=entry.subject_id,
        task_id=change.task_id,
        actor=entry.actor.name,
        summary=entry.summary,
        recorded_at=entry.recorded_at,
    )
