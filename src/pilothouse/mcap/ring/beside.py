"""What is in memory beside the sealed chunks of a ring: the ring keeps so much less."""

from __future__ import annotations

import weakref
from collections.abc import Callable

from pilothouse.mcap.writing.chunks import SealedChunk

# What is smaller comes and goes within the room there is for chunks on their way.
NOTICED_BYTES = 256 << 10


class Share:
    """Messages that somebody holds on their way to a ring."""

    def __init__(self, beside: Beside) -> None:
        self._beside = beside
        self.bytes = 0

    def hold(self, size: int) -> None:
        """From now on so many; 0 when nothing is held any more."""
        self.bytes = size
        if size >= NOTICED_BYTES:
            self._beside.take_in(self)
        else:
            self._beside.leave_out(self)


class Beside:
    """Counts messages on their way in, and chunks that somebody still holds. Any thread may call."""

    def __init__(self, make_way: Callable[[], None] = lambda: None) -> None:
        self._make_way = make_way
        self._shares: dict[int, Share] = {}
        self._lingering: dict[int, tuple[weakref.ref[SealedChunk], int]] = {}

    @property
    def bytes(self) -> int:
        """All of them now."""
        shares = sum(one.bytes for one in list(self._shares.values()))
        return shares + sum(size for _, size in list(self._lingering.values()))

    def share(self) -> Share:
        """For one that holds messages; it counts nothing until it is told."""
        return Share(self)

    def take_in(self, share: Share) -> None:
        """This much is held: the ring makes way."""
        self._shares[id(share)] = share
        self._make_way()

    def leave_out(self, share: Share) -> None:
        """Not worth counting now."""
        self._shares.pop(id(share), None)

    def let_go(self, chunk: SealedChunk) -> None:
        """A chunk has left the ring: it counts until nobody holds it any more."""
        number = chunk.number
        gone = weakref.ref(chunk, lambda _: self._lingering.pop(number, None))
        self._lingering[number] = gone, chunk.resident_bytes
