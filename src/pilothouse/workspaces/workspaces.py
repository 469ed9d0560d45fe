"""Workspaces for sessions: made quickly, given back without a trace."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from pilothouse.kit.clock import NS_PER_S, Clock
from pilothouse.kit.errors import Conflict
from pilothouse.kit.ids import new_id
from pilothouse.kit.logs import get_logger
from pilothouse.workspaces import guests
from pilothouse.workspaces.checkouts import Checkout, Checkouts
from pilothouse.workspaces.git import Git
from pilothouse.workspaces.guest_git import OBJECTS_INSIDE, write_guest_git
from pilothouse.workspaces.harvest import move_made
from pilothouse.workspaces.model import Owner, Repository, Shown, Timings, Warmth, Workspace
from pilothouse.workspaces.overlay import Overlays, has_mounts_of_its_own, mounted_beneath, probe, unmount
from pilothouse.workspaces.ownership import give, give_through, usual_owner
from pilothouse.workspaces.patches import apply_patch, patch_hash
from pilothouse.workspaces.removal import remove_tree
from pilothouse.workspaces.repositories import Repositories

log = get_logger(__name__)
_NOTHING = Shown()


class WorkspacesInUse(Conflict):
    """Another worker keeps its workspaces in {directory}; give each a directory of its own."""


@dataclass(frozen=True, slots=True)
class _Lent:
    repository: Repository
    commit: str
    patch: bytes | None
    checkout: Checkout
    session: Path | None  # None: the checkout is this session's alone
    guest: int | None  # the uid that is this session's alone, where there are such


class Workspaces:
    """The workspaces of one worker, in a directory that nothing else uses."""

    def __init__(
        self,
        directory: Path,
        repositories: Repositories,
        *,
        clock: Clock,
        owner: Owner | None = None,
        warm: int = 8,
        layered: bool | None = None,
        mounts: bool = True,
        beside: Shown = _NOTHING,
    ) -> None:
        """``owner`` is whom files belong to (None: somebody without rights); ``warm`` checkouts of each are kept.
        ``layered`` tries overlays (None: in a process whose mounts end with it); ``mounts`` says that guests see what
        they are shown where it is to be shown; ``beside`` is what they are shown in all workspaces."""
        self._directory = directory.absolute()
        self._repositories = repositories
        self._clock = clock
        self._owner = owner or usual_owner()
        self._warm = warm
        self._wants_layers = has_mounts_of_its_own() if layered is None else layered
        self._mounts = mounts
        self.beside = beside
        self._git = Git()
        self._overlays: Overlays | None = None
        self._guests: guests.Guests | None = None
        self._checkouts: Checkouts | None = None
        self._lent: dict[str, _Lent] = {}
        self._lock = -1

    @property
    def layered(self) -> bool:
        """Whether workspaces are overlays over shared checkouts here; known after ``start``."""
        return self._overlays is not None

    async def start(self) -> None:
        """Take away what a worker that died has left behind; find out what this machine offers."""
        await asyncio.to_thread(self._start)

    def _start(self) -> None:
        self._sessions.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self._directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise WorkspacesInUse(directory=self._directory) from None
        for target in mounted_beneath(self._directory):
            unmount(target)
        for left in self._sessions.iterdir():
            remove_tree(left)
        self._overlays = probe(self._directory) if self._wants_layers else None
        if self._overlays is not None and self._owner == usual_owner() is not None:
            self._guests = guests.probe(self._overlays, self._directory)
        place = self._directory / "checkouts"
        self._checkouts = Checkouts(place, self._git, owner=self._owner, shared=self.layered, warm=self._warm)
        self._checkouts.find()

    async def acquire(self, repository: Repository, commit_sha: str, patch: bytes | None = None) -> Workspace:
        """A clean workspace at ``commit_sha`` (from ``Repositories.resolve``) with a patch applied. Raises
        CheckoutFailed, PatchUnreadable, PatchForbidden, PatchDoesNotApply (with ``file`` and ``hunk`` in its facts)."""
        assert self._checkouts is not None
        began_ns = self._clock.monotonic_ns()
        mirror = self._repositories.mirror(repository)
        checkout, warmth = await self._checkouts.take(repository, mirror, commit_sha)
        checked_out_ns = self._clock.monotonic_ns()
        name = new_id("wsp")
        session = self._sessions / name if self.layered else None
        guest = self._guests.take() if self._guests is not None else None
        self._lent[name] = lent = _Lent(repository, commit_sha, patch, checkout, session, guest)
        try:
            tree = await self._made(lent, mirror)
            patched_from_ns = self._clock.monotonic_ns()
            if patch is not None:
                await apply_patch(self._git, patch, tree=tree, git_directory=checkout.git, commit=commit_sha)
                if session is None:
                    await asyncio.to_thread(give, tree, self._owner)
                else:
                    await asyncio.to_thread(give_through, tree, session / "upper")
        except BaseException:
            await self._take_back(name)
            raise
        ended_ns = self._clock.monotonic_ns()
        timings = Timings(
            checkout_s=(checked_out_ns - began_ns) / NS_PER_S,
            patch_s=(ended_ns - patched_from_ns) / NS_PER_S,
            total_s=(ended_ns - began_ns) / NS_PER_S,
        )
        return self._workspace(name, tree, repository, commit_sha, patch, warmth, timings, mirror)

    async def release(self, workspace: Workspace) -> None:
        """Take back a workspace, whatever was done in it. Its processes must have ended. May be called twice."""
        await self._take_back(workspace.id)

    async def acquire_twin(self, workspace: Workspace) -> Workspace:
        """Another one of the same commit and patch, clean."""
        lent = self._lent[workspace.id]
        return await self.acquire(lent.repository, lent.commit, lent.patch)

    async def harvest(self, workspace: Workspace, into: Path) -> tuple[str, ...]:
        """Release a workspace, but move what its processes have made, and the repository does not have, into a
        directory on the same file system; the paths of what was moved. Its processes must have ended."""
        lent = self._lent[workspace.id]
        try:
            if lent.session is None:
                noted = lent.checkout.noted
                return await asyncio.to_thread(move_made, lent.checkout.tree, into, noted.__contains__)
            unmount(lent.session / "tree")
            below = lent.checkout.tree
            return await asyncio.to_thread(
                move_made, lent.session / "upper", into, lambda path: os.path.lexists(below / path)
            )
        finally:
            await self.release(workspace)

    def give(self, directory: Path) -> None:
        """Make a directory, not what is in it, the owner's of all workspaces."""
        if self._owner is not None:
            os.chown(directory, self._owner.uid, self._owner.gid)

    async def close(self) -> None:
        """Give up all workspaces; checkouts stay on disk for the next start."""
        for name in list(self._lent):
            await self._take_back(name)
        if self._guests is not None:
            self._guests.close()
            self._guests = None
        if self._checkouts is not None:
            await self._checkouts.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @property
    def _sessions(self) -> Path:
        return self._directory / "sessions"

    async def _made(self, lent: _Lent, mirror: Path) -> Path:
        session, checkout, commit = lent.session, lent.checkout, lent.commit
        objects = OBJECTS_INSIDE if self._mounts else str(mirror / "objects")

        def make() -> Path:
            written = checkout.tree if session is None else session / "upper"
            if session is not None:
                for name in ("upper", "work", "tree"):
                    (session / name).mkdir(parents=True)
            write_guest_git(
                written,
                commit,
                index=checkout.git / "index",
                refs=checkout.refs,
                objects=objects,
                owner=self._owner,
            )
            if session is None or self._overlays is None:
                return written
            give(written, self._owner)
            tree = session / "tree"
            if lent.guest is None or self._guests is None:
                self._overlays.mount(checkout.tree, written, session / "work", tree)
            else:
                with self._guests.showing(lent.guest) as namespace:
                    self._overlays.mount_for(namespace, checkout.tree, session, tree)
            return tree

        return await asyncio.to_thread(make)

    async def _take_back(self, name: str) -> None:
        lent = self._lent.pop(name, None)
        if lent is None:
            return
        assert self._checkouts is not None
        if lent.session is not None:
            await asyncio.to_thread(_remove_session, lent.session)
        if lent.guest is not None and self._guests is not None:
            self._guests.give_back(lent.guest)
        await self._checkouts.give_back(lent.checkout)

    def _workspace(
        self,
        name: str,
        tree: Path,
        repository: Repository,
        commit: str,
        patch: bytes | None,
        warmth: Warmth,
        timings: Timings,
        mirror: Path,
    ) -> Workspace:
        return Workspace(
            id=name,
            path=tree,
            repository=repository.name,
            commit_sha=commit,
            patch_hash=None if patch is None else patch_hash(patch),
            warmth=warmth,
            layered=self.layered,
            timings=timings,
            shown=(Shown(read_only={OBJECTS_INSIDE: mirror / "objects"}) if self._mounts else Shown()) | self.beside,
        )


def _remove_session(session: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        unmount(session / "tree")
    try:
        remove_tree(session)
    except OSError as problem:
        # The next start tries again; the session is gone for everybody else already.
        log.warning("a workspace cannot be removed", session=session.name, reason=str(problem))
