"""Compose the hub out of its slices. Nothing happens at import."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from pilothouse.hub import landing, mcp_mount
from pilothouse.hub.activity import Activity
from pilothouse.hub.activity import routes as activity
from pilothouse.hub.agents import jobs as agent_jobs
from pilothouse.hub.agents.routes import ROUTERS as AGENTS
from pilothouse.hub.agents.service import build_services as build_agents
from pilothouse.hub.agents.service import describe_operations, with_boards
from pilothouse.hub.backtests import jobs as backtest_jobs
from pilothouse.hub.backtests import routes as backtests
from pilothouse.hub.backtests.service import Backtests
from pilothouse.hub.boards import jobs as board_jobs
from pilothouse.hub.boards.routes import ROUTERS as BOARDS
from pilothouse.hub.boards.service import KnownBoards
from pilothouse.hub.boards.service import build_services as build_boards
from pilothouse.hub.composition import Hub, compose
from pilothouse.hub.dashboard import routes as dashboard
from pilothouse.hub.dashboard.service import Dashboards
from pilothouse.hub.fleet import jobs as fleet_jobs
from pilothouse.hub.fleet.routes import ROUTERS as FLEET
from pilothouse.hub.fleet.routes.enrolments import ENROL_PATH
from pilothouse.hub.fleet.service import build_services as build_fleet
from pilothouse.hub.identity import Tokens
from pilothouse.hub.identity import jobs as identity_jobs
from pilothouse.hub.identity.routes import PUBLIC, login
from pilothouse.hub.identity.routes import ROUTERS as IDENTITY
from pilothouse.hub.identity.service import AgentRegister
from pilothouse.hub.identity.service import build_services as build_identity
from pilothouse.hub.incidents import jobs as incident_jobs
from pilothouse.hub.incidents import routes as incidents
from pilothouse.hub.incidents.service import Following, Grouping, Incidents, RecordingLinks
from pilothouse.hub.lab import jobs as lab_jobs
from pilothouse.hub.lab.routes import ROUTERS as LAB
from pilothouse.hub.lab.service import build_services as build_lab
from pilothouse.hub.memory import Memory
from pilothouse.hub.memory import routes as memory
from pilothouse.hub.notifications import jobs as notification_jobs
from pilothouse.hub.notifications import routes as notifications
from pilothouse.hub.notifications.service import build_services as build_notifications
from pilothouse.hub.outgoing.service import build_services as build_outgoing
from pilothouse.hub.playback import routes as playback
from pilothouse.hub.playback.service import Playback
from pilothouse.hub.recordings import jobs as recording_jobs
from pilothouse.hub.recordings.routes import ROUTERS as RECORDINGS
from pilothouse.hub.recordings.routes.links import LINK_PATH
from pilothouse.hub.recordings.routes.upload_page import UPLOAD_PATH
from pilothouse.hub.recordings.service import build_services, count_by_robot
from pilothouse.hub.relay import jobs as relay_jobs
from pilothouse.hub.relay import routes as relay
from pilothouse.hub.relay.service import Relays, lines_of
from pilothouse.hub.repairs import jobs as repair_jobs
from pilothouse.hub.repairs import routes as repairs
from pilothouse.hub.repairs.service import Repairs
from pilothouse.hub.risk import RiskEvents
from pilothouse.hub.risk import routes as risk
from pilothouse.hub.settings import HubSettings
from pilothouse.hub.similarity import jobs as similarity_jobs
from pilothouse.hub.similarity import routes as similarity
from pilothouse.hub.similarity.service import Similarity
from pilothouse.hub.triage import jobs as triage_jobs
from pilothouse.hub.triage import routes as triage
from pilothouse.hub.triage.service import build_services as build_triage
from pilothouse.hub.webhooks import jobs as webhook_jobs
from pilothouse.hub.webhooks.routes import PUBLIC as INGEST
from pilothouse.hub.webhooks.routes import ROUTERS as WEBHOOKS
from pilothouse.hub.webhooks.service import build_services as build_webhooks
from pilothouse.kit.clock import Clock
from pilothouse.web import RateLimits, Service, create_service, resolved

if TYPE_CHECKING:
    app: Service

TALK = (memory.router, *WEBHOOKS, triage.router, dashboard.router)
UPPER = (
    incidents.router,
    notifications.router,
    playback.router,
    backtests.router,
    repairs.router,
    similarity.router,
    relay.router,
)
ROUTERS = (
    landing.router,
    *IDENTITY,
    activity.router,
    *FLEET,
    *RECORDINGS,
    risk.router,
    *UPPER,
    *LAB,
    *BOARDS,
    *AGENTS,
    *TALK,
)
ROUTES = resolved(*ROUTERS)
# Threads that decode recordings keep the interpreter so long, each time before an answer gets it: with the usual 5 ms
# an ordinary answer waits for half a second beside two of them.
SWITCH_S = 0.0005
DESCRIPTION = """What robots recorded, which robots there are, and what happens, live.

