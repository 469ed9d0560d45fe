"""Recording ids: ``robot_YYYYmmddTHHMMSSZ``, always in this form, never twice."""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.kit.clock import NS_PER_S, at


def session_id(robot_id: str, time_ns: int) -> str:
    """The id of a recording asked for at this time."""
    return f"{robot_id}_{at(time_ns):%Y%m%dT%H%M%SZ}"


def next_free(robot_id: str, time_ns: int, taken: Callable[[str], bool]) -> str:
    """The id for this second, or for the first later second whose id is not taken."""
    while taken(candidate := session_id(robot_id, time_ns)):
        time_ns += NS_PER_S
    return candidate
