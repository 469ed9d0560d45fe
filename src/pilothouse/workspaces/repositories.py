"""Mirrors of repositories, one for each address; fetched only when something is missing."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from pilothouse.kit.clock import NS_PER_S, Clock
from pilothouse.kit.logs import get_logger
from pilothouse.workspaces.git import Git, Said, TookTooLong
from pilothouse.workspaces.model import Credentials, Repository
from pilothouse.workspaces.problems import (
    NotARevision,
    RemoteUnreachable,
    RepositoryTooLarge,
    UnknownCommit,
    UnknownRef,
)
from pilothouse.workspaces.remotes import Remote, remote_of
from pilothouse.workspaces.revisions import is_commit, may_be_commit, refs_named

DEFAULT_PROTOCOLS = ("https", "ssh")
_WATCH_S = 0.5
_MB = 1_000_000

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one repository may take of time and disk."""

    fetch_s: float = 600.0
    size_mb: int = 10_000


@dataclass(slots=True)
class _Mirror:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    fetched_from_ns: int = -1  # when the newest complete fetch began
    commits: set[str] = field(default_factory=set)  # known to be here; nothing is ever pruned


class Repositories:
    """The mirrors in a directory. Several processes may share it."""

    def __init__(
        self,
        directory: Path,
        *,
        clock: Clock,
        protocols: tuple[str, ...] = DEFAULT_PROTOCOLS,
        credentials: Credentials | None = None,
        limits: FetchLimits | None = None,
    ) -> None:
        self._directory = directory.absolute()
        self._clock = clock
        self._protocols = tuple(protocols)
        self._credentials = credentials
        self._limits = limits or FetchLimits()
        self._git = Git(self._protocols)
        self._mirrors: defaultdict[Path, _Mirror] = defaultdict(_Mirror)

    def check(self, remote_url: str) -> None:
        """Raises what is wrong with an address: NotARemote, CredentialsInUrl, ProtocolNotAllowed. Asks nobody."""
        remote_of(remote_url, self._protocols)

    def mirror(self, repository: Repository) -> Path:
        """Where its objects and refs are kept: another address is another mirror, whatever the name."""
        digest = hashlib.sha256(repository.remote_url.encode()).hexdigest()
        return self._directory / f"{digest[:24]}.git"

    async def resolve(self, repository: Repository, revision: str) -> str:
        """The full commit of a commit (4 to 64 hex digits), branch or tag ('' is the default branch).

        A commit that is here is not fetched; a branch or tag always is, together with whoever asks meanwhile. Raises
        UnknownCommit, UnknownRef, NotARevision, RemoteUnreachable, RepositoryTooLarge, and what ``check`` raises.
        """
        remote = remote_of(repository.remote_url, self._protocols)
        asked_at_ns = self._clock.monotonic_ns()
        if not is_commit(revision):
            return await self._resolve_name(repository, remote, revision, asked_at_ns)
        commit = revision.lower()
        if await self._has(repository, commit):
            return commit
        await self._fetch(repository, remote, asked_at_ns, wanted=commit)
        if not await self._has(repository, commit):
            raise UnknownCommit(repository=repository.name, commit=commit)
        return commit

    async def _resolve_name(self, repository: Repository, remote: Remote, revision: str, asked_at_ns: int) -> str:
        name = revision or repository.default_branch
        refs = refs_named(name)  # before anything is asked: what is malformed is fetched for nobody
        if may_be_commit(name) and (found := await self._named(repository, name)):
            return found
        await self._fetch(repository, remote, asked_at_ns)
        for ref in refs:
            if found := await self._named(repository, ref):
                return found
        if may_be_commit(name):
            if found := await self._named(repository, name):
                return found
            raise UnknownCommit(repository=repository.name, commit=name)
        raise UnknownRef(repository=repository.name, ref=name)

    async def _has(self, repository: Repository, commit: str) -> bool:
        mirror = self.mirror(repository)
        known = self._mirrors[mirror].commits
        if commit not in known and await self._commit_at(mirror, commit) == commit:
            known.add(commit)
        return commit in known

    async def _named(self, repository: Repository, name: str) -> str | None:
        return await self._commit_at(self.mirror(repository), name)

    async def _commit_at(self, mirror: Path, name: str) -> str | None:
        if not _is_there(mirror):
            return None
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        said = await self._git.run(*words, git_directory=mirror)
        # A whole commit is itself, also where somebody has named a branch after it.
        if "ambiguous" in said.message and not is_commit(name):
            raise NotARevision(revision=name)
        return said.output.decode().strip() if said.code == 0 else None

    async def _fetch(self, repository: Repository, remote: Remote, asked_at_ns: int, wanted: str = "") -> None:
        """Fetch, unless somebody's fetch has begun since ``asked_at_ns``."""
        mirror = self.mirror(repository)
        state = self._mirrors[mirror]
        async with state.lock:
            if state.fetched_from_ns < asked_at_ns:
                began_at_ns = self._clock.monotonic_ns()
                async with self._alone(mirror):
                    await self._fetch_now(repository, remote, mirror)
                state.fetched_from_ns = began_at_ns
                took_s = (self._clock.monotonic_ns() - began_at_ns) / NS_PER_S
                log.info("repository fetched", repository=repository.name, seconds=round(took_s, 3))
            if wanted and await self._commit_at(mirror, wanted) is None:
                # No ref leads to it: what was force-pushed away or belongs to a request can still be asked for by name.
                words = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "origin", "--", wanted)
                with contextlib.suppress(RemoteUnreachable):
                    await self._talk(repository, remote, mirror, words)

    async def _fetch_now(self, repository: Repository, remote: Remote, mirror: Path) -> None:
        if _is_there(mirror):
            words: tuple[str, ...] = ("fetch", "--quiet", "--prune", "--force", "--no-write-fetch-head", "origin")
            await self._talk(repository, remote, mirror, words)
            return
        coming = mirror.with_suffix(".coming")
        shutil.rmtree(coming, ignore_errors=True)
        try:
            words = ("clone", "--quiet", "--mirror", "--template=", "--no-hardlinks", "--", remote.url, str(coming))
            await self._talk(repository, remote, coming, words, beginning=True)
            coming.rename(mirror)
        finally:
            shutil.rmtree(coming, ignore_errors=True)

    async def _talk(
        self, repository: Repository, remote: Remote, mirror: Path, words: tuple[str, ...], *, beginning: bool = False
    ) -> None:
        too_large = asyncio.Event()

        async def watch() -> None:
            while True:
                if await asyncio.to_thread(_size, mirror) > self._limits.size_mb * _MB:
                    return too_large.set()
                await asyncio.sleep(_WATCH_S)

        credential = self._credentials(remote.url) if self._credentials is not None else None
        try:
            said: Said = await self._git.run(
                *words,
                git_directory=None if beginning else mirror,
                timeout_s=self._limits.fetch_s,
                credential=credential,
                watch=watch,
            )
        except TookTooLong:
            if too_large.is_set():
                raise RepositoryTooLarge(repository=repository.name, limit_mb=self._limits.size_mb) from None
            reason = f"it took more than {self._limits.fetch_s:g} s"
            raise RemoteUnreachable(repository=repository.name, reason=reason) from None
        if _size(mirror) > self._limits.size_mb * _MB:
            raise RepositoryTooLarge(repository=repository.name, limit_mb=self._limits.size_mb)
        if said.code != 0:
            raise RemoteUnreachable(repository=repository.name, reason=said.reason)

    @contextlib.asynccontextmanager
    async def _alone(self, mirror: Path) -> AsyncIterator[None]:
        """Among processes: a mirror is made and fetched by one at a time."""
        self._directory.mkdir(parents=True, exist_ok=True)
        file = os.open(mirror.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    await asyncio.sleep(0.05)
                else:
                    break
            yield
        finally:
            os.close(file)


def _is_there(mirror: Path) -> bool:
    return mirror.is_dir()


def _size(directory: Path) -> int:
    """What the files of a mirror take: packs, mostly, so there are few."""
    size = 0
    for place, _, names in os.walk(directory):
        for name in names:
            with contextlib.suppress(OSError):
                size += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 - a Path for each costs more
    return size
