"""Saves that carry an `Idempotency-Key`: sent again, they answer the first recording."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pilothouse.kit.errors import Conflict
from pilothouse.recorder.outbox.outbox import CaptureRow, Outbox, SaveKey


class KeyUsedForAnotherSave(Conflict):
    """This Idempotency-Key was sent before with another body; use a new key for each save."""


class KeyedSaves:
    """Remembers keys in the outbox, so across restarts too. A save that made no recording may be tried again."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        # Whoever repeats while the first recording is being written waits for that one.
        self._one_at_a_time = threading.Lock()

    def save(self, key: SaveKey | None, save: Callable[[], CaptureRow]) -> CaptureRow:
        """The recording of the first time, or what ``save`` makes; raises KeyUsedForAnotherSave."""
        if key is None:
            return save()
        with self._one_at_a_time:
            known = self._outbox.saved_under(key.key)
            if known is not None and known[0] != key.body_sha256:
                raise KeyUsedForAnotherSave
            first = self._outbox.recording(known[1]) if known else None
            if first is not None:
                return first
            row = save()
            # A repeated alert has made no capture that could have noted the key.
            self._outbox.remember(key, row.session_id)
            return row
