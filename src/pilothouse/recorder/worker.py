"""A thread with an owner: started once, asked to stop, waited for."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod


class Worker(ABC):
    """Work in a thread of its own; ``_work`` looks at ``_stop`` between steps."""

    def __init__(self, name: str) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    @abstractmethod
    def _work(self) -> None: ...

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        self._stop.set()

    def join(self, deadline_s: float) -> None:
        """Wait for the end, at most so long."""
        if self._thread.is_alive():
            self._thread.join(deadline_s)
