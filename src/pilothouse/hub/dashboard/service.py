"""Put the numbers together."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.figures import BoardFigures
from pilothouse.hub.boards.domain.states import TaskStatus
from pilothouse.hub.boards.service import Figures
from pilothouse.hub.dashboard.domain import Range
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
from pilothouse.hub.identity.service import AgentRegister
from pilothouse.hub.incidents.domain.statistics import Flow
from pilothouse.hub.incidents.service import Incidents
from pilothouse.kit.clock import Clock, at


class Dashboards:
    """How work goes on the boards that somebody sees."""

    def __init__(self, clock: Clock, boards: Figures, agents: AgentRegister, incidents: Incidents) -> None:
        self._clock = clock
        self._boards = boards
        self._agents = agents
        self._incidents = incidents

    async def show(self, session: AsyncSession, caller: Caller, rights: BoardRights, over: Range) -> Dashboard:
        """Over a range that ends now."""
        until = at(self._clock.now_ns())
        since = until - over.span
        found = await self._boards.between(session, rights, since, until)
        agents = await self._agents.by_liveness(session, rights)
        sees_fleet = caller.may_read and caller.robot_id is None
        return Dashboard(
            range=over.value, since=since, until=until, boards=found.boards, tasks=_tasks(found),
            throughput=[DoneOnDay(day=day, done=count) for day, count in found.throughput],
            approvals=_approvals(found), agents=_agents(agents),
            incidents=_flow(await self._incidents.flow(session, since, until)) if sees_fleet else None,
        )  # fmt: skip


def _tasks(found: BoardFigures) -> TaskFigures:
    by_status, work = dict(found.tasks_by_status), found.work
    in_progress = by_status[TaskStatus.IN_PROGRESS] + by_status[TaskStatus.REVIEW]
    return TaskFigures(
        by_status=by_status, work_in_progress=in_progress, overdue=work.overdue, created=work.created, done=work.done,
        cycle_time_s=work.cycle_time_s,
    )  # fmt: skip


def _approvals(found: BoardFigures) -> ApprovalFigures:
    return ApprovalFigures(
        waiting=found.waiting.approvals, oldest_waiting_since=found.waiting.since, decided=found.decided.approvals,
        decision_time_s=found.decided.took_s,
    )  # fmt: skip


def _agents(by_liveness: dict[Liveness, int]) -> AgentFigures:
    online = by_liveness.get(Liveness.ONLINE, 0)
    named = {liveness.value: count for liveness, count in by_liveness.items()}
    return AgentFigures(total=sum(named.values()), online=online, by_liveness=named)


def _flow(flow: Flow) -> IncidentFigures:
    return IncidentFigures(
        live=sum(flow.live_by_severity.values()), by_severity=dict(flow.live_by_severity), opened=flow.opened,
        resolved=flow.resolved, time_to_resolve_s=flow.time_to_resolve_s,
    )  # fmt: skip
