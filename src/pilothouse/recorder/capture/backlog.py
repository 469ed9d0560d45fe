"""Captures that are complete and wait to be written: bounded, so that a full disk cannot fill the memory."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pilothouse.mcap import Snapshot
from pilothouse.mcap.writing.chunks import SealedChunk
from pilothouse.recorder.losses import Losses
from pilothouse.recorder.outbox.post_rolls import Due

MAX_UNWRITTEN = 256


@dataclass(frozen=True, slots=True)
class Unwritten:
    """A capture with the messages it is to hold."""

    due: Due
    snapshot: Snapshot
    losses: Losses = field(default_factory=Losses)
    """What had been lost of its window when it was complete, however long it waits."""


class Backlog:
    """First in, first out. What several captures share is counted once, what they have in the spool is not counted.

    One that waits alone is taken whatever it holds: that is never more than the ring did.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._waiting: deque[Unwritten] = deque()
        self._holders: Counter[int] = Counter()
        self.held_bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def session_ids(self) -> frozenset[str]:
        return frozenset(one.due.request.session_id for one in self._waiting)

    def add(self, unwritten: Unwritten) -> str | None:
        """Take it in, or say why there is no room for it."""
        if len(self._waiting) >= MAX_UNWRITTEN:
            return f"{MAX_UNWRITTEN} captures were waiting to be written already"
        parts = _parts(unwritten.snapshot)
        fresh = {part: size for part, size in parts.items() if part not in self._holders}
        if self._waiting and self.held_bytes + sum(fresh.values()) > self.max_bytes:
            return "captures waiting to be written already held as much memory as the buffer may"
        self.held_bytes += sum(fresh.values())
        self._holders.update(parts.keys())
        self._waiting.append(unwritten)
        return None

    def rest(self, resting: Callable[[Snapshot], Snapshot]) -> None:
        """Let go of the memory of what has come to the spool meanwhile."""
        in_memory = [number for number, one in enumerate(self._waiting) if _chunks(one.snapshot)]
        if not in_memory:
            return
        for number in in_memory:
            one = self._waiting[number]
            self._waiting[number] = replace(one, snapshot=resting(one.snapshot))
        parts = [_parts(one.snapshot) for one in self._waiting]
        self._holders = Counter(part for one in parts for part in one)
        self.held_bytes = sum({part: size for one in parts for part, size in one.items()}.values())

    def first(self) -> Unwritten | None:
        return self._waiting[0] if self._waiting else None

    def remove_first(self) -> None:
        """It is written, or given up."""
        for part, size in _parts(self._waiting.popleft().snapshot).items():
            self._holders[part] -= 1
            if not self._holders[part]:
                del self._holders[part]
                self.held_bytes -= size


def _chunks(snapshot: Snapshot) -> list[SealedChunk]:
    """Those it keeps in memory."""
    return [chunk for chunk in (*snapshot.chunks, *snapshot.earlier) if isinstance(chunk, SealedChunk)]


def _parts(snapshot: Snapshot) -> dict[int, int]:
    """What it keeps in memory when the ring has let go of it, by identity, with the bytes of each."""
    chunks = {id(chunk): chunk.resident_bytes for chunk in _chunks(snapshot)}
    return chunks | {id(one): len(one.content) for said in snapshot.held.values() for one in said}
