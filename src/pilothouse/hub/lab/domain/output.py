"""Output as it is kept: pieces of bytes, each with the streams and times of its parts."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pilothouse.wire.lab import LabStream

_PART = struct.Struct("<IBQ")
_NUMBERS = {LabStream.STDOUT: 1, LabStream.STDERR: 2}
_STREAMS = {number: stream for stream, number in _NUMBERS.items()}
MAX_LINE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class OutputFrame:
    """Consecutive bytes of one stream; ``offset`` counts all bytes of the command in the order they came."""

    offset: int
    stream: LabStream
    time_ns: int
    content: bytes

    @property
    def end(self) -> int:
        return self.offset + len(self.content)

    def since(self, start: int) -> OutputFrame:
        """What of it lies behind a place."""
        if start <= self.offset:
            return self
        return OutputFrame(start, self.stream, self.time_ns, self.content[start - self.offset :])


def stream_of(number: int) -> LabStream:
    return _STREAMS[number]


def pack(frames: Iterable[OutputFrame]) -> bytes:
    """Streams, times and sizes of frames that follow each other without a gap."""
    return b"".join(_PART.pack(len(one.content), _NUMBERS[one.stream], one.time_ns) for one in frames)


def unpack(offset: int, packed: bytes, content: bytes) -> list[OutputFrame]:
    """The frames of a piece."""
    frames: list[OutputFrame] = []
    begin = 0
    for size, number, time_ns in _PART.iter_unpack(packed):
        part = content[begin : begin + size]
        frames.append(OutputFrame(offset + begin, _STREAMS[number], time_ns, part))
        begin += size
    return frames


def merged(frames: Sequence[OutputFrame]) -> list[OutputFrame]:
    """Neighbours of the same stream and time as one."""
    found: list[OutputFrame] = []
    for frame in frames:
        last = found[-1] if found else None
        if last and last.end == frame.offset and (last.stream, last.time_ns) == (frame.stream, frame.time_ns):
            found[-1] = OutputFrame(last.offset, last.stream, last.time_ns, last.content + frame.content)
        else:
            found.append(frame)
    return found


def runs(frames: Iterable[OutputFrame], most_bytes: int) -> list[list[OutputFrame]]:
    """Frames in groups without gaps, none of more than so many bytes; a frame that is larger is cut."""
    groups: list[list[OutputFrame]] = []
    size = 0
    for whole in frames:
        for frame in _cut(whole, most_bytes):
            follows = bool(groups) and groups[-1][-1].end == frame.offset
            if not follows or size + len(frame.content) > most_bytes:
                groups.append([])
                size = 0
            groups[-1].append(frame)
            size += len(frame.content)
    return groups


def _cut(frame: OutputFrame, most_bytes: int) -> Iterable[OutputFrame]:
    for begin in range(0, len(frame.content), most_bytes):
        part = frame.content[begin : begin + most_bytes]
        yield OutputFrame(frame.offset + begin, frame.stream, frame.time_ns, part)


class LineFinder:
    """Keeps the lines that hold a needle; a line is looked at up to a length that nobody reads beyond."""

    def __init__(self, needle: bytes, most: int) -> None:
        self._needle = needle
        self._most = most
        self._open = b""
        self.found: list[bytes] = []

    @property
    def is_full(self) -> bool:
        return len(self.found) >= self._most

    def feed(self, content: bytes) -> None:
        *lines, rest = (self._open + content).split(b"\n")
        for line in lines:
            self._look(line + b"\n")
        self._open = rest[:MAX_LINE_BYTES]

    def end(self) -> bytes:
        """Everything found, when nothing more comes."""
        if self._open:
            self._look(self._open)
        return b"".join(self.found)

    def _look(self, line: bytes) -> None:
        if not self.is_full and self._needle in line:
            self.found.append(line)


def first_lines(content: bytes, count: int) -> bytes:
    """At most so many lines from the beginning."""
    place = -1
    for _ in range(count):
        place = content.find(b"\n", place + 1)
        if place < 0:
            return content
    return content[: place + 1]


def last_lines(content: bytes, count: int) -> bytes:
    """At most so many lines from the end; the last may be without its newline."""
    place = len(content) - 1 if content.endswith(b"\n") else len(content)
    for _ in range(count):
        place = content.rfind(b"\n", 0, place)
        if place < 0:
            return content
    return content[place + 1 :]
