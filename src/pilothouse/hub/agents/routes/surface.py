"""What an agent asks of the hub for itself, by its own token."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from pilothouse.hub.agents.auth import AgentCaller
from pilothouse.hub.agents.routes.making import make_once
from pilothouse.hub.agents.routes.services import AgentPath, Services
from pilothouse.hub.agents.schemas import (
    AcknowledgeInbox,
    Agent,
    AgentHeartbeat,
    AgentList,
    HeartbeatAnswer,
    Inbox,
    MadeAgent,
    MadeAgentToken,
    Manifest,
    NewUsage,
    NewWorker,
    TokenWanted,
    Usage,
)
from pilothouse.hub.identity.auth import OnceKey, Reading, ThisHub, Writing
from pilothouse.hub.identity.domain.agents import AgentsSought
from pilothouse.web import Paging

router = APIRouter(prefix="/api/v1/agent", tags=["agent surface"])


@router.post("/heartbeat", summary="Say that you live, hear what is new")
async def agent_heartbeat(caller: AgentCaller, services: Services, heartbeat: AgentHeartbeat) -> HeartbeatAnswer:
    """Send it at the interval you were registered with; the answer says when the next one is due and how much waits
    for you. It keeps the tasks you have claimed yours. Another name or board than your own is refused, and moves
    nobody."""
    return await services.heartbeats.take(caller, heartbeat)


@router.get("/me", summary="Who you are")
async def agent_me(caller: AgentCaller, services: Services, session: Reading) -> Agent:
    assert caller.agent_id is not None
    return await services.agents.one(session, caller, caller.agent_id)


@router.get("/manifest", summary="What you may do, in short", response_model_exclude_none=True)
async def agent_manifest(request: Request, caller: AgentCaller, services: Services) -> Manifest:
    """For your role, under 8 kB; `/openapi.json` says everything."""
    return services.manifests.of(caller, await request.app.described())


@router.post("/usage", summary="Report what you cost")
async def report_agent_usage(caller: AgentCaller, services: Services, session: Writing, usage: NewUsage) -> Usage:
    """Added to what you reported today. Once your budget is reached you may read, release what you hold and send
    heartbeats until it is reset."""
    return await services.spendings.report(session, caller, usage)


@router.get("/usage", summary="What you have used up")
async def get_own_usage(caller: AgentCaller, services: Services, session: Reading) -> Usage:
    assert caller.agent_id is not None
    return await services.spendings.of(session, caller.agent_id)


@router.get("/inbox", summary="What changed for you")
async def get_agent_inbox(
    caller: AgentCaller,
    services: Services,
    session: Reading,
    limit: Annotated[int, Query(ge=1, le=200, description="How many to answer at most")] = 50,
    cursor: Annotated[
        int | None, Query(ge=0, le=2**63 - 1, description="Changes after this one; without it, after the acknowledged")
    ] = None,
) -> Inbox:
    """Tasks assigned to you or taken from you, comments on your tasks, mentions as `@name`, decisions on approvals you
    asked for, tasks of yours that wait for nothing any more, webhooks for you; in order, the earliest first. Nothing is
    forgotten until you acknowledge it."""
    return await services.inboxes.read(session, caller, limit, cursor)


@router.post("/inbox/ack", summary="Acknowledge what you have read")
async def acknowledge_agent_inbox(
    caller: AgentCaller, services: Services, session: Writing, read: AcknowledgeInbox
) -> Inbox:
    """Up to a `next_cursor` you were given; never back. Answers what is left."""
    assert caller.agent_id is not None
    services.waiting.read(caller.agent_id)
    return await services.inboxes.acknowledge(session, caller, read.cursor)


@router.get("/workers", summary="Who works on your board")
async def list_workers(caller: AgentCaller, services: Services, session: Reading, page: Paging) -> AgentList:
    sought = AgentsSought(caller.organization_id or "", board_id=caller.board_id)
    return await services.agents.page(session, caller, sought, page.limit, page.offset)


@router.post("/workers", status_code=201, summary="Make a worker")
async def spawn_worker(
    caller: AgentCaller, services: Services, session: Writing, hub: ThisHub, once: OnceKey, new: NewWorker
) -> MadeAgent:
    """Only the lead, on its own board, within `max_agents`; what it uses up counts for the lead's budgets, too. It ends
    when the lead is removed or moved. The answer is the only one that holds its token; running it is yours to do."""
    return await make_once(session, hub, once, lambda: services.agents.spawn(session, caller, new))


@router.delete("/workers/{agent_id}", status_code=204, summary="Remove a worker")
async def remove_worker(caller: AgentCaller, services: Services, session: Writing, agent_id: AgentPath) -> None:
    """Only the lead, and only workers that a lead of this board made. Their tasks are free again."""
    await services.agents.remove_worker(session, caller, agent_id)


@router.post("/workers/{agent_id}/token", status_code=201, summary="Replace a worker's token")
async def replace_worker_token(
    caller: AgentCaller, services: Services, session: Writing, agent_id: AgentPath, wanted: TokenWanted | None = None
) -> MadeAgentToken:
    """Only the lead, and only for workers that a lead of this board made."""
    return await services.agents.new_worker_token(session, caller, agent_id, wanted or TokenWanted())
