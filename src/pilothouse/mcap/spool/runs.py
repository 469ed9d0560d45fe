"""Run directories of the spool: one for each run of a recorder, locked while that run lives."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path

from pilothouse.mcap.problems import SpoolInUse

RUN_PREFIX = "run-"
LOCK_NAME = "lock"


class RunDirectory:
    """A run's directory, held with a file lock that the kernel gives back when the process dies, however it dies."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def make(cls, directory: Path) -> RunDirectory:
        """A fresh one. It is locked before it gets its name, so nobody ever sees it unlocked."""
        directory.mkdir(parents=True, exist_ok=True)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{os.getpid()}-{secrets.token_hex(4)}"
        making = directory / f".{name}"
        making.mkdir()
        lock = os.open(making / LOCK_NAME, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path = making.rename(directory / f"{RUN_PREFIX}{name}")
        return cls(path, lock)

    @classmethod
    def hold(cls, path: Path) -> RunDirectory:
        """Take over a dead run's directory; raises SpoolInUse while somebody else has it."""
        lock = os.open(path / LOCK_NAME, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise SpoolInUse(path=path) from None
        return cls(path, lock)

    def release(self) -> None:
        """Let others have it. Idempotent."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def remove(self) -> None:
        """Delete it with everything in it, then let go."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.release()


def leftovers(directory: Path) -> list[Path]:
    """Directories of runs that are over, oldest first."""
    if not directory.is_dir():
        return []
    found = []
    for path in sorted(directory.glob(f"{RUN_PREFIX}*")):
        try:
            RunDirectory.hold(path).release()
        except (SpoolInUse, NotADirectoryError, FileNotFoundError):
            continue
        found.append(path)
    return found
