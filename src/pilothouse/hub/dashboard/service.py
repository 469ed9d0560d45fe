"""Put the numbers together."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.states import TaskStatus
from pilothouse.hub.dashboard.domain import Range
from pilothouse.hub.dashboard.repository import Figures, Window
from pilothouse.hub.dashboard.schemas import (
    AgentFigures,
    ApprovalFigures,
    Dashboard,
    DoneOnDay,
    IncidentFigures,
    TaskFigures,
)
from pilothouse.hub.identity import BoardRights, Caller
from pilothouse.hub.identity.domain.agents import Liveness
from pilothouse.kit.clock import Clock, at


class Dashboards:
    """How work goes on the boards that somebody sees."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def show(self, session: AsyncSession, caller: Caller, rights: BoardRights, over: Range) -> Dashboard:
        """Over a range that ends now."""
        now = at(self._clock.now_ns())
        window = Window(now - over.span, now)
        figures = Figures(session, rights, window)
        return Dashboard(
            range=over.value, since=window.since, until=window.until, boards=await figures.boards(),
            tasks=await _tasks(figures),
            throughput=[DoneOnDay(day=day, done=count) for day, count in await figures.throughput()],
            approvals=await _approvals(figures), agents=await _agents(figures),
            incidents=await _incidents(figures) if caller.may_read and caller.robot_id is None else None,
        )  # fmt: skip


async def _tasks(figures: Figures) -> TaskFigures:
    by_status = dict(await figures.tasks())
    overdue, created, done, took = await figures.work()
    in_progress = by_status[TaskStatus.IN_PROGRESS] + by_status[TaskStatus.REVIEW]
    return TaskFigures(
        by_status=by_status, work_in_progress=in_progress, overdue=overdue, created=created, done=done,
        cycle_time_s=took,
    )  # fmt: skip


async def _approvals(figures: Figures) -> ApprovalFigures:
    waiting, oldest = await figures.approvals()
    decided, took = await figures.decisions()
    return ApprovalFigures(waiting=waiting, oldest_waiting_since=oldest, decided=decided, decision_time_s=took)


async def _agents(figures: Figures) -> AgentFigures:
    by_liveness = dict(await figures.agents())
    online = by_liveness.get(Liveness.ONLINE, 0)
    return AgentFigures(total=sum(by_liveness.values()), online=online, by_liveness=by_liveness)


async def _incidents(figures: Figures) -> IncidentFigures:
    by_severity, opened, resolved, took = await figures.incidents()
    return IncidentFigures(
        live=sum(by_severity.values()), by_severity=dict(by_severity), opened=opened, resolved=resolved,
        time_to_resolve_s=took,
    )  # fmt: skip
