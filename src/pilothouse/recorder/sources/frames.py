"""How payloads of WebSocket frames are read: large ones once, of too large ones only the beginning."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from websockets.protocol import Protocol

# Smaller payloads are left to the library, which has them in memory twice for a moment.
LARGE_BYTES = 64 << 10
OPCODE, LENGTH, TEXT = 0x0F, 0x7F, 0x01
# From here on the length of a frame has bytes of its own.
LONG = 126


class Cut(bytearray):
    """The beginning of a message that was too large; ``size`` is how many bytes it had."""

    size = 0


class Frames:
    """Stands in for the reader of a websockets protocol. The library asks for a frame's head, length and payload.

    A binary message above ``most_bytes`` is let pass as it comes, and becomes a :class:`Cut` of ``kept_bytes``; a text
    above ``most_text_bytes`` ends the connection.
    """

    def __init__(
        self, protocol: Protocol, *, most_bytes: Callable[[], int], most_text_bytes: int, kept_bytes: int
    ) -> None:
        self._protocol = protocol
        self._reader = protocol.reader
        self._read_exact = protocol.reader.read_exact
        self._most_bytes, self._most_text_bytes, self._kept_bytes = most_bytes, most_text_bytes, kept_bytes
        self._small_bytes = min(LARGE_BYTES, most_text_bytes)
        self._step = self._head
        self._is_text = False
        self.coming_bytes = 0
        protocol.reader.read_exact = self._read  # type: ignore[method-assign, assignment]

    def _read(self, size: int) -> Generator[None, None, bytearray]:
        return self._step(size)

    def _head(self, size: int) -> Generator[None, None, bytearray]:
        head = yield from self._read_exact(size)
        opcode, length = head[0] & OPCODE, head[1] & LENGTH
        if opcode <= TEXT + 1 and opcode:  # what continues a message is of its kind, and control frames are of none
            self._is_text = opcode == TEXT
        self._step = self._length if length >= LONG else self._payload
        return head

    def _length(self, size: int) -> Generator[None, None, bytearray]:
        self._step = self._payload
        return (yield from self._read_exact(size))

    def _payload(self, size: int) -> Generator[None, None, bytearray]:
        self._step = self._head
        if size <= self._small_bytes:
            return (yield from self._read_exact(size))
        before = self._protocol.current_size or 0
        if self._is_text:
            self._refuse_a_text_of(before + size)
            return (yield from self._collect(size, size))
        if before + size <= self._most_bytes():
            return (yield from self._collect(size, size))
        cut = Cut((yield from self._collect(size, self._kept_bytes)))
        cut.size = size
        return cut

    def _refuse_a_text_of(self, size: int) -> None:
        from websockets.exceptions import PayloadTooBig

        if size > self._most_text_bytes:
            raise PayloadTooBig(size, self._most_text_bytes)

    def _collect(self, size: int, kept_bytes: int) -> Generator[None, None, bytearray]:
        """The first bytes of a payload, which is taken out of the stream to its end."""
        kept, buffer = bytearray(), self._reader.buffer
        self.coming_bytes = kept_bytes
        try:
            while size:
                while not buffer:
                    if self._reader.eof:
                        raise EOFError("the stream ends within a frame")
                    yield
                kept += buffer[: min(size, kept_bytes - len(kept))]
                came = min(size, len(buffer))
                del buffer[:came]
                size -= came
        finally:
            self.coming_bytes = 0
        return kept
