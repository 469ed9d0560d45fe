"""What goes beside the events: camera frames, and joint states for viewers."""

from __future__ import annotations

from typing import Any

from pilothouse.guard.model import Observation

MAGIC = 0x01
# The length of a camera's name is one byte.
MOST_NAME_BYTES = 255


def frame_of(camera: str, jpeg: bytes) -> bytes:
    """The binary message of a camera frame: magic, length of the name, name, JPEG."""
    name = camera.encode()[:MOST_NAME_BYTES].decode(errors="ignore").encode()
    return b"%c%c%b%b" % (MAGIC, len(name), name, jpeg)


def joint_states(observation: Observation, names: tuple[str, ...]) -> dict[str, Any]:
    """Positions and velocities with the joints' names, as viewers plot them."""
    count = len(observation.joint_positions)
    seconds, rest = divmod(round(observation.timestamp * 1e9), 1_000_000_000)
    return {
        "timestamp": {"sec": seconds, "nsec": rest},
        "name": names if len(names) == count else [f"joint_{number}" for number in range(count)],
        "position": observation.joint_positions,
        "velocity": observation.joint_velocities or (),
    }
