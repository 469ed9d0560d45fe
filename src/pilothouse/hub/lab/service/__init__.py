"""What the lab is made of."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from pilothouse.hub.composition import Hub
from pilothouse.hub.identity import Tokens
from pilothouse.hub.incidents.service import Incidents
from pilothouse.hub.lab.service.artifacts import Artifacts
from pilothouse.hub.lab.service.batches import Batches
from pilothouse.hub.lab.service.commands import Commands
from pilothouse.hub.lab.service.controls import Controls
from pilothouse.hub.lab.service.debugging import Debugging
from pilothouse.hub.lab.service.endings import Endings
from pilothouse.hub.lab.service.execution import LocalMachine, Machine, Worker
from pilothouse.hub.lab.service.execution.answering import Answering
from pilothouse.hub.lab.service.execution.books import Books
from pilothouse.hub.lab.service.execution.collecting import Collecting
from pilothouse.hub.lab.service.execution.recordings import RecordingFiles
from pilothouse.hub.lab.service.execution.turns import Means
from pilothouse.hub.lab.service.leftovers import Leftovers
from pilothouse.hub.lab.service.mirrors import mirrors_of
from pilothouse.hub.lab.service.output import Outputs
from pilothouse.hub.lab.service.repositories import LabRepositories
from pilothouse.hub.lab.service.sandboxes import Sandboxes
from pilothouse.hub.lab.service.sealing import Sealing
from pilothouse.hub.lab.service.sessions import Sessions
from pilothouse.hub.lab.service.sharing import Sharing
from pilothouse.hub.lab.service.signals import Signals
from pilothouse.hub.lab.service.tickets import Tickets
from pilothouse.hub.lab.service.watching import Watching
from pilothouse.hub.recordings.service import Recordings

__all__ = ["Lab", "build_services"]


@dataclass(frozen=True, slots=True)
class Lab:
    """Everything routes and jobs of the lab use."""

    repositories: LabRepositories
    sessions: Sessions
    commands: Commands
    batches: Batches
    tickets: Tickets
    controls: Controls
    debugging: Debugging
    outputs: Outputs
    watching: Watching
    artifacts: Artifacts
    sandboxes: Sandboxes
    books: Books
    leftovers: Leftovers
    sharing: Sharing
    worker: Worker


def build_services(
    hub: Hub, recordings: Recordings, incidents: Incidents, tokens: Tokens, *, machine: Machine | None = None
) -> Lab:
    """Put the services together."""
    settings, database, storage, clock = hub.settings, hub.database, hub.storage, hub.clock
    mirrors = mirrors_of(settings, clock)
    signals = Signals(hub.events.bus, clock)
    endings = Endings(hub.events, signals, clock, tokens.revoke_session)
    repositories = LabRepositories(clock, mirrors.check, Sealing(settings))
    commands = Commands(settings, endings, signals, clock)
    sessions = Sessions(
        settings, storage, clock, repositories=repositories, commands=commands, endings=endings, signals=signals,
        recordings=recordings, incidents=incidents,
    )  # fmt: skip
    outputs = Outputs(database, storage)
    artifacts = Artifacts(database, storage, settings, clock)
    books = Books(database, settings, endings, signals, clock)
    sharing = Sharing(storage)
    worker = _worker(
        hub, recordings, books, outputs, artifacts, signals, sharing, machine or LocalMachine(settings, mirrors, clock)
    )
    controls = Controls(database, storage, endings, signals, clock)
    return Lab(
        repositories=repositories, sessions=sessions, commands=commands,
        batches=Batches(sessions, repositories, clock), tickets=Tickets(clock),
        controls=controls, debugging=Debugging(worker, controls), outputs=outputs,
        watching=Watching(database, outputs, signals), artifacts=artifacts,
        sandboxes=Sandboxes(worker, is_on=settings.lab_worker), books=books, worker=worker,
        leftovers=Leftovers(database, storage, clock), sharing=sharing,
    )  # fmt: skip


def _worker(
    hub: Hub, recordings: Recordings, books: Books, outputs: Outputs, artifacts: Artifacts, signals: Signals,
    sharing: Sharing, machine: Machine,
) -> Worker:  # fmt: skip
    collecting = Collecting(artifacts, lambda: machine.directory / "artifacts")
    means = Means(
        settings=hub.settings, database=hub.database, storage=hub.storage, machine=machine, books=books,
        outputs=outputs, signals=signals, collecting=collecting, sealing=Sealing(hub.settings), sharing=sharing,
        recordings=RecordingFiles(hub.database, recordings, lambda: machine.directory / "recordings"),
    )  # fmt: skip
    name = f"{socket.gethostname()}:{os.getpid()}"
    return Worker(
        means, Answering(hub.storage, collecting), hub.database, name=name, capacity=hub.settings.lab_capacity
    )
