"""How sessions end, whoever ends them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.events import Events
from pilothouse.hub.events.domain import HUB_STREAM
from pilothouse.hub.lab.domain.states import ControlKind, Turn, outcome
from pilothouse.hub.lab.models import SessionRow
from pilothouse.hub.lab.repository import CommandRows, ControlRows
from pilothouse.hub.lab.service.signals import QUEUE, Signals, of_session, of_worker
from pilothouse.kit.clock import Clock, at
from pilothouse.wire.lab import LabCommandState, LabSessionState, LabTermination

RevokeToken = Callable[[AsyncSession, str], Awaitable[None]]
"""Ends the token of a session."""


class Endings:
    """Ends sessions in the transaction of whoever has a reason to."""

    def __init__(self, events: Events, signals: Signals, clock: Clock, revoke: RevokeToken) -> None:
        self._events = events
        self._signals = signals
        self._clock = clock
        self._revoke = revoke

    async def end(
        self,
        session: AsyncSession,
        row: SessionRow,
        state: LabSessionState,
        *,
        reason: str | None = None,
        code: str | None = None,
        termination: LabTermination = LabTermination.CANCELLED,
    ) -> None:
        """End a session that its caller has locked: what waits in it ends with it, and the worker that holds it is
        asked to end what runs and to give the checkout back."""
        now = at(self._clock.now_ns())
        before = row.state
        row.state, row.reason, row.reason_code, row.ended_at = state, reason, code, now
        row.expires_at = min(row.expires_at, now)
        await self._revoke(session, row.id)
        await CommandRows(session).end_queued(
            row.id, state=outcome(termination, None), termination_reason=termination, ended_at=now,
            reason=reason or f"the session was {state}",
        )  # fmt: skip
        if row.worker_id is not None:
            await self.ask(session, row, ControlKind.END, {})
        else:
            row.turn = Turn.NONE
        facts = {"state": state, "reason": reason, "reason_code": code}
        record(session, f"lab.session.{state}", row.id, before={"state": before}, after=facts)
        self.tell(session, row, f"lab.session.{state}", facts)

    async def ask(
        self, session: AsyncSession, row: SessionRow, kind: ControlKind, request: dict[str, Any],
        command_id: str | None = None,
    ) -> int:  # fmt: skip
        """Ask something of the worker that holds a session; the id of the question."""
        assert row.worker_id is not None
        control = await ControlRows(session).add(
            session_id=row.id, command_id=command_id, worker_id=row.worker_id, kind=kind, request=request,
            created_at=at(self._clock.now_ns()),
        )  # fmt: skip
        self._signals.after(session, of_worker(row.worker_id))
        return control.id

    async def lose(self, session: AsyncSession, row: SessionRow, reason: str, now: datetime, most: int) -> None:
        """The worker that held a session is gone, and the checkout with it. What ran is lost, unless it may run again:
        then the session waits for another worker, and a new checkout."""
        row.worker_id = None
        row.turn = Turn.NONE
        if row.state.is_over:
            await self._end_running(session, row, reason, now)
            return
        commands = CommandRows(session)
        unfinished = await commands.unfinished(row.id)
        running = [one for one in unfinished if one.state is LabCommandState.RUNNING]
        if any(not one.idempotent or one.attempts >= most or one.cancel_asked for one in running):
            await self._end_running(session, row, reason, now)
            await self.end(
                session, row, LabSessionState.FAILED, reason=reason, code="worker_lost", termination=LabTermination.LOST
            )
            return
        for command in running:
            command.state, command.started_at = LabCommandState.QUEUED, None
        row.state = LabSessionState.PENDING
        if unfinished or row.started_at is None:
            row.turn, row.waiting_since = Turn.WAITING, row.waiting_since or now
            self._signals.after(session, QUEUE)
        self.tell(session, row, "lab.session.requeued", {"reason": reason})

    async def _end_running(self, session: AsyncSession, row: SessionRow, reason: str, now: datetime) -> None:
        for command in await CommandRows(session).unfinished(row.id):
            if command.state is LabCommandState.RUNNING:
                command.state, command.termination_reason = LabCommandState.LOST, LabTermination.LOST
                command.reason, command.ended_at = reason, now
                self.tell_command(session, row, "lab.command.lost", command.id, {"reason": reason})

    def tell(self, session: AsyncSession, row: SessionRow, kind: str, facts: dict[str, Any]) -> None:
        """Tell everybody who follows the hub, and whoever watches this session."""
        about = {"repository": row.repository, "incident_id": row.incident_id, "batch_id": row.batch_id}
        self._events.append(session, HUB_STREAM, kind, row.id, {**about, **facts})
        self._signals.after(session, of_session(row.id))

    def tell_command(
        self, session: AsyncSession, row: SessionRow, kind: str, command_id: str, facts: dict[str, Any]
    ) -> None:
        about = {"session_id": row.id, "repository": row.repository, "incident_id": row.incident_id}
        self._events.append(session, HUB_STREAM, kind, command_id, {**about, **facts})
        self._signals.after(session, of_session(row.id))
