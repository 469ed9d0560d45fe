"""Which recordings leave when the disk cap is reached."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BYTES_PER_CAP_MB = 1 << 20
"""A cap of 2048 MB is 2147483648 bytes, as the API documents it."""

BYTES_PER_USED_MB = 1_000_000
"""Use is shown in decimal megabytes, as the API documents it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A recording that takes space."""

    session_id: str
    size_bytes: int
    recorded_ns: int
    annotated: bool = False
    robot_id: str = ""
    pinned: bool = False
    unresolved: bool = False
    """Belongs to an incident that somebody still works on."""

    @property
    def is_plain(self) -> bool:
        """Nobody has shown an interest in it."""
        return not (self.annotated or self.unresolved or self.pinned)


@dataclass(frozen=True, slots=True)
class Limits:
    """What recordings may take; 0 and None do not limit."""

    cap: int = 0
    robot_cap: int = 0
    keep_since_ns: int | None = None
    """Plain recordings from before leave whether there is room or not."""

    def __bool__(self) -> bool:
        return self.cap > 0 or self.robot_cap > 0 or self.keep_since_ns is not None


def cap_bytes(cap_mb: int) -> int:
    return cap_mb * BYTES_PER_CAP_MB


def used_mb(used_bytes: int) -> float:
    return round(used_bytes / BYTES_PER_USED_MB, 2)


def leaving(recordings: Iterable[Kept], limits: Limits) -> list[Kept]:
    """The recordings to delete so that the rest fits: oldest first, annotated ones and then those of unresolved
    incidents last, pinned ones never; they take room all the same."""
    kept = list(recordings)
    total = sum(one.size_bytes for one in kept)
    of_robot: dict[str, int] = {}
    for one in kept:
        of_robot[one.robot_id] = of_robot.get(one.robot_id, 0) + one.size_bytes
    chosen: list[Kept] = []
    for one in sorted((each for each in kept if not each.pinned), key=_in_order):
        is_old = one.is_plain and limits.keep_since_ns is not None and one.recorded_ns < limits.keep_since_ns
        is_much = 0 < limits.robot_cap < of_robot[one.robot_id]
        if is_old or is_much or 0 < limits.cap < total:
            chosen.append(one)
            total -= one.size_bytes
            of_robot[one.robot_id] -= one.size_bytes
    return chosen


def _in_order(one: Kept) -> tuple[bool, bool, int, str]:
    return one.unresolved, one.annotated, one.recorded_ns, one.session_id
