"""Lines out of frames: the first, the last, those that contain something; never the whole output in memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable

from pilothouse.sandbox.log.model import Frame, Line, Lines

# A line is shown up to here; the rest can be read by its offset.
LINE_BYTES = 64 * 1024
_NEWLINE = b"\n"
_ALL = 1 << 62
# How far back the last lines are looked for, and how much of a line without end is looked at together.
_TAIL_BYTES = 16 << 20
_PIECE_BYTES = 2 << 20


class _Buffer:
    """Consecutive bytes of a stream, and the offset of each of its pieces in the whole output."""

    def __init__(self) -> None:
        self.content = b""
        self._starts: list[int] = []
        self._offsets: list[int] = []

    def add(self, frame: Frame) -> None:
        self._starts.append(len(self.content))
        self._offsets.append(frame.offset)
        self.content += frame.content

    def offset(self, position: int) -> int:
        at = bisect_right(self._starts, position) - 1
        return self._offsets[at] + position - self._starts[at]

    def keep_from(self, position: int) -> None:
        """Forget what is before; all of it when nothing follows."""
        if position >= len(self.content):
            self.content, self._starts, self._offsets = b"", [], []
            return
        at = bisect_right(self._starts, position) - 1
        self._offsets = [self._offsets[at] + position - self._starts[at], *self._offsets[at + 1 :]]
        self._starts = [0, *(one - position for one in self._starts[at + 1 :])]
        self.content = self.content[position:]

    def line(self, start: int, end: int) -> Line:
        cut = min(end, start + LINE_BYTES)
        return Line(self.offset(start), self.content[start:cut], truncated=cut < end)


def first(frames: Iterable[Frame], count: int) -> Lines:
    """The first lines, the last of them perhaps unfinished."""
    found: list[Line] = []
    open_line: tuple[int, bytearray, bool] | None = None
    end = 0
    for frame in frames:
        at = 0
        while at < len(frame.content) and len(found) < count:
            stop = frame.content.find(_NEWLINE, at)
            last = len(frame.content) if stop < 0 else stop
            offset, kept, cut = open_line or (frame.offset + at, bytearray(), False)
            room = LINE_BYTES - len(kept)
            kept += frame.content[at : min(last, at + room)]
            open_line = (offset, kept, cut or last - at > room)
            at = last + (stop >= 0)
            end = frame.offset + at
            if stop >= 0:
                found.append(Line(offset, bytes(kept), truncated=open_line[2]))
                open_line = None
        if len(found) >= count:
            return Lines(tuple(found), end)
    if open_line is not None and len(found) < count:
        found.append(Line(open_line[0], bytes(open_line[1]), truncated=open_line[2]))
    return Lines(tuple(found), end)


def last(backwards: Iterable[list[Frame]], count: int, size: int) -> Lines:
    """The last lines, from runs of frames that come in reverse order."""
    runs: list[list[Frame]] = []
    newlines = total = 0
    for run in backwards:
        runs.append(run)
        newlines += sum(frame.content.count(_NEWLINE) for frame in run)
        total += sum(len(frame.content) for frame in run)
        if newlines > count or total > _TAIL_BYTES:
            break
    found = first((frame for run in reversed(runs) for frame in run), _ALL).lines
    return Lines(found[max(0, len(found) - count) :], size)


def matching(
    frames: Iterable[Frame], needle: bytes, limit: int, size: int, *, fold: Callable[[bytes], bytes] = bytes
) -> Lines:
    """Lines that contain the needle. Linear in what is read, whatever the needle."""
    wanted = fold(needle)
    found: list[Line] = []
    buffer = _Buffer()
    for frame in frames:
        buffer.add(frame)
        whole = buffer.content.rfind(_NEWLINE) + 1
        next_at = _search(buffer, wanted, whole, limit, found, fold)
        if next_at is not None:
            return Lines(tuple(found), buffer.offset(next_at) if next_at < len(buffer.content) else frame.end)
        if len(buffer.content) - whole > _PIECE_BYTES:
            whole = len(buffer.content) - len(needle) + 1
            _search(buffer, wanted, len(buffer.content), limit, found, fold)
        buffer.keep_from(whole)
    _search(buffer, wanted, len(buffer.content), limit, found, fold)
    return Lines(tuple(found), size)


def _search(
    buffer: _Buffer, wanted: bytes, until: int, limit: int, found: list[Line], fold: Callable[[bytes], bytes]
) -> int | None:
    """Add the lines that match before `until`; the position to go on from when there are enough."""
    if not until:
        return None
    content = fold(buffer.content[:until])
    at = content.find(wanted)
    while at != -1:
        start = content.rfind(_NEWLINE, 0, at) + 1
        stop = content.find(_NEWLINE, at)
        stop = until if stop < 0 else stop
        found.append(buffer.line(start, stop))
        if len(found) >= limit:
            return stop + 1
        at = content.find(wanted, stop + 1)
    return None
