"""What stands between an MQTT connection and its library, which has every message three times before it tells of it.

Small packets pass as they are. Of a large message the library gets one with a token for its content, which is collected
here, once; of one that is too large nothing is kept. Acknowledgements stay the library's. MQTT 3.1.1.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

PUBLISH = 3
# A message up to here is in memory often enough only for a moment.
LARGE_BYTES = 256 << 10
READ_BYTES = 64 << 10
# After so many reads the library has a turn, which answers pings and notices the end.
READS = 64
TOKEN_BYTES = 16


@dataclass(slots=True)
class Large:
    """A message whose content did not go through the library; ``content`` is None when it was too large."""

    size: int
    content: bytearray | None


class Packets:
    """``receive`` is as a socket's that does not block: it raises BlockingIOError, and answers nothing at the end.

    ``hold`` is told how many bytes are in memory here, or will be when what has begun is complete.
    """

    def __init__(
        self, read: Callable[[int], bytes], *, most_bytes: Callable[[], int], hold: Callable[[int], None]
    ) -> None:
        self._read = read
        self._most_bytes = most_bytes
        self._hold = hold
        self._token = os.urandom(TOKEN_BYTES)
        self._head = bytearray()  # of the packet that comes: its kind and its length, then what is before the content
        self._ready = bytearray()  # for the library
        self._passing = 0  # bytes of a small packet that have not come yet
        self._large: Large | None = None
        self._missing = 0  # bytes of the large one's content that have not come yet
        self._complete: dict[int, Large] = {}  # by packet number, 0 where there is none

    def receive(self, most: int) -> bytes:
        """What the library gets next."""
        if not (self._ready or self._passing):
            for _ in range(READS):
                if not self._step():
                    return b""
                if self._ready:
                    break
            else:
                raise BlockingIOError
        if self._ready:
            part = bytes(self._ready[:most])
            del self._ready[:most]
            return part
        part = self._read(min(most, self._passing))
        self._passing -= len(part)
        return part

    def take(self, number: int, content: bytes | bytearray) -> Large | None:
        """The message that the library tells of, if its content is a token."""
        if content != self._token:
            return None
        return self._complete.pop(number)

    def let_go(self) -> None:
        """What was taken has been handed in."""
        self._hold(self._held)

    @property
    def _held(self) -> int:
        both = [*self._complete.values(), *([self._large] if self._large else [])]
        return sum(one.size for one in both if one.content is not None)

    def _step(self) -> bool:
        """Read a little of a packet; False at the end of the connection."""
        if self._large is not None:
            return self._collect(self._large)
        part = self._read(self._wanted())
        self._head += part
        if not part:
            return False
        begin = _length_end(self._head)
        if begin and (self._head[0] >> 4 != PUBLISH or _length(self._head) <= LARGE_BYTES):
            self._ready, self._head, self._passing = self._head, bytearray(), _length(self._head)
        elif begin and len(self._head) == self._intro_end(begin):
            size = begin + _length(self._head) - len(self._head)
            self._missing = size
            self._large = Large(size, bytearray() if size <= self._most_bytes() else None)
            self._hold(self._held)
        return True

    def _wanted(self) -> int:
        """So many more bytes say more of the packet."""
        begin = _length_end(self._head)
        return max(1, self._intro_end(begin) - len(self._head)) if begin else 1

    def _intro_end(self, begin: int) -> int:
        """Where the content of a message begins, or how far it must be read to tell."""
        named = begin + 2
        if len(self._head) < named:
            return named
        number = 2 if self._head[0] & 0b110 else 0
        return named + int.from_bytes(self._head[begin:named], "big") + number

    def _collect(self, large: Large) -> bool:
        part = self._read(min(READ_BYTES, self._missing))
        self._missing -= len(part)
        if large.content is not None:
            large.content += part
        if not self._missing:
            self._finish(large)
        return bool(part)

    def _finish(self, large: Large) -> None:
        begin = _length_end(self._head)
        intro = self._head[begin:]
        number = int.from_bytes(intro[-2:], "big") if self._head[0] & 0b110 else 0
        self._complete[number] = large
        self._ready = self._head[:1] + _written(len(intro) + TOKEN_BYTES) + intro + self._token
        self._head, self._large = bytearray(), None


def _length_end(head: bytearray) -> int:
    """Where the length of a packet ends; 0 while it has not come."""
    end = next((index for index in range(1, min(len(head), 5)) if head[index] < 128), None)
    # Nothing is longer than four bytes say: the library refuses it.
    return end + 1 if end else 5 if len(head) >= 5 else 0


def _length(head: bytearray) -> int:
    return sum((one & 127) << 7 * index for index, one in enumerate(head[1 : _length_end(head)]))


def _written(length: int) -> bytes:
    written = bytearray()
    while length > 127:
        written.append(length & 127 | 128)
        length >>= 7
    return bytes([*written, length])
