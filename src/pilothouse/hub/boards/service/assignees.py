"""Who can be given a task of a board."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.boards.domain.problems import UnknownAssignee
from pilothouse.hub.boards.domain.states import Actor, ActorKind
from pilothouse.hub.boards.models import BoardRow
from pilothouse.hub.identity import HOME, LOCAL_USER, Access, AgentRole, Caller, CallerKind
from pilothouse.hub.identity.service import AgentRegister


class Assignees:
    """Agents of the board, and people who may change it."""

    def __init__(self, agents: AgentRegister, access: Access) -> None:
        self._agents = agents
        self._access = access

    async def find(self, session: AsyncSession, board: BoardRow, assigned_id: str) -> Actor:
        """By id; raises UnknownAssignee."""
        agent = await self._agents.one(session, assigned_id)
        if agent is not None and agent.board_id == board.id:
            kind = ActorKind.LEAD if agent.role is AgentRole.LEAD else ActorKind.WORKER
            return Actor(kind, agent.id, agent.name)
        person = Caller(CallerKind.OPERATOR, user_id=assigned_id, organization_id=board.organization_id)
        if not (await self._access.boards(session, person)).writes(board.id):
            raise UnknownAssignee
        name = await self._access.user_name(session, assigned_id)
        if name is None and not (assigned_id == LOCAL_USER and board.organization_id == HOME):
            raise UnknownAssignee
        return Actor(ActorKind.PERSON, assigned_id, name or assigned_id)