Times in JSON are RFC 3339 with zone, or nanoseconds where the name ends in `_ns`. Lists take `limit` and `offset`.
"""


def create_app(settings: HubSettings, *, clock: Clock | None = None) -> Service:
    """The hub as an application; ``app.state.hub`` holds what it is made of."""
    hub = compose(settings.check(), clock=clock)
    activity_log = Activity(hub.events)
    people = build_identity(settings, hub.database, hub.clock, notes=activity_log, boards=KnownBoards())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        sys.setswitchinterval(SWITCH_S)
        people.identity.warn_if_open()
        await limits.start()
        async with hub.running(), tools.running():
            if not settings.has_credential:
                service.state.login_code = await people.sign_ins.code_at_start()
            yield
            service.begin_closing()

    service = create_service(
        title="Pilothouse hub",
        description=DESCRIPTION,
        settings=settings,
        routes=ROUTES,
        lifespan=lifespan,
        health=lambda: {"mode": settings.mode},
        readiness={
            "database": hub.database.check_migrated,
            "storage": hub.storage.check_writable,
            "jobs": hub.jobs.check,
            "sandbox": lambda: service.state.lab.sandboxes.say(),
        },
        public={"/", UPLOAD_PATH, ENROL_PATH, LINK_PATH, INGEST, *PUBLIC},
    )
    tools = mcp_mount.add_to(service)
    limits = RateLimits(settings, service.state.metrics)
    hub.jobs.measure(service.state.metrics)
    service.state.hub = hub
    service.state.activity = activity_log
    service.state.people, service.state.identity = people, people.identity
    service.state.tokens, service.state.access = people.tokens, people.access
    agents_per_minute = settings.agent_auth_limit
    service.state.agent_limit = (
        limits.limit(f"{agents_per_minute}/60 seconds", scope="agent authentication") if agents_per_minute else None
    )
    service.state.webhook_limit = limits.limit(f"{settings.webhook_attempts}/60 seconds", scope="webhook")
    service.state.enrolment_limit = limits.limit(f"{settings.enrolment_attempts}/60 seconds", scope="enrolment")
    identity_jobs.register(hub.jobs, people)
    install_slices(service, hub, people.tokens)
    install_boards(service, hub)
    install_conversations(service, hub)
    install_agents(service, hub, people.tokens)
    service.describe_more = describe_operations
    service.before_ready = lambda url: login.tell(url, getattr(service.state, "login_code", None))
    return service


def install_slices(service: Service, hub: Hub, tokens: Tokens) -> None:
    """Build each slice's services, lower slices first, and make its jobs known."""
    fleet = build_fleet(hub.database, hub.events, hub.clock, tokens=tokens, count_recordings=count_by_robot)
    fleet_jobs.register(hub.jobs, fleet)
    robots = fleet.robots
    parts = (hub.settings, hub.database, hub.events, hub.jobs, hub.clock)
    recordings = build_services(*parts, storage=hub.storage, robots=robots, links=RecordingLinks())
    recording_jobs.register(hub.jobs, recordings)
    service.state.on_closing.add(recordings.digests.end)
    service.state.fleet = fleet
    service.state.robots = robots
    service.state.recordings = recordings
    service.state.risk_events = RiskEvents(hub.events, robots, hub.clock)
    grouping = Grouping(hub.events, hub.clock, window=timedelta(seconds=hub.settings.incident_window_s))
    service.state.incidents = Incidents(hub.events, hub.clock, grouping, recordings.recordings)
    incident_jobs.register(hub.jobs, Following(hub.database, hub.events, grouping))
    lab = build_lab(hub, recordings.recordings, service.state.incidents, tokens)
    lab_jobs.register(hub, lab, runs_sessions=hub.settings.lab_worker)
    service.state.on_closing.add(lab.worker.begin_stopping)
    service.state.lab = lab
    service.state.playback = Playback()
    service.state.backtests = Backtests(hub.database, hub.events, hub.jobs, hub.clock, recordings.recordings)
    backtest_jobs.register(hub.jobs, service.state.backtests)
    service.state.repairs = Repairs(
        hub.database, hub.events, hub.jobs, hub.clock, recordings=recordings.recordings, intake=recordings.intake,
        directory=hub.settings.data / "repairs",
    )  # fmt: skip
    repair_jobs.register(hub.jobs, service.state.repairs)
    service.state.similarity = Similarity(
        hub.database, hub.jobs, hub.clock, recordings=recordings.recordings, incidents=service.state.incidents
    )
    similarity_jobs.register(hub.jobs, service.state.similarity)
    recordings.indexing.then(service.state.similarity.indexed)
    service.state.outgoing = outgoing = build_outgoing(hub.settings, hub.database, hub.clock)
    redis_url = hub.settings.redis_url
    lines = lines_of(redis_url.get_secret_value() if redis_url else None)
    service.state.relays = Relays(hub.database, hub.clock, lines)
    robots.is_watched = service.state.relays.is_watched
    relay_jobs.register(hub.jobs, service.state.relays)
    service.state.notifications = build_notifications(outgoing, hub.database, hub.events, robots, hub.clock)
    notification_jobs.register(hub.jobs, service.state.notifications)


