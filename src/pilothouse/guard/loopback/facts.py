"""What the file of a session says about itself in its metadata, so that nobody has to read the messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pilothouse import __version__
from pilothouse.wire import RECORDING_METADATA, CaptureFacts

COUNTS_METADATA = "pilothouse.guard.session"
CYCLES_METADATA = "pilothouse.guard.cycles"
_NUMBERS = ("total_cycles", "violation_cycles", "clamp_cycles", "first_cycle", "last_cycle")


@dataclass(slots=True)
class Counts:
    """The cycles in one file. ``chunks`` has the first and last cycle of each chunk, in the order of the file."""

    total_cycles: int = 0
    violation_cycles: int = 0
    clamp_cycles: int = 0
    first_cycle: int = -1
    last_cycle: int = -1
    chunks: list[tuple[int, int]] = field(default_factory=list)

    def add(self, cycle_id: int, *, is_violation: bool, is_clamp: bool) -> None:
        """Take in a cycle."""
        self.total_cycles += 1
        self.violation_cycles += is_violation
        self.clamp_cycles += is_clamp
        self.first_cycle = cycle_id if self.first_cycle < 0 else min(cycle_id, self.first_cycle)
        self.last_cycle = max(cycle_id, self.last_cycle)

    def metadata(self, *, reason: str) -> dict[str, dict[str, str]]:
        """As records at the end of the file; ``reason`` says why it ended."""
        numbers = {name: str(getattr(self, name)) for name in _NUMBERS}
        ranges = " ".join(f"{first}-{last}" for first, last in self.chunks)
        return {COUNTS_METADATA: {**numbers, "ended": reason}, CYCLES_METADATA: {"chunks": ranges}}

    @classmethod
    def parse(cls, metadata: Mapping[str, Mapping[str, str]]) -> Counts | None:
        """From the records of a file; None when it has none of ours."""
        numbers, ranges = metadata.get(COUNTS_METADATA), metadata.get(CYCLES_METADATA, {}).get("chunks", "")
        if numbers is None:
            return None
        try:
            pairs = [one.split("-") for one in ranges.split()]
            values = {name: int(numbers[name]) for name in _NUMBERS}
            return cls(**values, chunks=[(int(first), int(last)) for first, last in pairs])
        except (KeyError, ValueError):
            return None


def opening_metadata(
    stem: str, robot_id: str, *, session_id: str, part: int, config_hash: str
) -> Mapping[str, Mapping[str, str]]:
    """The records at the beginning of a file."""
    facts = CaptureFacts(
        session_id=stem,
        robot_id=robot_id,
        label=f"guard session {session_id}",
        reason="guard",
        software={"pilothouse": __version__, "config_sha256": config_hash},
    )
    own = {"config_hash": config_hash, "guard_session_id": session_id, "part": str(part)}
    return {RECORDING_METADATA: {**facts.to_metadata(), **own}, "foxglove": {"deviceName": robot_id}}


def total(parts: Sequence[Counts]) -> Counts:
    """Of all files of a session."""
    whole = Counts()
    for one in parts:
        whole.total_cycles += one.total_cycles
        whole.violation_cycles += one.violation_cycles
        whole.clamp_cycles += one.clamp_cycles
    return whole
