"""Agents, for the people they work with."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from pilothouse.hub.activity.routes import EVENT_STREAM
from pilothouse.hub.agents.auth import Member, Person
from pilothouse.hub.agents.routes.making import make_once
from pilothouse.hub.agents.routes.services import AgentPath, Services
from pilothouse.hub.agents.routes.streaming import agent_stream
from pilothouse.hub.agents.schemas import (
    Agent,
    AgentChange,
    AgentList,
    MadeAgent,
    MadeAgentToken,
    NewAgent,
    TokenWanted,
    Usage,
)
from pilothouse.hub.identity import AgentRole
from pilothouse.hub.identity.auth import OnceKey, Reading, ThisHub, Writing
from pilothouse.hub.identity.domain.agents import AgentsSought, Liveness
from pilothouse.web import Paging
from pilothouse.web.streams import EventStream, Since

router = APIRouter(prefix="/api/v1/agents", tags=["agents"])


async def _sought(
    caller: Member,
    board_id: Annotated[str | None, Query(max_length=40)] = None,
    role: AgentRole | None = None,
    liveness: Annotated[Liveness | None, Query(description="`new`, `online`, `stale` or `offline`")] = None,
    text: Annotated[str | None, Query(max_length=200, description="In the name")] = None,
) -> AgentsSought:
    return AgentsSought(caller.organization_id or "", board_id=board_id, role=role, liveness=liveness, text=text)


@router.post("", status_code=201, summary="Register an agent")
async def create_agent(
    caller: Person, services: Services, session: Writing, hub: ThisHub, once: OnceKey, new: NewAgent
) -> MadeAgent:
    """Of any runtime: whatever can send a request can be an agent. The answer is the only one that holds its token;
    who missed it asks for another one. Names are unique on a board, so that sending this again makes no second."""
    return await make_once(session, hub, once, lambda: services.agents.create(session, caller, new))


@router.get("", summary="List agents, the latest first")
async def list_agents(
    caller: Member,
    services: Services,
    session: Reading,
    page: Paging,
    sought: Annotated[AgentsSought, Depends(_sought)],
) -> AgentList:
    """Those of the boards that you may see, whether they live, and what they have used up today."""
    return await services.agents.page(session, caller, sought, page.limit, page.offset)


@router.get("/stream", summary="Follow agents, live", response_class=StreamingResponse, responses=EVENT_STREAM)
async def stream_agents(
    request: Request,
    caller: Member,
    hub: ThisHub,
    since: Since,
    board_id: Annotated[str | None, Query(max_length=40)] = None,
) -> EventStream:
    """Who comes, goes, falls silent and is changed, on the boards that you may see, as server-sent events.
    `Last-Event-ID` or `since` resumes without loss or repeats; without them the stream begins now."""
    return await agent_stream(request, hub, caller, board_id, since)


@router.get("/{agent_id}", summary="Get an agent")
async def get_agent(caller: Member, services: Services, session: Reading, agent_id: AgentPath) -> Agent:
    return await services.agents.one(session, caller, agent_id)


@router.patch("/{agent_id}", summary="Change or move an agent")
async def change_agent(
    caller: Person, services: Services, session: Writing, agent_id: AgentPath, change: AgentChange
) -> Agent:
    """What is not named stays. An agent that is moved leaves the tasks it has; its token goes with it."""
    return await services.agents.change(session, caller, agent_id, change)


@router.delete("/{agent_id}", status_code=204, summary="Remove an agent")
async def delete_agent(caller: Person, services: Services, session: Writing, agent_id: AgentPath) -> None:
    """Its token opens nothing from now on, the tasks it has are free again, and so with the workers it made: it holds
    their tokens. What they did stays in the activity."""
    await services.agents.remove(session, caller, agent_id)


@router.post("/{agent_id}/token", status_code=201, summary="Replace an agent's token")
async def replace_agent_token(
    caller: Person, services: Services, session: Writing, agent_id: AgentPath, wanted: TokenWanted | None = None
) -> MadeAgentToken:
    """The present one stays good until the new one is first used: an agent is never without one. With `end_previous`
    it ends now."""
    return await services.agents.new_token(session, caller, agent_id, wanted or TokenWanted())


@router.get("/{agent_id}/usage", summary="What an agent has used up")
async def get_agent_usage(caller: Member, services: Services, session: Reading, agent_id: AgentPath) -> Usage:
    """Today and on the days before, beside what it may."""
    agent = await services.agents.one(session, caller, agent_id)
    return await services.spendings.of(session, agent.id)
