"""Files of a workspace belong to whom guests run as, or they could not change them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from pilothouse.sandbox.keeper.identities import GUEST_ID
from pilothouse.workspaces.model import Owner


def usual_owner() -> Owner | None:
    """Somebody without rights, where this process may choose (root, and the id exists here); otherwise itself."""
    if os.geteuid() != 0:
        return None
    with Path("/proc/self/uid_map").open() as uids, Path("/proc/self/gid_map").open() as gids:
        return Owner(GUEST_ID, GUEST_ID) if all(_holds(lines, GUEST_ID) for lines in (uids, gids)) else None


def _holds(lines: Iterable[str], number: int) -> bool:
    ranges = [tuple(map(int, line.split())) for line in lines]
    return any(first <= number < first + count for first, _, count in ranges)


def give(tree: Path, owner: Owner | None) -> None:
    """Make every file and directory of a tree, links themselves included, the owner's. Nobody may be writing to it."""
    if owner is None:
        return
    wanted = (owner.uid, owner.gid)
    for path, found in _everything(tree):
        if (found.st_uid, found.st_gid) != wanted:
            os.chown(path, *wanted, follow_symlinks=False)


def give_through(tree: Path, upper: Path) -> None:
    """Make all that was written above a layered tree belong to whom the tree belongs. An overlay remembers whom its
    files belonged to: one that is given behind its back is the owner's and cannot be written by them."""
    owner = tree.stat()
    there = (os.lstat(upper).st_uid, os.lstat(upper).st_gid)
    for path, found in _everything(upper):
        # A device is how an overlay says that something was deleted.
        if (found.st_uid, found.st_gid) != there and not stat.S_ISCHR(found.st_mode):
            os.chown(tree / os.path.relpath(path, upper), owner.st_uid, owner.st_gid, follow_symlinks=False)


def _everything(tree: Path) -> Iterator[tuple[str, os.stat_result]]:
    yield str(tree), os.lstat(tree)
    waiting = [str(tree)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                yield entry.path, entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
