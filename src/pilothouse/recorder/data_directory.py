"""The directory that is one recorder's alone."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from pilothouse.recorder.problems import DataInUse, DataUnusable


def take_alone(directory: Path) -> int:
    """Hold it until the process ends, however it ends; raises DataInUse, DataUnusable."""
    try:
        for part in (directory, directory / "sessions", directory / "spool"):
            part.mkdir(parents=True, exist_ok=True)
        lock = os.open(directory / "recorder.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise DataUnusable(directory=directory, reason=error.strerror) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise DataInUse(directory=directory) from None
    return lock
