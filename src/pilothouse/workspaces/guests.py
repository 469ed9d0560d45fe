"""A uid for each layered workspace: what the kernel counts by uid (inotify, pending signals, message queues) no session
uses up for another. On disk all of them are the same nobody; only what a session is shown is its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pilothouse.sandbox.keeper.identities import GUEST_ID, NoUidsLeft, claim_block
from pilothouse.workspaces.overlay import Overlays, unmount
from pilothouse.workspaces.removal import remove_tree

# Making a namespace takes a program of its own; so many are kept open for the next session of their uid.
_KEPT = 64


class Guests:
    """Uids that no other process of this machine uses; however many sessions live, no two share one."""

    def __init__(self) -> None:
        self._locks: list[socket.socket] = []
        self._free: list[int] = []
        self._namespaces: dict[int, int] = {}
        self._claim()

    def take(self) -> int:
        """One that nobody has; raises NoUidsLeft."""
        if not self._free:
            self._claim()
        return self._free.pop()

    def give_back(self, uid: int) -> None:
        """Nothing runs under it any more."""
        self._free.append(uid)

    @contextmanager
    def showing(self, uid: int) -> Iterator[int]:
        """A user namespace for mounts on which the usual guest's files appear to belong to ``uid``."""
        kept = self._namespaces.pop(uid, None)
        namespace = _namespace(uid) if kept is None else kept
        try:
            yield namespace
        finally:
            if len(self._namespaces) < _KEPT:
                self._namespaces[uid] = namespace
            else:
                os.close(namespace)

    def close(self) -> None:
        for namespace in self._namespaces.values():
            os.close(namespace)
        self._namespaces.clear()
        for lock in self._locks:
            lock.close()

    def _claim(self) -> None:
        lock, uids = claim_block()
        self._locks.append(lock)
        self._free = list(reversed(uids))


def probe(overlays: Overlays, directory: Path) -> Guests | None:
    """Try it in a directory; None where layers cannot be shown as somebody's own (before Linux 5.19, or by their file
    system), or no uids are left."""
    place = directory / f"probe-{os.getpid()}"
    try:
        guests = Guests()
    except NoUidsLeft:
        return None
    uid = guests.take()
    try:
        for name in ("lower", "upper", "work", "tree"):
            (place / name).mkdir(parents=True)
        os.chown(place / "upper", GUEST_ID, GUEST_ID)
        with guests.showing(uid) as namespace:
            overlays.mount_for(namespace, place / "lower", place, place / "tree")
        try:
            works = (place / "tree").stat().st_uid == uid
            (place / "tree" / "new").mkdir()
        finally:
            unmount(place / "tree")
    except OSError:
        works = False
    finally:
        remove_tree(place)
    guests.give_back(uid)
    if works:
        return guests
    guests.close()
    return None


def _namespace(uid: int) -> int:
    """Nothing runs in it. A program of its own makes it: this process has threads, and does not fork."""
    program = shutil.which("unshare")
    if program is None:
        raise FileNotFoundError("unshare")
    # The service's own files, such as overlays make while they work, stay its own.
    mapping = f"{GUEST_ID} {uid} 1\n0 0 1"
    command = (program, "--user", "cat")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as holder:  # noqa: S603
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(b"x")
        if holder.stdout.read(1) != b"x":
            raise OSError("user namespaces are not available")
        Path(f"/proc/{holder.pid}/uid_map").write_text(mapping, encoding="ascii")
        Path(f"/proc/{holder.pid}/gid_map").write_text(mapping, encoding="ascii")
        return os.open(f"/proc/{holder.pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
