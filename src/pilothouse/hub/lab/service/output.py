"""Output of commands, written piece by piece by workers and read at any hub."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from sqlalchemy.ext.asyncio import AsyncSession

from pilothouse.hub.db import Database
from pilothouse.hub.lab.domain.output import LineFinder, OutputFrame, first_lines, last_lines, pack, unpack
from pilothouse.hub.lab.models import CommandRow, OutputRow
from pilothouse.hub.lab.repository import CommandRows, OutputRows
from pilothouse.hub.storage import Storage
from pilothouse.hub.storage.storage import Missing
from pilothouse.kit.ids import new_id
from pilothouse.wire.lab import LabStream

# What is smaller stands in its row: one write instead of two.
IN_ROW_BYTES = 16 << 10
# Read at a time, so that a reader holds a few megabytes at most.
PAGE = 8
MAX_LINES_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of an output is meant."""

    stream: LabStream | None = None
    start: int = 0


class Outputs:
    """Everything commands wrote."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage

    async def keep(self, frames: Sequence[OutputFrame], command_id: str) -> dict[str, object]:
        """Store a piece of frames without gaps; its row is still to be added."""
        content = b"".join(one.content for one in frames)
        key = None
        if len(content) > IN_ROW_BYTES:
            key = f"lab/output/{command_id}/{new_id('piece')}"
            await self._storage.put(key, content)
        stdout = sum(len(one.content) for one in frames if one.stream is LabStream.STDOUT)
        return {
            "command_id": command_id, "offset": frames[0].offset, "size_bytes": len(content), "stdout_bytes": stdout,
            "stderr_bytes": len(content) - stdout, "frames": pack(frames), "content": None if key else content,
            "key": key,
        }  # fmt: skip

    async def remove(self, session: AsyncSession, command_id: str) -> Sequence[str]:
        """Forget the rows; the keys are for ``forget`` once that is committed."""
        return await OutputRows(session).remove(command_id)

    async def clear(self, command_id: str) -> None:
        """What an earlier try wrote makes room for what the next one writes."""
        async with self._database.transaction() as session:
            keys = await self.remove(session, command_id)
            await CommandRows(session).set_output(command_id, end=0, stdout=0, stderr=0, dropped=0)
        await self.forget(keys)

    async def forget(self, keys: Sequence[str]) -> None:
        for key in keys:
            await self._storage.delete(key)

    async def frames(self, command_id: str, part: Slice) -> AsyncIterator[list[OutputFrame]]:
        """Frames from a place to what is there now, some at a time; no connection is held in between."""
        place = part.start
        while True:
            async with self._database.reading() as session:
                pieces = await OutputRows(session).pieces(command_id, place, PAGE)
            for piece in pieces:
                found = await self._unpacked(piece)
                start = place
                wanted = [one.since(start) for one in found if one.end > start]
                yield [one for one in wanted if part.stream in (None, one.stream)]
                place = piece.offset + piece.size_bytes
            if len(pieces) < PAGE:
                return

    async def command(self, command_id: str) -> CommandRow | None:
        """A command as it is now."""
        async with self._database.reading() as session:
            return await CommandRows(session).by_id(command_id)

    async def source(self, command_id: str, part: Slice) -> OutputSource:
        """The bytes that are there now, to be answered whole or in ranges."""
        source = OutputSource(self, await self.index(command_id, part), part)
        await source.measure()
        return source

    async def index(self, command_id: str, part: Slice) -> Sequence[OutputRow]:
        """The pieces that are meant, without their content."""
        async with self._database.reading() as session:
            found = await OutputRows(session).index(command_id)
        return [one for one in found if one.offset + one.size_bytes > part.start]

    async def piece(self, command_id: str, part: Slice, most: int) -> tuple[bytes, int]:
        """At most so many bytes, and where to go on: what a cap has dropped between is passed over."""
        content, place = b"", part.start
        async for frames in self.frames(command_id, part):
            for frame in frames:
                taken = frame.content[: most - len(content)]
                content += taken
                place = frame.offset + len(taken)
                if len(content) == most:
                    return content, place
        return content, place

    async def head(self, command_id: str, part: Slice, count: int) -> bytes:
        content = b""
        async for frames in self.frames(command_id, part):
            content += b"".join(one.content for one in frames)
            if content.count(b"\n") >= count or len(content) > MAX_LINES_BYTES:
                break
        return first_lines(content, count)[:MAX_LINES_BYTES]

    async def tail(self, command_id: str, part: Slice, count: int) -> bytes:
        content = b""
        for piece in reversed(await self.index(command_id, part)):
            content = await self.selected(piece, part) + content
            if content.count(b"\n") > count or len(content) > MAX_LINES_BYTES:
                break
        return last_lines(content, count)[-MAX_LINES_BYTES:]

    async def grep(self, command_id: str, part: Slice, needle: str, most: int) -> bytes:
        """Lines that hold a text."""
        finder = LineFinder(needle.encode("utf-8", "replace"), most)
        async for frames in self.frames(command_id, part):
            finder.feed(b"".join(one.content for one in frames))
            if finder.is_full:
                break
        return finder.end()[:MAX_LINES_BYTES]

    async def selected(self, piece: OutputRow, part: Slice) -> bytes:
        """The bytes of a piece that are meant."""
        found = await self._unpacked(piece)
        wanted = [one.since(part.start) for one in found if one.end > part.start]
        return b"".join(one.content for one in wanted if part.stream in (None, one.stream))

    async def _unpacked(self, piece: OutputRow) -> list[OutputFrame]:
        if piece.key is not None:
            content = await self._storage.read_at(piece.key, 0, piece.size_bytes)
        elif "content" in piece.__dict__:
            content = piece.content or b""
        else:
            async with self._database.reading() as session:
                found = await OutputRows(session).content(piece.command_id, piece.offset)
            if found is None:
                raise Missing(key=f"{piece.command_id}/{piece.offset}")
            content = found
        return unpack(piece.offset, piece.frames, content)


class OutputSource:
    """Output as it was when the answer began; reads a piece at a time."""

    modified_s: float | None = None

    def __init__(self, outputs: Outputs, pieces: Sequence[OutputRow], part: Slice) -> None:
        self._outputs = outputs
        self._pieces = pieces
        self._part = part
        self._starts: list[int] = []
        self._held: tuple[int, bytes] | None = None
        self.size = 0
        self.etag = '""'
        self.end = part.start
        """Where the next byte of the command will be."""

    async def measure(self) -> None:
        """Find out how long it is: only the first piece can be cut."""
        sizes = [_size(one, self._part.stream) for one in self._pieces]
        if self._pieces and self._pieces[0].offset < self._part.start:
            sizes[0] = len(await self._outputs.selected(self._pieces[0], self._part))
        self._starts = [0, *accumulate(sizes)]
        self.size = self._starts.pop()
        if self._pieces:
            self.end = self._pieces[-1].offset + self._pieces[-1].size_bytes
        first = self._pieces[0].command_id if self._pieces else "none"
        self.etag = f'"{first}-{self._part.start}-{self._part.stream or "all"}-{self.size}"'

    def read_now(self, offset: int, length: int) -> bytes | bytearray | None:
        return None

    async def read(self, offset: int, length: int) -> bytes:
        if offset >= self.size:
            return b""
        number = bisect_right(self._starts, offset) - 1
        if self._held is None or self._held[0] != number:
            try:
                self._held = number, await self._outputs.selected(self._pieces[number], self._part)
            except Missing:
                number = await self._find_again(offset)
                self._held = number, await self._outputs.selected(self._pieces[number], self._part)
        begin = offset - self._starts[number]
        return self._held[1][begin : begin + length]

    async def _find_again(self, offset: int) -> int:
        """When a command ends, its small pieces become larger ones: the same bytes stand elsewhere then."""
        size, etag = self.size, self.etag
        self._pieces = await self._outputs.index(self._pieces[0].command_id, self._part)
        await self.measure()
        self.size, self.etag = size, etag
        return bisect_right(self._starts, offset) - 1

    def close(self) -> None:
        self._held = None


def _size(piece: OutputRow, stream: LabStream | None) -> int:
    if stream is None:
        return piece.size_bytes
    return piece.stdout_bytes if stream is LabStream.STDOUT else piece.stderr_bytes
