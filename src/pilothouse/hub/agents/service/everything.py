"""All services of agents."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.hub.activity import Activity
from pilothouse.hub.agents.service.agents import Agents
from pilothouse.hub.agents.service.boards import BoardPorts
from pilothouse.hub.agents.service.heartbeats import Heartbeats
from pilothouse.hub.agents.service.inbox import Inboxes
from pilothouse.hub.agents.service.manifest import Manifests
from pilothouse.hub.agents.service.rollcall import RollCall
from pilothouse.hub.agents.service.spending import Spendings
from pilothouse.hub.agents.service.waiting import Waiting
from pilothouse.hub.db import Database
from pilothouse.hub.identity import Access, Tokens
from pilothouse.hub.identity.service.agents import AgentRegister
from pilothouse.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class AgentServices:
    """What routes and jobs take."""

    agents: Agents
    roll: RollCall
    heartbeats: Heartbeats
    spendings: Spendings
    inboxes: Inboxes
    waiting: Waiting
    manifests: Manifests


def build_services(
    database: Database, activity: Activity, tokens: Tokens, access: Access, clock: Clock, boards: BoardPorts
) -> AgentServices:
    """Build them all, start nothing."""
    register = AgentRegister()
    roll = RollCall(database, activity, register, clock, renew=boards.renew, lose=boards.lose)
    inboxes = Inboxes(activity, register, clock, boards.tasks_of)
    waiting = Waiting(database, activity, inboxes, clock, boards.count_work)
    agents = Agents(
        register, tokens, access, activity, roll, inboxes, clock, hold=boards.hold, let_go=boards.let_go
    )  # fmt: skip
    return AgentServices(
        agents,
        roll,
        Heartbeats(roll, waiting),
        Spendings(register, activity, roll, clock),
        inboxes,
        waiting,
        Manifests(),
    )
