"""Bringing files to the disk in a thread of its own, so that a disk that takes seconds holds nobody up."""

from __future__ import annotations

import os
import threading
from collections import deque
from os import fsync
from pathlib import Path

from pilothouse.kit.logs import get_logger

# A disk that is this far behind gains nothing from being asked once more.
QUEUE_FILES = 4

log = get_logger(__name__)


class Syncer:
    """Syncs open files one after the other. Each is duplicated: its owner may close it at once."""

    def __init__(self) -> None:
        self._files: deque[int] = deque()
        self._busy = self._stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="pilothouse-sync", daemon=True)
        self._thread.start()

    def put(self, file: int, *, must: bool = False) -> bool:
        """Ask for a file to be synced; False when the disk is so far behind that it was left out."""
        with self._changed:
            if len(self._files) >= QUEUE_FILES and not must:
                return False
            self._files.append(os.dup(file))
            self._changed.notify_all()
            return True

    def put_directory(self, path: Path) -> None:
        """Ask for the names in a directory to be synced."""
        directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.put(directory, must=True)
        finally:
            os.close(directory)

    def wait(self) -> None:
        """Wait until everything asked for is done."""
        with self._changed:
            self._changed.wait_for(lambda: not self._files and not self._busy)

    def stop(self) -> None:
        """Finish what was asked for and end the thread. Idempotent."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._files or self._stopping)
                if not self._files:
                    return
                file, self._busy = self._files.popleft(), True
            try:
                fsync(file)
            except OSError as error:
                log.warning("spool not synced", reason=os.strerror(error.errno or 0))
            finally:
                os.close(file)
            with self._changed:
                self._busy = False
                self._changed.notify_all()
