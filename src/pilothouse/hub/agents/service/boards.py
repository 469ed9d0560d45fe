"""What agents need of boards, asked of the slice that has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.agents.service.agents import HeldBoard, Hold, LetGo
from pilothouse.hub.agents.service.inbox import TasksOf
from pilothouse.hub.agents.service.rollcall import Lose, Renew
from pilothouse.hub.agents.service.waiting import CountWork, Workload
from pilothouse.hub.identity.domain.agents import AgentRecord


@dataclass(frozen=True, slots=True)
class BoardPorts:
    """What the slice of boards does for agents."""

    hold: Hold
    let_go: LetGo
    renew: Renew
    lose: Lose
    count_work: CountWork
    tasks_of: TasksOf


async def _hold(_session: AsyncSession, _board_id: str) -> HeldBoard | None:
    return None


async def _let_go(_session: AsyncSession, _record: AgentRecord) -> None: ...


async def _of_all(_session: AsyncSession, _agent_ids: Sequence[str]) -> None: ...


async def _count_work(_session: AsyncSession, _board_id: str) -> Workload:
    return Workload()


async def _tasks_of(_session: AsyncSession, _board_id: str, _agent_id: str) -> list[str]:
    return []


def without_boards() -> BoardPorts:
    """Where there are no boards, nobody works on one."""
    return BoardPorts(_hold, _let_go, _of_all, _of_all, _count_work, _tasks_of)
