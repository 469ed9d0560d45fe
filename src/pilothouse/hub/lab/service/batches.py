"""The same session many times, and how each came out."""

from __future__ import annotations

from itertools import product

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.audit import record
from pilothouse.hub.identity import Caller
from pilothouse.hub.lab.domain.problems import UnknownBatch
from pilothouse.hub.lab.models import BatchRow, CommandRow, SessionRow
from pilothouse.hub.lab.repository import BatchRows
from pilothouse.hub.lab.service.repositories import LabRepositories
from pilothouse.hub.lab.service.sessions import Sessions
from pilothouse.kit.clock import Clock, at
from pilothouse.kit.ids import new_id
from pilothouse.wire.lab import LabBatch, LabBatchCell, LabBatchList, LabSummary, NewLabBatch, NewLabSession


class Batches:
    """Every batch of debug sessions."""

    def __init__(self, sessions: Sessions, repositories: LabRepositories, clock: Clock) -> None:
        self._sessions = sessions
        self._repositories = repositories
        self._clock = clock

    async def create(self, session: AsyncSession, caller: Caller, new: NewLabBatch) -> LabBatch:
        """One session for each recording and each commit; all of them or none."""
        await self._repositories.row(session, new.session.repository)
        commits: list[str | None] = [*new.commits] or [None]
        recordings: list[str | None] = [*new.recordings] or [None]
        variations = list(product(commits, recordings))
        batch = await BatchRows(session).add(
            id=new_id("bat"), name=new.name, repository=new.session.repository, total=len(variations),
            created_at=at(self._clock.now_ns()), created_by=caller.title,
        )  # fmt: skip
        for place, (commit, recording) in enumerate(variations):
            asked = _varied(new.session, commit, recording)
            await self._sessions.create(session, caller, asked, batch=(batch.id, place))
        facts = {"repository": batch.repository, "total": batch.total}
        record(session, "lab.batch.created", batch.id, after=facts)
        return await self._shown(session, batch)

    async def page(self, session: AsyncSession, caller: Caller, limit: int, offset: int) -> LabBatchList:
        """Newest first, without their matrices."""
        rows = BatchRows(session)
        if caller.session_id is not None:
            return LabBatchList(items=[], total=0, limit=limit, offset=offset)
        found, total = await rows.page(caller.repository, limit, offset)
        tallies = await rows.tallies([one.id for one in found])
        items = [_batch(one, *tallies.get(one.id, (0, 0))) for one in found]
        return LabBatchList(items=items, total=total, limit=limit, offset=offset)

    async def get(self, session: AsyncSession, caller: Caller, batch_id: str) -> LabBatch:
        row = await BatchRows(session).get(batch_id)
        if row is None or caller.repository not in (None, row.repository) or caller.session_id is not None:
            raise UnknownBatch
        return await self._shown(session, row)

    async def _shown(self, session: AsyncSession, row: BatchRow) -> LabBatch:
        await session.flush()
        rows = BatchRows(session)
        tally = (await rows.tallies([row.id])).get(row.id, (0, 0))
        sessions, commands = await rows.cells(row.id)
        matrix = [_cell(one, commands[one.id]) for one in sessions]
        return _batch(row, *tally).model_copy(update={"matrix": matrix})


def _varied(session: NewLabSession, commit: str | None, recording: str | None) -> NewLabSession:
    update: dict[str, object] = {"end_when_done": True}
    if commit is not None:
        update |= {"commit_sha": commit, "ref": None}
    if recording is not None:
        update["recordings"] = [recording, *(one for one in session.recordings if one != recording)]
    return session.model_copy(update=update)


def _batch(row: BatchRow, completed: int, succeeded: int) -> LabBatch:
    return LabBatch(
        id=row.id, name=row.name, repository=row.repository, total=row.total, completed=completed,
        succeeded=succeeded, created_by=row.created_by, created_at=row.created_at,
    )  # fmt: skip


def _cell(row: SessionRow, commands: list[CommandRow]) -> LabBatchCell:
    return LabBatchCell(
        session_id=row.id, commit_sha=row.commit_sha, recording=next(iter(row.recordings), None), state=row.state,
        reason=row.reason, exit_codes=[one.exit_code for one in commands],
        termination_reasons=[one.termination_reason for one in commands],
        summary=LabSummary.model_validate(row.summary),
    )  # fmt: skip
