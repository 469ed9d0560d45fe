"""A source that is asked on a thread of its own: whoever reads has the newest at once."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

from pilothouse.guard.model import Observation

END_S = 1.0


class WatchingSource(ABC):
    """``look`` is called again and again; what it raises becomes that of whoever reads, and ends the watching."""

    def __init__(self, name: str, period_s: float) -> None:
        self._period_s = period_s
        self._stop = threading.Event()
        self._newest: Observation | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._watch, name=name, daemon=True)

    @abstractmethod
    def look(self) -> Observation | None:
        """What there is to observe now; None for nothing new."""

    def start(self) -> None:
        self._thread.start()

    def read(self) -> Observation | None:
        """The newest; raises what was raised while looking."""
        if self._failure is not None:
            raise self._failure
        return self._newest

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(END_S)

    def _watch(self) -> None:
        try:
            while not self._stop.is_set():
                self._newest = self.look() or self._newest
                self._stop.wait(self._period_s)
        except BaseException as failure:  # noqa: BLE001 - it becomes that of whoever reads, a sys.exit() too
            self._failure = failure
