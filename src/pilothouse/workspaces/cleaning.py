"""Finds what a guest changed in a checkout of its own, without asking git, which would have to believe the guest.

A guest cannot set the change time of a file. Whatever differs from what was noted before the session, or was not there,
is removed; git then writes again what belongs there.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pilothouse.workspaces.removal import OPEN_DIRECTORY, remove_entry


@dataclass(frozen=True, slots=True)
class Facts:
    """What is noted of a file or directory; of a directory only what its entries do not change."""

    mode: int
    uid: int
    gid: int
    changes: tuple[int, ...]

    @classmethod
    def of(cls, found: os.stat_result) -> Facts:
        is_directory = stat.S_ISDIR(found.st_mode)
        changes = () if is_directory else (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        return cls(found.st_mode, found.st_uid, found.st_gid, changes)

    @property
    def is_directory(self) -> bool:
        return stat.S_ISDIR(self.mode)


Noted = Mapping[str, Facts]
"""By path from the root of the tree; "" is the root."""


def note(tree: Path) -> Noted:
    """What is in a tree, before a guest gets it."""
    noted = {"": Facts.of(os.lstat(tree))}
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        with os.scandir(tree / inside) as entries:
            for entry in entries:
                path = f"{inside}/{entry.name}" if inside else entry.name
                noted[path] = facts = Facts.of(entry.stat(follow_symlinks=False))
                if facts.is_directory:
                    waiting.append(path)
    return noted


def clean(tree: Path, noted: Noted) -> bool:
    """Remove what is not as it was noted; whether everything that was noted is still there. Guests must have ended."""
    beside = os.open(tree.parent, OPEN_DIRECTORY)
    try:
        _make_as_noted(beside, tree.name, os.lstat(tree), noted[""])
        root = os.open(tree.name, OPEN_DIRECTORY, dir_fd=beside)
        try:
            return _clean(root, "", noted, beside) + 1 == len(noted)
        finally:
            os.close(root)
    finally:
        os.close(beside)


def _clean(directory: int, inside: str, noted: Noted, beside: int) -> int:
    """Clean one directory; how many entries are left. Only directories that were noted are entered: the depth is the
    repository's, not the guest's."""
    _forget_attributes(directory)
    with os.scandir(directory) as entries:
        found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
    kept = 0
    for name, status in found:
        path = f"{inside}/{name}" if inside else name
        known, facts = noted.get(path), Facts.of(status)
        if known is None or known.is_directory != facts.is_directory or (not known.is_directory and known != facts):
            remove_entry(directory, name, beside=beside)
            continue
        kept += 1
        if known.is_directory:
            _make_as_noted(directory, name, status, known)
            opened = os.open(name, OPEN_DIRECTORY, dir_fd=directory)
            try:
                kept += _clean(opened, path, noted, beside)
            finally:
                os.close(opened)
    return kept


def _make_as_noted(parent: int, name: str, found: os.stat_result, known: Facts) -> None:
    if (found.st_uid, found.st_gid) != (known.uid, known.gid):
        os.chown(name, known.uid, known.gid, dir_fd=parent, follow_symlinks=False)
    if found.st_mode != known.mode:
        os.chmod(name, stat.S_IMODE(known.mode), dir_fd=parent)


def _forget_attributes(directory: int) -> None:
    """A default access list on a directory would decide about the files of the next session."""
    with contextlib.suppress(OSError, AttributeError):
        for attribute in os.listxattr(directory):
            with contextlib.suppress(OSError):
                os.removexattr(directory, attribute)
