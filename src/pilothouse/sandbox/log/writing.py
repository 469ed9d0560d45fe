"""The writing side of a log: append, cap, drop the middle."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from pilothouse.kit.clock import Clock
from pilothouse.sandbox.log.model import Frame, LogCaps, Stream
from pilothouse.sandbox.log.redaction import Redactor
from pilothouse.sandbox.log.segments import HEAD_END, HEADER, name_of, packed

_SEGMENT_BYTES = 1 << 20
_LEAST_SEGMENT_BYTES = 256
# A cap is kept to within this part of it.
_SEGMENTS_IN_A_TAIL = 8
_FRAME_BYTES = 1 << 18


class Writer:
    """Appends frames. Caps count what is stored, headers included, so that a byte at a time fills no disk either."""

    def __init__(self, directory: Path, clock: Clock, caps: LogCaps, secrets: Iterable[str]) -> None:
        self._directory, self._clock, self._caps = directory, clock, caps
        self._segment_bytes = max(_LEAST_SEGMENT_BYTES, min(_SEGMENT_BYTES, caps.tail_bytes // _SEGMENTS_IN_A_TAIL))
        self._secrets: frozenset[str] = frozenset()
        self._redactors: dict[Stream, Redactor] = {}
        self._head_left = caps.head_bytes
        self._in_head = True
        # Start and stored bytes of each segment after the head; the last one is being written.
        self._tail: deque[tuple[int, int]] = deque()
        self.size = 0
        self._file = self._open_segment()
        self._written = 0
        self.hide(secrets)

    def hide(self, secrets: Iterable[str]) -> None:
        self._secrets |= frozenset(secrets)
        held = [(stream, redactor.flush()) for stream, redactor in self._redactors.items()]
        self._redactors = {stream: Redactor(self._secrets) for stream in Stream}
        for stream, content in held:
            self.append(stream, content)

    def append(self, stream: Stream, content: bytes) -> None:
        self._store(stream, self._redactors[stream].feed(content))

    def close(self) -> None:
        for stream, redactor in self._redactors.items():
            self._store(stream, redactor.flush())
        os.close(self._file)

    def _store(self, stream: Stream, content: bytes) -> None:
        now_ns = self._clock.now_ns()
        at = 0
        while at < len(content):
            room = self._segment_bytes - self._written
            room = (min(room, self._head_left) if self._in_head else room) - HEADER.size
            if room <= 0:
                self._roll()
                continue
            piece = content[at : at + min(room, _FRAME_BYTES)]
            self._write(Frame(self.size, stream, now_ns, piece))
            at += len(piece)

    def _write(self, frame: Frame) -> None:
        stored = packed(frame)
        self.size = frame.end
        try:
            whole = os.write(self._file, stored) == len(stored)
        except OSError:
            whole = False
        if not whole:
            # The disk is full: what cannot be kept is dropped, and the offsets show it. The command goes on.
            os.ftruncate(self._file, self._written)
            return
        self._written += len(stored)
        self._head_left -= len(stored) if self._in_head else 0

    def _roll(self) -> None:
        """On to the next segment; the oldest after the head goes when there is more than enough."""
        if self._in_head and self._head_left <= HEADER.size:
            self._in_head = False
            (self._directory / HEAD_END).write_text(str(self.size))
        elif self._tail:
            self._tail[-1] = (self._tail[-1][0], self._written)
        if self._written:
            os.close(self._file)
            self._file = self._open_segment()
            self._written = 0
        if not self._in_head:
            self._tail.append((self.size, 0))
            self._drop()

    def _drop(self) -> None:
        stored = sum(one for _, one in self._tail)
        while len(self._tail) > 1 and stored - self._tail[0][1] >= self._caps.tail_bytes:
            start, size = self._tail.popleft()
            stored -= size
            (self._directory / name_of(start)).unlink(missing_ok=True)

    def _open_segment(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        return os.open(self._directory / name_of(self.size), flags, 0o600)
