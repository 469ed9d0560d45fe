"""How late this machine makes a thread that writes to disk, measured beside what a test looks at."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

STEP_NS = 50_000_000


class Lateness:
    """Sleeps and writes beside what is tried, until it is stopped; ``worst_ns`` is how much longer that took than it
    should."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._worst_ns = 0
        self._begun_ns = time.monotonic_ns()
        self._stopping = threading.Event()
        threading.Thread(target=self._work, daemon=True).start()

    @property
    def worst_ns(self) -> int:
        """Until now, the turn under way too."""
        return max(self._worst_ns, time.monotonic_ns() - self._begun_ns - STEP_NS)

    def stop(self) -> None:
        self._stopping.set()

    def _work(self) -> None:
        with self._file.open("wb") as file:
            while not self._stopping.wait(STEP_NS / 1e9):
                file.write(b".")
                file.flush()
                os.fdatasync(file.fileno())
                self._worst_ns = self.worst_ns
                self._begun_ns = time.monotonic_ns()
