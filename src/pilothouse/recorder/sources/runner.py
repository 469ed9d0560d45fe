"""Gives a source its thread, starts it again when it dies, and remembers how it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum

from pilothouse.kit.errors import Problem
from pilothouse.kit.logs import get_logger
from pilothouse.recorder.backoff import Backoff
from pilothouse.recorder.losses import Ledger
from pilothouse.recorder.sources.base import Progress, Sink, Source
from pilothouse.recorder.sources.gate import Gate
from pilothouse.recorder.sources.topics import TopicRules
from pilothouse.recorder.too_large import TooLarge

log = get_logger("pilothouse.recorder")


class SourceState(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    RETRYING = "retrying"
    ENDED = "ended"
    FAILED = "failed"


class SourceRunner:
    """One source that cannot take the others with it. A live one is started again, a replay is played once."""

    def __init__(
        self,
        source: Source,
        sink: Sink,
        on_end: Callable[[], None] = lambda: None,
        *,
        backoff: Backoff | None = None,
        rules: TopicRules | None = None,
        ledger: Ledger | None = None,
        hold: Callable[[int], None] = lambda size: None,
        too_large: TooLarge | None = None,
    ) -> None:
        self._source = source
        self._gate = Gate(sink, source.selection, rules, ledger, hold, too_large)
        self._on_end = on_end
        self._backoff = backoff or Backoff()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=source.name, daemon=True)
        self._state = SourceState.STARTING
        self._error: str | None = None
        self.restarts = 0

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def state(self) -> SourceState:
        """Running means connected: a source that tries to connect is still starting, or retrying."""
        if self._state is SourceState.RUNNING and not self.progress.connected:
            return SourceState.RETRYING if self._error else SourceState.STARTING
        return self._state

    @property
    def error(self) -> str | None:
        """What is wrong with it now."""
        return None if self.state is SourceState.RUNNING else self._error

    @property
    def is_over(self) -> bool:
        return self._state in (SourceState.ENDED, SourceState.FAILED)

    @property
    def progress(self) -> Progress:
        return self._source.progress

    @property
    def refused(self) -> frozenset[str]:
        """Topics that cannot be recorded."""
        return self._gate.refused

    def use(self, rules: TopicRules) -> None:
        """Other rules for topics from now on."""
        self._gate.use(rules)

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        self._stop.set()

    def join(self, deadline_s: float) -> None:
        if self._thread.is_alive():
            self._thread.join(deadline_s)

    def _run(self) -> None:
        while True:
            before = self.progress
            self._state = SourceState.RUNNING
            failure = self._failure()
            if self._stop.is_set() or not self._source.live:
                break
            if self._stop.wait(self._wait_s(before, failure)):
                break
            self.restarts += 1
        self._end(failure)

    def _failure(self) -> Exception | None:
        try:
            self._source.run(self._gate, self._stop)
        except Exception as error:  # noqa: BLE001 - however a source dies, the recorder lives
            return error
        return None

    def _wait_s(self, before: Progress, failure: Exception | None) -> float:
        error = _sentence(failure) if failure else "it ended by itself"
        after = self.progress
        if after.messages > before.messages:
            self._backoff.reset()
        # One outage is one line, however many attempts it takes.
        if self._error is None or after.connections > before.connections:
            unexpected = failure is not None and not isinstance(failure, Problem)
            log.warning(
                "a source is away and is tried again", source=self.name, error=error,
                exc_info=failure if unexpected else None,
            )  # fmt: skip
        self._error = error
        self._state = SourceState.RETRYING
        return self._backoff.next_s()

    def _end(self, failure: Exception | None) -> None:
        if failure is not None and not self._source.live:
            self._error = _sentence(failure)
            self._state = SourceState.FAILED
            unexpected = None if isinstance(failure, Problem) else failure
            log.error("a source has died", source=self.name, error=self._error, exc_info=unexpected)
        else:
            self._error = None
            self._state = SourceState.ENDED
            log.info("a source has ended", source=self.name, messages=self.progress.messages)
        self._on_end()


def _sentence(error: Exception) -> str:
    return error.sentence if isinstance(error, Problem) else f"{type(error).__name__}: {error}"
