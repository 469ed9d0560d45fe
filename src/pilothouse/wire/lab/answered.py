"""What the lab answers."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pilothouse.wire.base import Message, Moment
from pilothouse.wire.lab.asked import LabLimits, LabTerminal
from pilothouse.wire.lab.words import (
    LabCommandState,
    LabNetwork,
    LabSessionState,
    LabTermination,
)


class LabTests(Message):
    """What JUnit reports among the artifacts add up to."""

    tests: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0
    time_s: float = 0.0
    failed: list[str] = Field(default_factory=list, description="Names of the first tests that failed")


class LabCoverage(Message):
    """What coverage reports among the artifacts say."""

    line_rate: float
    lines_covered: int = 0
    lines_valid: int = 0


class LabSummary(Message):
    """What the artifacts say about the session."""

    tests: LabTests | None = None
    coverage: LabCoverage | None = None
    problems: list[str] = Field(default_factory=list, description="Reports that could not be read")


class LabUsage(Message):
    """What a command used, at its peak where that is meant."""

    wall_s: float | None = None
    cpu_s: float | None = None
    peak_memory_bytes: int | None = None


class LabOutputSize(Message):
    """Bytes of output so far; ``end`` is where the next byte will be, ``dropped`` were left out of the middle."""

    end: int = 0
    stdout_bytes: int = 0
    stderr_bytes: int = 0
    dropped_bytes: int = 0


class LabCommand(Message):
    """A command of a session. ``id`` is what addresses use, ``sequence`` its place in the session."""

    id: str
    session_id: str
    sequence: int
    argv: list[str]
    cwd: str
    state: LabCommandState
    termination_reason: LabTermination | None = None
    exit_code: int | None = None
    signal: int | None = None
    reason: str | None = Field(None, description="What went wrong, in words")
    timeout_s: float | None = None
    idle_timeout_s: float | None = None
    limits: LabLimits = LabLimits()
    network: LabNetwork = LabNetwork.NONE
    allow: list[str] = Field(default_factory=list)
    artifacts: list[str] = Field(default_factory=list)
    environment: dict[str, str] = Field(default_factory=dict)
    secrets: list[str] = Field(default_factory=list)
    interactive: bool = False
    terminal: LabTerminal | None = None
    idempotent: bool = False
    attempts: int = 0
    usage: LabUsage = LabUsage()
    output: LabOutputSize = LabOutputSize()
    created_by: str
    created_at: Moment
    started_at: Moment | None = None
    ended_at: Moment | None = None


class LabCommandList(Message):
    items: list[LabCommand]
    total: int
    limit: int
    offset: int


class LabSession(Message):
    """One checkout of one commit and what runs in it."""

    id: str
    repository: str
    commit_sha: str | None = Field(None, description="As asked for, in full once it is resolved")
    ref: str | None = None
    patch_hash: str | None = Field(None, description="SHA-256 of the patch")
    state: LabSessionState
    reason: str | None = Field(None, description="Why it failed, in words")
    reason_code: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    labels: list[str] = Field(default_factory=list)
    recordings: list[str] = Field(default_factory=list)
    incident_id: str | None = None
    batch_id: str | None = None
    priority: int = 0
    timeout_s: float | None = None
    idle_timeout_s: float | None = None
    limits: LabLimits = LabLimits()
    network: LabNetwork = LabNetwork.NONE
    allow: list[str] = Field(default_factory=list)
    artifacts: list[str] = Field(default_factory=list)
    environment: dict[str, str] = Field(default_factory=dict)
    secrets: list[str] = Field(default_factory=list)
    end_when_done: bool = False
    command_count: int = 0
    worker: str | None = None
    sandbox_level: str | None = Field(None, description="`isolated`, `limited` or `none`")
    timings: dict[str, Any] = Field(
        default_factory=dict, description="What preparing took, by step: seconds, and whether it was there already"
    )
    summary: LabSummary = LabSummary()
    output_end: int = Field(0, description="Bytes of output of the commands that are over")
    created_by: str
    created_at: Moment
    started_at: Moment | None = None
    ended_at: Moment | None = None
    expires_at: Moment


class MadeLabSession(LabSession):
    """A session that was just made, with the commands it was given and a token for it alone, shown this once."""

    commands: list[LabCommand] = Field(default_factory=list)
    token: str | None = Field(
        None, description="Reads the session, queues commands and fetches artifacts; ends with it"
    )


class LabSessionList(Message):
    items: list[LabSession]
    total: int
    limit: int
    offset: int


class LabRepository(Message):
    id: str
    name: str
    remote_url: str
    default_branch: str
    setup: str | list[list[str]] | None = None
    max_parallel: int | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    secrets: list[str] = Field(default_factory=list, description="Names only")
    created_by: str
    created_at: Moment
    changed_at: Moment


class LabRepositoryList(Message):
    items: list[LabRepository]
    total: int
    limit: int
    offset: int


class LabArtifact(Message):
    id: str
    session_id: str
    command_id: str | None = None
    path: str
    size_bytes: int
    sha256: str
    content_type: str
    created_at: Moment
    expires_at: Moment


class LabArtifactList(Message):
    items: list[LabArtifact]
    total: int
    limit: int
    offset: int


class LabTicket(Message):
    """Opens one WebSocket once, within a minute."""

    ticket: str
    expires_at: Moment


class LabWrittenFile(Message):
    path: str
    size_bytes: int
    sha256: str


class LabPathMapping(Message):
    local_root: str
    remote_root: str


class LabDebug(Message):
    """A debugger that waits; speak the Debug Adapter Protocol with it over the WebSocket."""

    command_id: str
    websocket: str = Field(description="The path of the WebSocket; whoever cannot send headers adds `&ticket=`")
    ticket: str = Field(description="Good once, for a minute")
    path_mappings: list[LabPathMapping] = Field(default_factory=list)


class LabBatchCell(Message):
    """One session of a batch."""

    session_id: str
    commit_sha: str | None
    recording: str | None
    state: LabSessionState
    reason: str | None = None
    exit_codes: list[int | None] = Field(default_factory=list, description="Of each command, in order")
    termination_reasons: list[LabTermination | None] = Field(default_factory=list)
    summary: LabSummary = LabSummary()


class LabBatch(Message):
    """Sessions that differ in one thing, and how each came out."""

    id: str
    name: str | None = None
    repository: str
    total: int
    completed: int = Field(description="Sessions that are over")
    succeeded: int = Field(description="of which every command ended with 0")
    created_by: str
    created_at: Moment
    matrix: list[LabBatchCell] = Field(default_factory=list)


class LabBatchList(Message):
    items: list[LabBatch]
    total: int
    limit: int
    offset: int


class LabSandbox(Message):
    """What the machine of a worker offers."""

    worker: str
    level: str
    mechanisms: dict[str, str] = Field(default_factory=dict, description="Each with `works`, or why it does not")
    networks: list[LabNetwork] = Field(default_factory=list)
    refuses: str | None = Field(None, description="Why this worker takes nothing, if so")
    capacity: int
    running: int


class LabSandboxes(Message):
    """The workers there are, and the least that any of them offers."""

    level: str | None
    workers: list[LabSandbox]
