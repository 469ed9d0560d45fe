"""Which recordings leave the robot. Pure: it is told what there is and how late it is.

One that is pinned never leaves, and none leaves before the hub has it while another could.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pilothouse.kit.clock import NS_PER_S


@dataclass(frozen=True, slots=True)
class Stored:
    """A recording on the robot's disk; ``made_ns`` in a time that does not jump."""

    session_id: str
    size_bytes: int
    made_ns: int
    is_delivered: bool
    is_pinned: bool = False
    is_busy: bool = False
    """On its way to the hub at this moment."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long and how much is kept."""

    max_age_s: float | None = None
    max_bytes: int | None = None
    delete_undelivered: bool = False

    def outlived(self, stored: Sequence[Stored], now_ns: int) -> Iterator[tuple[Stored, str]]:
        """What is to go, and why; `stored` is in the order the recordings were made."""
        old = [one for one in self._candidates(stored) if self._is_old(one, now_ns)]
        for one in old:
            yield one, f"it was older than {self.max_age_s:g} s (recordings_max_age_s)"
        if self.max_bytes is None:
            return
        gone = {one.session_id for one in old}
        too_much = sum(one.size_bytes for one in stored if one.session_id not in gone) - self.max_bytes
        for one in self._candidates(stored):
            if too_much > 0 and one.session_id not in gone:
                too_much -= one.size_bytes
                yield one, f"recordings took more than {self.max_bytes} bytes (recordings_max_bytes)"

    def _candidates(self, stored: Sequence[Stored]) -> list[Stored]:
        """Oldest first, but those the hub has before those it does not."""
        undelivered = [one for one in stored if not one.is_delivered and not one.is_pinned and not one.is_busy]
        return [*delivered(stored), *(undelivered if self.delete_undelivered else [])]

    def _is_old(self, one: Stored, now_ns: int) -> bool:
        return self.max_age_s is not None and now_ns - one.made_ns > self.max_age_s * NS_PER_S


def delivered(stored: Sequence[Stored]) -> list[Stored]:
    """What the hub has and nobody has pinned, oldest first."""
    return [one for one in stored if one.is_delivered and not one.is_pinned]


def freeing(stored: Sequence[Stored], lacking_bytes: int) -> list[Stored]:
    """The oldest the hub has that make so much room; none when all of them would not be enough."""
    chosen: list[Stored] = []
    for one in delivered(stored):
        if lacking_bytes <= 0:
            break
        chosen.append(one)
        lacking_bytes -= one.size_bytes
    return chosen if lacking_bytes <= 0 else []
