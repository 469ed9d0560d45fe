"""Rows as everybody sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pilothouse.hub.lab.domain.problems import SessionOver
from pilothouse.hub.lab.models import ArtifactRow, CommandRow, RepositoryRow, SessionRow
from pilothouse.wire.lab import (
    LabArtifact,
    LabCommand,
    LabOutputSize,
    LabRepository,
    LabSession,
    LabUsage,
)

_RUN = ("timeout_s", "idle_timeout_s", "limits", "network", "allow", "artifacts", "environment", "secrets")
_SESSION = frozenset(LabSession.model_fields) - {*_RUN, "metadata", "command_count"}
_COMMAND = frozenset(LabCommand.model_fields) - {*_RUN, "usage", "output", "terminal"}


def session_of(row: SessionRow, command_count: int) -> LabSession:
    return LabSession.model_validate(session_fields(row, command_count))


def session_fields(row: SessionRow, command_count: int) -> dict[str, Any]:
    fields = {name: getattr(row, name) for name in _SESSION}
    run = {name: row.run[name] for name in _RUN}
    return {**fields, **run, "metadata": row.details, "command_count": command_count}


def over(row: SessionRow) -> SessionOver:
    """That a session has ended, and why."""
    return SessionOver(state=row.state, reason=(row.reason or "its commands are done").rstrip("."))


def command_of(row: CommandRow) -> LabCommand:
    output = LabOutputSize(
        end=row.output_end,
        stdout_bytes=row.stdout_bytes,
        stderr_bytes=row.stderr_bytes,
        dropped_bytes=row.dropped_bytes,
    )
    usage = LabUsage(wall_s=row.wall_s, cpu_s=row.cpu_s, peak_memory_bytes=row.peak_memory_bytes)
    fields = {name: getattr(row, name) for name in _COMMAND}
    run = {name: row.run[name] for name in _RUN}
    return LabCommand(**fields, **run, usage=usage, output=output, terminal=row.run.get("terminal"))


def repository_of(row: RepositoryRow, secrets: Sequence[str]) -> LabRepository:
    fields = LabRepository.model_fields.keys() - {"metadata", "secrets"}
    values = {name: getattr(row, name) for name in fields}
    return LabRepository(**values, metadata=row.details, secrets=list(secrets))


def artifact_of(row: ArtifactRow) -> LabArtifact:
    return LabArtifact(**{name: getattr(row, name) for name in LabArtifact.model_fields})
