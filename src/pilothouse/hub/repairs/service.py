"""Read a file as far as it goes, and make a whole one of it."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.db import Database
from pilothouse.hub.events import HUB_STREAM, Events
from pilothouse.hub.jobs import Jobs
from pilothouse.hub.recordings.domain.problems import ContentDiffers
from pilothouse.hub.recordings.service import Content, Intake, Recordings
from pilothouse.hub.recordings.service.storage.landing import in_thread
from pilothouse.hub.recordings.service.storage.watched import CHUNK_LIMIT_BYTES
from pilothouse.hub.repairs.domain import NoRepair, NothingToRepairYet, RepairState, recovered_id
from pilothouse.hub.repairs.models import RepairRow
from pilothouse.hub.repairs.repository import RepairRows
from pilothouse.hub.repairs.schemas import Repair
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.errors import NotFound, Problem, Unavailable
from pilothouse.kit.logs import get_logger
from pilothouse.mcap import recover, verify
from pilothouse.wire import RecordingState

REPAIR_JOB = "recordings.repair"
_REPAIRABLE = (RecordingState.OK, RecordingState.DAMAGED)

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of reading a file to its end; ``made`` is what could be recovered."""

    state: RepairState
    message_count: int | None = None
    problem: str | None = None
    made: Path | None = None


class Repairs:
    """Every repair of this hub; ``directory`` is where files are worked on."""

    def __init__(
        self,
        database: Database,
        events: Events,
        jobs: Jobs,
        clock: Clock,
        *,
        recordings: Recordings,
        intake: Intake,
        directory: Path,
    ) -> None:
        self._database = database
        self._events = events
        self._jobs = jobs
        self._clock = clock
        self._recordings = recordings
        self._intake = intake
        self._directory = directory

    async def ask(self, session: AsyncSession, session_id: str, *, by: str) -> Repair:
        """Queue a repair; raises UnknownRecording, NothingToRepairYet."""
        recording = await self._recordings.get(session, session_id, only_robot=None)
        if recording.state not in _REPAIRABLE:
            raise NothingToRepairYet(state=recording.state)
        if await RepairRows(session).ask(session_id, by, at(self._clock.now_ns())):
            record(session, "recording.repair_asked", session_id)
            self._jobs.hint(session, REPAIR_JOB, session_id)
        return await self.get(session, session_id)

    async def get(self, session: AsyncSession, session_id: str) -> Repair:
        """How it went; raises UnknownRecording, NoRepair."""
        await self._recordings.get(session, session_id, only_robot=None)
        row = await RepairRows(session).get(session_id)
        if row is None:
            raise NoRepair
        return _as_repair(row)

    async def run(self, session_id: str) -> None:
        """Carry it out if it still waits; twice is once."""
        async with self._database.reading() as session:
            row = await RepairRows(session).get(session_id)
            if row is None or row.state != RepairState.QUEUED:
                return
            try:
                recording = await self._recordings.get(session, session_id, only_robot=None)
                content = await self._recordings.content_of(session, session_id, only_robot=None)
            except NotFound as problem:
                recording, content, missing = None, None, problem.sentence
        if recording is None or content is None:
            await self._finish(session_id, Outcome(RepairState.FAILED, problem=missing))
            return
        work = self._directory / f"{session_id}.repair"
        try:
            outcome = await in_thread(lambda: mended(content, work))
            if outcome.made is not None:
                await self._intake.take(outcome.made, recovered_id(session_id), robot_id=recording.robot_id)
        except ContentDiffers as problem:
            outcome = Outcome(RepairState.FAILED, problem=f"{recovered_id(session_id)}: {problem.sentence}")
        finally:
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
        await self._finish(session_id, outcome)

    async def _finish(self, session_id: str, outcome: Outcome) -> None:
        made = recovered_id(session_id) if outcome.made is not None else None
        facts = {"state": outcome.state, "recovered_id": made, "message_count": outcome.message_count}
        async with self._database.transaction() as session:
            values = {**facts, "problem": outcome.problem, "finished_at": at(self._clock.now_ns())}
            if await RepairRows(session).finish(session_id, **values):
                told = {"session_id": session_id, **facts, "problem": outcome.problem}
                self._events.append(session, HUB_STREAM, "recording.repaired", session_id, told)


def mended(content: Content, work: Path) -> Outcome:
    """Read a copy of the content to its end, and recover what is readable if something is wrong; for a thread.

    Whatever the file does to its reader becomes the outcome's problem. Raises Unavailable.
    """
    with suppress(FileNotFoundError):
        shutil.rmtree(work)
    work.mkdir(parents=True)
    original, made = work / "original.mcap", work / "recovered.mcap"
    try:
        with content.open() as readable, original.open("wb") as writable:
            shutil.copyfileobj(readable, writable, 1 << 20)
        check = verify(original, chunk_limit_bytes=CHUNK_LIMIT_BYTES)
        if check.ok:
            return Outcome(RepairState.WHOLE, check.message_count)
        captured = recover(original, made, metadata=_origin(content), chunk_limit_bytes=CHUNK_LIMIT_BYTES)
        return Outcome(RepairState.RECOVERED, captured.message_count, check.problems[0], made)
    except Unavailable:
        raise  # not the file's fault: the job comes back
    except Problem as problem:
        return Outcome(RepairState.FAILED, problem=problem.sentence[:2_000])
    except FileNotFoundError:
        return Outcome(RepairState.FAILED, problem="the file of this recording is no longer there")
    except OSError:
        raise
    except Exception as error:  # a file is input from outside: whatever it does to a reader, it is the file's fault
        log.exception("a recording broke its repair", file=content.name)
        return Outcome(RepairState.FAILED, problem=f"reading the file failed: {type(error).__name__}")


def _origin(content: Content) -> dict[str, dict[str, str]]:
    return {"recovered": {"from": content.session_id}}


def _as_repair(row: RepairRow) -> Repair:
    return Repair(
        session_id=row.session_id, state=row.state, asked_by=row.asked_by, asked_at=row.asked_at,
        finished_at=row.finished_at, recovered_id=row.recovered_id, message_count=row.message_count,
        problem=row.problem,
    )  # fmt: skip
