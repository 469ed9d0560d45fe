"""What workspaces are made from and what they tell of themselves; pure values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Shown:
    """What a guest is shown beside its workspace. ``a | b`` shows both."""

    read_only: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))  # path inside -> path here
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    path: tuple[str, ...] = ()  # directories inside, to stand first in PATH

    def __or__(self, other: Shown) -> Shown:
        return Shown(
            read_only={**self.read_only, **other.read_only},
            variables={**self.variables, **other.variables},
            path=(*other.path, *self.path),
        )


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that sessions may be made from; what the hub's row says, and nothing that is kept here."""

    name: str
    remote_url: str
    default_branch: str = "main"


Credentials = Callable[[str], tuple[str, str] | None]
"""User name and password for a remote address, or None; asked at each fetch, handed over on a pipe."""


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
    shown: Shown = field(default_factory=Shown)
