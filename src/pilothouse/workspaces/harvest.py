"""Takes what a set-up has made out of the tree it was made in."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from pilothouse.workspaces.removal import OPEN_DIRECTORY

_GIT = ".git"


def move_made(tree: Path, into: Path, was_there: Callable[[str], bool]) -> tuple[str, ...]:
    """Move files and directories that were not there before, each whole, keeping their paths; no link is followed.

    What was there and was changed stays: it belongs to a commit, and another one may have it otherwise.
    """
    moved: list[str] = []
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        directory = os.open(tree / inside, OPEN_DIRECTORY)
        try:
            with os.scandir(directory) as entries:
                found = [(entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in entries]
            for name, mode in found:
                path = f"{inside}/{name}" if inside else name
                if path == _GIT or not _may_be_kept(mode):
                    continue
                if not was_there(path):
                    (into / path).parent.mkdir(parents=True, exist_ok=True)
                    os.rename(name, into / path, src_dir_fd=directory)
                    moved.append(path)
                elif stat.S_ISDIR(mode):
                    waiting.append(path)
        finally:
            os.close(directory)
    return tuple(sorted(moved))


def _may_be_kept(mode: int) -> bool:
    # Not devices, which is how an overlay says that something was deleted, nor sockets and pipes.
    return stat.S_ISDIR(mode) or stat.S_ISREG(mode) or stat.S_ISLNK(mode)
