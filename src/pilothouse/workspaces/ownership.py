"""Files of a workspace belong to whom guests run as, or they could not change them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pilothouse.workspaces.model import Owner


def give(tree: Path, owner: Owner | None) -> None:
    """Make every file and directory of a tree, links themselves included, the owner's. Nobody may be writing to it."""
    if owner is None:
        return
    wanted = (owner.uid, owner.gid)
    for path, found in _everything(tree):
        if (found.st_uid, found.st_gid) != wanted:
            os.chown(path, *wanted, follow_symlinks=False)


def _everything(tree: Path) -> Iterator[tuple[str, os.stat_result]]:
    yield str(tree), os.lstat(tree)
    waiting = [str(tree)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                yield entry.path, entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
