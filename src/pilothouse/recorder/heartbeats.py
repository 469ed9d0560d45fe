"""Tells the hub, again and again, that the robot lives and how well it hears."""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.kit.errors import Problem
from pilothouse.recorder.hub_link import HubLink
from pilothouse.recorder.worker import Worker
from pilothouse.wire import Heartbeat


class Heartbeats(Worker):
    """One thread; a heartbeat that fails is not repeated, the next one follows soon enough."""

    def __init__(self, *, link: HubLink, compose: Callable[[], Heartbeat], interval_s: float) -> None:
        super().__init__("heartbeats")
        self._link = link
        self._compose = compose
        self._interval_s = interval_s

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                self._link.hub.heartbeat(self._compose())
            except Problem as problem:
                if not self._stop.is_set():
                    self._link.failed(problem)
            else:
                self._link.answered()
            self._stop.wait(self._interval_s)
