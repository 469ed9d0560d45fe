"""Mirrors of repositories, one for each address; fetched only when something is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pilothouse.kit.clock import Clock
from pilothouse.workspaces.model import Repository

Credentials = Callable[[str], tuple[str, str] | None]
"""User name and password for a remote address, or None; asked at each fetch, handed over on a pipe."""

DEFAULT_PROTOCOLS = ("https", "ssh")


class Repositories:
    """The mirrors in a directory."""

    def __init__(
        self,
        directory: Path,
        *,
        clock: Clock,
        protocols: tuple[str, ...] = DEFAULT_PROTOCOLS,
        credentials: Credentials | None = None,
    ) -> None:
        raise NotImplementedError

    def check(self, remote_url: str) -> None:
        """Raises what is wrong with an address: NotARemote, CredentialsInUrl, ProtocolNotAllowed. Asks nobody."""
        raise NotImplementedError

    async def resolve(self, repository: Repository, revision: str) -> str:
        """The full commit of a commit (4 to 64 hex digits), branch or tag ('' is the default branch). A commit that is
        here is not fetched; a branch is, at most every few seconds. Raises UnknownCommit, UnknownRef, NotARevision,
        RemoteUnreachable, RepositoryTooLarge, and what ``check`` raises."""
        raise NotImplementedError
