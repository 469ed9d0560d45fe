"""Checkouts of commits, kept warm and moved by difference. Guests of a layered workspace cannot write to them."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from pilothouse.kit.logs import get_logger
from pilothouse.workspaces.cleaning import Noted, clean, note
from pilothouse.workspaces.git import Git, TookTooLong
from pilothouse.workspaces.guest_git import refs_of
from pilothouse.workspaces.model import Owner, Repository, Warmth
from pilothouse.workspaces.ownership import give
from pilothouse.workspaces.problems import CheckoutFailed
from pilothouse.workspaces.removal import remove_tree

_CHECKOUT_S = 300.0
# File systems tell time in ticks of up to 10 ms: what is changed within one is not seen in the change time.
_TICK_S = 0.012
_DONE = "commit"  # names the commit once everything of it is written

log = get_logger(__name__)


@dataclass(eq=False, slots=True)
class Checkout:
    """A tree at a commit, and the git directory that wrote it, which no guest ever sees."""

    directory: Path
    commit: str | None = None
    users: int = 0
    used: int = 0  # counts up; the one used longest ago is moved first
    preparing: asyncio.Task[None] | None = None
    noted: Noted = field(default_factory=dict)
    whole: bool = False  # nothing that git wrote is missing

    @property
    def tree(self) -> Path:
        return self.directory / "tree"

    @property
    def git(self) -> Path:
        return self.directory / "git"

    @property
    def refs(self) -> Path:
        return self.directory / "refs"


class Checkouts:
    """The checkouts in a directory. ``shared`` ones lie beneath overlays, any number of sessions each; the others are
    one session's at a time."""

    def __init__(self, directory: Path, git: Git, *, owner: Owner | None, shared: bool, warm: int) -> None:
        self._directory = directory
        self._git = git
        self._owner = owner
        self._shared = shared
        self._warm = warm
        self._pools: defaultdict[str, list[Checkout]] = defaultdict(list)
        self._uses = 0
        self._numbers = 0

    def find(self) -> None:
        """Take over what an earlier process has left, as far as no guest can have written to it."""
        self._directory.mkdir(parents=True, exist_ok=True)
        for pool in self._directory.iterdir():
            for place in pool.iterdir():
                done = place / _DONE
                if self._shared and done.is_file():
                    self._pools[pool.name].append(Checkout(place, commit=done.read_text(), whole=True))
                else:
                    remove_tree(place)

    async def take(self, repository: Repository, mirror: Path, commit: str) -> tuple[Checkout, Warmth]:
        """A checkout of a commit, to be given back."""
        pool = self._pools[mirror.stem]
        checkout, warmth = self._chosen(mirror.stem, pool, commit)
        checkout.users += 1
        self._uses += 1
        checkout.used = self._uses
        if checkout.preparing is None and not (checkout.whole and checkout.commit == commit):
            checkout.commit, checkout.whole = commit, False
            checkout.preparing = asyncio.create_task(self._prepare(checkout, repository, mirror, commit))
        try:
            if checkout.preparing is not None:
                await asyncio.shield(checkout.preparing)
        except BaseException:
            await self.give_back(checkout)
            raise
        return checkout, warmth

    async def give_back(self, checkout: Checkout) -> None:
        """It is used no longer; its guests, if it was theirs alone, have ended."""
        checkout.users -= 1
        if checkout.users > 0:
            return
        if not self._shared and checkout.preparing is None:
            await self._clean(checkout)
        pool = self._pools[checkout.directory.parent.name]
        idle = sorted((one for one in pool if one.users == 0 and one.preparing is None), key=lambda one: one.used)
        unusable = [one for one in idle if one.commit is None]
        for one in {*unusable, *idle[: max(0, len(pool) - self._warm)]}:
            pool.remove(one)
            await asyncio.to_thread(remove_tree, one.directory)

    async def close(self) -> None:
        """Wait for what is being written."""
        writing = [one.preparing for pool in self._pools.values() for one in pool if one.preparing is not None]
        await asyncio.gather(*writing, return_exceptions=True)

    def _chosen(self, name: str, pool: list[Checkout], commit: str) -> tuple[Checkout, Warmth]:
        usable = [one for one in pool if one.users == 0 or self._shared]
        if fitting := [one for one in usable if one.commit == commit]:
            return max(fitting, key=lambda one: one.used), Warmth.WARM
        idle = [one for one in pool if one.users == 0 and one.commit is not None and one.preparing is None]
        if idle:
            return min(idle, key=lambda one: one.used), Warmth.MOVED
        self._numbers += 1
        checkout = Checkout(self._directory / name / f"{os.getpid()}-{self._numbers}")
        pool.append(checkout)
        return checkout, Warmth.COLD

    async def _prepare(self, checkout: Checkout, repository: Repository, mirror: Path, commit: str) -> None:
        try:
            await self._write(checkout, mirror, commit)
        except (OSError, TookTooLong, _Refused) as problem:
            checkout.commit = None
            reason = str(problem) or f"it took more than {_CHECKOUT_S:g} s"
            raise CheckoutFailed(commit=commit, repository=repository.name, reason=reason) from problem
        except BaseException:
            checkout.commit = None
            raise
        finally:
            checkout.preparing = None

    async def _write(self, checkout: Checkout, mirror: Path, commit: str) -> None:
        done = checkout.directory / _DONE
        done.unlink(missing_ok=True)
        if not checkout.git.is_dir():
            await self._begin(checkout, mirror, commit)
        words = ("read-tree", "--reset", "-u", commit)
        said = await self._git.run(*words, git_directory=checkout.git, work_tree=checkout.tree, timeout_s=_CHECKOUT_S)
        if said.code != 0:
            raise _Refused(said.reason)
        checkout.refs.write_text(await refs_of(self._git, mirror), errors="surrogateescape")
        await asyncio.to_thread(give, checkout.tree, self._owner)
        if not self._shared:
            checkout.noted = await asyncio.to_thread(note, checkout.tree)
            await asyncio.sleep(_TICK_S)
        done.write_text(commit)
        checkout.whole = True

    async def _begin(self, checkout: Checkout, mirror: Path, commit: str) -> None:
        checkout.tree.mkdir(parents=True)
        form = "sha256" if len(commit) == 64 else "sha1"
        said = await self._git.run(
            "init", "--quiet", "--template=", f"--object-format={form}", git_directory=checkout.git
        )
        if said.code != 0:
            raise _Refused(said.reason)
        (checkout.git / "objects/info").mkdir(exist_ok=True)
        (checkout.git / "objects/info/alternates").write_text(f"{mirror / 'objects'}\n")

    async def _clean(self, checkout: Checkout) -> None:
        """What the guest left goes now; what it took away or changed is written again when somebody needs it."""
        try:
            checkout.whole &= await asyncio.to_thread(clean, checkout.tree, checkout.noted)
        except (OSError, KeyError) as problem:
            log.warning("a used checkout cannot be cleaned and is thrown away", reason=str(problem))
            checkout.commit, checkout.whole = None, False


class _Refused(Exception):
    """git said no."""
