"""Captures that alerts ask for: each alert once, however often its sender repeats it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pilothouse.recorder.outbox.outbox import CaptureRow, Outbox, SaveKey
from pilothouse.wire.alertmanager import AlertNotice


class AlertSaves:
    """Answers repeated alerts with the recording of the first time, across restarts too."""

    def __init__(self, outbox: Outbox, save: Callable[[AlertNotice, SaveKey | None], CaptureRow]) -> None:
        self._outbox = outbox
        self._save = save
        # A sender that runs into its time-out repeats while the first capture is being written: it waits for that one.
        self._one_at_a_time = threading.Lock()

    def save(self, notice: AlertNotice, key: SaveKey | None = None) -> CaptureRow:
        """The recording for these alerts; a new one if any of them is new."""
        with self._one_at_a_time:
            return self._first_time(notice) or self._save(notice, key)

    def _first_time(self, notice: AlertNotice) -> CaptureRow | None:
        known = self._outbox.alerted(notice.keys)
        if len(known) < len(notice.keys):
            return None
        return self._outbox.recording(known[notice.keys[0]])
