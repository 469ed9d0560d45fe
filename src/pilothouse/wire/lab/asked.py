"""What is asked of the lab."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from pilothouse.wire.base import SessionId
from pilothouse.wire.lab.words import (
    MAX_ARGUMENTS,
    MAX_PATCH_CHARACTERS,
    MAX_SECONDS,
    Argument,
    CommitSha,
    Glob,
    HostName,
    IncidentId,
    InsidePath,
    LabLabel,
    LabNetwork,
    Ref,
    RepositoryName,
    Seconds,
    VariableName,
    VariableValue,
)

MAX_METADATA_CHARACTERS = 64_000


class _Asked(BaseModel):
    """What is asked for is spelt right or refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LabLimits(_Asked):
    """What one command may use; what is not named is the hub's default."""

    cpu: float | None = Field(None, ge=0.05, le=1_024, description="Processor cores")
    memory_mb: int | None = Field(None, ge=8, le=2**24)
    pids: int | None = Field(None, ge=1, le=100_000)
    disk_mb: int | None = Field(None, ge=1, le=2**24)


def names_a_program(argv: list[str]) -> list[str]:
    """Refuse what cannot be run whatever there is."""
    if not argv[0]:
        raise ValueError("the first of argv names a program")
    return argv


class _Run(_Asked):
    """What a session says for all its commands, and a command for itself."""

    timeout_s: Seconds | None = Field(None, description="A command may take so long in all")
    idle_timeout_s: Seconds | None = Field(None, description="and be silent for so long")
    limits: LabLimits = LabLimits()
    network: LabNetwork | None = Field(None, description="`none` when nothing is said")
    allow: list[HostName] = Field(default_factory=list, max_length=100, description="Hosts of `allowlist`")
    artifacts: list[Glob] = Field(default_factory=list, max_length=50, description="Files to keep, as globs")
    environment: dict[VariableName, VariableValue] = Field(default_factory=dict, max_length=200)
    secrets: list[VariableName] = Field(
        default_factory=list, max_length=50, description="Secrets by name; each enters as a variable of that name"
    )


class LabTerminal(_Asked):
    """The size of a pseudo-terminal."""

    rows: int = Field(24, ge=1, le=1_000)
    columns: int = Field(80, ge=1, le=1_000)


class NewLabCommand(_Run):
    """A command; what it does not say is as the session says."""

    argv: list[Argument] = Field(min_length=1, max_length=MAX_ARGUMENTS)
    cwd: InsidePath = Field("", description="Below the checkout")
    interactive: bool = Field(False, description="Standard input stays open for `POST …/stdin`")
    terminal: LabTerminal | None = Field(None, description="Run at a pseudo-terminal of this size")
    idempotent: bool = Field(False, description="It may run again when the worker that ran it died")

    @field_validator("argv")
    @classmethod
    def _names_a_program(cls, argv: list[str]) -> list[str]:
        return names_a_program(argv)


class NewLabSession(_Run):
    """A checkout of one commit, with a patch and recordings if wanted, and what to run in it."""

    repository: RepositoryName
    commit_sha: CommitSha | None = Field(None, description="The commit; or give a ref")
    ref: Ref | None = Field(None, description="Branch or tag; the default branch when neither is given")
    patch: str | None = Field(
        None,
        min_length=1,
        max_length=MAX_PATCH_CHARACTERS,
        pattern=r"^[^\x00]*$",
        description="A unified diff, as of `git diff`",
    )
    patch_base64: str | None = Field(
        None, min_length=1, max_length=MAX_PATCH_CHARACTERS * 4 // 3, description="The same as bytes"
    )
    metadata: dict[str, Any] = Field(default_factory=dict, max_length=200)
    labels: list[LabLabel] = Field(default_factory=list, max_length=50)
    commands: list[NewLabCommand] = Field(default_factory=list, max_length=100)
    recordings: list[SessionId] = Field(
        default_factory=list, max_length=100, description="Mounted read-only as /recordings/ID.mcap"
    )
    incident_id: IncidentId | None = None
    priority: int = Field(0, ge=-100, le=100, description="Higher ones first")
    ttl_s: float | None = Field(None, ge=1, le=30 * MAX_SECONDS, description="The session ends after so long")
    end_when_done: bool = Field(False, description="The session ends with its last command")

    @model_validator(mode="after")
    def _is_one_thing(self) -> NewLabSession:
        if len(json.dumps(self.metadata)) > MAX_METADATA_CHARACTERS:
            raise ValueError("metadata is larger than 64,000 characters of JSON")
        if self.commit_sha is not None and self.ref is not None:
            raise ValueError("give commit_sha or ref, not both")
        if self.patch is not None and self.patch_base64 is not None:
            raise ValueError("give patch or patch_base64, not both")
        return self


class LabSessionChange(_Asked):
    """A longer or shorter life, counted from now; other labels."""

    ttl_s: float | None = Field(None, ge=1, le=30 * MAX_SECONDS)
    labels: list[LabLabel] | None = Field(None, max_length=50)


class NewLabRepository(_Asked):
    """Where code comes from. Credentials are settings of the hub, never part of the address."""

    name: RepositoryName
    remote_url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
    default_branch: Ref = "main"
    setup: str | list[list[Argument]] | None = Field(
        None, description="How its environment is made: `auto`, `none`, or commands", max_length=100
    )
    max_parallel: int | None = Field(None, ge=1, le=10_000, description="So many of its sessions run at once")
    metadata: dict[str, Any] = Field(default_factory=dict, max_length=200)


class LabSecret(_Asked):
    """The value of a secret; it is never answered."""

    value: Annotated[str, StringConstraints(min_length=1, max_length=64_000, pattern=r"^[^\x00]*$")]


class LabArtifactCollection(_Asked):
    """Keep files of the checkout now."""

    globs: list[Glob] = Field(min_length=1, max_length=50)


class LabInput(_Asked):
    """For the standard input of a command."""

    text: Annotated[str, StringConstraints(max_length=512 << 10)] | None = None
    base64: Annotated[str, StringConstraints(max_length=700 << 10)] | None = None
    close: bool = Field(False, description="No more will come")
    resize: LabTerminal | None = Field(None, description="The terminal has another size now")


class LabSignal(_Asked):
    """A signal by its name, such as SIGINT, or its number."""

    signal: int | str = Field(description="`SIGINT`, `INT` or 2")


class LabDebugRequest(_Asked):
    """What to debug: a module or a file with its arguments."""

    argv: list[Argument] = Field(
        min_length=1, max_length=MAX_ARGUMENTS, description="`python` and its arguments, or a script"
    )
    cwd: InsidePath = ""
    wait_for_client: bool = Field(True, description="It begins when an editor is connected and says so")

    @field_validator("argv")
    @classmethod
    def _names_a_program(cls, argv: list[str]) -> list[str]:
        return names_a_program(argv)


class NewLabBatch(_Asked):
    """The same session once for each recording, each commit or each of both."""

    session: NewLabSession
    recordings: list[SessionId] = Field(default_factory=list, max_length=200, description="One session for each")
    commits: list[CommitSha] = Field(default_factory=list, max_length=200, description="One session for each")
    name: Annotated[str, StringConstraints(max_length=200)] | None = None

    @model_validator(mode="after")
    def _has_something(self) -> NewLabBatch:
        count = max(1, len(self.recordings)) * max(1, len(self.commits))
        if not self.recordings and not self.commits:
            raise ValueError("give recordings, commits or both")
        if count > 500:
            raise ValueError("a batch has at most 500 sessions")
        return self
