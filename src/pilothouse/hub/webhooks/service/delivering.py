"""What was accepted becomes memory and tasks: once, in the transaction that says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.activity import Activity, Doer
from pilothouse.hub.boards.schemas.tasks import NewTask
from pilothouse.hub.boards.service import BoardServices
from pilothouse.hub.db import Database
from pilothouse.hub.jobs import JobContext
from pilothouse.hub.memory import Memory, Place
from pilothouse.hub.memory.schemas import NewMemory
from pilothouse.hub.memory.service import fence
from pilothouse.hub.outgoing.domain.delivering import on_one_line
from pilothouse.hub.webhooks.domain.states import MOST_TRIES, SHOWN_CHARACTERS, PayloadState
from pilothouse.hub.webhooks.models import PayloadRow, WebhookRow
from pilothouse.hub.webhooks.repository import PayloadRows
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.errors import Unavailable
from pilothouse.kit.logs import get_logger

JOB = "webhook"
# Looked through at a time; the rest is found when these are done.
MOST_PENDING = 500

log = get_logger(__name__)

# Enough for `pull_request`, `invoice.paid` and ids; too little to tell an agent anything.
_NAME = re.compile(r"[A-Za-z0-9._:/-]{1,64}")


class Delivering:
    """Carries out what payloads are there for."""

    def __init__(
        self, database: Database, activity: Activity, memory: Memory, boards: BoardServices, clock: Clock, *,
        log_days: int,
    ) -> None:  # fmt: skip
        self._database = database
        self._activity = activity
        self._memory = memory
        self._boards = boards
        self._clock = clock
        self._log_days = log_days

    async def pending(self, session: AsyncSession) -> Sequence[str]:
        """Payloads that wait."""
        return await PayloadRows(session).waiting(MOST_PENDING)

    async def run(self, _context: JobContext, payload_id: str) -> None:
        """One attempt; raises what went wrong unless that was the last one."""
        try:
            async with self._database.transaction() as session:
                row = await PayloadRows(session).get(payload_id, lock=True)
                if row is not None and row.state is PayloadState.WAITING:
                    await self._deliver(session, row)
        except Unavailable:
            raise
        except Exception as error:
            if not await self._failed(payload_id, error):
                raise

    async def forget(self) -> None:
        """Delete payloads that ended long ago."""
        before = self._now() - timedelta(days=self._log_days)
        async with self._database.transaction() as session:
            await PayloadRows(session).forget(before)

    async def _deliver(self, session: AsyncSession, row: PayloadRow) -> None:
        webhook = await PayloadRows(session).webhook_of(row)
        doer = Doer("webhook", webhook.id, webhook.name)
        told = _told(webhook, row)
        if webhook.action.remembers:
            place = Place(webhook.organization_id, board_id=webhook.board_id)
            new = NewMemory(content=told, tags=webhook.tags, source=f"webhook:{webhook.id}", untrusted=True)
            row.memory_id = (await self._memory.create(session, doer, place, new)).id
        if webhook.action.makes_task:
            on = await self._boards.boards.open_as_hub(session, webhook.board_id)
            assert on is not None, "a webhook goes with its board"
            title = on_one_line(f"{webhook.name}: {_event(row)}")
            new_task = NewTask(title=title, description=fence(told, f"webhook:{webhook.id}"))
            row.task_id = (await self._boards.tasks.create(session, on, new_task)).id
        row.state, row.finished_at, row.problem = PayloadState.DELIVERED, self._now(), None
        row.attempts += 1
        row.tries += 1
        after = {"payload_id": row.id, "memory_id": row.memory_id, "task_id": row.task_id}
        self._note(session, webhook, "webhook.delivered", after)

    async def _failed(self, payload_id: str, error: Exception) -> bool:
        """Whether it is given up."""
        async with self._database.transaction() as session:
            row = await PayloadRows(session).get(payload_id, lock=True)
            if row is None or row.state is not PayloadState.WAITING:
                return True
            row.attempts += 1
            row.tries += 1
            # What an exception says may quote what was sent; its kind says enough.
            row.problem = f"{type(error).__name__}: {error}".replace("\x00", "")[:1_000]
            if row.tries < MOST_TRIES:
                return False
            row.state, row.finished_at = PayloadState.DEAD, self._now()
            webhook = await PayloadRows(session).webhook_of(row)
            self._note(session, webhook, "webhook.dead", {"payload_id": row.id, "problem": type(error).__name__})
        log.warning("a webhook's payload was given up", payload_id=payload_id)
        return True

    def _note(self, session: AsyncSession, webhook: WebhookRow, kind: str, after: dict[str, str | None]) -> None:
        self._activity.note(
            session, None, organization_id=webhook.organization_id, board_id=webhook.board_id, kind=kind,
            subject=("webhook", webhook.id), before=None, after=after,
        )  # fmt: skip

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def text_of(row: PayloadRow) -> str:
    """A body as text that can be kept and shown."""
    return row.body.decode("utf-8", "replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _event(row: PayloadRow) -> str:
    """What the sender calls it, if it says so in a header: a name, for a title is read without a fence."""
    said = [text for name, text in row.headers.items() if name.endswith("-event")]
    return next((text for text in (*said, row.delivery_id or "") if _NAME.fullmatch(text)), row.id)


def _told(webhook: WebhookRow, row: PayloadRow) -> str:
    text = text_of(row)
    more = f"\n… {len(text)} characters in all, in payload {row.id} of webhook {webhook.id}"
    shown = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + more
    return shown.strip() or "(an empty body)"
