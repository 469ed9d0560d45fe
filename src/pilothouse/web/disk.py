"""What a disk answers that takes nothing, in whatever exception it comes."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

from pilothouse.kit.errors import Invalid

_REFUSALS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
# SQLite, by itself or within what a library makes of it, says it in words.
_FULL = "disk is full"


class DiskRefuses(Invalid):
    """The disk under {directory} takes nothing: {reason}; make room there, or give another --data."""


def refusal_in(error: BaseException, directory: object) -> DiskRefuses | None:
    """The problem with the disk behind an exception; None for any other."""
    for one in _chain(error):
        if isinstance(one, OSError) and one.errno in _REFUSALS:
            return DiskRefuses(directory=directory, reason=os.strerror(one.errno))
        if _FULL in str(one):
            return DiskRefuses(directory=directory, reason=os.strerror(errno.ENOSPC))
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
