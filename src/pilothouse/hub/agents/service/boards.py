"""What agents need of boards, asked of the slice that has them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.agents.service.agents import Hold, LetGo
from pilothouse.hub.agents.service.inbox import TasksOf
from pilothouse.hub.agents.service.rollcall import Lose, Renew
from pilothouse.hub.agents.service.waiting import CountWork
from pilothouse.hub.boards.service import BoardServices
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


def with_boards(boards: BoardServices) -> BoardPorts:
    leases = boards.leases

    async def let_go(session: AsyncSession, record: AgentRecord) -> None:
        await leases.let_go(session, record.id)

    return BoardPorts(boards.boards.hold, let_go, leases.renew, leases.lose, leases.count_work, leases.tasks_of)
