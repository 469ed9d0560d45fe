"""Somebody else's code on a thread of its own: asked, waited for, and left behind when it is late."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


class Errand(Generic[Asked, Answered]):
    """One owner asks; one thread does. Two bare locks hand over in microseconds.

    ``ask`` when free, then ``wait``: True when there is an answer in ``answer`` or a failure in ``failure``. Not back
    in time, it stays busy, and what it brings later is thrown away and counted in ``late``.
    """

    def __init__(self, name: str, do: Callable[[Asked], Answered]) -> None:
        self.name = name
        self.answer: Answered | None = None
        self.failure: BaseException | None = None
        self.took_ns = 0
        self.late = 0
        self.since_ns = 0
        """When the call under way began, ``time.monotonic_ns``; 0 between calls. The watchdog reads it."""
        self._do = do
        self._asked: Asked | None = None
        self._wake, self._done = threading.Lock(), threading.Lock()
        self._wake.acquire()
        self._done.acquire()
        self._is_out = False
        self._is_ending = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self, timeout_s: float) -> None:
        """The thread ends after the call under way; one that hangs is left behind."""
        self._is_ending = True
        if self._wake.locked():
            self._wake.release()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    @property
    def is_free(self) -> bool:
        """Whether it can be asked; takes in, and throws away, what came too late."""
        if self._is_out and self._done.acquire(blocking=False):
            self._is_out = False
            self.late += 1
        return not self._is_out

    def ask(self, asked: Asked) -> None:
        """Send it off; only when free."""
        self._asked = asked
        self._is_out = True
        self.since_ns = time.monotonic_ns()
        self._wake.release()

    def wait(self, timeout_s: float) -> bool:
        """Until it is back, at most so long; False when it is not."""
        if not self._is_out:
            return False
        if self._done.acquire(timeout=timeout_s) if timeout_s > 0 else self._done.acquire(blocking=False):
            self._is_out = False
            return True
        return False

    def _work(self) -> None:
        while True:
            self._wake.acquire()
            if self._is_ending:
                return
            started = time.perf_counter_ns()
            answer, failure = None, None
            try:
                answer = self._do(self._asked)  # type: ignore[arg-type]
            except BaseException as error:  # noqa: BLE001 - it becomes the owner's: nothing is lost with a thread
                failure = error
            self.answer, self.failure = answer, failure
            self.took_ns = time.perf_counter_ns() - started
            self.since_ns = 0
            self._done.release()