def install_boards(service: Service, hub: Hub) -> None:
    """Boards stand on incidents, and have a say in when those are over."""
    state = service.state
    state.boards = build_boards(hub.database, state.activity, state.access, hub.clock, state.incidents)
    state.incidents.gates.append(state.boards.consent)
    board_jobs.register(hub.jobs, state.boards)


def install_conversations(service: Service, hub: Hub) -> None:
    """What boards remember, are told and tell; which incidents they work on; how work goes."""
    state, boards = service.state, service.state.boards
    state.memory = boards.snapshots.memory = Memory(state.activity, hub.clock)
    state.webhooks = build_webhooks(hub, state.activity, state.memory, state.outgoing, boards)
    webhook_jobs.register(hub.jobs, state.webhooks)
    state.triage = state.evidence = build_triage(hub, state.activity, state.incidents, boards)
    boards.tasks.incidents.boards = state.triage.board_incidents
    triage_jobs.register(hub.jobs, state.triage.following)
    state.dashboards = Dashboards(hub.clock, boards.figures, AgentRegister(), state.incidents)


def install_agents(service: Service, hub: Hub, tokens: Tokens) -> None:
    """Agents stand on everything that people and agents work with."""
    agents = build_agents(
        hub.database, service.state.activity, tokens, service.state.access, hub.clock, with_boards(service.state.boards)
    )
    agent_jobs.register(hub.jobs, agents, hub.clock)
    service.state.boards.tasks.budget = agents.spendings
    service.state.agents = agents
    service.state.agent_gate = agents.roll


def __getattr__(name: str) -> Any:
    # `uvicorn pilothouse.hub.app:app` reads the environment when it asks for the app, not at import.
    if name != "app":
        raise AttributeError(name)
    from pilothouse.kit.settings import load

    return create_app(load(HubSettings))
