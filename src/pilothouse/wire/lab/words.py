"""States, reasons and the shapes of names in debug sessions."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

MAX_ARGUMENTS = 1_000
MAX_SECONDS = 86_400
MAX_PATCH_CHARACTERS = 8 << 20

RepositoryName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
CommitSha = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{4,64}$")]
"""A commit by its hash, whole or abbreviated; never an option or a path."""
Ref = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./+-]{0,199}$")]
"""A branch or a tag."""
Argument = Annotated[str, StringConstraints(max_length=131_000, pattern=r"^[^\x00]*$")]
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
VariableValue = Annotated[str, StringConstraints(max_length=10_000, pattern=r"^[^\x00]*$")]
HostName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,252})(:[0-9]{1,5})?$")]
Glob = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00]*$")]
LabLabel = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:/=@-]{0,99}$")]
InsidePath = Annotated[str, StringConstraints(max_length=1_000, pattern=r"^[^\x00]*$")]
Seconds = Annotated[float, Field(gt=0, le=MAX_SECONDS)]
IncidentId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,100}$")]


class LabSessionState(StrEnum):
    """``pending`` waits for a worker, ``preparing`` is being checked out, ``active`` takes commands; the
    rest is over."""

    PENDING = "pending"
    PREPARING = "preparing"
    ACTIVE = "active"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_over(self) -> bool:
        return self not in (LabSessionState.PENDING, LabSessionState.PREPARING, LabSessionState.ACTIVE)


class LabCommandState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def is_over(self) -> bool:
        return self not in (LabCommandState.QUEUED, LabCommandState.RUNNING)


class LabTermination(StrEnum):
    """Why a command is over."""

    EXIT = "exit"
    SIGNAL = "signal"
    TIMEOUT = "timeout"
    IDLE_TIMEOUT = "idle_timeout"
    OOM = "oom"
    PIDS = "pids"
    DISK = "disk"
    CANCELLED = "cancelled"
    LOST = "lost"
    SETUP_FAILED = "setup_failed"


class LabNetwork(StrEnum):
    NONE = "none"
    ALLOWLIST = "allowlist"
    FULL = "full"


class LabStream(StrEnum):
    STDOUT = "stdout"
    STDERR = "stderr"
