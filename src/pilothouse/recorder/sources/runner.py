"""Gives a source its thread, and remembers how it ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum

from pilothouse.kit.errors import Problem
from pilothouse.kit.logs import get_logger
from pilothouse.recorder.sources.base import Progress, Sink, Source

log = get_logger("pilothouse.recorder")


class SourceState(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    ENDED = "ended"
    FAILED = "failed"


class SourceRunner:
    """One source that cannot take the others with it."""

    def __init__(self, source: Source, sink: Sink, on_end: Callable[[], None] = lambda: None) -> None:
        self._source = source
        self._sink = sink
        self._on_end = on_end
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=source.name, daemon=True)
        self.state = SourceState.STARTING
        self.error: str | None = None

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def is_over(self) -> bool:
        return self.state in (SourceState.ENDED, SourceState.FAILED)

    @property
    def progress(self) -> Progress:
        return self._source.progress

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        self._stop.set()

    def join(self, deadline_s: float) -> None:
        if self._thread.is_alive():
            self._thread.join(deadline_s)

    def _run(self) -> None:
        self.state = SourceState.RUNNING
        try:
            self._source.run(self._sink, self._stop)
        except Exception as error:
            self.error = error.sentence if isinstance(error, Problem) else f"{type(error).__name__}: {error}"
            self.state = SourceState.FAILED
            log.error("a source has died", source=self.name, error=self.error, exc_info=not isinstance(error, Problem))
        else:
            self.state = SourceState.ENDED
            log.info("a source has ended", source=self.name, messages=self.progress.messages)
        self._on_end()
