"""Tables of the lab."""

from pilothouse.hub.lab.models.output import ArtifactRow, OutputRow, TicketRow
from pilothouse.hub.lab.models.repositories import RepositoryRow, SecretRow
from pilothouse.hub.lab.models.sessions import BatchRow, CommandRow, ControlRow, SessionRow, WorkerRow

__all__ = [
    "ArtifactRow",
    "BatchRow",
    "CommandRow",
    "ControlRow",
    "OutputRow",
    "RepositoryRow",
    "SecretRow",
    "SessionRow",
    "TicketRow",
    "WorkerRow",
]
