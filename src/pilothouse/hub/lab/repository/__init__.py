"""The SQL of the lab."""

from pilothouse.hub.lab.repository.artifacts import ArtifactRows, TicketRows
from pilothouse.hub.lab.repository.commands import CommandRows, ControlRows
from pilothouse.hub.lab.repository.output import OutputRows
from pilothouse.hub.lab.repository.queue import QueueRows
from pilothouse.hub.lab.repository.repositories import RepositoryRows
from pilothouse.hub.lab.repository.sessions import BatchRows, SessionRows, Sought

__all__ = [
    "ArtifactRows",
    "BatchRows",
    "CommandRows",
    "ControlRows",
    "OutputRows",
    "QueueRows",
    "RepositoryRows",
    "SessionRows",
    "Sought",
    "TicketRows",
]
