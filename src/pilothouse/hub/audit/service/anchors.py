"""The head of the log, kept where whoever rewrites the database does not reach: a file beside it."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from pilothouse.hub.audit.domain import Anchor

FILE = "audit-anchor.json"


class AnchorFile:
    """``DIR/audit-anchor.json``: how far the log has come as this hub knows. It never moves back."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        self._lock = threading.Lock()

    @property
    def path(self) -> Path:
        return self._path

    def read(self) -> Anchor:
        """The anchor; a beginning when there is no file. Raises OSError or ValueError for one that is none."""
        try:
            facts = json.loads(self._path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return Anchor()
        if not isinstance(facts, dict) or not isinstance(facts.get("sequence"), int):
            raise ValueError("it is no anchor")
        return Anchor(facts["sequence"], str(facts["hash"]))

    def move(self, anchor: Anchor) -> None:
        """Note that the log has come so far, durably."""
        with self._lock:
            if anchor.sequence <= self.read().sequence:
                return
            unfinished = self._path.with_name(f".{FILE}.{os.getpid()}")
            with unfinished.open("w", encoding="ascii") as file:
                json.dump({"sequence": anchor.sequence, "hash": anchor.hash}, file)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self._path)
