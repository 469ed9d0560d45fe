"""The slices of the hub: which routes they offer, and how each is built on those below it."""

from __future__ import annotations

from datetime import timedelta

from pilothouse.hub import ui
from pilothouse.hub.activity import Activity
from pilothouse.hub.activity import jobs as activity_jobs
from pilothouse.hub.activity import routes as activity
from pilothouse.hub.agents import jobs as agent_jobs
from pilothouse.hub.agents.routes import ROUTERS as AGENTS
from pilothouse.hub.agents.service import build_services as build_agents
from pilothouse.hub.agents.service import with_boards
from pilothouse.hub.backtests import jobs as backtest_jobs
from pilothouse.hub.backtests import routes as backtests
from pilothouse.hub.backtests.service import Backtests
from pilothouse.hub.boards import jobs as board_jobs
from pilothouse.hub.boards.routes import ROUTERS as BOARDS
from pilothouse.hub.boards.service import KnownBoards
from pilothouse.hub.boards.service import build_services as build_boards
from pilothouse.hub.composition import Hub
from pilothouse.hub.dashboard import routes as dashboard
from pilothouse.hub.dashboard.service import Dashboards
from pilothouse.hub.fleet import jobs as fleet_jobs
from pilothouse.hub.fleet.routes import ROUTERS as FLEET
from pilothouse.hub.fleet.routes.enrolments import ENROL_PATH
from pilothouse.hub.fleet.service import build_services as build_fleet
from pilothouse.hub.identity import Tokens
from pilothouse.hub.identity import jobs as identity_jobs
from pilothouse.hub.identity.auth.guesses import Guesses
from pilothouse.hub.identity.routes import PUBLIC
from pilothouse.hub.identity.routes import ROUTERS as IDENTITY
from pilothouse.hub.identity.service import AgentRegister, IdentityServices
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
from pilothouse.hub.recordings.service import build_services as build_recordings
from pilothouse.hub.recordings.service import count_by_robot
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
from pilothouse.web import RateLimits, Service, resolved

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
    ui.router,
    ui.system.router,
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
# What anybody may ask for who can reach the hub.
PUBLIC_PATHS = frozenset({ENROL_PATH, LINK_PATH, INGEST, *PUBLIC, *ui.PUBLIC})


def install(service: Service, hub: Hub, limits: RateLimits) -> IdentityServices:
    """Build each slice's services, lower slices first, and make its jobs known."""
    people = install_people(service, hub)
    install_limits(service, hub.settings, limits)
    service.state.site = ui.Site()
    install_fleet(service, hub, people.tokens)
    install_lab(service, hub, people.tokens)
    install_replaying(service, hub)
    install_telling(service, hub)
    install_boards(service, hub)
    install_conversations(service, hub)
    install_agents(service, hub, people.tokens)
    return people


def install_people(service: Service, hub: Hub) -> IdentityServices:
    """Who calls, and what everybody changes."""
    state = service.state
    state.activity = Activity(hub.events)
    activity_jobs.register(hub, state.activity)
    people = build_identity(hub.settings, hub.database, hub.clock, notes=state.activity, boards=KnownBoards())
    state.people, state.identity, state.tokens, state.access = people, people.identity, people.tokens, people.access
    identity_jobs.register(hub.jobs, people)
    return people


def install_limits(service: Service, settings: HubSettings, limits: RateLimits) -> None:
    """How often strangers may try."""
    agents_per_minute = settings.agent_auth_limit
    service.state.agent_limit = (
        limits.limit(f"{agents_per_minute}/60 seconds", scope="agent authentication") if agents_per_minute else None
    )
    guesses = settings.password_attempts
    service.state.guesses = Guesses(
        service.state.identity,
        limits.limit(f"{guesses}/60 seconds", scope="wrong passwords") if guesses else None,
    )  # fmt: skip
    service.state.webhook_limit = limits.limit(f"{settings.webhook_attempts}/60 seconds", scope="webhook")
    service.state.enrolment_limit = limits.limit(f"{settings.enrolment_attempts}/60 seconds", scope="enrolment")


def install_fleet(service: Service, hub: Hub, tokens: Tokens) -> None:
    """Robots, what they record, and what goes wrong on them."""
    state = service.state
    fleet = build_fleet(hub.database, hub.events, hub.clock, tokens=tokens, count_recordings=count_by_robot)
    fleet_jobs.register(hub.jobs, fleet)
    parts = (hub.settings, hub.database, hub.events, hub.jobs, hub.clock)
    recordings = build_recordings(*parts, storage=hub.storage, robots=fleet.robots, links=RecordingLinks())
    recording_jobs.register(hub.jobs, recordings)
    state.on_closing.add(recordings.digests.end)
    state.fleet, state.robots, state.recordings = fleet, fleet.robots, recordings
    state.risk_events = RiskEvents(hub.events, fleet.robots, hub.clock)
    grouping = Grouping(hub.events, hub.clock, window=timedelta(seconds=hub.settings.incident_window_s))
    state.incidents = Incidents(hub.events, hub.clock, grouping, recordings.recordings)
    incident_jobs.register(hub.jobs, Following(hub.database, hub.events, grouping))


def install_lab(service: Service, hub: Hub, tokens: Tokens) -> None:
    """Debug sessions of recordings and incidents."""
    lab = build_lab(hub, service.state.recordings.recordings, service.state.incidents, tokens)
    lab_jobs.register(hub, lab, runs_sessions=hub.settings.lab_worker)
    service.state.on_closing.add(lab.worker.begin_stopping)
    service.state.lab = lab


def install_replaying(service: Service, hub: Hub) -> None:
    """What is done with recordings: looked at, tried rules on, compared, mended."""
    state = service.state
    recordings = state.recordings
    state.playback = Playback()
    state.backtests = Backtests(hub.database, hub.events, hub.jobs, hub.clock, recordings.recordings)
    backtest_jobs.register(hub.jobs, state.backtests)
    state.repairs = Repairs(
        hub.database, hub.events, hub.jobs, hub.clock, recordings=recordings.recordings, intake=recordings.intake,
        directory=hub.settings.data / "repairs",
    )  # fmt: skip
    repair_jobs.register(hub.jobs, state.repairs)
    state.similarity = Similarity(
        hub.database, hub.jobs, hub.clock, recordings=recordings.recordings, incidents=state.incidents
    )
    similarity_jobs.register(hub.jobs, state.similarity)
    recordings.indexing.then(state.similarity.indexed)


def install_telling(service: Service, hub: Hub) -> None:
    """Robots seen live, and the outside world told."""
    state, redis_url = service.state, hub.settings.redis_url
    state.relays = Relays(hub.database, hub.clock, lines_of(redis_url.get_secret_value() if redis_url else None))
    state.robots.is_watched = state.relays.is_watched
    relay_jobs.register(hub.jobs, state.relays)
    state.outgoing = build_outgoing(hub.settings, hub.database, hub.clock)
    state.notifications = build_notifications(
        state.outgoing, hub.database, hub.events, state.robots, hub.clock, public_url=hub.settings.public_url
    )
    notification_jobs.register(hub.jobs, state.notifications)


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
