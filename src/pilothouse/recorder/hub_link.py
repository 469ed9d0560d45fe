"""What uploads and heartbeats share: the client, and whether the hub answers at the moment."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from pilothouse.kit.errors import Problem
from pilothouse.kit.logs import get_logger
from pilothouse.wire import Heartbeat, UploadMetadata

log = get_logger("pilothouse.recorder")


class Hub(Protocol):
    """What the recorder needs of a hub; `pilothouse.client.HubClient` is the real one."""

    def upload(
        self,
        path: Path,
        metadata: UploadMetadata,
        *,
        progress: Callable[[int, int], None] | None = None,
        stop: threading.Event | None = None,
    ) -> object: ...

    def heartbeat(self, heartbeat: Heartbeat) -> object: ...


class HubLink:
    """One client, made when first needed; the hub's absence is logged once, and so is its return."""

    def __init__(self, url: str, connect: Callable[[], Hub]) -> None:
        self.url = url
        self._connect = connect
        self._lock = threading.Lock()
        self._hub: Hub | None = None
        self.problem: str | None = None
        self.sent_bytes: dict[str, int] = {}
        """How far the uploads under way are, by recording."""

    @property
    def hub(self) -> Hub:
        with self._lock:
            if self._hub is None:
                self._hub = self._connect()
            return self._hub

    def answered(self) -> None:
        with self._lock:
            absent, self.problem = self.problem, None
        if absent is not None:
            log.info("the hub answers again", hub=self.url)

    def failed(self, problem: Problem) -> None:
        with self._lock:
            known, self.problem = self.problem, problem.sentence
        if known is None:
            log.warning(
                "the hub cannot be reached or refuses; trying again until it takes what is sent",
                hub=self.url,
                problem=problem.sentence,
            )


class Backoff:
    """Growing waits with jitter. Unlike stamina's they end at once when the recorder stops."""

    def __init__(self, *, initial_s: float = 0.5, maximum_s: float = 30.0) -> None:
        self._initial_s = initial_s
        self._maximum_s = maximum_s
        self._failures = 0

    def reset(self) -> None:
        self._failures = 0

    def next_s(self) -> float:
        """How long to wait after one more failure."""
        whole = min(self._maximum_s, self._initial_s * float(2 ** min(self._failures, 30)))
        self._failures += 1
        return whole * random.uniform(0.5, 1.0)  # noqa: S311 - spreads robots apart, hides nothing
