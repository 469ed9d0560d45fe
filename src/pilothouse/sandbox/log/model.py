"""What an output log consists of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from pilothouse.sandbox.model import MIB, Ending


class Stream(IntEnum):
    STDOUT = 1
    STDERR = 2


@dataclass(frozen=True, slots=True)
class Frame:
    """Consecutive bytes of one stream. ``offset`` counts all bytes of the command in the order they came."""

    offset: int
    stream: Stream
    time_ns: int
    content: bytes

    @property
    def end(self) -> int:
        """The offset to read on from."""
        return self.offset + len(self.content)


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its newline, cut at the limit of the reader."""

    offset: int
    content: bytes
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    lines: tuple[Line, ...]
    next_offset: int
    """Where to read on; equal to the log's size when everything was looked at."""
    dropped_bytes: int = 0
    """Bytes of the range looked at that the cap had dropped."""


@dataclass(frozen=True)
class LogCaps:
    """How much of the output is kept: its beginning, and a sliding end."""

    head_bytes: int = 32 * MIB
    tail_bytes: int = 32 * MIB


@dataclass(frozen=True)
class LogStatus:
    """``size_bytes`` is what the command wrote; ``dropped`` the range of offsets that is no longer there."""

    size_bytes: int
    dropped: tuple[int, int] | None
    ending: Ending | None

    @property
    def closed(self) -> bool:
        return self.ending is not None
