"""Open, write and list inside a directory that hostile code writes to, and never touch anything outside it.

Every name is resolved by the kernel beneath the directory (``openat2`` with ``RESOLVE_BENEATH``): a symbolic link that
leads out, even one that is swapped in at the right moment, is not followed out. Where the kernel has no ``openat2`` the
path is walked step by step without following any link.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from pilothouse.sandbox.keeper import kernel
from pilothouse.sandbox.problems import FileTooLarge, OutsideWorkspace

_RESOLVE_NO_XDEV, _RESOLVE_NO_MAGICLINKS, _RESOLVE_BENEATH = 1, 2, 8
_RESOLVE = _RESOLVE_NO_XDEV | _RESOLVE_NO_MAGICLINKS | _RESOLVE_BENEATH
# Opening a fifo must not wait for its other end, and a terminal must not become ours.
_CAREFUL = os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NO_SUCH_CALL = (errno.ENOSYS, errno.EPERM, errno.E2BIG)
_RACED = 16


def open_beneath(root: Path, path: str) -> BinaryIO:
    """Open a regular file for reading; what leads outside, and devices and fifos, are `OutsideWorkspace`."""
    descriptor = _opened(root, path, os.O_RDONLY)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OutsideWorkspace(path=path)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_beneath(root: Path, path: str, limit_bytes: int) -> bytes:
    """The content of a regular file of at most so many bytes."""
    with open_beneath(root, path) as file:
        content = file.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise FileTooLarge(path=path, limit_bytes=limit_bytes)
    return content


def write_beneath(root: Path, path: str, content: bytes) -> None:
    """Write a file whole or not at all; directories on the way are made. A link at its place is replaced, a file too,
    but for its permissions. What is new belongs to whom the directory belongs."""
    directory, _, name = path.strip("/").rpartition("/")
    if name in ("", ".", ".."):
        raise OutsideWorkspace(path=path)
    _make_directories(root, directory, path)
    parent = _opened(root, directory or ".", os.O_RDONLY | os.O_DIRECTORY, shown=path)
    fresh = f".{name[:100]}.{os.urandom(6).hex()}"
    try:
        descriptor = os.open(
            fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=parent
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            _give(root, descriptor)
            os.fchmod(descriptor, _mode_of(name, parent))
        os.replace(fresh, name, src_dir_fd=parent, dst_dir_fd=parent)
    except (IsADirectoryError, NotADirectoryError, FileNotFoundError) as problem:
        raise OutsideWorkspace(path=path) from problem
    finally:
        with contextlib.suppress(OSError):
            os.unlink(fresh, dir_fd=parent)
        os.close(parent)


def walk_beneath(root: Path, *, but: Collection[str] = ()) -> Iterator[tuple[str, os.stat_result]]:
    """All that is no directory as (path, stat), links not followed, in a stable order; directories of the names in
    ``but`` are not entered."""
    pending = [""]
    while pending:
        directory = pending.pop()
        try:
            descriptor = _opened(root, directory or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OutsideWorkspace:
            continue  # gone, or swapped for a link, since its parent was listed
        try:
            names = sorted(os.listdir(descriptor))  # noqa: PTH208 - a descriptor has no path
            below = []
            for name in names:
                place = f"{directory}/{name}" if directory else name
                with contextlib.suppress(OSError):
                    found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                    if not stat.S_ISDIR(found.st_mode):
                        yield place, found
                    elif name not in but:
                        below.append(place)
            pending.extend(reversed(below))
        finally:
            os.close(descriptor)


def _make_directories(root: Path, directory: str, shown: str) -> None:
    done = "."
    for part in filter(None, directory.split("/")):
        if part in (".", ".."):
            raise OutsideWorkspace(path=shown)
        parent = _opened(root, done, os.O_RDONLY | os.O_DIRECTORY, shown=shown)
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, 0o755, dir_fd=parent)
                made = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
                try:
                    _give(root, made)
                finally:
                    os.close(made)
        finally:
            os.close(parent)
        done = f"{done}/{part}"


def _give(root: Path, descriptor: int) -> None:
    """Only root can give away what it made, and only then need it do so."""
    if os.geteuid() == 0:
        owner = root.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _mode_of(name: str, directory: int) -> int:
    """The permissions of a file that is about to be replaced, or the usual ones."""
    with contextlib.suppress(FileNotFoundError):
        found = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if stat.S_ISREG(found.st_mode):
            return found.st_mode & 0o777
    return 0o644


def _opened(root: Path, path: str, flags: int, *, shown: str | None = None) -> int:
    shown = path if shown is None else shown
    if "\0" in path or path.startswith("/"):
        raise OutsideWorkspace(path=shown)
    base = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for _ in range(_RACED):
            try:
                return kernel.openat2(base, path, flags | _CAREFUL, _RESOLVE)
            except OSError as problem:
                if problem.errno == errno.EAGAIN:
                    continue  # something on the way was renamed meanwhile; the kernel asks to try again
                if problem.errno in _NO_SUCH_CALL:
                    return _walked(base, path, flags)
                raise
        raise OutsideWorkspace(path=shown)
    except OSError as problem:
        raise OutsideWorkspace(path=shown) from problem
    finally:
        os.close(base)


def _walked(base: int, path: str, flags: int) -> int:
    parts = [part for part in path.split("/") if part not in ("", ".")] or ["."]
    if ".." in parts:
        raise PermissionError(errno.EXDEV, "leads outside", path)
    at = os.dup(base)
    try:
        for part in parts[:-1]:
            below = os.open(part, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
            os.close(at)
            at = below
        return os.open(parts[-1], flags | _CAREFUL | os.O_NOFOLLOW, dir_fd=at)
    finally:
        os.close(at)
