"""Uids for commands: one each while it runs, out of a range that belongs to nobody."""

from __future__ import annotations

import contextlib
import os
import random
import socket
from collections.abc import Callable
from pathlib import Path

from pilothouse.sandbox.keeper import kernel

# Above what distributions, systemd and subordinate ranges hand out, below the sign bit.
_FIRST, _BLOCK, _BLOCKS = 1_900_000_000, 1024, 100_000
# Whom workspaces belong to on disk. Where no command can be shown them as its own, it is this one, who is nobody.
GUEST_ID = _FIRST - 1
# Of the namespaces that files are shown by, so many stay open: more than one command needs, fewer than a process may.
_KEPT = 256


class NoUidsLeft(Exception):
    """More commands at once than this keeper has uids for."""


class Identities:
    """A block of uids that no other keeper on this machine uses at the same time."""

    def __init__(self) -> None:
        self._lock, uids = claim_block()
        self._free = list(reversed(uids))
        self._namespaces: dict[tuple[int, int, int], int] = {}

    def take(self) -> int:
        if not self._free:
            raise NoUidsLeft
        return self._free.pop()

    def give_back(self, uid: int) -> None:
        """Nothing runs under it any more."""
        self._free.append(uid)

    def showing(self, uid: int, owner: int, group: int) -> int:
        """A user namespace for mounts on which the owner's files appear to belong to `uid`."""
        key = (uid, owner, group)
        found = self._namespaces.pop(key, None)
        self._namespaces[key] = found or kernel.user_namespace(f"{owner} {uid} 1", f"{group} {uid} 1")
        if len(self._namespaces) > _KEPT:
            os.close(self._namespaces.pop(next(iter(self._namespaces))))
        return self._namespaces[key]

    def runs_as(self, own: int, workspace: str) -> int:
        """Who a command with this workspace is: its own uid, or, where that cannot be shown the files as its own (on an
        overlay), the one they belong to: the session's, or the nobody of all sessions."""
        found = os.stat(workspace)  # noqa: PTH116 - a path object costs the keeper an import
        if found.st_uid == found.st_gid and _FIRST <= found.st_uid < _FIRST + _BLOCK * _BLOCKS:
            return found.st_uid
        if (found.st_uid, found.st_gid) != (GUEST_ID, GUEST_ID):
            return own
        tree = kernel.clone_mount(workspace)
        try:
            kernel.set_mount(tree, read_only=False, userns=self.showing(own, GUEST_ID, GUEST_ID))
        except OSError:
            return GUEST_ID
        else:
            return own
        finally:
            os.close(tree)


def mappable(uid: int) -> bool:
    """Whether this process may become `uid` (in a container, only some ids exist)."""
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        first, _, count = (int(one) for one in line.split())
        if first <= uid < first + count:
            return True
    return False


def can_own_uids() -> bool:
    return os.geteuid() == 0 and mappable(_FIRST) and mappable(_FIRST + _BLOCK * _BLOCKS)


def hand_over(tree: Path, uid: int, gid: int) -> None:
    """Change the owner of everything in a directory nothing runs in; links are not followed."""
    _walk(tree, lambda name, directory: os.chown(name, uid, gid, dir_fd=directory, follow_symlinks=False))
    os.chown(tree, uid, gid, follow_symlinks=False)


def _walk(tree: Path, change: Callable[[str, int], None]) -> None:
    for _, directories, files, descriptor in os.fwalk(tree, follow_symlinks=False):
        for name in (*directories, *files):
            with contextlib.suppress(FileNotFoundError):
                change(name, descriptor)


def claim_block() -> tuple[socket.socket, range]:
    """Uids that are this process's until it closes the socket, or ends."""
    # An abstract socket is a lock the kernel gives back however its holder ends.
    for number in random.SystemRandom().sample(range(_BLOCKS), 100):
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            lock.bind(f"\0pilothouse-uids-{number}")
        except OSError:
            lock.close()
            continue
        first = _FIRST + number * _BLOCK
        return lock, range(first, first + _BLOCK)
    raise NoUidsLeft
