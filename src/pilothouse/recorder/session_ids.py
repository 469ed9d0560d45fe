"""Recording ids: ``robot_YYYYmmddTHHMMSSZ``, always in this form, never twice."""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.kit.clock import NS_PER_S, at


def session_id(robot_id: str, time_ns: int) -> str:
    """The id of a recording asked for at this time."""
    return f"{robot_id}_{at(time_ns):%Y%m%dT%H%M%SZ}"


class SessionIds:
    """Gives each recording the second it was asked for in, or the first later second that is free."""

    def __init__(self, robot_id: str) -> None:
        self._robot_id = robot_id
        # The last unbroken run of seconds given: a thousand captures in one second must not each count from its start.
        self._run: tuple[int, int] | None = None

    def next_free(self, time_ns: int, taken: Callable[[str], bool]) -> str:
        """An id for a recording asked for now; ``taken`` knows those given in earlier runs."""
        second = time_ns // NS_PER_S
        if self._run is not None and self._run[0] <= second <= self._run[1]:
            second = self._run[1] + 1
        while taken(candidate := session_id(self._robot_id, second * NS_PER_S)):
            second += 1
        begins = self._run[0] if self._run is not None and second == self._run[1] + 1 else second
        self._run = begins, second
        return candidate
