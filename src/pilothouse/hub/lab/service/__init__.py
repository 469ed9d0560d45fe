"""What the lab is made of."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.hub.composition import Hub
from pilothouse.hub.incidents.service import Incidents
from pilothouse.hub.lab.service.batches import Batches
from pilothouse.hub.lab.service.commands import Commands
from pilothouse.hub.lab.service.endings import Endings
from pilothouse.hub.lab.service.repositories import LabRepositories
from pilothouse.hub.lab.service.sessions import Sessions
from pilothouse.hub.lab.service.signals import Signals
from pilothouse.hub.lab.service.tickets import Tickets
from pilothouse.hub.recordings.service import Recordings
from pilothouse.workspaces import Repositories

__all__ = ["Lab", "build_services"]


@dataclass(frozen=True, slots=True)
class Lab:
    """Everything routes and jobs of the lab use."""

    repositories: LabRepositories
    sessions: Sessions
    commands: Commands
    batches: Batches
    tickets: Tickets
    endings: Endings
    signals: Signals


def build_services(hub: Hub, recordings: Recordings, incidents: Incidents, mirrors: Repositories) -> Lab:
    """Put the services together."""
    signals = Signals(hub.events.bus, hub.clock)
    endings = Endings(hub.events, signals, hub.clock)
    repositories = LabRepositories(hub.clock, mirrors.check)
    commands = Commands(hub.settings, endings, signals, hub.clock)
    sessions = Sessions(
        hub.settings, hub.storage, hub.clock, repositories=repositories, commands=commands, endings=endings,
        signals=signals, recordings=recordings, incidents=incidents,
    )  # fmt: skip
    return Lab(
        repositories=repositories, sessions=sessions, commands=commands,
        batches=Batches(sessions, repositories, hub.clock), tickets=Tickets(hub.clock), endings=endings,
        signals=signals,
    )  # fmt: skip
