"""What is asked of a sandbox, what a machine offers, and how a command ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

MIB = 1024 * 1024


class Level(StrEnum):
    """How far a command is kept from everything else."""

    ISOLATED = "isolated"
    """Own uid, own namespaces, own root, no capabilities, a system call filter."""
    LIMITED = "limited"
    """Own uid where possible, a system call filter and resource limits, but the machine's files are in sight."""
    NONE = "none"


class NetworkMode(StrEnum):
    NONE = "none"
    ALLOWLIST = "allowlist"
    FULL = "full"


class TerminationReason(StrEnum):
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


@dataclass(frozen=True)
class Mechanism:
    """One means of keeping a command apart, tried on this machine."""

    works: bool
    how: str
    """What was found to work, or why it does not."""


@dataclass(frozen=True)
class Offer:
    """What this machine can really do, found by trying. Plain values: ``dataclasses.asdict`` serialises it."""

    level: Level
    mechanisms: Mapping[str, Mechanism]
    network: tuple[NetworkMode, ...]

    def missing(self) -> tuple[str, ...]:
        """What does not work here and why, one sentence each."""
        return tuple(f"{name}: {one.how}" for name, one in self.mechanisms.items() if not one.works)

    def works(self, name: str) -> bool:
        found = self.mechanisms.get(name)
        return found is not None and found.works


@dataclass(frozen=True)
class Limits:
    """None means: as much as the machine has."""

    cpu: float | None = None
    """Cores; 0.5 is half of one."""
    memory_mb: int | None = None
    pids: int | None = None
    disk_mb: int | None = None
    """What the workspace may hold, what was there before included."""


@dataclass(frozen=True)
class Network:
    mode: NetworkMode = NetworkMode.NONE
    allow: tuple[str, ...] = ()
    """``host:port`` or ``host`` (port 443); a private address only where it is written as an address."""
    this_machine: bool = True
    """Addresses may be of the machine itself: its loopback, and what it alone is told on its link."""
    names_may_be_private: bool = False
    """Names may lead to private addresses, too: for a list that the operator wrote."""


@dataclass(frozen=True)
class Mount:
    """A directory or file of the host that the command may see."""

    source: Path
    target: str
    writable: bool = False


@dataclass(frozen=True)
class Command:
    """What is to run. Paths are those inside unless they are ``Path``."""

    argv: tuple[str, ...]
    workspace: Path
    """Mounted writable at ``/workspace``; files made inside belong, on the host, to whoever owns this directory."""
    cwd: str = "/workspace"
    environment: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    limits: Limits = Limits()
    network: Network = Network()
    timeout_s: float | None = None
    idle_timeout_s: float | None = None
    grace_s: float = 2.0
    """Between SIGTERM and SIGKILL, whenever a command is ended."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Enter the environment under their names; their values never reach the log."""
    stdin: bool = True
    """Whether anything may be sent to it; otherwise its standard input is empty from the start."""
    terminal: tuple[int, int] | None = None
    """Rows and columns of a pseudo-terminal; without one, standard output and error are two streams."""


@dataclass(frozen=True)
class Ending:
    """How a command ended and what it used."""

    termination_reason: TerminationReason
    exit_code: int | None = None
    """As a shell would say it: 128 + n after signal n. None when nobody could read it."""
    signal: int | None = None
    wall_s: float = 0.0
    cpu_s: float | None = None
    peak_memory_bytes: int | None = None
    detail: str = ""
    """A sentence more, where the reason alone does not say it."""
