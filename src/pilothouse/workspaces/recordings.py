"""Recordings in a session: mounted read-only, named in a variable, and played by `pilothouse-replay`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pilothouse.workspaces.inside_view import programs_shown
from pilothouse.workspaces.model import Shown
from pilothouse.workspaces.replay import RECORDING, RECORDINGS

INSIDE = "/recordings"


def recordings_shown(files: Mapping[str, Path], *, mounts: bool = True) -> Shown:
    """Recordings by id, as files ``/recordings/ID.mcap``; PILOTHOUSE_RECORDING is the first, PILOTHOUSE_RECORDINGS
    all of them, with colons. ``pilothouse-replay`` is in PATH. ``mounts``: guests see things where they are shown."""
    places = {f"{INSIDE}/{name}.mcap": path for name, path in files.items()}
    seen = [*places] if mounts else [os.fspath(path) for path in places.values()]
    variables = {RECORDING: seen[0], RECORDINGS: ":".join(seen)} if seen else {}
    shown = Shown(read_only=places if mounts else {}, variables=variables)
    return programs_shown(mounts=mounts) | shown
