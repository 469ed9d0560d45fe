"""The present of a ring, in message time."""

from __future__ import annotations


class Timeline:
    """Follows the log times of sealed chunks, and believes a jump of more than a window only from a second chunk.

    One message stamped next year would otherwise push the whole window out of the ring, and a clock set back an hour
    would make every new message too old to keep.
    """

    def __init__(self, window_ns: int) -> None:
        self.window_ns = window_ns
        self.doubts = False  # whether the last chunk told of a jump that no other has confirmed
        self.now_ns: int | None = None

    def observe(self, typical_ns: int) -> None:
        """A chunk was sealed; this is when most of its channels spoke last."""
        if self.now_ns is None:
            self.now_ns = typical_ns
        elif abs(typical_ns - self.now_ns) <= self.window_ns:
            self.now_ns, self.doubts = max(self.now_ns, typical_ns), False
        elif self.doubts:
            self.now_ns, self.doubts = typical_ns, False
        else:
            self.doubts = True

    @property
    def oldest_kept_ns(self) -> int:
        """Chunks whose newest message is older than this may leave."""
        return self.before(self.window_ns)

    def before(self, span_ns: int) -> int:
        """So long before now; 0 when nothing came yet."""
        return 0 if self.now_ns is None else max(0, self.now_ns - span_ns)
