"""What a repository needs before its commands can run: installed once for each content of its manifests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pilothouse.kit.clock import Clock
from pilothouse.workspaces.model import Shown, Workspace


@dataclass(frozen=True, slots=True)
class Setup:
    """How a repository is set up. Without ``commands`` they follow from the manifests that are found."""

    commands: Sequence[Sequence[str]] = ()
    manifests: Sequence[str] = ()  # files whose content the result depends on, beside the well-known ones
    enabled: bool = True
    timeout_s: float = 900.0


@dataclass(frozen=True, slots=True)
class Environment:
    """What a set-up made, shown to a session read-only."""

    key: str
    commands: tuple[tuple[str, ...], ...]
    cached: bool
    setup_s: float  # what making it took, whenever that was
    size_bytes: int
    shown: Shown = field(default_factory=Shown)


class Environments:
    """The set-ups kept in a directory, made by ``run`` in a sandbox and used by any number of sessions."""

    def __init__(self, directory: Path, *, run: Runner, clock: Clock) -> None:
        raise NotImplementedError

    async def prepare(self, workspace: Workspace, setup: Setup) -> Environment | None:
        """What commands in this workspace need, from the cache or made now; None when nothing is to be set up. Whoever
        asks while it is being made waits for it. Raises SetupFailed, SetupInvalid."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Ran:
    """How a set-up command ended: ``ending`` in words, ``output`` its last lines."""

    succeeded: bool
    ending: str
    output: str


class Runner(Protocol):
    """Runs one set-up command in a sandbox, in a workspace, with the set-up's network policy. The lab has it."""

    async def __call__(self, argv: Sequence[str], workspace: Workspace, shown: Shown, timeout_s: float) -> Ran: ...
