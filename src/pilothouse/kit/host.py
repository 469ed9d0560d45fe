"""The machine this runs on."""

from __future__ import annotations

import platform
import re


def host_robot_id() -> str:
    """The machine's name, in the letters a robot id may have."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", platform.node()).lstrip("._-")[:100]
    return name or "robot"
