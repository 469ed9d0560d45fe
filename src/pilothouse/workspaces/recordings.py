"""Recordings in a session: mounted read-only, named in a variable, and played by `pilothouse-replay`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pilothouse.workspaces.model import Shown

INSIDE = "/recordings"


def recordings_shown(files: Mapping[str, Path]) -> Shown:
    """Recordings by id, as files ``/recordings/ID.mcap``; PILOTHOUSE_RECORDING is the first, PILOTHOUSE_RECORDINGS
    all of them, with colons. ``pilothouse-replay`` is in PATH."""
    raise NotImplementedError
