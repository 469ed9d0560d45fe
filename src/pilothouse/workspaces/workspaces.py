"""Workspaces for sessions: made quickly, given back without a trace."""

from __future__ import annotations

from pathlib import Path

from pilothouse.kit.clock import Clock
from pilothouse.workspaces.model import Owner, Repository, Workspace
from pilothouse.workspaces.repositories import Repositories


class Workspaces:
    """The workspaces of one worker, in a directory that nothing else uses."""

    def __init__(
        self, directory: Path, repositories: Repositories, *, clock: Clock, owner: Owner | None = None, warm: int = 8
    ) -> None:
        """``owner`` is whom guests run as (None: this user); ``warm`` checkouts are kept for each repository."""
        raise NotImplementedError

    async def start(self) -> None:
        """Take away what a worker that died has left behind; find out what this machine offers."""
        raise NotImplementedError

    async def acquire(self, repository: Repository, commit_sha: str, patch: bytes | None = None) -> Workspace:
        """A clean workspace at ``commit_sha`` (from ``Repositories.resolve``) with a patch applied. Raises
        CheckoutFailed, PatchUnreadable, PatchForbidden, PatchDoesNotApply (with ``file`` and ``hunk`` in its facts)."""
        raise NotImplementedError

    async def release(self, workspace: Workspace) -> None:
        """Take back a workspace, whatever was done in it. Its processes must have ended. May be called twice."""
        raise NotImplementedError

    async def close(self) -> None:
        """Give up all workspaces; checkouts stay on disk for the next start."""
        raise NotImplementedError


def patch_hash(patch: bytes) -> str:
    """SHA-256 of a patch, hexadecimal."""
    raise NotImplementedError
