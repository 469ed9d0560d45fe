"""Removes what hostile code has left: any depth, any mode, and no link is followed."""

from __future__ import annotations

import os
import stat
from collections import deque
from itertools import count
from pathlib import Path

OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_ASIDE = ".removing-"


def remove_tree(path: Path) -> None:
    """Remove a file or directory; nothing happens when it is absent. Nobody may be writing to it any more.

    Directories inside are moved beside the root and emptied one by one: a tree nested ten thousand deep needs no more
    descriptors, no deeper stack and no longer path than a flat one.
    """
    parent = os.open(path.parent, OPEN_DIRECTORY)
    try:
        remove_entry(parent, path.name, beside=parent)
    finally:
        os.close(parent)


def remove_entry(directory: int, name: str, *, beside: int) -> None:
    """The same for an entry of an open directory; ``beside`` is one on the same file system that guests cannot see."""
    try:
        mode = os.lstat(name, dir_fd=directory).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):
        os.unlink(name, dir_fd=directory)
        return
    first = f"{_ASIDE}{os.getpid()}-{directory}-{os.urandom(4).hex()}"
    _move(directory, name, beside, first)
    waiting, numbers = deque([first]), count()
    while waiting:
        current = waiting.popleft()
        opened = os.open(current, OPEN_DIRECTORY, dir_fd=beside)
        try:
            with os.scandir(opened) as entries:
                inside = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
            for inner, is_directory in inside:
                if is_directory:
                    aside = f"{first}-{next(numbers)}"
                    _move(opened, inner, beside, aside)
                    waiting.append(aside)
                else:
                    os.unlink(inner, dir_fd=opened)
        finally:
            os.close(opened)
        os.rmdir(current, dir_fd=beside)


def _move(directory: int, name: str, beside: int, aside: str) -> None:
    # A directory without write permission cannot be moved or emptied by its owner; root does not mind.
    if os.geteuid() != 0:
        os.chmod(name, 0o700, dir_fd=directory)
    os.rename(name, aside, src_dir_fd=directory, dst_dir_fd=beside)
