"""Count what a command uses where no control group does."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def in_namespace_of(pid: int) -> list[int]:
    """The processes of the pid namespace a process lives in, as they are called out here."""
    try:
        wanted = os.readlink(f"/proc/{pid}/ns/pid")  # noqa: PTH115 - paths as objects cost the keeper an import
    except OSError:
        return []
    return [one for one in _everybody() if _links_to(f"/proc/{one}/ns/pid", wanted)]


def beneath(pid: int) -> list[int]:
    """A process's descendants, for where there is no namespace to ask for."""
    children: dict[int, list[int]] = {}
    for one in _everybody():
        with contextlib.suppress(OSError, ValueError):
            children.setdefault(_parent(one), []).append(one)
    found, pending = [], [pid]
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += below
    return found


def resident_bytes(pids: Iterable[int]) -> int:
    """What they hold in memory; what they share is counted for each."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123
            total += int(file.read().split()[1]) * _PAGE_BYTES
    return total


def _everybody() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208


def _links_to(path: str, wanted: str) -> bool:
    try:
        return os.readlink(path) == wanted  # noqa: PTH115
    except OSError:
        return False


def _parent(pid: int) -> int:
    with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
        return int(file.read().rpartition(b")")[2].split()[1])
