"""Messages on their way into chunks: frames apart from the rest, each chunk with what is in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pilothouse.guard.cycle_queue import is_refused
from pilothouse.guard.loopback.channels import Told
from pilothouse.guard.model import Cycle, Decision
from pilothouse.mcap.model import Compression
from pilothouse.mcap.records import Registry
from pilothouse.mcap.writing.chunks import OpenChunk, SealedChunk, seal

CHUNK_BYTES = 1 << 20
# What a crash may take, and how far a live file is behind.
CHUNK_NS = 500_000_000
# The number on a message has 32 bits.
SEQUENCE_MASK = 0xFFFF_FFFF


@dataclass(slots=True)
class Tally:
    """The cycles that begin in a chunk, and the first and last that have a message there."""

    cycles: list[tuple[int, bool, bool]] = field(default_factory=list)  # id, violation, clamp
    first: int = -1
    last: int = -1

    @property
    def has_violation(self) -> bool:
        return any(violation for _, violation, _ in self.cycles)

    def see(self, cycle_id: int) -> None:
        self.first = cycle_id if self.first < 0 else min(cycle_id, self.first)
        self.last = max(cycle_id, self.last)


@dataclass(frozen=True, slots=True)
class Packed:
    """A sealed chunk and what is in it."""

    chunk: SealedChunk
    tally: Tally
    frames: int


@dataclass(slots=True)
class _Lane:
    chunk: OpenChunk
    since_ns: int
    tally: Tally = field(default_factory=Tally)
    frames: int = 0


class Lanes:
    """The open chunks of a session. One thread."""

    def __init__(self, registry: Registry, compression: Compression) -> None:
        self._registry = registry
        self._compression: Compression = compression
        self._numbers: dict[str, int] = {}
        self._open: dict[bool, _Lane] = {}  # by whether it holds frames

    def add(self, cycle: Cycle, told: Told, time_ns: int, now_ns: int) -> None:
        """Pack a message of a cycle."""
        lane = self._open.get(told.is_image)
        if lane is None:
            lane = self._open[told.is_image] = _Lane(OpenChunk(0), now_ns)
        number = self._numbers.get(told.channel.topic)
        if number is None:
            number = self._numbers[told.channel.topic] = self._registry.add(told.channel)
        lane.chunk.add(number, cycle.cycle_id & SEQUENCE_MASK, time_ns, time_ns, told.content)
        lane.tally.see(cycle.cycle_id)
        lane.frames += told.is_image

    def count(self, cycle: Cycle) -> None:
        """The messages of a cycle are packed."""
        is_clamp = cycle.verdict.decision is Decision.CLAMP
        self._open[False].tally.cycles.append((cycle.cycle_id, is_refused(cycle), is_clamp))

    def sealed(self, now_ns: int, *, every: bool = False) -> list[Packed]:
        """The chunks that are full or old enough; all of them if ``every``."""
        due = [
            is_image
            for is_image, lane in self._open.items()
            if every or len(lane.chunk.buffer) >= CHUNK_BYTES or now_ns - lane.since_ns >= CHUNK_NS
        ]
        lanes = [self._open.pop(is_image) for is_image in due]
        return [Packed(seal(lane.chunk, self._compression), lane.tally, lane.frames) for lane in lanes]
