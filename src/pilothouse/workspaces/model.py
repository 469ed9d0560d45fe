"""What workspaces are made from and what they tell of themselves; pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

NOTHING: Mapping[str, Path] = MappingProxyType({})
NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that sessions may be made from; what the hub's row says, and nothing that is kept here."""

    name: str
    remote_url: str
    default_branch: str = "main"


class Warmth(StrEnum):
    """How much was there already when a workspace was asked for."""

    WARM = "warm"  # the commit was checked out already
    MOVED = "moved"  # another commit was, and the difference was written
    COLD = "cold"  # every file was written


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time of an acquisition went, in seconds."""

    checkout_s: float = 0.0
    patch_s: float = 0.0
    total_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom the files of a workspace belong to: the user that guests run as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Workspace:
    """A directory of a session's own, at a commit, patched. ``path`` is to be mounted, writable, at /workspace."""

    id: str
    path: Path
    repository: str
    commit_sha: str
    patch_hash: str | None
    warmth: Warmth
    layered: bool  # an overlay over a shared checkout, not a checkout of its own
    timings: Timings
    read_only: Mapping[str, Path] = field(default=NOTHING)  # path inside -> path here; to be mounted beside it
    environment: Mapping[str, str] = field(default=NO_VARIABLES)  # variables that guests need to find their way
