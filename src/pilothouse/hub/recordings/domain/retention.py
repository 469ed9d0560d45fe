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
    annotated: bool


def cap_bytes(cap_mb: int) -> int:
    return cap_mb * BYTES_PER_CAP_MB


def used_mb(used_bytes: int) -> float:
    return round(used_bytes / BYTES_PER_USED_MB, 2)


def leaving(recordings: Iterable[Kept], *, cap: int) -> list[Kept]:
    """The recordings to delete so that the rest fits: oldest first, annotated ones last; none without a cap."""
    kept = list(recordings)
    excess = sum(one.size_bytes for one in kept) - cap
    if cap <= 0:
        return []
    chosen: list[Kept] = []
    for one in sorted(kept, key=lambda each: (each.annotated, each.recorded_ns, each.session_id)):
        if excess <= 0:
            break
        chosen.append(one)
        excess -= one.size_bytes
    return chosen
