"""What everything that delivers shares: the client of the hub."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from pilothouse.recorder.delivery.health import DeliveryHealth
from pilothouse.wire import Heartbeat, RecordingAnnouncement, RiskEventBatch, RobotToken, UploadMetadata


class StopSignal(Protocol):
    """Says that sending is to end; `threading.Event` is one."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool: ...


class Hub(Protocol):
    """What the recorder needs of a hub; `pilothouse.client.HubClient` is the real one."""

    def upload(
        self,
        path: Path,
        metadata: UploadMetadata,
        *,
        progress: Callable[[int, int], None] | None = None,
        chunk_bytes: int = ...,
        stop: StopSignal | None = None,
        throttle: Callable[[int], None] | None = None,
    ) -> object: ...

    def upload_direct(
        self,
        path: Path,
        metadata: UploadMetadata,
        *,
        progress: Callable[[int, int], None] | None = None,
        stop: StopSignal | None = None,
        throttle: Callable[[int], None] | None = None,
    ) -> bool: ...

    def announce(self, announcement: RecordingAnnouncement) -> object: ...

    def report_risk(self, batch: RiskEventBatch) -> object: ...

    def heartbeat(self, heartbeat: Heartbeat) -> object: ...

    def rotate_token(self, robot_id: str) -> RobotToken: ...


class HubLink:
    """One client, made when first needed and again when the token has changed."""

    def __init__(self, url: str, connect: Callable[[], Hub], health: DeliveryHealth) -> None:
        self.url = url
        self._connect = connect
        self._lock = threading.Lock()
        self._hub: Hub | None = None
        self.health = health
        self.sent_bytes: dict[str, int] = {}
        """How far the uploads under way are, by recording."""

    @property
    def hub(self) -> Hub:
        with self._lock:
            if self._hub is None:
                self._hub = self._connect()
            return self._hub

    def is_current(self, hub: Hub) -> bool:
        """Whether this is the client that is used now."""
        with self._lock:
            return self._hub is hub

    def use(self, url: str) -> None:
        """Another hub, or the same with another credential, from now on."""
        self.url = url
        self.renew()

    def renew(self) -> None:
        """Connect anew for what is sent from now on; what is under way ends with the client it began with."""
        with self._lock:
            self._hub = None
