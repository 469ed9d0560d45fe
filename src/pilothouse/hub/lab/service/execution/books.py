"""What a worker writes down: each step of a session in one transaction, and only as long as it holds the session."""

from __future__ import annotations

import socket
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.db import Database
from pilothouse.hub.lab.domain.states import MOST_ATTEMPTS, Turn, outcome
from pilothouse.hub.lab.models import CommandRow, RepositoryRow, SessionRow
from pilothouse.hub.lab.repository import CommandRows, QueueRows, RepositoryRows, SessionRows
from pilothouse.hub.lab.service.endings import Endings
from pilothouse.hub.lab.service.execution.lives import Suspects
from pilothouse.hub.lab.service.patience import patient
from pilothouse.hub.lab.service.signals import QUEUE, Signals
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.clock import Clock, at
from pilothouse.sandbox.model import Ending
from pilothouse.wire.lab import LabCommandState, LabSessionState, LabTermination

WORKER_DIED = "the worker that ran it died or could not be reached any more"
WORKER_STOPPED = "the worker that ran it was stopped"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A session whose turn this worker has, and what it needs to be made."""

    session: SessionRow
    repository: RepositoryRow


class Books:
    """Every transaction of a worker."""

    def __init__(
        self, database: Database, settings: HubSettings, endings: Endings, signals: Signals, clock: Clock
    ) -> None:
        self._database = database
        self._settings = settings
        self._endings = endings
        self._signals = signals
        self._clock = clock
        self._suspects = Suspects(socket.gethostname(), settings.lab_lease_s)

    async def register(self, worker_id: str, **values: Any) -> None:
        """A worker is there from now on, as long as it beats."""
        now = self._now()
        async with self._database.transaction() as session:
            await QueueRows(session).register(id=worker_id, started_at=now, lease_until=self._lease(now), **values)

    async def beat(self, worker_id: str, running: int) -> bool:
        async with self._database.transaction() as session:
            return await QueueRows(session).beat(worker_id, self._lease(self._now()), running)

    async def sweep(self) -> int:
        """Take from dead workers what they held; how many were dead."""
        async with self._database.reading() as session:
            workers = await QueueRows(session).workers()
        dead = self._suspects.dead(workers, self._now(), self._clock.monotonic_ns())
        leases = {one.id: one.lease_until for one in workers}
        for worker_id in dead:
            await self.bury(worker_id, WORKER_DIED, only_if_silent_since=leases[worker_id])
        return len(dead)

    async def bury(self, worker_id: str, reason: str, *, only_if_silent_since: datetime | None = None) -> None:
        """A worker is gone; what it held is lost, or waits for another one."""
        async with self._database.transaction() as session:
            rows = QueueRows(session)
            if not await rows.bury(worker_id, only_if_silent_since):
                return
            record(session, "lab.worker.gone", worker_id, after={"reason": reason})
            for row in await rows.held(worker_id):
                await self._endings.lose(session, row, reason, self._now(), MOST_ATTEMPTS)

    async def claim(
        self, worker_id: str, worker: str, level: str, *, but: Collection[str] | None = None
    ) -> Claimed | None:
        """The turn of the session that waits first, if there is one. With ``but``, the sessions this worker is at,
        first one that it took without getting to know of it."""
        async with self._database.transaction() as session:
            rows = QueueRows(session)
            row = None if but is None else await rows.taken(worker_id, but)
            row = row or await rows.claim(worker_id, worker)
            if row is None:
                return None
            row.sandbox_level = level
            if row.state is LabSessionState.PENDING:
                row.state = LabSessionState.PREPARING
                self._endings.tell(session, row, "lab.session.preparing", {"worker": worker})
            repository = await RepositoryRows(session).by_id(row.repository_id)
            assert repository is not None
            return Claimed(row, repository)

    @patient
    async def next_command(
        self, session_id: str, worker_id: str, prepared: dict[str, Any] | None
    ) -> tuple[SessionRow, CommandRow | None] | None:
        """The command that is to run now; without one the turn is over. None when the session is not, or no longer,
        this worker's to run. ``prepared`` is what was found out while it was made ready."""
        async with self._database.transaction() as session:
            row = await self._held(session, session_id, worker_id)
            if row is None:
                return None
            now = self._now()
            if prepared is not None:
                row.state, row.started_at = LabSessionState.ACTIVE, row.started_at or now
                row.commit_sha, row.timings = prepared["commit_sha"], prepared["timings"]
                self._endings.tell(session, row, "lab.session.active", {"commit_sha": row.commit_sha})
            commands = CommandRows(session)
            # One that runs and that nobody carries out was taken by a commit whose answer did not arrive.
            if (begun := await commands.running(session_id)) is not None:
                return row, begun
            command = await commands.next_queued(session_id)
            if command is None:
                await self._end_turn(session, row)
                return row, None
            command.state, command.started_at = LabCommandState.RUNNING, now
            command.attempts += 1
            command.output_base = row.output_end
            self._endings.tell_command(session, row, "lab.command.started", command.id, {"sequence": command.sequence})
            return row, command

    @patient
    async def finish(
        self, session_id: str, worker_id: str, command_id: str, ending: Ending, reason: str | None
    ) -> bool:
        """Write down how a command ended; False when it was not this worker's any more."""
        async with self._database.transaction() as session:
            row = await SessionRows(session).get(session_id, lock=True)
            command = await CommandRows(session).get(session_id, command_id, lock=True)
            if row is None or command is None or row.worker_id != worker_id:
                return False
            if command.state is not LabCommandState.RUNNING:
                return False
            _write_ending(command, ending, reason or ending.detail or None, self._now())
            row.output_end = (command.output_base or 0) + command.output_end
            facts = {"termination_reason": command.termination_reason, "exit_code": command.exit_code}
            self._endings.tell_command(session, row, f"lab.command.{command.state}", command.id, facts)
            return True

    @patient
    async def put_back(self, session_id: str, worker_id: str, command_id: str) -> None:
        """A command that may run again did not come to its end, through no fault of its own."""
        async with self._database.transaction() as session:
            row = await SessionRows(session).get(session_id, lock=True)
            command = await CommandRows(session).get(session_id, command_id, lock=True)
            if row is not None and command is not None and row.worker_id == worker_id:
                command.state, command.started_at = LabCommandState.QUEUED, None

    @patient
    async def fail(
        self, session_id: str, worker_id: str, reason: str, code: str,
        termination: LabTermination = LabTermination.SETUP_FAILED,
    ) -> None:  # fmt: skip
        """The session could not be made, or not be gone on with."""
        async with self._database.transaction() as session:
            row = await self._held(session, session_id, worker_id)
            if row is None:
                return
            row.worker_id, row.turn = None, Turn.NONE
            await self._endings.end(
                session, row, LabSessionState.FAILED, reason=reason[:10_000], code=code, termination=termination
            )

    @patient
    async def give_back(self, session_id: str, worker_id: str) -> None:
        """The checkout is gone; a session that is not over can be made again, here or elsewhere."""
        async with self._database.transaction() as session:
            row = await SessionRows(session).get(session_id, lock=True)
            if row is None or row.worker_id != worker_id:
                return
            await self._endings.lose(session, row, WORKER_STOPPED, self._now(), MOST_ATTEMPTS)

    async def _held(self, session: AsyncSession, session_id: str, worker_id: str) -> SessionRow | None:
        row = await SessionRows(session).get(session_id, lock=True)
        if row is None or row.worker_id != worker_id or row.state.is_over:
            return None
        return row

    async def _end_turn(self, session: AsyncSession, row: SessionRow) -> None:
        row.turn, row.waiting_since = Turn.NONE, None
        # Others of its repository may have waited for this place.
        self._signals.after(session, QUEUE)
        outcomes = await CommandRows(session).outcomes(row.id)
        if row.end_when_done and outcomes:
            well = all(one is LabCommandState.SUCCEEDED for one in outcomes)
            state = LabSessionState.COMPLETED if well else LabSessionState.FAILED
            reason = None if well else "a command did not end with 0"
            row.worker_id, held = None, row.worker_id
            await self._endings.end(session, row, state, reason=reason, code=None if well else "command_failed")
            row.worker_id = held

    def _lease(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self._settings.lab_lease_s)

    def _now(self) -> datetime:
        return at(self._clock.now_ns())


def _write_ending(command: CommandRow, ending: Ending, reason: str | None, now: datetime) -> None:
    command.termination_reason = LabTermination(ending.termination_reason)
    command.state = outcome(command.termination_reason, ending.exit_code)
    command.exit_code, command.signal, command.reason = ending.exit_code, ending.signal, reason
    command.wall_s, command.cpu_s, command.peak_memory_bytes = ending.wall_s, ending.cpu_s, ending.peak_memory_bytes
    command.ended_at = now
