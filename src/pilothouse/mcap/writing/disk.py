"""Writing to disks: everything, in few calls, and so that it is there after a power cut."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path

from pilothouse.mcap.model import Binary

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says when a disk, a quota or a file-size limit is used up."""


def write_all(file: int, buffers: Sequence[Binary]) -> int:
    """Write every byte, in as few calls as the system allows; how many there were."""
    pending = [memoryview(one) for one in buffers if len(one)]
    total = sum(one.nbytes for one in pending)
    most = os.sysconf("SC_IOV_MAX")
    position = 0
    while position < len(pending):
        written = os.writev(file, pending[position : position + most])
        while position < len(pending) and written >= pending[position].nbytes:
            written -= pending[position].nbytes
            position += 1
        if written:
            pending[position] = pending[position][written:]
    return total


def reserve(file: int, size: int) -> None:
    """Reserve room on the disk where the file system can; raises OSError when there is none."""
    if not size:
        return
    try:
        os.posix_fallocate(file, 0, size)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise


def sync_directory(path: Path) -> None:
    """Make new names in a directory survive a power cut."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
