"""SHA-256 of files of any size, given up when the hub ends."""

from __future__ import annotations

import hashlib
import threading
from typing import BinaryIO

from pilothouse.hub.recordings.domain.problems import HubEnding

# Some milliseconds of hashing: what an ending hub waits for at most, and enough to let other threads run meanwhile.
_PIECE_BYTES = 4 << 20


class Digests:
    """Threads cannot be cancelled and a process waits for them: this work looks up between pieces instead."""

    def __init__(self) -> None:
        self._ending = threading.Event()

    def end(self) -> None:
        """Whoever is hashing stops now; rows and partial files stay as they are and go on at the next start."""
        self._ending.set()

    def of(self, file: BinaryIO) -> str:
        """The digest from where the file stands to its end; raises HubEnding."""
        digest = hashlib.sha256()
        buffer = memoryview(bytearray(_PIECE_BYTES))
        while count := file.readinto(buffer):  # type: ignore[attr-defined]
            if self._ending.is_set():
                raise HubEnding
            digest.update(buffer[:count])
        return digest.hexdigest()
